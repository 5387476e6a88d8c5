//! What a tokio program becomes here: `spawn` and `JoinHandle`, `select!`, a
//! channel, a dropped future and a shared state without `Send`.
//!
//! Run it: `cargo run --example from_tokio`

use std::cell::Cell;
use std::rc::Rc;

use asyncio::ReturnWhen::FirstCompleted;
use asyncio::{
    Queue, Result, TaskGroup, create_task, run, sleep, to_thread, wait, wait_for,
};

// ANCHOR: spawn
async fn spawn() -> Result<()> {
    // tokio::spawn(..) and JoinHandle::await; no `Send` is asked for.
    let count = Rc::new(Cell::new(0));
    let shared = count.clone();
    let task = create_task(async move {
        sleep(0.1).await?;
        shared.set(shared.get() + 1);
        Ok("done")
    });
    println!("{} {}", task.await?, count.get());

    // tokio::task::spawn_blocking(..)
    println!("{}", to_thread(|| 6 * 7).await?);

    // tokio::task::JoinSet, except that a failure cancels the others.
    TaskGroup::new()
        .run(async |group| {
            group.create_task(sleep(0.1))?;
            group.create_task(sleep(0.2))?;
            Ok(())
        })
        .await
}
// ANCHOR_END: spawn

// ANCHOR: select
async fn select() -> Result<()> {
    // tokio::select! drops the branches that lose; `wait` leaves them running.
    let racers = [("hare", 1.0), ("tortoise", 3.0)].map(|(name, seconds)| {
        create_task(async move { sleep(seconds).await.map(|()| name) })
    });
    let (done, pending) = wait(&racers).return_when(FirstCompleted).await?;
    println!("first: {}", done[0].result()?);
    for loser in pending {
        loser.cancel();
    }
    Ok(())
}
// ANCHOR_END: select

// ANCHOR: channel
async fn channel() -> Result<()> {
    // tokio::sync::mpsc::channel(2)
    let queue = Queue::new(2);
    let sender = create_task({
        let queue = queue.clone();
        async move {
            for item in 1..=3 {
                queue.put(item).await?;
            }
            // The receiver gets what is left, and then an error: no sender is
            // counted.
            queue.shutdown(false);
            Ok(())
        }
    });
    while let Ok(item) = queue.get().await {
        println!("item {item}");
    }
    sender.await
}
// ANCHOR_END: channel

// ANCHOR: limit
async fn limit() -> Result<()> {
    // tokio::time::timeout(..) drops the future; here it is told, and may answer.
    let stubborn = async {
        let slept = sleep(60).await;
        println!("told to stop: {}", slept.is_err());
        slept
    };
    if let Err(error) = wait_for(stubborn, 0.1).await {
        println!("{error:?}");
    }
    Ok(())
}
// ANCHOR_END: limit

async fn program() -> Result<()> {
    spawn().await?;
    select().await?;
    channel().await?;
    limit().await
}

fn main() -> Result<()> {
    run(program())
}
