//! A blocking call in a coroutine stops the whole loop: a clock that should tick
//! every second is silent until the call returns. In a thread,
//! `await asyncio.to_thread(f)`, it stops nobody.
//!
//! Run it: `cargo run --example blocking_call_stops_the_loop`
//!
//! Shows: blocking_call_stops_the_loop, to_thread_snippet,
//! any_line_without_await_blocks

use asyncio::{Result, create_task, get_running_loop, run, sleep, time, to_thread};

// ANCHOR: tick
async fn tick() -> Result<()> {
    let event_loop = get_running_loop()?;
    let start = event_loop.time();
    loop {
        sleep(1).await?;
        println!("tick at {:.1} s", event_loop.time() - start);
    }
}
// ANCHOR_END: tick

// ANCHOR: copy
/// Copies a file by a library that knows nothing of asyncio.
fn copy_file() -> u32 {
    time::sleep(3.5);
    println!("copied");
    4096
}
// ANCHOR_END: copy

// ANCHOR: program
async fn program() -> Result<()> {
    println!("called in a coroutine:");
    let clock = create_task(tick());
    sleep(0).await?;
    copy_file();
    sleep(0.25).await?;
    clock.cancel();

    println!("called in a thread:");
    let clock = create_task(tick());
    let bytes = to_thread(copy_file).await?;
    println!("it gave back {bytes} bytes");
    clock.cancel();
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
