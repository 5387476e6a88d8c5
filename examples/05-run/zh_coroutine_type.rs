//! The Chinese guide's look at a coroutine object: it is created, its class is
//! printed, and because it never runs, it leaves only a warning, not the line that
//! it would print.
//!
//! Run it: `cargo run --example zh_coroutine_type`
//!
//! Shows: zh_coroutine_type

use asyncio::{Result, coroutine, sleep};
use guide::builtins::type_of;

async fn custom_coroutine() -> Result<()> {
    println!("运行自定义协程");
    sleep(1).await
}

fn main() {
    let coro = coroutine(custom_coroutine());
    println!("{}", type_of(&coro));
}
