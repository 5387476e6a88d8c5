//! An error in a task that nothing awaits: the program goes on, and the error is
//! reported when the last handle of the task is dropped.
//!
//! Run it: `cargo run --example error_nobody_awaits`
//!
//! Shows: async_errors_are_harder

use asyncio::{Result, ValueError, create_task, get_running_loop, run, sleep};

// ANCHOR: program
async fn count_stock(shelf: &str) -> Result<u32> {
    sleep(0.1).await?;
    Err(ValueError::new(format!("{shelf} is empty")).into())
}

async fn program() -> Result<()> {
    let report = |context: &asyncio::events::ExceptionContext| {
        println!("{}", context.message);
        println!("  {:?}", context.exception.as_ref().expect("a task has failed"));
    };
    get_running_loop()?.set_exception_handler(Some(Box::new(report)));

    let counting = create_task(count_stock("shelf 1"));
    sleep(1).await?;
    println!("it has failed, and nothing was said");
    drop(counting);

    let counting = create_task(count_stock("shelf 2"));
    if let Err(error) = counting.await {
        println!("awaited: {error:?}");
    }
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
