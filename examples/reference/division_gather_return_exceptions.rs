//! The divisions again, but a failure counts as a result: it is in the list, and
//! nothing is raised.
//!
//! Run it: `cargo run --example division_gather_return_exceptions`
//!
//! Shows: division_gather_return_exceptions

use asyncio::{Result, ZeroDivisionError, gather, run};
use guide::repr::Repr;

async fn division(divisor: i32, dividend: i32) -> Result<f64> {
    if divisor == 0 {
        return Err(ZeroDivisionError::default().into());
    }
    let quotient = f64::from(dividend) / f64::from(divisor);
    println!("{dividend}/{divisor}={quotient:?}");
    Ok(quotient)
}

// ANCHOR: program
async fn program() -> Result<()> {
    let divisions = [division(0, 2), division(1, 2), division(2, 2)];
    // Each outcome is an `Ok` or an `Err`; `repr` prints the value or the exception
    // in it.
    let outcomes: Vec<Result<f64>> = gather(divisions).return_exceptions().await?;
    println!("{}", outcomes.repr());
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
