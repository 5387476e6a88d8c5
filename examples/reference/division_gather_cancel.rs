//! A gathering is cancelled as a whole after two seconds. The division that takes
//! three never prints, and the cancellation comes out of the await although
//! exceptions are to be results.
//!
//! Run it: `cargo run --example division_gather_cancel`
//!
//! Shows: division_gather_cancel

use asyncio::{Result, ZeroDivisionError, gather, run, sleep};

// ANCHOR: program
async fn division(divisor: i32, dividend: i32) -> Result<f64> {
    if divisor == 0 {
        return Err(ZeroDivisionError::default().into());
    }
    sleep(divisor).await?;
    let quotient = f64::from(dividend) / f64::from(divisor);
    println!("{dividend}/{divisor}={quotient:?}");
    Ok(quotient)
}

async fn program() -> Result<()> {
    let group = gather([division(0, 2), division(1, 5), division(3, 6)])
        .return_exceptions();
    sleep(2).await?;
    group.cancel();
    group.await?;
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
