//! Three coroutines draw numbers, each in its own colour and at its own pace, until
//! one is high enough. The generator is seeded, and timers that are due together
//! fire in the order in which they were set: so every run prints the same.
//!
//! Run it: `cargo run --example makerandom`
//!
//! Shows: makerandom

use asyncio::{Result, gather, run, sleep};
use guide::random;

// ANCHOR: program
/// ANSI colours: off, cyan, red, magenta.
const C: [&str; 4] = ["\x1b[0m", "\x1b[36m", "\x1b[91m", "\x1b[35m"];

async fn randint(a: i64, b: i64) -> i64 {
    random::randint(a, b)
}

async fn makerandom(idx: usize, threshold: i64) -> Result<i64> {
    let colour = C[idx + 1];
    println!("{colour}Initiated makerandom({idx}).");
    let mut i = randint(0, 10).await;
    while i <= threshold {
        println!("{colour}makerandom({idx}) == {i} too low; retrying.");
        sleep(idx as f64 + 1.0).await?;
        i = randint(0, 10).await;
    }
    println!("{colour}---> Finished: makerandom({idx}) == {i}{}", C[0]);
    Ok(i)
}

async fn program() -> Result<Vec<i64>> {
    gather(
        [(0, 9), (1, 8), (2, 7)].map(|(idx, threshold)| makerandom(idx, threshold)),
    )
    .await
}

fn main() -> Result<()> {
    random::seed(444);
    let numbers = run(program())?;
    println!();
    println!("r1: {}, r2: {}, r3: {}", numbers[0], numbers[1], numbers[2]);
    Ok(())
}
// ANCHOR_END: program
