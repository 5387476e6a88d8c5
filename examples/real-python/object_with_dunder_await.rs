//! You can await a coroutine, or an object that turns itself into one: `__await__`
//! in Python, the trait `IntoFuture` in Rust.
//!
//! Run it: `cargo run --example object_with_dunder_await`
//!
//! Shows: object_with_dunder_await

use std::pin::Pin;

use asyncio::{Result, run, sleep};

// ANCHOR: object
struct Egg {
    minutes: u32,
}

impl IntoFuture for Egg {
    type Output = Result<&'static str>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output>>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            sleep(f64::from(self.minutes) * 0.1).await?;
            Ok(if self.minutes < 6 { "soft" } else { "hard" })
        })
    }
}
// ANCHOR_END: object

// ANCHOR: program
async fn toast() -> Result<&'static str> {
    sleep(0.2).await?;
    Ok("brown")
}

async fn program() -> Result<()> {
    println!("a coroutine: the toast is {}", toast().await?);
    println!("an object: the egg is {}", Egg { minutes: 4 }.await?);
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
