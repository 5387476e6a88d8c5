//! tokio's channels between our tasks, and `select!` of tokio and of futures:
//! neither needs tokio's runtime.
//!
//! `cargo run --manifest-path examples/ecosystem/Cargo.toml --bin channels`

use std::pin::pin;
use std::thread;

use asyncio::{
    Result, TimeoutError, cancellable, create_task, run, sleep, wait_for,
};
use futures::FutureExt;
use tokio::sync::{mpsc, oneshot, watch};

// ANCHOR: actor
/// A task that owns its state. It answers each question through a channel.
async fn count(
    mut questions: mpsc::Receiver<(u32, oneshot::Sender<u32>)>,
) -> Result<u32> {
    let mut total = 0;
    while let Some((number, answer)) = questions.recv().await {
        sleep(0.001).await?;
        total += number;
        // The asker may have gone.
        let _ = answer.send(total);
    }
    Ok(total)
}

async fn actor() -> Result<()> {
    let (questions, receiver) = mpsc::channel(1);
    let counting = create_task(count(receiver));
    for number in [1, 20, 300] {
        let (answer, answered) = oneshot::channel();
        questions.send((number, answer)).await?;
        println!("{number} makes {}", answered.await?);
    }
    drop(questions);
    println!("all in all {}", counting.await?);
    Ok(())
}
// ANCHOR_END: actor

// ANCHOR: thread
/// A channel wakes the loop from any thread.
async fn from_a_thread() -> Result<()> {
    let (sender, mut words) = mpsc::channel(1);
    let thread = thread::spawn(move || {
        ["sent", "by", "a", "thread"].map(|word| sender.blocking_send(word).is_ok())
    });
    while let Some(word) = words.recv().await {
        println!("{word}");
    }
    assert_eq!(thread.join().unwrap(), [true; 4]);
    Ok(())
}
// ANCHOR_END: thread

// ANCHOR: select
async fn select() -> Result<()> {
    let (publish, mut news) = watch::channel("");
    let publishing = create_task(async move {
        sleep(0.01).await?;
        Ok(publish.send("it rains")?)
    });
    tokio::select! {
        changed = news.changed() => {
            changed?;
            println!("tokio's select!: {}", *news.borrow());
        }
        slept = sleep(10) => slept?,
    }
    publishing.await?;

    let mut slow = pin!(sleep(10).fuse());
    let mut quick = pin!(sleep(0.01).fuse());
    futures::select! {
        _ = slow => println!("futures' select!: slow"),
        _ = quick => println!("futures' select!: quick"),
    }
    Ok(())
}
// ANCHOR_END: select

// ANCHOR: timeout
/// tokio's `recv` knows nothing of a cancellation. `cancellable` ends this wait.
async fn time_limit() -> Result<()> {
    let (_sender, mut receiver) = mpsc::channel::<u32>(1);
    match wait_for(async { cancellable(receiver.recv()).await }, 0.01).await {
        Err(error) if error.is::<TimeoutError>() => println!("nothing was sent"),
        received => println!("received {:?}", received?),
    }
    Ok(())
}
// ANCHOR_END: timeout

async fn program() -> Result<()> {
    actor().await?;
    from_a_thread().await?;
    select().await?;
    time_limit().await
}

fn main() -> Result<()> {
    run(program())
}
