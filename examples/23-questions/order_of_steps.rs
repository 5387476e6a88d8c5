//! The order in which a loop takes its steps: what runs in which pass, how many
//! passes lie between the end of a task and the step of its waiter, and in which
//! order timers fire.
//!
//! Run it: `cargo run --example order_of_steps`
//!
//! Shows: task_runs_when_caller_suspends, task_order_follows_the_loop,
//! sleep_zero_lets_task_start, await_done_task_is_immediate

use std::cell::Cell;

use asyncio::{
    Result, create_task, gather, get_running_loop, run, shield, sleep, wait,
};

// ANCHOR: passes
thread_local! {
    static PASS: Cell<u32> = const { Cell::new(0) };
}

/// Counts the passes of the loop: a callback that queues itself again runs once in
/// each pass, before everything else.
fn count_passes() {
    PASS.set(PASS.get() + 1);
    let event_loop = get_running_loop().expect("callbacks run in the loop");
    event_loop.call_soon(count_passes).expect("a loop that runs is open");
}

async fn counted(part: impl Future<Output = Result<()>>) -> Result<()> {
    PASS.set(0);
    get_running_loop()?.call_soon(count_passes)?;
    part.await
}
// ANCHOR_END: passes

// ANCHOR: queue
fn log(what: &str) {
    println!("  pass {}: {what}", PASS.get());
}

async fn visit(name: &str) -> Result<()> {
    log(&format!("{name} comes"));
    sleep(0).await?;
    log(&format!("{name} leaves"));
    Ok(())
}

async fn visits() -> Result<()> {
    let ann = create_task(visit("Ann"));
    let bob = create_task(visit("Bob"));
    let _ = ann.add_done_callback(|_| log("Ann's done callback"));
    get_running_loop()?.call_soon(|| log("a plain callback"))?;
    log("main has created both and awaits Bob");
    bob.await?;
    log("main goes on");
    Ok(())
}
// ANCHOR_END: queue

// ANCHOR: distances
thread_local! {
    static END: Cell<u32> = const { Cell::new(0) };
}

async fn end() -> Result<()> {
    END.set(PASS.get());
    Ok(())
}

fn passes_since_end(how: &str) {
    println!("  {how}: {}", PASS.get() - END.get());
}

async fn distances() -> Result<()> {
    let task = create_task(end());
    (&task).await?;
    passes_since_end("await a task");
    gather([end(), end()]).await?;
    passes_since_end("gather");
    wait(&[create_task(end())]).await?;
    passes_since_end("wait");
    shield(end()).await?;
    passes_since_end("shield");

    end().await?;
    passes_since_end("await a coroutine");
    (&task).await?;
    passes_since_end("await a task that is done");
    sleep(0).await?;
    passes_since_end("sleep(0)");
    Ok(())
}
// ANCHOR_END: distances

// ANCHOR: timers
async fn nap(name: &str, seconds: f64) -> Result<()> {
    sleep(seconds).await?;
    println!("  {name} wakes");
    Ok(())
}

async fn naps() -> Result<()> {
    let sleepers = [("Ann", 0.2), ("Bob", 0.1), ("Cleo", 0.2), ("Dan", 0.1)];
    gather(sleepers.map(|(name, seconds)| nap(name, seconds))).await?;
    Ok(())
}
// ANCHOR_END: timers

fn main() -> Result<()> {
    println!("first come, first served");
    run(counted(visits()))?;
    println!("passes from an end to the step that it lets go on");
    run(counted(distances()))?;
    println!("timers");
    run(naps())
}
