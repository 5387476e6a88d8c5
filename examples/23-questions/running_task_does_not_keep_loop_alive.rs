//! A task in the background does not keep the loop running: the heart beats until
//! main returns, and not once more.
//!
//! Run it: `cargo run --example running_task_does_not_keep_loop_alive`
//!
//! Shows: running_task_does_not_keep_loop_alive

use asyncio::{Result, create_task, run, sleep};

// ANCHOR: program
async fn heart() -> Result<()> {
    loop {
        println!("beat");
        sleep(1).await?;
    }
}

async fn program() -> Result<()> {
    create_task(heart());
    sleep(2.5).await?;
    println!("main returns");
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())?;
    println!("the program ends");
    Ok(())
}
