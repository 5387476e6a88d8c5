//! The results of a gathering are in the order of the arguments, whichever was done
//! first; a coroutine that returns nothing has the result `None`, in Rust `()`.
//!
//! Run it: `cargo run --example gather_results`
//!
//! Shows: gather_results, gather_none_results

use asyncio::{Result, gather, run, sleep};
use guide::repr::Repr;

// ANCHOR: order
async fn count_words(chapter: &str, minutes: u32) -> Result<i32> {
    sleep(minutes).await?;
    println!("{chapter} is counted");
    Ok(1000 * i32::try_from(minutes)?)
}

async fn count_book() -> Result<()> {
    let chapters =
        [("the long one", 3), ("the short one", 1), ("the other one", 2)];
    let words =
        gather(chapters.map(|(chapter, minutes)| count_words(chapter, minutes)))
            .await?;
    println!("words: {words:?}, in all {}", words.iter().sum::<i32>());
    Ok(())
}
// ANCHOR_END: order

// ANCHOR: none
async fn close_book(title: &str) -> Result<()> {
    sleep(1).await?;
    println!("{title} is closed");
    Ok(())
}

async fn close_books() -> Result<()> {
    let nothing =
        gather([close_book("the atlas"), close_book("the diary")]).await?;
    println!("in Rust {nothing:?}, in Python {}", nothing.repr());
    Ok(())
}
// ANCHOR_END: none

async fn program() -> Result<()> {
    count_book().await?;
    close_books().await
}

fn main() -> Result<()> {
    run(program())
}
