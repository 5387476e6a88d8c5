//! `yield from` is more than a loop that yields each item: it passes sent values
//! on, and returns what the inner generator returned. `await` does the same. A
//! plain function has none of it: it runs to its return.
//!
//! Run it: `cargo run --example yield_from_is_more_than_a_loop`
//!
//! Shows: yield_from_is_more_than_a_loop, await_is_like_yield_from,
//! function_runs_to_its_return

use asyncio::generators::Resumed;
use asyncio::{
    Future, Generator, Result, create_task, get_running_loop, run, sleep,
};

// ANCHOR: inner
/// Asks two questions and returns the answers.
fn interview() -> Generator<&'static str, &'static str, String> {
    Generator::new(async |mut y| {
        let name = y.yield_("name?").await?.unwrap_or("None");
        let town = y.yield_("town?").await?.unwrap_or("None");
        Ok(format!("{name} of {town}"))
    })
}

/// A plain function runs to its return and remembers nothing.
fn question() -> &'static str {
    "name?"
}
// ANCHOR_END: inner

// ANCHOR: outer
fn by_a_loop() -> Generator<&'static str, &'static str, String> {
    Generator::new(async |mut y| {
        for question in interview() {
            y.yield_(question?).await?;
        }
        Ok("nothing".to_owned())
    })
}

fn by_yield_from() -> Generator<&'static str, &'static str, String> {
    Generator::new(async |mut y| {
        Ok(y.yield_from(&interview()).await?.unwrap_or_default())
    })
}

fn ask(
    generator: &Generator<&'static str, &'static str, String>,
) -> Result<String> {
    generator.resume()?;
    generator.send("Ada")?;
    match generator.send("London")? {
        Resumed::StopIteration(answer) => Ok(answer.unwrap_or_default()),
        Resumed::Yielded(question) => Ok(question.to_owned()),
    }
}
// ANCHOR_END: outer

// ANCHOR: await
async fn inner(town: Future<&'static str>) -> Result<String> {
    Ok(format!("Ada of {}", town.await?))
}

async fn outer(town: Future<&'static str>) -> Result<String> {
    inner(town).await
}
// ANCHOR_END: await

// ANCHOR: program
async fn by_await() -> Result<String> {
    let town = get_running_loop()?.create_future();
    let task = create_task(outer(town.clone()));
    sleep(0).await?;
    town.set_result("London")?;
    task.await
}

fn main() -> Result<()> {
    println!("a function: {} {}", question(), question());
    println!("a loop: {}", ask(&by_a_loop())?);
    println!("yield from: {}", ask(&by_yield_from())?);
    println!("await: {}", run(by_await())?);
    Ok(())
}
// ANCHOR_END: program
