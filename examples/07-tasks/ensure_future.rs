//! `ensure_future` makes a task of a coroutine, and gives a task or a future back
//! as it is.
//!
//! Run it: `cargo run --example ensure_future`
//!
//! Shows: ensure_future, ensure_future_passes_futures_through

use asyncio::{Awaitable, Result, ensure_future, get_running_loop, run};
use guide::repr::Repr;

async fn weigh(crates: i32) -> Result<i32> {
    Ok(crates * 12)
}

// ANCHOR: heavier
/// Written for whatever can be awaited: a coroutine, a task or a future.
fn put_on_the_scales<A: Awaitable<Value = i32>>(awaitable: A) -> A::Handle {
    ensure_future(awaitable)
}
// ANCHOR_END: heavier

// ANCHOR: main
async fn program() -> Result<()> {
    let task = put_on_the_scales(weigh(3));
    println!("a coroutine: {}", task.get_name());

    let same = put_on_the_scales(&task);
    println!("a task is the same task: {}", (same == task).repr());

    let future = get_running_loop()?.create_future();
    let same = put_on_the_scales(&future);
    println!("a future is the same future: {}", (same == future).repr());

    future.set_result(40)?;
    println!("{} and {}", task.await?, future.await?);
    Ok(())
}
// ANCHOR_END: main

fn main() -> Result<()> {
    run(program())
}
