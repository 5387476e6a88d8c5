//! Tasks whose first step is taken inside `create_task`:
//! `asyncio.eager_task_factory`, since Python 3.12. One that never has to wait is
//! done when it is created, and the loop hears nothing of it.
//!
//! Run it: `cargo run --example eager_tasks`

use asyncio::{Result, TaskFactory, create_task, get_running_loop, run, sleep};
use guide::repr::Repr;

// ANCHOR: price
async fn price(fruit: &str) -> Result<usize> {
    println!("  looking up {fruit}");
    if fruit == "mango" {
        sleep(1).await?;
    }
    Ok(fruit.len())
}
// ANCHOR_END: price

// ANCHOR: shop
async fn shop() -> Result<()> {
    let apple = create_task(price("apple"));
    println!("  apple: done {}", apple.done().repr());
    let mango = create_task(price("mango"));
    println!("  mango: done {}", mango.done().repr());
    println!("  together: {}", apple.await? + mango.await?);
    Ok(())
}
// ANCHOR_END: shop

// ANCHOR: main
async fn program() -> Result<()> {
    println!("lazy");
    shop().await?;
    println!("eager");
    get_running_loop()?.set_task_factory(TaskFactory::Eager);
    shop().await
}
// ANCHOR_END: main

fn main() -> Result<()> {
    run(program())
}
