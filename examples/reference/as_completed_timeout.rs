//! With a timeout, `as_completed` yields the results that are in time; each wait
//! for a late one raises `TimeoutError`. The late ones are not cancelled.
//!
//! Run it: `cargo run --example as_completed_timeout`
//!
//! Shows: as_completed_timeout

use asyncio::{Result, as_completed, create_task, run, sleep_result};
use guide::repr::raised;

// ANCHOR: program
async fn program() -> Result<()> {
    let bids = [("ten", 1), ("twelve", 2), ("twenty", 9)];
    let bidders =
        bids.map(|(bid, seconds)| create_task(sleep_result(seconds, bid)));
    for next in as_completed(&bidders).timeout(3)? {
        match next.await {
            Ok(bid) => println!("a bid of {bid}"),
            Err(error) => println!("{}", raised(&error)),
        }
    }
    let [.., last] = bidders;
    println!("too late, but not lost: {}", last.await?);
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
