//! `run` takes one coroutine and returns its result: the value, or the error that
//! it raised.
//!
//! Run it: `cargo run --example run_returns_main_value`
//!
//! Shows: run_returns_main_value

use asyncio::{Result, ValueError, run, sleep};

// ANCHOR: value
async fn thermometer(reading: &'static str) -> Result<f64> {
    sleep(1).await?;
    let celsius: f64 = reading.parse()?;
    if celsius < -273.15 {
        return Err(ValueError::new("colder than cold").into());
    }
    Ok(celsius)
}

fn main() -> Result<()> {
    let celsius = run(thermometer("21.5"))?;
    println!("returned: {celsius}");
    for reading in ["-300", "warm"] {
        if let Err(error) = run(thermometer(reading)) {
            println!("raised: {error:?}");
        }
    }
    Ok(())
}
// ANCHOR_END: value
