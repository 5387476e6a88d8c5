//! Nothing leaks: random programs, and threads that hold their wakers, under an allocator that counts what is alive.
//!
//! After each program as much is alive as before it. This is a test program of its own, because a process has one allocator; it
//! has a single test, because others would be counted too; and it does not use the standard harness, which keeps what is
//! printed. `cargo xtask sanitize leak` takes a million steps.

use std::alloc::{GlobalAlloc, Layout, System};
use std::future::poll_fn;
use std::sync::atomic::{AtomicIsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::task::{Poll, Waker};
use std::thread;

use asyncio::{Clock, Result, Runner, Task, cancellable, create_task, gather, shield, sleep, wait_for};
use asyncio_testing::begin;
use conform::language::Program;
use conform::{generate, trace, trace_scoped};
use fastrand::Rng;
use libtest_mimic::{Arguments, Trial};

/// Counts over all threads, because a waker may be dropped in a different thread from the one that made it.
struct Counting;

static BLOCKS: AtomicIsize = AtomicIsize::new(0);
static BYTES: AtomicIsize = AtomicIsize::new(0);

// SAFETY: every call goes to the system's allocator with the arguments it came with, and its answer is given back.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        BLOCKS.fetch_add(1, Ordering::Relaxed);
        BYTES.fetch_add(layout.size() as isize, Ordering::Relaxed);
        // SAFETY: the caller's promises are those that `System` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        BLOCKS.fetch_sub(1, Ordering::Relaxed);
        BYTES.fetch_sub(layout.size() as isize, Ordering::Relaxed);
        // SAFETY: as above; every block came from `System`.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn alive() -> (isize, isize) {
    (BLOCKS.load(Ordering::Relaxed), BYTES.load(Ordering::Relaxed))
}

/// What a process allocates only once, it allocates in the first programs.
const WARM_UP: u64 = 300;

fn main() {
    let test = Trial::test("as_much_is_alive_after_a_program_as_before", || {
        let _guard = begin("as_much_is_alive_after_a_program_as_before");
        compare();
        Ok(())
    });
    // In this thread: the threads that the harness would start allocate too, and ThreadSanitizer does not see how they are
    // synchronized.
    let arguments = Arguments { test_threads: Some(1), ..Arguments::from_args() };
    libtest_mimic::run(&arguments, vec![test]).exit();
}

/// Every other program runs with groups whose tasks borrow, if that suits it.
fn scoped(program: &Program, seed: u64) -> Option<String> {
    if seed.is_multiple_of(2) { trace_scoped(program) } else { None }
}

fn compare() {
    let wanted = std::env::var("ASYNCIO_LEAK_STEPS").map_or(20_000, |steps| steps.parse().expect("a number of steps"));
    let (mut steps, mut seed) = (0, 0);
    while steps < wanted || seed < 2 * WARM_UP {
        let program = (seed % 4 != 0).then(|| generate::program(seed));
        let before = alive();
        steps += match &program {
            None => wakers_in_threads(&mut Rng::with_seed(seed)),
            // Each line of the trace counts as a step: something that a task did.
            Some(program) => scoped(program, seed).unwrap_or_else(|| trace(program)).lines().count(),
        };
        let now = alive();
        assert!(
            seed < WARM_UP || now == before,
            "seed {seed}: {before:?} blocks and bytes were alive, now {now:?} are; {program:?}"
        );
        seed += 1;
    }
    println!("{steps} steps in {seed} programs, from seed 0");
}

/// Tasks whose wakers are in other threads, which wake and drop them while the loop runs, while it closes, and after it is
/// gone; and handles that are dropped in any order. Returns the number of steps taken.
fn wakers_in_threads(random: &mut Rng) -> usize {
    let (threads, senders): (Vec<_>, Vec<_>) = (0..2)
        .map(|_| {
            let (send, wakers) = channel();
            let random = random.fork();
            (thread::spawn(move || wake_and_drop(random, wakers)), send)
        })
        .unzip();
    let tasks = random.usize(1..20);
    let main_random = random.fork();
    let runner = Runner::new().clock(Clock::Real);
    // Exceptions that nobody retrieves are of no interest here.
    runner.get_loop().expect("a new loop").set_exception_handler(Some(Box::new(|_| ())));
    runner.run(start_and_drop(main_random, tasks, senders)).expect("it ends well");
    drop(runner);
    threads.into_iter().map(|thread| thread.join().unwrap()).sum::<usize>() + tasks
}

fn wake_and_drop(mut random: Rng, wakers: Receiver<Waker>) -> usize {
    let (mut kept, mut steps) = (Vec::new(), 0);
    for waker in wakers {
        steps += 1;
        match random.u8(0..6) {
            0 => waker.wake(),
            1 => waker.wake_by_ref(),
            2 => drop(waker),
            3 => vec![waker; 3].into_iter().for_each(Waker::wake),
            4 => thread::yield_now(),
            _ => kept.push(waker),
        }
    }
    // The loop is closing or gone: nobody can send any more.
    random.shuffle(&mut kept);
    for waker in kept {
        if random.bool() { waker.wake() } else { drop(waker) }
    }
    steps
}

async fn start_and_drop(mut random: Rng, tasks: usize, senders: Vec<Sender<Waker>>) -> Result<()> {
    let mut handles: Vec<Task<()>> = Vec::new();
    for _ in 0..tasks {
        let waits = wait_elsewhere(random.fork(), senders.clone());
        handles.push(match random.u8(0..5) {
            0 => create_task(async { wait_for(waits, 0.001).await }),
            1 => create_task(async { shield(waits).await }),
            2 => create_task(async { gather([waits]).await.map(drop) }),
            _ => create_task(waits),
        });
        if random.bool() {
            sleep(0).await?;
        }
    }
    random.shuffle(&mut handles);
    while let Some(task) = handles.pop() {
        match random.u8(0..5) {
            0 => drop(task.cancel()),
            1 => drop(task.as_task().abort()),
            2 => handles.extend(random.bool().then(|| task.clone())),
            3 => sleep(0).await?,
            _ => drop(task.add_done_callback(|task| drop(task.clone()))),
        }
    }
    Ok(())
}

/// A foreign future that is polled a few times, woken by any thread that has one of its wakers.
async fn wait_elsewhere(mut random: Rng, senders: Vec<Sender<Waker>>) -> Result<()> {
    let mut polls = random.usize(1..5);
    let foreign = poll_fn(move |cx| {
        polls -= 1;
        if polls == 0 {
            return Poll::Ready(());
        }
        for sender in &senders {
            // An error would mean that the thread has ended, which it does not while there are senders.
            sender.send(cx.waker().clone()).expect("the thread listens");
        }
        Poll::Pending
    });
    cancellable(foreign).await
}
