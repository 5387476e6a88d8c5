//! What the awaited coroutine or task raises comes out of `asyncio.wait_for`
//! unchanged, beside the `TimeoutError` of the wait itself.
//!
//! Run it: `cargo run --example wait_for_propagates_failure`
//!
//! Shows: wait_for_propagates_failure

use asyncio::{
    Result, TimeoutError, ValueError, create_task, run, sleep, wait_for,
};

// ANCHOR: program
async fn read_meter(text: &str) -> Result<u32> {
    sleep(1).await?;
    text.parse()
        .map_err(|_| ValueError::new(format!("not a number: {text}")).into())
}

async fn report(text: &'static str) {
    let task = create_task(read_meter(text));
    match wait_for(task, 2).await {
        Ok(value) => println!("the meter shows {value}"),
        Err(error) if error.is::<TimeoutError>() => {
            println!("the meter does not answer")
        }
        Err(error) if error.is::<ValueError>() => {
            println!("the meter is broken: {error}")
        }
        Err(error) => println!("something else: {error:?}"),
    }
}

async fn program() -> Result<()> {
    report("1024").await;
    report("1O24").await;
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
