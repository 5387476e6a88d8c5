//! How long an item lies in a queue: filled by five producers in turn and then worked off by one consumer, or with five
//! producers and ten consumers at once.
//!
//! Shows: synchronous_queue_is_slow, time_an_item_spends_in_the_queue

use std::collections::VecDeque;
use std::thread;
use std::time::{Duration, Instant};

use asyncio::{Queue, Result, create_task, gather, run, sleep};
use measured::report;

const PRODUCERS: u32 = 5;
const ITEMS: u32 = 10;
const MAKE: Duration = Duration::from_millis(2);
const USE: Duration = Duration::from_millis(3);

fn in_turn() {
    let start = Instant::now();
    let mut queue = VecDeque::new();
    for _ in 0..PRODUCERS * ITEMS {
        thread::sleep(MAKE);
        queue.push_back(Instant::now());
    }
    let mut waited = Duration::ZERO;
    while let Some(put) = queue.pop_front() {
        waited += put.elapsed();
        thread::sleep(USE);
    }
    told("in turn", waited, start);
}

async fn produce(queue: Queue<Instant>) -> Result<()> {
    for _ in 0..ITEMS {
        sleep(MAKE).await?;
        queue.put(Instant::now()).await?;
    }
    Ok(())
}

async fn consume(queue: Queue<Instant>) -> Result<Duration> {
    let (mut waited, mut items) = (Duration::ZERO, queue.items());
    while let Some(put) = asyncio::AsyncIterator::anext(&mut items).await? {
        waited += put.elapsed();
        sleep(USE).await?;
    }
    Ok(waited)
}

async fn at_once() -> Result<()> {
    let start = Instant::now();
    let queue = Queue::new(0);
    let consumers: Vec<_> = (0..10).map(|_| create_task(consume(queue.clone()))).collect();
    gather((0..PRODUCERS).map(|_| produce(queue.clone()))).await?;
    queue.shutdown(false);
    let waited = gather(consumers).await?.into_iter().sum();
    told("at once", waited, start);
    Ok(())
}

fn told(how: &str, waited: Duration, start: Instant) {
    let waited = waited.as_secs_f64() / f64::from(PRODUCERS * ITEMS);
    report(&format!("{how}: an item lies in the queue"), waited, "s");
    report(&format!("{how}: fifty items"), start.elapsed().as_secs_f64(), "s");
}

fn main() -> Result<()> {
    in_turn();
    run(at_once())
}
