//! A coroutine, a task and a future side by side in one gathering, awaited on the
//! spot:
//! `temperature, wind, remark = await asyncio.gather(measure(), task, future)`.
//! Their results are of different types, so this is the macro `gather!`, which
//! gives a tuple.
//!
//! Run it: `cargo run --example gather_coroutine_and_task`
//!
//! Shows: gather_coroutine_and_task, gather_coroutines, gather_one_line

use asyncio::{Result, create_task, gather, get_running_loop, run, sleep};

// ANCHOR: coroutines
async fn temperature(city: &str) -> Result<f64> {
    sleep(2).await?;
    println!("measured in {city}");
    Ok(-3.5)
}

async fn wind(city: &str) -> Result<&str> {
    sleep(1).await?;
    println!("looked at the flags of {city}");
    Ok("north-west")
}
// ANCHOR_END: coroutines

// ANCHOR: one_type
async fn two_cities() -> Result<()> {
    let temperatures = gather([temperature("Oslo"), temperature("Bergen")]).await?;
    println!("{temperatures:?}");
    Ok(())
}
// ANCHOR_END: one_type

// ANCHOR: mixed
async fn all_of_oslo() -> Result<()> {
    let task = create_task(wind("Oslo"));
    let remark = get_running_loop()?.create_future();
    remark.set_result("snow is on its way".to_owned())?;

    let (temperature, wind, remark) =
        gather!(temperature("Oslo"), task, remark).await?;
    println!("{temperature} degrees, wind from {wind}, {remark}");
    Ok(())
}
// ANCHOR_END: mixed

async fn program() -> Result<()> {
    two_cities().await?;
    all_of_oslo().await
}

fn main() -> Result<()> {
    run(program())
}
