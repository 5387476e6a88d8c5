//! An ordinary program that needs asynchrony in one place only: it hands two slow
//! calls to a pool, goes on, and fetches the results when it needs them. No loop,
//! no coroutine, and no function changes its colour.
//!
//! Run it: `cargo run --example sprinkle_in_some_executors`
//!
//! Shows: sprinkle_in_some_executors

use asyncio::{Result, ThreadPoolExecutor, time};

// ANCHOR: program
fn load_prices() -> Vec<u32> {
    time::sleep(0.2);
    vec![3, 5, 8]
}

fn load_stock() -> Vec<u32> {
    time::sleep(0.2);
    vec![10, 0, 2]
}

fn main() -> Result<()> {
    let pool = ThreadPoolExecutor::new(2)?;
    let prices = pool.submit(load_prices)?;
    let stock = pool.submit(load_stock)?;
    println!("Inventory");
    println!("---------");
    let lines = prices.result(None)?.into_iter().zip(stock.result(None)?);
    let total: u32 = lines.map(|(price, pieces)| price * pieces).sum();
    println!("worth {total}");
    Ok(())
}
// ANCHOR_END: program
