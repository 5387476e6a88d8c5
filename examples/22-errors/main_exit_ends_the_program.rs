//! When the main coroutine returns, the program ends: `run` cancels the tasks that
//! are left, waits until they have reacted, and closes the loop. Nobody waits for
//! what they meant to do.
//!
//! Run it: `cargo run --example main_exit_ends_the_program`
//!
//! Shows: main_exit_ends_the_program

use asyncio::{Result, create_task, run, sleep};

// ANCHOR: upload
async fn upload(file: &'static str) -> Result<()> {
    println!("{file}: begins");
    if let Err(error) = sleep(2).await {
        println!("{file}: {error:?}, cleaning up");
        // `run` waits for this too: a task may take its time to react to a
        // cancellation.
        sleep(0.1).await?;
        println!("{file}: cleaned up");
        return Err(error);
    }
    println!("{file}: done");
    Ok(())
}
// ANCHOR_END: upload

// ANCHOR: main
async fn program() -> Result<()> {
    create_task(upload("photo.jpg"));
    sleep(1).await?;
    // Its first step is queued, and runs before the loop notices that this
    // coroutine has ended.
    create_task(upload("video.mp4"));
    println!("main: returns");
    Ok(())
}

fn main() -> Result<()> {
    run(program())?;
    println!("the loop is closed");
    Ok(())
}
// ANCHOR_END: main
