//! Ownership for asyncio programmers: a class with a background task, state that
//! tasks share, and coroutines that borrow `self`.
//!
//! Run it: `cargo run --example ownership`

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use asyncio::{
    Result, ScopedTaskGroup, Task, create_task, gather, gather_scoped, run, sleep,
};

// ANCHOR: class
/// What the meter and its background task share.
#[derive(Default)]
struct State {
    ticks: Cell<u32>,
    log: RefCell<Vec<String>>,
}

struct Meter {
    state: Rc<State>,
    task: Task<()>,
}

impl Meter {
    fn start() -> Self {
        let state = Rc::new(State::default());
        // The task owns its own handle on the state, and borrows nothing.
        let task = create_task(tick(Rc::clone(&state)));
        Self { state, task }
    }

    async fn stop(self) -> Result<u32> {
        self.task.cancel();
        let _ = self.task.await;
        Ok(self.state.ticks.get())
    }
}

async fn tick(state: Rc<State>) -> Result<()> {
    loop {
        sleep(0.1).await?;
        state.ticks.set(state.ticks.get() + 1);
    }
}
// ANCHOR_END: class

// ANCHOR: weak
/// Goes on until its owner is gone, without being told.
async fn watch(owner: Weak<State>) -> Result<&'static str> {
    while let Some(state) = owner.upgrade() {
        state.log.borrow_mut().push("seen".to_owned());
        drop(state); // a task that waits must not keep it
        sleep(0.1).await?;
    }
    Ok("the owner is gone")
}
// ANCHOR_END: weak

// ANCHOR: refcell
async fn flush(state: &State) -> Result<usize> {
    // `take` ends the borrow at once. Other tasks may write during the await.
    let lines = state.log.take();
    sleep(0.1).await?;
    Ok(lines.len())
}
// ANCHOR_END: refcell

// ANCHOR: closures
async fn closures() -> Result<()> {
    let prefix: Rc<str> = "room".into();
    // For tasks: each coroutine owns what it needs.
    let rooms = gather((1..=2).map(|number| {
        let prefix = Rc::clone(&prefix);
        async move {
            sleep(0.1).await?;
            Ok(format!("{prefix} {number}"))
        }
    }));
    println!("{:?}", rooms.await?);
    // For coroutines that may borrow: an asynchronous closure does.
    let room = async |number: u32| {
        sleep(0.1).await?;
        Ok(format!("{prefix} {number}"))
    };
    println!("{:?}", gather_scoped((3..=4).map(room)).await?);
    Ok(())
}
// ANCHOR_END: closures

// ANCHOR: borrow
struct Kitchen {
    tea: String,
    cups: Cell<u32>,
}

impl Kitchen {
    async fn brew(&self, cups: u32) -> Result<&str> {
        sleep(0.1).await?;
        self.cups.set(self.cups.get() + cups);
        Ok(&self.tea)
    }

    async fn serve(&self) -> Result<()> {
        let teas = gather_scoped([self.brew(1), self.brew(2)]).await?;
        println!("{teas:?}, {} cups", self.cups.get());
        Ok(())
    }

    async fn serve_more(&self) -> Result<()> {
        let group = ScopedTaskGroup::new();
        let block = group.run(async |group| {
            group.create_task(async { self.brew(3).await.map(drop) })?;
            group.create_task(async { self.brew(4).await.map(drop) })?;
            Ok(())
        });
        block.await?;
        println!("{} cups", self.cups.get());
        Ok(())
    }
}
// ANCHOR_END: borrow

async fn program() -> Result<()> {
    let meter = Meter::start();
    let watcher = create_task(watch(Rc::downgrade(&meter.state)));
    sleep(0.25).await?;
    println!("{} lines", flush(&meter.state).await?);
    println!("{} ticks", meter.stop().await?);
    println!("{}", watcher.await?);
    closures().await?;
    let kitchen = Kitchen { tea: "oolong".to_owned(), cups: Cell::new(0) };
    kitchen.serve().await?;
    kitchen.serve_more().await
}

fn main() -> Result<()> {
    run(program())
}
