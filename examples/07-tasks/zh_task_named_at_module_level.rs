//! The blog names a task and renames it outside any coroutine, where no loop runs:
//! that is an error. In a coroutine the same lines work.
//!
//! Run it: `cargo run --example zh_task_named_at_module_level`
//!
//! Shows: zh_task_named_at_module_level

use asyncio::{Result, run, sleep, try_create_task};
use guide::repr::raised;

async fn custom_coroutine() -> Result<()> {
    sleep(1).await
}

// ANCHOR: named
fn create_and_rename() -> Result<()> {
    let task = try_create_task(custom_coroutine())?.named("task");
    println!("创建时的名称: {}", task.get_name());
    task.set_name("MyTask");
    println!("修改后的名称: {}", task.get_name());
    Ok(())
}

fn main() -> Result<()> {
    if let Err(error) = create_and_rename() {
        println!("协程之外: {}", raised(&error));
    }
    println!("协程之内:");
    run(async { create_and_rename() })
}
// ANCHOR_END: named
