//! A future stands for a result to come. Awaiting it waits for whoever completes
//! it, which is how code that only knows callbacks is used from a coroutine. It can
//! be completed once.
//!
//! Run it: `cargo run --example future_waits_for_its_result`
//!
//! Shows: future_waits_for_its_result

use asyncio::{Result, get_running_loop, run};
use guide::repr::raised;

// ANCHOR: callback
/// A library that knows nothing of futures: it calls back when the dice have come
/// to rest.
fn throw_dice(on_rest: impl FnOnce(i32) + 'static) -> Result<()> {
    get_running_loop()?.call_later(1, || on_rest(9))?;
    Ok(())
}

async fn dice() -> Result<i32> {
    let future = get_running_loop()?.create_future();
    println!("{future:?}");
    let setter = future.clone();
    throw_dice(move |eyes| setter.set_result(eyes).expect("the dice fall once"))?;
    let eyes = (&future).await?;
    println!("{future:?}");
    // ANCHOR_END: callback

    // ANCHOR: twice
    if let Err(error) = future.set_result(7) {
        println!("{}", raised(&error));
    }
    // ANCHOR_END: twice
    Ok(eyes)
}

async fn program() -> Result<()> {
    println!("thrown: {}", dice().await?);

    // ANCHOR: cancel
    let abandoned = get_running_loop()?.create_future::<i32>();
    abandoned.cancel();
    println!("{abandoned:?}");
    // ANCHOR_END: cancel
    Ok(())
}

fn main() -> Result<()> {
    run(program())
}
