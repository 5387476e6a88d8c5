//! A library function returns a future instead of being a coroutine. It is awaited
//! in the same way, alone or gathered with a coroutine of another type.
//!
//! Run it: `cargo run --example await_a_future`
//!
//! Shows: await_a_future, futures_are_for_libraries

use asyncio::{Future, Result, gather, get_running_loop, run, sleep_result, time};

// ANCHOR: library
/// Reads in a thread. The reading starts at once, whether or not the future is
/// awaited.
fn read_temperature(sensor: &'static str) -> Result<Future<f64>> {
    get_running_loop()?.run_in_executor(None, move || {
        time::sleep(0.1);
        if sensor == "roof" { -3.5 } else { 19.0 }
    })
}
// ANCHOR_END: library

// ANCHOR: await
async fn program() -> Result<()> {
    println!("roof: {:?}", read_temperature("roof")?.await?);

    let (hall, weather) =
        gather!(read_temperature("hall")?, sleep_result(0.2, "sunny")).await?;
    println!("hall: {hall:?}, outside: {weather}");
    Ok(())
}
// ANCHOR_END: await

fn main() -> Result<()> {
    run(program())
}
