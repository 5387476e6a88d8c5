//! This loop inside a program of tokio's, and tokio inside a program of this loop.
//!
//! `cargo run --manifest-path examples/ecosystem/Cargo.toml --bin beside_tokio`

use std::time::Duration;

use asyncio::{Result, cancellable, create_task, get_running_loop, run, sleep};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, oneshot};
use tokio::task::{block_in_place, spawn_blocking};
use tokio::time;

// ANCHOR: ours
/// A program of this loop. It prints the order of its steps.
async fn steps(name: &'static str) -> Result<&'static str> {
    let task = create_task(async move {
        println!("{name}: the task");
        sleep(0.01).await
    });
    println!("{name}: the main coroutine");
    task.await?;
    Ok("done")
}
// ANCHOR_END: ours

// ANCHOR: inside
async fn inside_tokio() -> Result<()> {
    // In a thread of its own: tokio's other tasks go on meanwhile.
    println!("{}", spawn_blocking(|| run(steps("a thread of its own"))).await??);

    // In the thread of the worker, which does nothing else until the loop ends.
    println!("{}", block_in_place(|| run(steps("a worker's thread")))?);
    Ok(())
}
// ANCHOR_END: inside

// ANCHOR: loop
/// A loop that runs as long as the program, with a channel as its way in and a
/// handle for calls.
async fn beside_tokio() -> Result<()> {
    let (numbers, mut received) = mpsc::channel::<(u32, oneshot::Sender<u32>)>(10);
    let (started, handle) = oneshot::channel();
    let running = spawn_blocking(move || {
        run(async move {
            let _ = started.send(get_running_loop()?.handle());
            while let Some((number, answer)) = received.recv().await {
                sleep(0.001).await?;
                let _ = answer.send(number * number);
            }
            Ok(())
        })
    });
    let handle = handle.await?;
    for number in [3, 4] {
        let (answer, answered) = oneshot::channel();
        numbers.send((number, answer)).await?;
        println!("{number} squared is {}", answered.await?);
    }
    let (said, hears) = oneshot::channel();
    handle.call_soon_threadsafe(move || {
        let _ = said.send(asyncio::get_running_loop().is_ok());
    })?;
    println!("called in the loop: {}", hears.await?);
    drop((numbers, handle));
    running.await?
}
// ANCHOR_END: loop

// ANCHOR: reverse
/// The reverse: a runtime of tokio's beside this loop, with threads of its own.
fn tokio_inside(runtime: Runtime) -> Result<()> {
    // With this guard, futures of tokio find their reactor wherever they are
    // polled in this thread: they need no `Compat`.
    let _entered = runtime.enter();
    run(async {
        time::sleep(Duration::from_millis(1)).await;
        println!("slept by tokio's timer");

        // A task of tokio's runs in tokio's threads. Its handle is awaited here.
        let computed = tokio::spawn(async {
            time::sleep(Duration::from_millis(1)).await;
            (1..=10).product::<u64>()
        });
        println!(
            "computed by a task of tokio's: {}",
            cancellable(computed).await??
        );
        Ok(())
    })
}
// ANCHOR_END: reverse

fn main() -> Result<()> {
    let runtime =
        Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(inside_tokio())?;
    runtime.block_on(beside_tokio())?;
    tokio_inside(runtime)
}
