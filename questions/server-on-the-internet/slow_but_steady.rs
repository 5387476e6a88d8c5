//! A question of the page server-on-the-internet: A client sends one byte a second,
//! for ever. Which limit ends it?

use asyncio::{Result, StreamReader, create_task, sleep, wait_for};

// ANCHOR: program
async fn program() -> Result<()> {
    let mut reader = StreamReader::new(1 << 16)?;
    let feeder = reader.feeder().expect("it has no connection");
    create_task(async move {
        for _ in 0..3600 {
            feeder.feed_data(b"x");
            sleep(1).await?;
        }
        Ok(())
    });
    let line = wait_for(reader.readline(), 30).await;
    println!("a limit on the whole line ends it: {}", line.is_err());
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
