//! The main coroutine prints its own task; the output is the blog's, in Chinese.
//!
//! Run it: `cargo run --example zh_current_task`
//!
//! Shows: zh_current_task

use asyncio::{Result, current_task, run};

// ANCHOR: main
fn main() -> Result<()> {
    run(async {
        println!("主协程已启动");
        if let Some(current_task) = current_task()? {
            println!("{current_task:?}");
        }
        Ok(())
    })
}
// ANCHOR_END: main
