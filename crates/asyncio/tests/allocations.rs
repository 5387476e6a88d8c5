//! What things cost, counted: allocations, bytes that stay, polls. Not time, and not what the system calls memory.
//!
//! The core idea: an allocator that counts for each thread by itself, because a loop stays in its thread, and so do the
//! tests' counts. A program of its own, since a process has one allocator.

#[macro_use]
extern crate asyncio_testing;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;

use asyncio::{
    AsyncGenerator, AsyncIterator, Barrier, Clock, Condition, Error, Event, Generator, Lock, Queue, Result, Runner,
    Semaphore, all_tasks, as_completed, create_task, gather, get_running_loop, shield, sleep, wait, wait_for,
};

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
    /// Below zero for a thread that frees what another has allocated.
    static BYTES: Cell<isize> = const { Cell::new(0) };
}

fn count(allocations: usize, bytes: isize) {
    // A thread that ends frees things when its counters are gone already.
    let _ = ALLOCATIONS.try_with(|all| all.set(all.get() + allocations));
    let _ = BYTES.try_with(|all| all.set(all.get() + bytes));
}

// SAFETY: every call goes to the system's allocator with the arguments it came with, and its answer is given back.
// Counting touches two cells without destructors, so it neither allocates nor unwinds.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(1, layout.size() as isize);
        // SAFETY: the caller's promises are those that `System` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        count(0, -(layout.size() as isize));
        // SAFETY: as above; every block came from `System`.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn bytes() -> isize {
    BYTES.get()
}

fn allocations() -> usize {
    ALLOCATIONS.get()
}

/// Runs a future and counts its polls.
async fn counted<F: Future>(polls: Rc<Cell<usize>>, future: F) -> F::Output {
    let mut future = pin!(future);
    poll_fn(|cx| {
        polls.set(polls.get() + 1);
        future.as_mut().poll(cx)
    })
    .await
}

/// The cost of many waiters.
struct Cost {
    polls: usize,
    /// Allocations from the wake-up to the end of the waiters.
    allocations: usize,
    /// Bytes that are left when the waiters are gone and the primitive is not.
    bytes: isize,
}

/// Makes a primitive, lets `n` tasks wait for it, wakes them, and waits until all are done.
fn cost<P: 'static, W: Future<Output = Result<()>> + 'static>(
    n: usize,
    make: impl AsyncFn(usize) -> Result<P> + 'static,
    wait: impl Fn(&P) -> W + 'static,
    wake: impl AsyncFn(&P, usize) -> Result<()> + 'static,
) -> Cost {
    let program = async move {
        let round = async || {
            let primitive = make(n).await?;
            let (before, polls) = (bytes(), Rc::new(Cell::new(0)));
            let tasks: Vec<_> = (0..n).map(|_| create_task(counted(polls.clone(), wait(&primitive)))).collect();
            sleep(0).await?;
            assert!(tasks.iter().all(|task| !task.done()));
            let waiting = allocations();
            wake(&primitive, n).await?;
            for task in &tasks {
                task.await?;
            }
            let allocations = allocations() - waiting;
            drop(tasks);
            // A task that was awaited is dropped after its last step.
            sleep(0).await?;
            let polls = Rc::into_inner(polls).expect("nobody polls any more").get();
            Ok::<_, Error>(Cost { polls, allocations, bytes: bytes() - before })
        };
        // The first round is not counted: memory that the loop keeps for this many tasks is not the primitive's.
        round().await?;
        round().await
    };
    Runner::new().clock(Clock::Virtual).run(program).unwrap()
}

/// A hundred thousand waiters cost a hundred times as much as a thousand: no more polls each, no allocation, and no
/// more memory that stays.
fn scales<P: 'static, W: Future<Output = Result<()>> + 'static>(
    polls: usize,
    make: impl AsyncFn(usize) -> Result<P> + Copy + 'static,
    wait: impl Fn(&P) -> W + Copy + 'static,
    wake: impl AsyncFn(&P, usize) -> Result<()> + Copy + 'static,
) {
    for n in [1_000, 100_000] {
        let before = bytes();
        let cost = cost(n, make, wait, wake);
        assert_eq!(cost.polls, polls * n, "polls of {n}");
        // Lists that grow by doubling.
        assert!(cost.allocations < 100, "{n} took {} allocations", cost.allocations);
        assert!(cost.bytes < 8192, "{n} left {} bytes", cost.bytes);
        assert!(bytes() - before < 8192, "{n} left {} bytes when their loop was gone", bytes() - before);
    }
}

