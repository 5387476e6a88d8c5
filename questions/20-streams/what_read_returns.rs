//! A question of the page 20-streams: The peer has sent `hello` in two pieces. What
//! does the first `read(100)` return?

use asyncio::{Result, StreamReader};

// ANCHOR: program
async fn program() -> Result<()> {
    let mut reader = StreamReader::new(1024)?;
    reader.feed_data(b"hel");
    let first = reader.read(100).await?;
    reader.feed_data(b"lo");
    reader.feed_eof();
    println!("{:?}", String::from_utf8(first)?);
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
