//! How tightly `await` binds. Python's `yield from` needed parentheses inside of an
//! expression, which `await` does not. In Rust it stands behind its operand and
//! binds tighter than any operator before or around it.
//!
//! Run it: `cargo run --example await_binds_tighter_than_yield`
//!
//! Shows: await_binds_tighter_than_yield

use asyncio::{Result, create_task, run, sleep_result};

// ANCHOR: program
async fn degrees(room: &str) -> Result<i32> {
    sleep_result(0.1, if room == "cellar" { 3 } else { 20 }).await
}

async fn program() -> Result<()> {
    // Python: `-await degrees("cellar")`, but `-(yield from degrees("cellar"))`.
    println!("minus: {}", -degrees("cellar").await?);
    // Python: `await degrees("hall") - await degrees("cellar")`.
    println!("difference: {}", degrees("hall").await? - degrees("cellar").await?);
    // Python: `await degrees("cellar") ** 2`, but
    // `(await degrees("cellar")).bit_length()`: there a method binds tighter.
    println!("square: {}", degrees("cellar").await?.pow(2));
    // A borrow is a prefix and binds less tightly, so a task that is awaited by
    // reference needs parentheses.
    let task = create_task(degrees("hall"));
    println!("twice: {} {}", (&task).await?, (&task).await?);
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
