//! A blocking call stops the thread that makes it, and no other. A thread beside
//! the loop goes on counting while a coroutine blocks; the loop, which lives in the
//! thread that blocks, stands still.
//!
//! Run it: `cargo run --example blocking_io_blocks_one_thread`
//!
//! Shows: blocking_io_blocks_one_thread

use std::io::{Read, Write, pipe};
use std::thread;

use asyncio::{Result, create_task, run, sleep};
use guide::repr::Repr;

// ANCHOR: program
async fn program() -> Result<()> {
    let (mut reader, mut writer) = pipe()?;
    let other_task = create_task(async {
        println!("another task runs");
        Ok(())
    });

    let other_thread = thread::spawn(move || {
        println!("another thread runs");
        writer.write_all(b"data")
    });
    let mut data = String::new();
    // Blocks until the other thread has written.
    reader.read_to_string(&mut data)?;
    println!("read {data:?}, the other task has run: {}", other_task.done().repr());

    other_thread.join().expect("the thread does not panic")?;
    sleep(0).await?;
    println!(
        "after an await, the other task has run: {}",
        other_task.done().repr()
    );
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
