//! A signal comes from outside at any moment. `loop.add_signal_handler` brings it
//! in order: the handler is a callback of the loop, which runs between two steps of
//! the tasks and may complete a future that one of them awaits.
//!
//! Run it: `cargo run --example process_signals_are_asynchronous`
//!
//! Shows: process_signals_are_asynchronous

use std::process::{self, Command};

use asyncio::signal::SIGUSR1;
use asyncio::{Result, create_task, get_running_loop, run, sleep};
use guide::repr::Repr;

// ANCHOR: handler
/// Has another process send a signal to this one, and blocks until it has.
async fn send_a_signal() -> Result<()> {
    sleep(0.1).await?;
    println!("sending");
    Command::new("kill").args(["-USR1", &process::id().to_string()]).status()?;
    println!("sent");
    Ok(())
}

async fn program() -> Result<()> {
    let event_loop = get_running_loop()?;
    let arrived = event_loop.create_future();
    let arrives = arrived.clone();
    event_loop.add_signal_handler(SIGUSR1, move || {
        println!("handling");
        // A second signal finds the future done.
        let _ = arrives.set_result(SIGUSR1);
    })?;
    create_task(send_a_signal());
    println!("waiting");
    let signal = arrived.await?;
    println!("SIGUSR1 arrived: {}", (signal == SIGUSR1).repr());
    println!(
        "handler removed: {}",
        event_loop.remove_signal_handler(SIGUSR1).repr()
    );
    Ok(())
}
// ANCHOR_END: handler

fn main() -> Result<()> {
    run(program())
}
