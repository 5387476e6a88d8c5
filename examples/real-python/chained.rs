//! Three chains of two coroutines run side by side. Within a chain the second part
//! waits for the result of the first; the whole program takes as long as its
//! longest chain.
//!
//! Run it: `cargo run --example chained -- 9 6 3`
//!
//! Shows: chained, gather_takes_as_long_as_the_longest,
//! other_coroutines_are_chained

use std::env;
use std::num::ParseIntError;

use asyncio::time::perf_counter;
use asyncio::{Result, gather, run, sleep};
use guide::random;

async fn randint(a: i64, b: i64) -> i64 {
    random::randint(a, b)
}

// ANCHOR: chain
async fn part1(n: u32) -> Result<String> {
    let i = randint(0, 10).await;
    println!("part1({n}) sleeping for {i} seconds.");
    sleep(i as f64).await?;
    let result = format!("result{n}-1");
    println!("Returning part1({n}) == {result}.");
    Ok(result)
}

async fn part2(n: u32, arg: &str) -> Result<String> {
    let i = randint(0, 10).await;
    println!("part2({n}, '{arg}') sleeping for {i} seconds.");
    sleep(i as f64).await?;
    let result = format!("result{n}-2 derived from {arg}");
    println!("Returning part2({n}, '{arg}') == {result}.");
    Ok(result)
}

async fn chain(n: u32) -> Result<()> {
    let start = perf_counter();
    let p1 = part1(n).await?;
    let p2 = part2(n, &p1).await?;
    println!(
        "-->Chained result{n} => {p2} (took {:.2} seconds).",
        perf_counter() - start
    );
    Ok(())
}
// ANCHOR_END: chain

// ANCHOR: main
async fn program(args: Vec<u32>) -> Result<()> {
    gather(args.into_iter().map(chain)).await?;
    Ok(())
}

fn main() -> Result<()> {
    random::seed(444);
    let mut args = env::args()
        .skip(1)
        .map(|arg| arg.parse())
        .collect::<Result<Vec<u32>, ParseIntError>>()?;
    if args.is_empty() {
        args = vec![1, 2, 3];
    }
    let start = perf_counter();
    run(program(args))?;
    println!("Program finished in {:.2} seconds.", perf_counter() - start);
    Ok(())
}
// ANCHOR_END: main
