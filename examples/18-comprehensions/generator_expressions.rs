//! The four asynchronous comprehensions with `async for` or `await`, as lists and
//! as generator expressions, which run nothing before they are asked.
//!
//! Run it: `cargo run --example generator_expressions`
//!
//! Shows: two_kinds_of_async_comprehension

use asyncio::{
    AsyncGenerator, AsyncIterator, Result, anext, await_each, run, sleep_result,
};

fn ages() -> AsyncGenerator<u32> {
    AsyncGenerator::new(async |mut y| {
        println!("    the first is asked for");
        for age in [31, 8, 54] {
            y.yield_(age).await?;
        }
        Ok(())
    })
}

async fn weigh(kilograms: u32) -> Result<u32> {
    println!("    weighing");
    sleep_result(0.1, kilograms).await
}

// ANCHOR: program
async fn program() -> Result<()> {
    // [age + 1 async for age in ages() if age > 18]
    let list: Vec<u32> =
        ages().filter(|age| *age > 18).map(|age| age + 1).collect().await?;
    println!("{list:?}");
    // [await weight for weight in map(weigh, [5, 7])]
    let list: Vec<u32> = await_each([5, 7].map(weigh)).collect().await?;
    println!("{list:?}");

    // (age + 1 async for age in ages())
    let mut older = ages().map(|age| age + 1);
    // (await weight for weight in map(weigh, [5, 7]))
    let mut weights = await_each([5, 7].map(weigh));
    println!("two generators, and nothing has run");
    println!("{}", anext(&mut older).await?);
    println!("{}", anext(&mut weights).await?);
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
