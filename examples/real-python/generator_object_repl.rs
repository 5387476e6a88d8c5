//! Calling a generator function by itself returns a generator object; `next` then
//! runs it to its `yield`.
//!
//! Run it: `cargo run --example generator_object_repl`
//!
//! Shows: generator_object_repl

use asyncio::{Generator, Result};

// ANCHOR: program
fn r#gen() -> Generator<(u32, u32, u32)> {
    Generator::new(async |mut y| y.yield_((0x10, 0x20, 0x30)).await.map(drop))
}

fn main() -> Result<()> {
    let mut g = r#gen();
    println!("{g:?}");
    if let Some(numbers) = g.next() {
        println!("{:?}", numbers?);
    }
    Ok(())
}
// ANCHOR_END: program
