//! `startup COUNT COMMAND [ARGUMENT...]` runs a command again and again and prints the median time
//! from spawn to exit, and the size of its program.
//!
//! It is a separate small program, because the peak memory of a child starts at that of its parent.

use std::process::Command;
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

/// Unmeasured runs at the start, which bring the program into the page cache.
const WARM_UP: usize = 5;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [count, program, rest @ ..] = &arguments[..] else { panic!("startup COUNT COMMAND") };
    let count: usize = count.parse().expect("the count is a number");
    let run = || {
        let start = Instant::now();
        let status =
            Command::new(program).args(rest).status().unwrap_or_else(|error| panic!("cannot run {program}: {error}"));
        assert!(status.success(), "{program}: {status}");
        start.elapsed()
    };
    let mut times: Vec<Duration> = (0..WARM_UP + count).map(|_| run()).skip(WARM_UP).collect();
    times.sort_unstable();

    let children = getrusage(UsageWho::RUSAGE_CHILDREN).expect("one may always ask");
    let cpu = children.user_time() + children.system_time();
    println!(
        "operations={count} ns={} cpu_ns={} peak_kib={} binary_bytes={}",
        times[count / 2].as_nanos(),
        cpu.num_nanoseconds() / (count + WARM_UP) as i64,
        children.max_rss(),
        std::fs::metadata(program).map_or(0, |file| file.len()),
    );
}
