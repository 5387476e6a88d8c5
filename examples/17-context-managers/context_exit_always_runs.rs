//! The exit runs however the block ends: with a value, an error, a cancellation,
//! when time is up, and before a panic goes on. It sees the error, and may suppress
//! it.
//!
//! Run it: `cargo run --example context_exit_always_runs`
//!
//! Shows: context_exit_always_runs, exit_may_suppress_the_exception

use asyncio::{
    AsyncContextManager, Error, Result, ValueError, async_with, create_task, run,
    sleep, suppress, wait_for,
};
use guide::repr::Repr;

// ANCHOR: manager
struct Transaction;

impl AsyncContextManager for Transaction {
    type Value = ();

    async fn enter(&mut self) -> Result<()> {
        println!("  begin");
        Ok(())
    }

    async fn exit(&mut self, error: Option<&Error>) -> Result<bool> {
        sleep(0.01).await?;
        match error {
            None => println!("  commit"),
            Some(error) => println!("  roll back after {error:?}"),
        }
        Ok(false)
    }
}
// ANCHOR_END: manager

// ANCHOR: ends
async fn program() -> Result<()> {
    println!("a value");
    println!("  {:?}", async_with(Transaction, async |()| Ok(42)).await);

    println!("an error");
    let failing =
        async |()| Err::<i32, _>(ValueError::new("no such account").into());
    println!("  {:?}", async_with(Transaction, failing).await);

    println!("an error that another manager suppresses");
    let outer = async |()| async_with(Transaction, failing).await;
    println!("  {:?}", async_with(suppress(Error::is::<ValueError>), outer).await);

    println!("a cancellation");
    let task = create_task(async_with(Transaction, async |()| sleep(3600).await));
    sleep(0).await?;
    task.cancel();
    println!("  {:?}", task.await);

    println!("a time limit");
    println!(
        "  {:?}",
        wait_for(async_with(Transaction, async |()| sleep(3600).await), 0.01).await
    );

    println!("a panic");
    async_with(Transaction, async |()| -> Result<()> {
        panic!("the disk is on fire")
    })
    .await?;
    println!("never reached");
    Ok(())
}
// ANCHOR_END: ends

fn main() {
    // The panic is part of the demonstration, so it is not reported.
    std::panic::set_hook(Box::new(|_| {}));
    let outcome = std::panic::catch_unwind(|| run(program()));
    println!("  the panic went on: {}", outcome.is_err().repr());
}
