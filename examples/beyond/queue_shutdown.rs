//! A queue that accepts no more items while the remaining ones are processed,
//! `shutdown`, since Python 3.13; the smallest item, which is the most urgent job,
//! comes first: `asyncio.PriorityQueue`.
//!
//! Run it: `cargo run --example queue_shutdown`

use asyncio::{PriorityQueue, QueueShutDown, Result, run};

// ANCHOR: program
async fn program() -> Result<()> {
    let jobs = PriorityQueue::new(0);
    for job in
        [(2, "answer the mail"), (1, "put out the fire"), (3, "water the plants")]
    {
        jobs.put_nowait(job)?;
    }
    jobs.shutdown(false);

    if let Err(error) = jobs.put_nowait((0, "one more")) {
        println!("no more of it: {error:?}");
    }
    loop {
        match jobs.get().await {
            Ok((urgency, job)) => println!("{urgency}: {job}"),
            Err(error) if error.is::<QueueShutDown>() => {
                println!("nothing left: {error:?}");
                return Ok(());
            }
            Err(error) => return Err(error),
        }
    }
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
