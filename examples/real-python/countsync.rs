//! Three calls count to two, one after the other: a blocking pause lets nothing
//! else run. There is no loop here at all.
//!
//! Run it: `cargo run --example countsync`
//!
//! Shows: countsync

use asyncio::time::{perf_counter, sleep};

// ANCHOR: program
fn count() {
    println!("One");
    sleep(1);
    println!("Two");
}

fn main() {
    let start = perf_counter();
    for _ in 0..3 {
        count();
    }
    println!("{} executed in {:.2} seconds.", file!(), perf_counter() - start);
}
// ANCHOR_END: program
