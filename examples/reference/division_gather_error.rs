//! The first of three divisions fails. Its error reaches the caller at once and
//! ends the program, but not before the other two, which were queued as well, have
//! printed.
//!
//! Run it: `cargo run --example division_gather_error`
//!
//! Shows: division_gather_error

use asyncio::{Result, ZeroDivisionError, gather, run};

// ANCHOR: program
async fn division(divisor: i32, dividend: i32) -> Result<f64> {
    if divisor == 0 {
        return Err(ZeroDivisionError::default().into());
    }
    let quotient = f64::from(dividend) / f64::from(divisor);
    println!("{dividend}/{divisor}={quotient:?}");
    Ok(quotient)
}

async fn program() -> Result<()> {
    println!(
        "{:?}",
        gather([division(0, 2), division(1, 2), division(2, 2)]).await?
    );
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
