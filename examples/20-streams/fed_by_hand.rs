//! A reader without a connection, fed by hand: `feed_data` and `feed_eof` are for
//! code that feeds a reader, in a test for example.
//!
//! Run it: `cargo run --example fed_by_hand`
//!
//! Shows: feed_eof_is_for_whoever_feeds

use asyncio::{AsyncIterator, Result, StreamReader, run};

// ANCHOR: program
/// The function under test: adds up numbers, one per line.
async fn sum(mut reader: StreamReader) -> Result<u32> {
    let mut sum = 0;
    while let Some(line) = reader.anext().await? {
        sum += String::from_utf8(line)?.trim().parse::<u32>()?;
    }
    Ok(sum)
}

async fn program() -> Result<()> {
    let mut reader = StreamReader::new(1024)?;
    reader.feed_data(b"20\n2");
    reader.feed_data(b"2\n");
    reader.feed_eof();
    println!("{}", sum(reader).await?);
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
