//! A server that answers a request in two seconds, one after the other, and six
//! clients who wait seven seconds at most. All at once, most give up; let in by a
//! semaphore, three at a time, each is served in time.
//!
//! Run it: `cargo run --example bounded_concurrency`
//!
//! Shows: bounded_concurrency

use asyncio::{
    Lock, Result, Semaphore, TimeoutError, gather, run, sleep, wait_for,
};

// ANCHOR: server
#[derive(Clone)]
struct Server {
    busy: Lock,
}

impl Server {
    async fn answer(self) -> Result<()> {
        let _busy = self.busy.lock().await?;
        sleep(2).await
    }
}
// ANCHOR_END: server

// ANCHOR: client
/// Was it answered in time? The time in line for a permit does not count.
async fn request(server: Server, in_flight: Semaphore) -> Result<bool> {
    let _permit = in_flight.permit().await?;
    match wait_for(server.answer(), 7).await {
        Ok(()) => Ok(true),
        Err(error) if error.is::<TimeoutError>() => Ok(false),
        Err(error) => Err(error),
    }
}

async fn six_requests(at_once: isize) -> Result<()> {
    let (server, in_flight) =
        (Server { busy: Lock::new() }, Semaphore::new(at_once)?);
    let answers =
        gather((0..6).map(|_| request(server.clone(), in_flight.clone()))).await?;
    let answered = answers.iter().filter(|answered| **answered).count();
    println!("{at_once} at once: {answered} of 6 answered");
    Ok(())
}
// ANCHOR_END: client

async fn program() -> Result<()> {
    six_requests(6).await?;
    six_requests(3).await
}

fn main() -> Result<()> {
    run(program())
}
