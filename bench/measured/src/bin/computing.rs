//! Two jobs that compute, and two that wait: one after the other, as two tasks of one loop, in two threads and in two
//! processes. The threads of the loop's pool compute side by side, as there is no interpreter lock.
//!
//! Shows: misconception_gets_around_the_gil, cpu_bound_and_io_bound, processes_bypass_the_gil,
//! threads_for_io_only_because_of_the_gil

use std::hint::black_box;
use std::process::Command;
use std::{env, thread};

use asyncio::{Result, gather, run, sleep, to_thread};
use measured::time;

/// A fraction of a second of computing.
fn compute() -> u64 {
    (0..25_000_000_u64).fold(0, |sum, number| black_box(sum) ^ number)
}

async fn two_tasks() -> Result<Vec<u64>> {
    gather((0..2).map(|_| async { Ok(compute()) })).await
}

async fn two_calls_of_to_thread() -> Result<Vec<u64>> {
    gather((0..2).map(|_| to_thread(compute))).await
}

fn main() -> Result<()> {
    if env::args().nth(1).is_some() {
        black_box(compute());
        return Ok(());
    }
    time("two jobs that compute: one after the other", 1, || (compute(), compute()));
    time("two jobs that compute: two tasks of one loop", 1, || run(two_tasks()))?;
    time("two jobs that compute: two threads, by `to_thread`", 1, || run(two_calls_of_to_thread()))?;
    let program = env::current_exe()?;
    time("two jobs that compute: two processes", 1, || {
        let children = [(); 2].map(|()| Command::new(&program).arg("compute").spawn());
        children.into_iter().all(|child| child.and_then(|mut child| child.wait()).is_ok())
    });

    let wait = || thread::sleep(std::time::Duration::from_millis(200));
    time("two jobs that wait 0.2 s: one after the other", 1, || (wait(), wait()));
    time("two jobs that wait 0.2 s: two tasks of one loop", 1, || {
        run(async { gather([sleep(0.2), sleep(0.2)]).await })
    })?;
    time("two jobs that wait 0.2 s: two threads", 1, || {
        [thread::spawn(wait), thread::spawn(wait)].map(|thread| thread.join().is_ok())
    });
    Ok(())
}
