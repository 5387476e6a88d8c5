//! A question of the page 16-generators: The loop is left after the first row. When
//! is "closed" printed?

use asyncio::{AsyncGenerator, AsyncIterator, Result, sleep};

// ANCHOR: program
fn rows() -> AsyncGenerator<u32> {
    AsyncGenerator::new(async |mut y| {
        let mut ended = Ok(());
        for row in 1..=3 {
            ended = y.yield_(row).await.map(drop);
            if ended.is_err() {
                break;
            }
        }
        println!("closed");
        ended
    })
}

async fn program() -> Result<()> {
    let mut rows = rows();
    println!("{:?}", rows.anext().await?);
    drop(rows);
    println!("dropped");
    sleep(1).await?;
    println!("end");
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
