//! A question of the page 20-streams: The peer hangs up in the middle of a line.
//! What does this program print?

use asyncio::{Result, StreamReader};

// ANCHOR: program
async fn program() -> Result<()> {
    let mut reader = StreamReader::new(1024)?;
    reader.feed_data(b"first\nsec");
    reader.feed_eof();
    for _ in 0..3 {
        println!("{:?}", String::from_utf8(reader.readline().await?)?);
    }
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
