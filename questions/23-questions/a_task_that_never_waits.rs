//! A question of the page 23-questions: A background task computes in a loop and
//! never awaits. What does this program print?

use asyncio::{Result, create_task, sleep};

// ANCHOR: program
async fn compute(steps: u32) -> Result<u32> {
    let mut sum = 0;
    for step in 0..steps {
        sum += step % 7;
    }
    println!("computed");
    Ok(sum)
}

async fn program() -> Result<()> {
    create_task(compute(100_000));
    for second in 1..=2 {
        sleep(1).await?;
        println!("second {second}");
    }
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
