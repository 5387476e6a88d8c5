//! Producers put items on a queue at random times, consumers take them off at
//! random times, and neither knows the other. When the producers are done and the
//! queue is joined, the consumers, which wait for more, are cancelled. The pauses
//! come from a seeded generator, so the lines come in the same order every time.
//!
//! Run it: `cargo run --example asyncq -- -p 2 -c 5`
//!
//! Shows: asyncq, queue_links_nobody, consumers_cancelled_after_join

use asyncio::time::perf_counter;
use asyncio::{Queue, Result, create_task, gather, run, sleep};
use clap::Parser;
use guide::{os, random};

// ANCHOR: helpers
/// The name of an item, and the time at which it was made.
type Item = (String, f64);

fn makeitem() -> String {
    os::urandom(5).iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn randsleep(caller: &str) -> Result<()> {
    let seconds = random::randint(1, 5);
    println!("{caller} sleeping for {seconds} seconds.");
    sleep(seconds).await
}
// ANCHOR_END: helpers

// ANCHOR: ends
async fn produce(name: usize, queue: Queue<Item>) -> Result<()> {
    for _ in 0..random::randint(1, 5) {
        randsleep(&format!("Producer {name}")).await?;
        let item = makeitem();
        queue.put((item.clone(), perf_counter())).await?;
        println!("Producer {name} added <{item}> to queue.");
    }
    Ok(())
}

async fn consume(name: usize, queue: Queue<Item>) -> Result<()> {
    loop {
        randsleep(&format!("Consumer {name}")).await?;
        let (item, made) = queue.get().await?;
        println!(
            "Consumer {name} got element <{item}> in {:.5} seconds.",
            perf_counter() - made
        );
        queue.task_done()?;
    }
}
// ANCHOR_END: ends

// ANCHOR: program
async fn program(arguments: Arguments) -> Result<()> {
    let queue = Queue::new(0);
    let producers: Vec<_> = (0..arguments.nprod)
        .map(|n| create_task(produce(n, queue.clone())))
        .collect();
    let consumers: Vec<_> = (0..arguments.ncon)
        .map(|n| create_task(consume(n, queue.clone())))
        .collect();
    gather(producers).await?;
    queue.join().await?;
    for consumer in consumers {
        consumer.cancel();
    }
    Ok(())
}

/// Producers and consumers of random items.
#[derive(Parser)]
struct Arguments {
    /// How many producers
    #[arg(short = 'p', long, default_value_t = 5)]
    nprod: usize,
    /// How many consumers
    #[arg(short = 'c', long, default_value_t = 10)]
    ncon: usize,
}

fn main() -> Result<()> {
    random::seed(444);
    let arguments = Arguments::parse();
    let start = perf_counter();
    run(program(arguments))?;
    println!("Program completed in {:.5} seconds.", perf_counter() - start);
    Ok(())
}
// ANCHOR_END: program
