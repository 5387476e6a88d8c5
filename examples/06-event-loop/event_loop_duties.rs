//! What the loop does: it runs callbacks and the steps of tasks in the order in
//! which they became ready, calls timers when they are due, and watches
//! descriptors. What a pass makes ready waits for the next pass.
//!
//! Run it: `cargo run --example event_loop_duties`
//!
//! Shows: event_loop_duties

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

use asyncio::{
    EventLoop, Result, create_subprocess_exec, create_task, get_running_loop, run,
    sleep, subprocess,
};

// ANCHOR: passes
/// A callback that makes another one ready.
fn knock(event_loop: &EventLoop, times: u32) {
    println!("  knock");
    if times > 1 {
        let again = event_loop.clone();
        event_loop
            .call_soon(move || knock(&again, times - 1))
            .expect("the loop is open");
    }
}

async fn walk() -> Result<()> {
    for step in 1..=3 {
        println!("  step {step}");
        sleep(0).await?;
    }
    Ok(())
}

async fn passes(event_loop: &EventLoop) -> Result<()> {
    let knocking = event_loop.clone();
    event_loop.call_soon(move || knock(&knocking, 3))?;
    let walking = create_task(walk());
    for pass in 1..=3 {
        println!("pass {pass}");
        sleep(0).await?;
    }
    walking.await
}
// ANCHOR_END: passes

// ANCHOR: timers
async fn timers(event_loop: &EventLoop) -> Result<()> {
    event_loop.call_later(0.2, || println!("  in 0.2 seconds"))?;
    event_loop.call_later(0.1, || println!("  in 0.1 seconds"))?;
    event_loop.call_soon(|| println!("  at the next pass"))?;
    sleep(0.3).await
}
// ANCHOR_END: timers

// ANCHOR: descriptors
async fn descriptors(event_loop: &EventLoop) -> Result<()> {
    let (near, mut far) = UnixStream::pair()?;
    let arrived = event_loop.create_future();
    let mut reading = near.try_clone()?;
    event_loop.add_reader(&near, {
        let arrived = arrived.clone();
        move || {
            let mut word = [0; 4];
            let read = reading
                .read_exact(&mut word)
                .map(|()| String::from_utf8_lossy(&word).into_owned());
            arrived.set_result(read).expect(
                "called once: the reader is removed before more can arrive",
            );
        }
    })?;
    far.write_all(b"ping")?;
    println!("  read: {}", arrived.await??);
    event_loop.remove_reader(&near)?;
    Ok(())
}
// ANCHOR_END: descriptors

// ANCHOR: processes
async fn processes() -> Result<()> {
    let mut echo =
        create_subprocess_exec("echo").arg("pong").stdout(subprocess::PIPE).await?;
    let (output, _) = echo.communicate().await?;
    println!(
        "  a child says {}",
        String::from_utf8(output.unwrap_or_default())?.trim()
    );
    Ok(())
}
// ANCHOR_END: processes

async fn program() -> Result<()> {
    let event_loop = get_running_loop()?;
    println!("callbacks and tasks");
    passes(&event_loop).await?;
    println!("times");
    timers(&event_loop).await?;
    println!("descriptors");
    descriptors(&event_loop).await?;
    println!("child processes");
    processes().await
}

fn main() -> Result<()> {
    run(program())
}
