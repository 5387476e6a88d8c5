//! `await` hands control to the loop: a librarian who awaits a book stands still
//! until it is there, and the reader at the next desk goes on.
//!
//! Run it: `cargo run --example await_passes_control`
//!
//! Shows: await_passes_control, other_routines_run_while_one_waits

use asyncio::{Result, create_task, run, sleep};

// ANCHOR: program
async fn fetch(title: &str) -> Result<String> {
    println!("fetch: off to the stacks");
    sleep(2).await?;
    Ok(format!("{title}, volume 1"))
}

async fn librarian() -> Result<()> {
    println!("librarian: waits for fetch");
    let book = fetch("The Art of War").await?;
    println!("librarian: has {book}");
    Ok(())
}

async fn reader() -> Result<()> {
    for page in 1..=3 {
        println!("reader: page {page}");
        sleep(0.8).await?;
    }
    Ok(())
}
// ANCHOR_END: program

// ANCHOR: main
async fn program() -> Result<()> {
    let reading = create_task(reader());
    librarian().await?;
    reading.await
}
// ANCHOR_END: main

fn main() -> Result<()> {
    run(program())
}
