//! One member of a gathering is cancelled before it begins. The gathering goes on;
//! the member counts as one that raised `CancelledError`, and its division by zero
//! never happens.
//!
//! Run it: `cargo run --example division_gather_child_cancelled`
//!
//! Shows: division_gather_child_cancelled, gather_child_cancel_is_isolated

use asyncio::{Result, ZeroDivisionError, create_task, gather, run, sleep};
use guide::repr::Repr;

async fn division(divisor: i32, dividend: i32) -> Result<f64> {
    if divisor == 0 {
        return Err(ZeroDivisionError::default().into());
    }
    sleep(divisor).await?;
    let quotient = f64::from(dividend) / f64::from(divisor);
    println!("{dividend}/{divisor}={quotient:?}");
    Ok(quotient)
}

// ANCHOR: program
async fn program() -> Result<()> {
    let task1 = create_task(division(0, 2));
    let task2 = create_task(division(1, 5));
    let task3 = create_task(division(3, 6));
    let group = gather([&task1, &task2, &task3]).return_exceptions();
    task1.cancel();
    println!("{}", group.await?.repr());
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
