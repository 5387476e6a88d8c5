//! Three divisions are gathered: one behind a shield that is cancelled, one
//! cancelled, one left alone. The shielded one still prints, but for the gathering
//! it is as cancelled as the second.
//!
//! Run it: `cargo run --example shield_gather`
//!
//! Shows: shield_gather

use asyncio::{Result, ZeroDivisionError, create_task, gather, run, shield, sleep};
use guide::repr::Repr;
use guide_extra::time::strftime;

async fn division(divisor: i32, dividend: i32) -> Result<f64> {
    if divisor == 0 {
        return Err(ZeroDivisionError::default().into());
    }
    sleep(divisor).await?;
    let quotient = f64::from(dividend) / f64::from(divisor);
    println!("{}:{dividend}/{divisor}={quotient:?}", strftime("%X"));
    Ok(quotient)
}

// ANCHOR: program
async fn program() -> Result<()> {
    println!("Start time:{}", strftime("%X"));
    let task1 = shield(division(1, 2));
    let task2 = create_task(division(1, 5));
    let task3 = create_task(division(3, 6));

    let group = gather!(&task1, &task2, &task3).return_exceptions();

    task1.cancel();
    task2.cancel();
    let (outcome1, outcome2, outcome3) = group.await?;
    println!("{}", [outcome1, outcome2, outcome3].repr());
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
