//! A queue whose only consumer has ended: the producer waits for room that may
//! still come, as far as the loop can know. Here a time limit of an hour ends it.
//!
//! Run it: `ASYNCIO_CLOCK=virtual cargo run --example lost_consumer`

use asyncio::{Queue, Result, TimeoutError, create_task, run, wait_for};

// ANCHOR: program
async fn bake(shelf: Queue<u32>) -> Result<()> {
    for loaf in 1..=6 {
        shelf.put(loaf).await?;
        println!("loaf {loaf} is on the shelf");
    }
    Ok(())
}

async fn sell(shelf: Queue<u32>) -> Result<()> {
    let loaf = shelf.get().await?;
    println!("loaf {loaf} is sold");
    Ok(()) // The loop is missing: one loaf is all that it sells.
}

async fn program() -> Result<()> {
    let shelf = Queue::new(2);
    let _seller = create_task(sell(shelf.clone())).named("seller");
    let baker = create_task(bake(shelf)).named("baker");
    match wait_for(baker, 3600).await {
        Err(error) if error.is::<TimeoutError>() => {
            println!("given up after an hour");
            Ok(())
        }
        baked => baked,
    }
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
