//! A step that blocks the loop: one task reads a line from standard input as a
//! program without a loop would, and until the line comes the other task cannot
//! run.
//!
//! Run it with debug mode, and let it wait before you answer:
//! `ASYNCIO_DEBUG=1 cargo run --example blocking_step`

use asyncio::{Result, create_task, run, sleep};

// ANCHOR: program
async fn ask() -> Result<String> {
    sleep(0.2).await?;
    println!("What is your name?");
    let mut name = String::new();
    std::io::stdin().read_line(&mut name)?; // Nothing else runs until this ends.
    Ok(name.trim().to_owned())
}

async fn tick() -> Result<()> {
    loop {
        println!("tick");
        sleep(0.15).await?;
    }
}

async fn program() -> Result<()> {
    let clock = create_task(tick()).named("clock");
    let name = create_task(ask()).named("question").await?;
    println!("Hello, {name}!");
    clock.cancel();
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
