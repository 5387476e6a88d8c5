//! Awaiting `shield(x)` is awaiting `x`, until the caller is cancelled: the
//! shielded work goes on then, the unshielded is cancelled with its caller. The
//! caller sees `CancelledError` in both cases.
//!
//! Run it: `cargo run --example shield_when_caller_is_cancelled`
//!
//! Shows: shield_is_like_await, shield_when_caller_is_cancelled

use asyncio::{Result, create_task, run, shield, sleep};
use guide::repr::raised;

// ANCHOR: callers
async fn save(file: &str) -> Result<&str> {
    println!("saving {file}");
    sleep(2).await?;
    println!("{file} is safe");
    Ok(file)
}

async fn plain_caller(file: &'static str) -> Result<&'static str> {
    save(file).await
}

async fn shielding_caller(file: &'static str) -> Result<&'static str> {
    shield(save(file)).await
}
// ANCHOR_END: callers

// ANCHOR: program
async fn program() -> Result<()> {
    println!(
        "undisturbed: {} {}",
        plain_caller("a.txt").await?,
        shielding_caller("b.txt").await?
    );

    let callers = [
        create_task(plain_caller("c.txt")),
        create_task(shielding_caller("d.txt")),
    ];
    sleep(1).await?;
    for caller in &callers {
        caller.cancel();
    }
    for caller in callers {
        if let Err(error) = caller.await {
            println!("the caller ends with {}", raised(&error));
        }
    }
    sleep(2).await
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
