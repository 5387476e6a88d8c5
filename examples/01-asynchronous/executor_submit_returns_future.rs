//! A pool of threads is asynchronous too: `submit` takes a function and returns a
//! future for its result, as in Python's `concurrent.futures`. No loop takes part,
//! and asking for the result blocks.
//!
//! Run it: `cargo run --example executor_submit_returns_future`
//!
//! Shows: executor_submit_returns_future

use std::sync::mpsc;

use asyncio::{Result, ThreadPoolExecutor, TimeoutError, time};
use guide::repr::Repr;

// ANCHOR: submit
fn count_words(text: &str) -> usize {
    time::sleep(0.1);
    text.split_whitespace().count()
}

fn count_two_texts(pool: &ThreadPoolExecutor) -> Result<()> {
    let poem = pool.submit(|| count_words("so much depends upon"))?;
    let saying = pool.submit(|| count_words("festina lente"))?;
    println!("poem: {} words, done: {}", poem.result(None)?, poem.done().repr());
    println!(
        "saying: {} words, done: {}",
        saying.result(None)?,
        saying.done().repr()
    );
    Ok(())
}
// ANCHOR_END: submit

// ANCHOR: limit
fn lose_patience(pool: &ThreadPoolExecutor) -> Result<()> {
    let (answer, question) = mpsc::channel();
    let answered = pool.submit(move || question.recv())?;
    match answered.result(0.1) {
        Err(error) if error.is::<TimeoutError>() => {
            println!("no answer yet, done: {}", answered.done().repr())
        }
        other => println!("{other:?}"),
    }
    answer.send("forty-two")?;
    println!("answer: {}", answered.result(None)??);
    Ok(())
}
// ANCHOR_END: limit

fn main() -> Result<()> {
    let pool = ThreadPoolExecutor::new(2)?;
    count_two_texts(&pool)?;
    lose_patience(&pool)
}
