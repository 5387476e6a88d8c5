//! An old-style coroutine, a generator that delegates, and a native one, which
//! awaits: both return the tuple of `stuff`.
//!
//! Run it: `cargo run --example stuff_tuple`
//!
//! Shows: stuff_tuple

use asyncio::generators::Resumed;
use asyncio::{Generator, Result, run};

type Stuff = (u32, u32, u32);

// ANCHOR: program
/// The coroutine as it was before `async`: a generator that returns.
fn generated_stuff() -> Generator<(), (), Stuff> {
    Generator::new(async |_| Ok((0x10, 0x20, 0x30)))
}

fn py34_coro() -> Generator<(), (), Option<Stuff>> {
    Generator::new(async |mut y| y.yield_from(&generated_stuff()).await)
}

async fn stuff() -> Result<Stuff> {
    Ok((0x10, 0x20, 0x30))
}

async fn py35_coro() -> Result<Stuff> {
    stuff().await
}

fn main() -> Result<()> {
    if let Resumed::StopIteration(Some(Some(stuff))) = py34_coro().resume()? {
        println!("{stuff:?}");
    }
    println!("{:?}", run(py35_coro())?);
    Ok(())
}
// ANCHOR_END: program
