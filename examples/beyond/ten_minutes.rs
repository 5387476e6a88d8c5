//! A short tour for readers who know asyncio: a coroutine, tasks, a limit, a
//! cancellation and an error.
//!
//! Run it: `cargo run --example ten_minutes`

// ANCHOR: first
use asyncio::{
    Result, TimeoutError, ValueError, create_task, gather, run, sleep, timeout,
};

async fn fetch(page: &str, seconds: u32) -> Result<String> {
    sleep(seconds).await?;
    Ok(format!("<{page}>"))
}
// ANCHOR_END: first

// ANCHOR: side_by_side
async fn side_by_side() -> Result<()> {
    // One after the other: three seconds.
    println!("{} {}", fetch("a", 1).await?, fetch("b", 2).await?);
    // Together: two seconds.
    println!("{:?}", gather([fetch("a", 1), fetch("b", 2)]).await?);

    let task = create_task(fetch("c", 1)).named("background");
    println!("{} is done: {}", task.get_name(), task.done());
    println!("{}", task.await?);
    Ok(())
}
// ANCHOR_END: side_by_side

// ANCHOR: errors
async fn parse(text: &str) -> Result<u32> {
    if text.is_empty() {
        return Err(ValueError::new("nothing to parse").into());
    }
    Ok(text.parse()?)
}

async fn errors() -> Result<()> {
    println!("{}", parse("42").await?);
    match parse("").await {
        Err(error) if error.is::<ValueError>() => println!("caught: {error}"),
        other => println!("{}", other?),
    }
    Ok(())
}
// ANCHOR_END: errors

// ANCHOR: limits
async fn limits() -> Result<()> {
    match timeout(1).run(async |_| fetch("slow", 60).await).await {
        Err(error) if error.is::<TimeoutError>() => println!("gave up"),
        page => println!("{}", page?),
    }
    Ok(())
}
// ANCHOR_END: limits

// ANCHOR: cancel
async fn patient() -> Result<()> {
    let slept = sleep(3600).await;
    // Python's `finally`: it runs however the sleep has ended.
    println!("cleaning up");
    slept
}

async fn cancel() -> Result<()> {
    let task = create_task(patient());
    sleep(1).await?;
    task.cancel();
    match task.await {
        Err(error) if error.is_cancelled() => println!("it was cancelled"),
        other => other?,
    }
    Ok(())
}
// ANCHOR_END: cancel

// ANCHOR: main
async fn program() -> Result<()> {
    side_by_side().await?;
    errors().await?;
    limits().await?;
    cancel().await
}

fn main() -> Result<()> {
    run(program())
}
// ANCHOR_END: main
