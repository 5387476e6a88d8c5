//! Generators, managers and stacks: items with user code in the middle.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use asyncio::simulation::afterwards;
use asyncio::{
    AsyncExitStack, AsyncGenerator, AsyncIterator, Event, Result, async_with, asynccontextmanager, create_task, sleep,
};

use crate::{Row, Seen, Sight, probe};

pub(crate) fn rows() -> Vec<Row> {
    vec![generator(), manager(), of_generator(), stack()]
}

/// Sets an event when the future that it is in ends or is dropped.
pub(crate) struct AtEnd(Event);

impl AtEnd {
    pub(crate) fn new() -> (Self, Event) {
        let event = Event::new();
        (Self(event.clone()), event)
    }
}

impl Drop for AtEnd {
    fn drop(&mut self) {
        self.0.set();
    }
}

fn generator() -> Row {
    Row::new(
        "generators/async_generator AsyncGenerator",
        "A cancellation of the task that awaits `anext` arrives in the body, at what the body awaits. If the future of `anext` is \
         *dropped* half-way instead, the body stays where it is and the next `anext` resumes it, so no item is lost. Until then the \
         body is not at a `yield`: sending is an error, and throwing or closing drops the body.",
    )
    .clean("items that two take one after the other", || {
        probe(|| {
            let caught = Rc::new(Cell::new(false));
            let noted = Rc::clone(&caught);
            let mut generator: AsyncGenerator<i32> = AsyncGenerator::new(async move |mut y| {
                for number in 1..=3 {
                    let slept = sleep(1).await;
                    noted.set(slept.is_err());
                    slept?;
                    y.yield_(number).await?;
                }
                Ok(())
            });
            let mut rest = generator.clone();
            let (at_end, event) = AtEnd::new();
            let (items, seen) = (Rc::new(RefCell::new(Vec::new())), Seen::default());
            let (taken, noted) = (Rc::clone(&items), seen.clone());
            create_task(async move {
                event.wait().await?;
                while let Some(number) = rest.anext().await? {
                    taken.borrow_mut().push(number);
                }
                Ok(())
            });
            let all = Rc::clone(&items);
            afterwards(move || {
                let is_cancelled = seen.get() == Sight::Cancelled;
                assert_eq!(caught.get(), is_cancelled, "the cancellation arrives in the body");
                assert!(is_cancelled || *all.borrow() == [1, 2, 3], "an item is lost: {:?}", all.borrow());
            });
            noted.note(async move {
                let _at_end = at_end;
                while items.borrow().len() < 2 {
                    let number = generator.anext().await?;
                    items.borrow_mut().extend(number);
                }
                Ok(())
            })
        })
    })
}

/// Counts how often it was entered and left.
#[derive(Clone, Default)]
struct Door {
    entered: Rc<Cell<u32>>,
    left: Rc<Cell<u32>>,
}

impl Door {
    /// Whatever the block and the exit do, a manager that was entered is left, unless the future was dropped.
    fn check(&self, seen: &Seen) {
        let (door, seen) = (self.clone(), seen.clone());
        afterwards(move || {
            let is_dropped = seen.get() == Sight::Nothing;
            assert!(is_dropped || door.entered.get() == door.left.get(), "what was entered is not left");
        });
    }
}

impl asyncio::AsyncContextManager for Door {
    type Value = ();

    async fn enter(&mut self) -> Result<()> {
        sleep(1).await?;
        self.entered.set(self.entered.get() + 1);
        Ok(())
    }

    async fn exit(&mut self, _: Option<&asyncio::Error>) -> Result<bool> {
        self.left.set(self.left.get() + 1);
        sleep(1).await?;
        Ok(false)
    }
}

fn manager() -> Row {
    Row::new(
        "context-managers/manager async_with",
        "A cancellation comes out of the await in the block like any error, so the manager is left, and that is awaited. A \
         cancellation while the manager is left comes out of the await there. The exit is skipped only if this future is dropped \
         half-way (when a task is aborted), because then nothing can await the exit.",
    )
    .clean("a block that waits", || {
        probe(|| {
            let (door, seen) = (Door::default(), Seen::default());
            door.check(&seen);
            seen.note(async_with(door, async |()| sleep(1).await))
        })
    })
}

fn of_generator() -> Row {
    Row::new(
        "context-managers/generator asynccontextmanager",
        "A cancellation comes out of the await at which it arrives, in the coroutine or in the block, as an error.",
    )
    .clean("a block that waits", || {
        probe(|| {
            let (door, seen) = (Door::default(), Seen::default());
            door.check(&seen);
            let manager = asynccontextmanager(async move |scope| {
                sleep(1).await?;
                door.entered.set(1);
                let result = scope.yield_value(()).await;
                door.left.set(1);
                sleep(1).await?;
                result
            });
            seen.note(async_with(manager, async |()| sleep(1).await))
        })
    })
}

fn stack() -> Row {
    Row::new(
        "context-managers/exit_stack AsyncExitStack",
        "A cancellation during an exit comes out of that exit's await, and is then the current error for the remaining exits. If \
         the stack is dropped, its exits are dropped without running, as in Python.",
    )
    .clean("two managers", || {
        probe(|| {
            let (one, two, seen) = (Door::default(), Door::default(), Seen::default());
            one.check(&seen);
            two.check(&seen);
            seen.note(async_with(AsyncExitStack::new(), async move |stack| {
                stack.enter_async_context(one).await?;
                stack.enter_async_context(two).await?;
                sleep(1).await
            }))
        })
    })
}
