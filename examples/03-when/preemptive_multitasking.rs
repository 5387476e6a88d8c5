//! Threads are interrupted by the operating system, tasks only by themselves. More
//! workers than the machine has processors spin until all of them have begun, and
//! none ever pauses: threads get there, tasks do not.
//!
//! Run it: `cargo run --example preemptive_multitasking`
//!
//! Shows: preemptive_multitasking, thread_may_halt_anywhere

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;

use asyncio::{Result, gather, run};
use guide::repr::Repr;

// ANCHOR: spin
/// Spins until `all` workers have begun, or for so many rounds; never gives way.
fn spin(begun: &AtomicUsize, all: usize, rounds: u64) -> bool {
    begun.fetch_add(1, SeqCst);
    (0..rounds).any(|_| begun.load(SeqCst) == all)
}

fn threads(all: usize) -> bool {
    let begun = AtomicUsize::new(0);
    thread::scope(|scope| {
        let workers: Vec<_> =
            (0..all).map(|_| scope.spawn(|| spin(&begun, all, u64::MAX))).collect();
        workers.into_iter().all(|worker| worker.join().is_ok_and(|saw_all| saw_all))
    })
}

async fn worker(begun: Arc<AtomicUsize>, all: usize) -> Result<bool> {
    Ok(spin(&begun, all, 10_000))
}

async fn tasks(all: usize) -> Result<Vec<bool>> {
    let begun = Arc::new(AtomicUsize::new(0));
    gather((0..all).map(|_| worker(begun.clone(), all))).await
}
// ANCHOR_END: spin

async fn program() -> Result<()> {
    let processors = thread::available_parallelism()?.get();
    println!(
        "every thread saw all others begin: {}",
        threads(processors + 1).repr()
    );
    let seen = tasks(3).await?;
    println!("the first of three tasks did: {}", seen[0].repr());
    println!("the last one did: {}", seen[2].repr());
    Ok(())
}

fn main() -> Result<()> {
    run(program())
}