/// One poll to get in line, one to go on.
#[test]
fn waiting_for_an_event_scales() {
    scales(
        2,
        async |_| Ok(Event::new()),
        Event::wait,
        async |event, _| {
            event.set();
            event.clear();
            Ok(())
        },
    );
}

#[test]
fn waiting_for_a_lock_scales_from_hand_to_hand() {
    let held = async |_| {
        let lock = Lock::new();
        lock.acquire().await.map(|()| lock)
    };
    let pass = |lock: &Lock| {
        let lock = lock.clone();
        async move { lock.lock().await.map(drop) }
    };
    scales(2, held, pass, async |lock, _| Ok(lock.release()?));
}

#[test]
fn waiting_for_a_semaphore_scales() {
    let pass = |semaphore: &Semaphore| {
        let semaphore = semaphore.clone();
        async move { semaphore.permit().await.map(drop) }
    };
    scales(
        2,
        async |_| Ok(Semaphore::new(0)?),
        pass,
        async |semaphore, _| {
            semaphore.release();
            Ok(())
        },
    );
}

#[test]
fn waiting_for_a_condition_scales() {
    let wait = |condition: &Condition| {
        let condition = condition.clone();
        async move { condition.lock().await?.wait().await }
    };
    scales(2, async |_| Ok(Condition::new()), wait, async |condition, _| Ok(condition.lock().await?.notify_all()?));
}

#[test]
fn waiting_at_a_barrier_scales() {
    let wait = |barrier: &Barrier| {
        let barrier = barrier.clone();
        async move { barrier.wait().await.map(drop) }
    };
    scales(2, async |n| Ok(Barrier::new(n + 1)?), wait, async |barrier, _| barrier.wait().await.map(drop));
}

#[test]
fn waiting_for_an_item_scales() {
    let get = |queue: &Queue<usize>| {
        let queue = queue.clone();
        async move { queue.get().await.map(drop) }
    };
    scales(2, async |_| Ok(Queue::new(0)), get, async |queue, n| Ok((0..n).try_for_each(|i| queue.put_nowait(i))?));
}

#[test]
fn waiting_for_room_scales() {
    let full = async |_| {
        let queue = Queue::new(1);
        queue.put_nowait(0)?;
        Ok(queue)
    };
    let put = |queue: &Queue<usize>| {
        let queue = queue.clone();
        async move { Ok(queue.put(1).await?) }
    };
    scales(2, full, put, async |queue, n| {
        for _ in 0..n {
            queue.get().await?;
        }
        Ok(())
    });
}

#[test]
fn waiting_for_a_queue_to_be_worked_off_scales() {
    let busy = async |_| {
        let queue = Queue::new(0);
        queue.put_nowait(0)?;
        Ok(queue)
    };
    scales(2, busy, Queue::join, async |queue, _| Ok(queue.task_done()?));
}

/// The number of allocations for `items` items, after a first one that may set things up.
fn of_each(items: usize, mut next: impl FnMut() -> Result<()>) -> usize {
    next().unwrap();
    let before = allocations();
    (0..items).for_each(|_| next().unwrap());
    allocations() - before
}

#[test]
fn a_generator_allocates_nothing_for_an_item() {
    let numbers: Generator<u64, u64> = Generator::new(async |mut y| {
        let mut sum = 0;
        loop {
            sum += y.yield_(sum).await?.unwrap_or(1);
        }
    });
    assert_eq!(of_each(10_000, || numbers.resume().map(drop)), 0);
    assert_eq!(of_each(10_000, || numbers.send(2).map(drop)), 0);
    let from = Generator::<u64, u64>::new(async move |mut y| y.yield_from(&numbers).await.map(drop));
    from.resume().unwrap();
    assert_eq!(of_each(10_000, || from.send(3).map(drop)), 0);
}

