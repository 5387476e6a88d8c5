//! The clocks and the memory readings around one measured stretch, and the line that is printed
//! at its end.

use std::io::Write;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use nix::time::{ClockId, clock_gettime};

/// Tasks of an idle workload that have reached the place where they wait.
static PARKED: AtomicUsize = AtomicUsize::new(0);

/// Counts one task that is about to wait for ever.
pub fn parked() {
    PARKED.fetch_add(1, Ordering::Relaxed);
}

/// How many tasks have called [`parked`].
pub fn parked_count() -> usize {
    PARKED.load(Ordering::Relaxed)
}

/// One measured stretch, from [`Run::start`] to [`Run::done`].
#[derive(Debug)]
#[must_use = "a run prints nothing until it is `done`"]
pub struct Run {
    start: Instant,
    cpu: Duration,
}

impl Run {
    /// Starts the clocks.
    pub fn start() -> Run {
        Run { cpu: cpu_time(), start: Instant::now() }
    }

    /// Stops the clocks and prints what `operations` took.
    pub fn done(self, operations: usize) {
        self.done_with(operations, "");
    }

    fn done_with(self, operations: usize, more: &str) {
        let wall = self.start.elapsed();
        report(operations, wall, cpu_time() - self.cpu, more);
    }
}

/// Prints the line of a run: wall and processor time per operation in nanoseconds, the peak of resident memory in KiB, and
/// `more`, the pairs that only this workload has.
pub(crate) fn report(operations: usize, wall: Duration, cpu: Duration, more: &str) {
    let each = |time: Duration| time.as_nanos() as f64 / operations as f64;
    println!(
        "operations={operations} ns={:.2} cpu_ns={:.2} peak_kib={} {more}",
        each(wall),
        each(cpu),
        memory_kib("VmHWM:"),
    );
}

/// The memory of many idle tasks.
#[derive(Debug)]
#[must_use = "nothing is printed until it is `done`"]
pub struct Idle {
    before_kib: u64,
    run: Run,
}

impl Idle {
    /// Reads the memory in use before the first task. Make [`room_for`] the handles first: their
    /// storage is not the runtime's.
    pub fn start() -> Idle {
        Idle { before_kib: memory_kib("VmRSS:"), run: Run::start() }
    }

    /// Prints the growth per task and ends the process.
    pub fn done(self, tasks: usize) -> ! {
        let grown = memory_kib("VmRSS:").saturating_sub(self.before_kib) * 1024;
        let each = grown as f64 / tasks as f64;
        self.run.done_with(tasks, &format!("bytes_per_task={each:.1}"));
        std::io::stdout().flush().expect("stdout takes the line");
        // SAFETY: `_exit` has no precondition. It is called for its lack of destructors: taking
        // down a million parked tasks is no part of this workload.
        unsafe { nix::libc::_exit(0) }
    }
}

/// An empty vector with room for `count`, every page of it already resident.
pub fn room_for<T>(count: usize) -> Vec<T> {
    let mut room = Vec::with_capacity(count);
    // Without the black box, filling with zeroes may become a `calloc`, which touches no page.
    std::hint::black_box(&mut room).spare_capacity_mut().fill_with(MaybeUninit::zeroed);
    std::hint::black_box(room)
}

/// Processor time of all threads of this process.
pub(crate) fn cpu_time() -> Duration {
    clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID).expect("Linux has this clock").into()
}

/// Processor time of this thread.
pub(crate) fn thread_time() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).expect("Linux has this clock").into()
}

/// A line of `/proc/self/status` that is in kB.
fn memory_kib(key: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("/proc is mounted");
    let line = status.lines().find_map(|line| line.strip_prefix(key));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.and_then(|text| text.parse().ok()).expect("the status has this line")
}
