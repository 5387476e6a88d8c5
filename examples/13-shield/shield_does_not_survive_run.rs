//! A shield keeps away only the cancellation of the task that awaits it. At the end
//! of `run` every task that is left is cancelled, the shielded one like any other.
//!
//! Run it: `cargo run --example shield_does_not_survive_run`
//!
//! Shows: shield_does_not_survive_run

use asyncio::{Result, create_task, run, shield, sleep};

// ANCHOR: program
async fn save() -> Result<()> {
    match sleep(5).await {
        Ok(()) => println!("saved"),
        Err(error) => {
            println!("the work inside: {error:?}");
            return Err(error);
        }
    }
    Ok(())
}

async fn program() -> Result<()> {
    let work = create_task(save());
    let caller = create_task({
        let work = work.clone();
        async move { shield(&work).await }
    });
    sleep(1).await?;
    caller.cancel();
    sleep(1).await?;
    println!("the caller is cancelled, the work goes on: {}", !work.done());
    println!("main returns");
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