#[test]
fn an_asynchronous_generator_allocates_nothing_for_an_item() {
    let program = async {
        let mut numbers: AsyncGenerator<u64, u64> = AsyncGenerator::new(async |mut y| {
            let mut sum = 0;
            loop {
                sleep(0).await?;
                sum += y.yield_(sum).await?.unwrap_or(1);
            }
        });
        for _ in 0..100 {
            numbers.anext().await?;
        }
        let before = allocations();
        for _ in 0..10_000 {
            numbers.anext().await?;
            numbers.asend(2).await?;
        }
        assert_eq!(allocations() - before, 0);
        numbers.aclose().await
    };
    Runner::new().clock(Clock::Virtual).run(program).unwrap();
}

/// One allocation, of async-task's header and the task's cell beside the coroutine, and a place in the loop's registry.
#[test]
fn an_idle_task_is_one_allocation_little_larger_than_its_coroutine() {
    const TASKS: usize = 10_000;
    const BESIDE: usize = 32 + 96;
    // Lists that grow by doubling may have room for twice as many.
    const REGISTERED: usize = 2 * 12;
    let coroutine = || async {
        std::future::pending::<()>().await;
        Ok(())
    };
    let of_coroutine = size_of_val(&coroutine()).next_multiple_of(8);
    let program = async move {
        let before = (allocations(), bytes());
        for _ in 0..TASKS {
            create_task(coroutine());
        }
        // Their first steps, and an iteration in which the queue releases its memory.
        sleep(0).await?;
        sleep(0).await?;
        assert_eq!(all_tasks()?.len(), TASKS + 1);
        let (made, kept) = (allocations() - before.0, (bytes() - before.1) as usize);
        assert!(made < TASKS + 100, "{made} allocations");
        assert!(kept < TASKS * (BESIDE + of_coroutine + REGISTERED), "{} bytes a task", kept / TASKS);
        Ok(())
    };
    Runner::new().clock(Clock::Virtual).run(program).unwrap();
}

/// Polls a wait once and drops it.
fn begin(waits: impl Future<Output = Result<()>>) {
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(pin!(waits).poll(&mut cx).is_pending());
}

/// The bytes that 10,000 of something leave on one future that outlives them.
fn left_behind(make: impl Fn(&asyncio::Future<()>) + 'static) -> isize {
    let program = async move {
        let long_lived = get_running_loop()?.create_future::<()>();
        let round = async |n| {
            let before = bytes();
            for _ in 0..n {
                make(&long_lived);
            }
            // Memory that the loop keeps for later is released as well.
            sleep(0).await?;
            Ok::<_, Error>(bytes() - before)
        };
        round(1_000).await?;
        round(10_000).await
    };
    Runner::new().clock(Clock::Virtual).run(program).unwrap()
}

#[test]
fn what_is_dropped_before_its_end_leaves_nothing_on_a_long_lived_future() {
    type Makes = fn(&asyncio::Future<()>);
    let all: [(&str, Makes); 14] = [
        ("gather", |future| drop(gather([future, future]))),
        ("gather, return_exceptions", |future| drop(gather([future]).return_exceptions())),
        ("gather of gathers", |future| drop(gather([gather([future]), gather([future, future])]))),
        ("gather of gathers of gathers", |future| drop(gather([gather([gather([future])])]))),
        ("gather of shields", |future| drop(gather([shield(future), shield(future)]))),
        ("shield", |future| drop(shield(future))),
        ("shield of a gather", |future| drop(shield(gather([future, future])))),
        ("shield of a shield", |future| drop(shield(shield(future)))),
        ("gathers of one gather", |future| {
            let group = gather([future]);
            drop((gather([&group]), gather([&group, &group]), shield(&group)));
        }),
        ("gather of gathers, awaited", |future| begin(async { gather([gather([future])]).await.map(drop) })),
        ("as_completed", |future| drop(as_completed([future]))),
        ("await", |future| begin(async { future.await })),
        ("wait", |future| begin(async { wait([future]).timeout(3600).await.map(drop) })),
        ("wait_for", |future| begin(wait_for(future, 3600))),
    ];
    for (name, make) in all {
        let left = left_behind(make);
        assert!(left < 20_000, "{name}: {left} bytes");
    }
}
