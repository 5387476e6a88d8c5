//! Generators, managers and stacks: items with user code in the middle.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use asyncio::contextlib::decorate;
use asyncio::simulation::afterwards;
use asyncio::{
    AsyncExitStack, AsyncGenerator, AsyncIterator, Error, Event, GeneratorExit, Result, ValueError, async_with,
    asynccontextmanager, create_task, get_running_loop, sleep,
};

use crate::tasks::GOES_ON;
use crate::{Row, Seen, Sight, probe};

pub(crate) fn rows() -> Vec<Row> {
    vec![
        generator(),
        resumed("asend"),
        resumed("athrow"),
        closed(),
        at_yield(),
        all_closed(),
        manager(),
        of_generator(),
        decorated(),
        stack(),
        entered(),
        unwound(),
    ]
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

/// The target resumes the body with `asend` or `athrow`, and a companion resumes it again.
fn resumed(name: &'static str) -> Row {
    let says = "A cancellation arrives in the body, at what the body awaits. If the future is dropped half-way instead, the next \
                `anext` resumes the body.";
    if name == "asend" {
        return Row::new("generators/async_generator asend", says)
            .clean("a body that waits", || probe(|| resumes(async |generator| generator.asend(5).await)));
    }
    Row::new("generators/async_generator athrow", says).clean("a body that waits", || {
        probe(|| resumes(async |generator| generator.athrow(ValueError::new("5")).await))
    })
}

fn resumes<R>(resume: R) -> impl Future<Output = Result<()>>
where
    R: AsyncFn(&AsyncGenerator<u32, u32>) -> Result<Option<u32>> + 'static,
{
    let (caught, noted) = (Rc::new(Cell::new(false)), Rc::new(Cell::new(false)));
    let (catches, begins) = (Rc::clone(&caught), Rc::clone(&noted));
    let mut generator: AsyncGenerator<u32, u32> = AsyncGenerator::new(async move |mut y| {
        let received = match y.yield_(0).await {
            Ok(sent) => sent.expect("it was sent"),
            Err(error) if error.is::<ValueError>() => 5,
            Err(error) => return Err(error),
        };
        let slept = sleep(1).await;
        catches.set(slept.is_err());
        slept?;
        y.yield_(received).await.map(drop)
    });
    let (at_end, event) = AtEnd::new();
    let (seen, mut rest) = (Seen::default(), generator.clone());
    let seen_later = seen.clone();
    create_task(async move {
        event.wait().await?;
        let expected = (noted.get() && seen_later.get() == Sight::Nothing).then_some(5);
        if noted.get() {
            assert_eq!(rest.anext().await?, expected, "the body was not resumed");
            assert_eq!(rest.anext().await?, None);
            assert_eq!(caught.get(), seen_later.get() == Sight::Cancelled, "the cancellation arrives in the body");
        }
        Ok(())
    });
    seen.note(async move {
        let _at_end = at_end;
        assert_eq!(generator.anext().await?, Some(0));
        begins.set(true);
        resume(&generator).await.map(|item| assert_eq!(item, Some(5)))
    })
}

fn closed() -> Row {
    Row::new(
        "generators/async_generator aclose",
        "A cancellation arrives in the body, at what the body awaits while it cleans up. If the future is dropped half-way \
         instead, the next `anext` resumes the body.",
    )
    .clean("a body that waits", || {
        probe(|| {
            let cleaned = Rc::new(Cell::new(None));
            let notes = Rc::clone(&cleaned);
            let mut generator: AsyncGenerator<u32> = AsyncGenerator::new(async move |mut y| {
                let closed = y.yield_(0).await;
                let slept = sleep(1).await;
                notes.set(Some(slept.is_ok()));
                slept?;
                closed.map(drop)
            });
            let (at_end, event) = AtEnd::new();
            let (seen, begun, mut rest) = (Seen::default(), Rc::new(Cell::new(false)), generator.clone());
            let (seen_later, begins) = (seen.clone(), Rc::clone(&begun));
            create_task(async move {
                event.wait().await?;
                match (begun.get(), seen_later.get()) {
                    (false, _) => assert_eq!(cleaned.get(), None),
                    (true, Sight::Returned) => assert_eq!(cleaned.get(), Some(true)),
                    (true, Sight::Cancelled) => assert_eq!(cleaned.get(), Some(false), "it arrives in the body"),
                    (true, Sight::Nothing) => {
                        assert_eq!(cleaned.get(), None);
                        assert!(rest.anext().await.unwrap_err().is::<GeneratorExit>());
                        assert_eq!(cleaned.get(), Some(true), "the body was not resumed");
                    }
                }
                Ok(())
            });
            seen.note(async move {
                let _at_end = at_end;
                assert_eq!(generator.anext().await?, Some(0));
                begins.set(true);
                generator.aclose().await
            })
        })
    })
}

fn at_yield() -> Row {
    Row::new("generators/yielder Yield", "No cancellation arrives here: no task waits in a `yield`.").clean(
        "a body that waits in between",
        || {
            probe(|| {
                let caught = Rc::new(Cell::new(false));
                let notes = Rc::clone(&caught);
                let mut generator: AsyncGenerator<u32> = AsyncGenerator::new(async move |mut y| {
                    for number in 0..2 {
                        let yielded = y.yield_(number).await;
                        notes.set(notes.get() || yielded.as_ref().is_err_and(asyncio::Error::is_cancelled));
                        yielded?;
                        sleep(1).await?;
                    }
                    Ok(())
                });
                afterwards(move || assert!(!caught.get(), "it arrives in the yield"));
                async move {
                    while generator.anext().await?.is_some() {
                        sleep(1).await?;
                    }
                    Ok(())
                }
            })
        },
    )
}

fn all_closed() -> Row {
    Row::new(
        "runtime/asyncio/events shutdown_asyncgens",
        "A cancellation is raised in the generators that are being closed, at what their bodies await. Those whose closing has not \
         begun stay open, and hooks that have not begun stay for the next call. If the future is dropped instead, the closing goes \
         on.",
    )
    .leaves("two generators", || {
        probe(|| {
            let (cleaned, seen) = (Rc::new(RefCell::new(Vec::new())), Seen::default());
            let mut generators: Vec<AsyncGenerator<u32>> = [(); 2]
                .map(|()| {
                    let cleaned = Rc::clone(&cleaned);
                    AsyncGenerator::new(async move |mut y| {
                        let closed = y.yield_(0).await;
                        let slept = sleep(1).await;
                        cleaned.borrow_mut().push(slept.is_ok());
                        slept?;
                        closed.map(drop)
                    })
                })
                .into();
            let noted = seen.clone();
            let (ended, held) = (Rc::clone(&cleaned), generators.clone());
            let hooked = Rc::new(Cell::new(false));
            let hook = Rc::clone(&hooked);
            afterwards(move || {
                let ended = ended.borrow();
                match seen.get() {
                    Sight::Returned => assert_eq!(*ended, [true; 2]),
                    // Cancelled before the closing has begun, or after its end.
                    Sight::Cancelled => assert!(ended.is_empty() || *ended == [true; 2], "{ended:?}"),
                    // Dropped before the closing has ended, or after its end.
                    Sight::Nothing => assert!(ended.is_empty() || *ended == [true; 2], "{ended:?}"),
                }
                assert_eq!(hooked.get(), seen.get() == Sight::Returned, "the hook");
                drop(held);
            });
            async move {
                for generator in &mut generators {
                    assert_eq!(generator.anext().await?, Some(0));
                }
                let event_loop = get_running_loop()?;
                event_loop.add_shutdown_hook(async move || {
                    hook.set(true);
                    Ok(())
                });
                noted.note(event_loop.shutdown_asyncgens()).await
            }
        })
    }, &GOES_ON)
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

fn decorated() -> Row {
    Row::new("context-managers/decorator decorate", "A call is cancelled like [`async_with`].").clean("a call", || {
        probe(|| {
            let (door, seen) = (Door::default(), Seen::default());
            door.check(&seen);
            let function = decorate(move || door.clone(), async |delay: u32| sleep(delay).await);
            seen.note(async move { function(1).await })
        })
    })
}

fn entered() -> Row {
    Row::new(
        "context-managers/exit_stack enter_async_context",
        "A cancellation while the manager is entered comes out of the await there. The stack is then unchanged.",
    )
    .clean("a manager that waits", || {
        probe(|| {
            let (door, seen, stack) = (Door::default(), Seen::default(), AsyncExitStack::new());
            door.check(&seen);
            let (at_end, event) = AtEnd::new();
            let left = stack.clone();
            create_task(async move {
                event.wait().await?;
                left.aclose().await
            });
            seen.note(async move {
                let _at_end = at_end;
                stack.enter_async_context(door).await
            })
        })
    })
}

fn unwound() -> Row {
    Row::new(
        "context-managers/exit_stack aclose",
        "If the task is cancelled while an exit waits, that exit raises the cancellation, and the remaining exits run with it. If \
         the future is dropped instead, the remaining exits stay in the stack.",
    )
    .clean("two exits", || {
        probe(|| {
            let (exits, seen, stack) = (Rc::new(RefCell::new(Vec::new())), Seen::default(), AsyncExitStack::new());
            for name in ["second", "first"] {
                let exits = Rc::clone(&exits);
                stack.push_async_exit(async move |error: Option<&Error>| {
                    exits.borrow_mut().push((name, error.is_some_and(Error::is_cancelled)));
                    sleep(1).await?;
                    Ok(false)
                });
            }
            let (at_end, event) = AtEnd::new();
            let (left, seen_later) = (stack.clone(), seen.clone());
            create_task(async move {
                event.wait().await?;
                left.aclose().await?;
                let exits = exits.take();
                assert_eq!(exits.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["first", "second"]);
                // If the last exit was cancelled, no other one gets the error.
                assert!(seen_later.get() == Sight::Cancelled || !exits[1].1, "the current error");
                Ok(())
            });
            seen.note(async move {
                let _at_end = at_end;
                stack.aclose().await
            })
        })
    })
}

fn stack() -> Row {
    Row::new(
        "context-managers/exit_stack AsyncExitStack",
        "If the task is cancelled while an exit waits, that exit raises the cancellation, and the remaining exits run with it. If \
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
