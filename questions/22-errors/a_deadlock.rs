//! A question of the page 22-errors: Each task waits for the other. What does the
//! program do on the virtual clock?

use asyncio::{Lock, Result, create_task, gather, sleep};

// ANCHOR: program
async fn paint(first: Lock, second: Lock) -> Result<()> {
    let _first = first.lock().await?;
    sleep(1).await?;
    let _second = second.lock().await?;
    println!("painted");
    Ok(())
}

async fn program() -> Result<()> {
    let (brush, ladder) = (Lock::new(), Lock::new());
    let anna = create_task(paint(brush.clone(), ladder.clone()));
    let berta = create_task(paint(ladder, brush));
    gather([anna, berta]).await?;
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> Result<()> {
    if let Err(error) = asyncio::run(program()) {
        println!("{}", error.to_string().split(':').next().unwrap_or_default());
    }
    Ok(())
}
