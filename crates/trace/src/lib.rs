//! Traces: every step, wait and wake-up of a program in a file that [Perfetto](https://ui.perfetto.dev) and Chrome open.
//!
//! The program need not change. If it is linked with this crate (the feature `trace` of `asyncio`) and runs with
//! `ASYNCIO_TRACE=FILE` in its environment, all loops of the process write what happens in them to that file. In the name, `%p`
//! stands for the process ID. A program can also trace single loops, with a [`Trace`].
//!
//! ```
//! use asyncio::{Clock, EventLoop, create_task, sleep, trace::Trace};
//!
//! let file = std::env::temp_dir().join(format!("tea-{}.json", std::process::id()));
//! let event_loop = EventLoop::with_clock(Clock::Virtual);
//! Trace::create(&file).unwrap().watch(&event_loop);
//! event_loop
//!     .run_until_complete(async {
//!         let kettle = create_task(sleep(180)).named("kettle");
//!         kettle.await
//!     })
//!     .unwrap();
//! event_loop.close().unwrap();
//!
//! let trace = std::fs::read_to_string(&file).unwrap();
//! assert!(trace.starts_with("[") && trace.ends_with("]\n"));
//! assert!(trace.contains("kettle") && trace.contains("time jumps"));
//! std::fs::remove_file(file).unwrap();
//! ```
//!
//! # What is in a trace
//!
//! A loop is shown as a process. Its first track has the passes, with the callbacks and timers that ran in each, and between
//! them the time for which the loop was idle. Each task has a track of its own.
//!
//! | on the track of a task | |
//! | --- | --- |
//! | slice `step` | One step. Its arguments say what the task waited on afterwards: `waits_on`, `task` (the number of the track), `held_by`, and `at`, the location of the await. Under the real clock `ready_us` is the time for which the step was queued. |
//! | instant `created` | The coroutine, the place, and the track of the creator. |
//! | instant `cancel requested` | The task that requested it, and the waiting task or group `through` which the request came. |
//! | instant `woken` | Something outside of the loop woke the task, such as another thread. |
//! | instant `finished`, `failed`, `cancelled` | The end. |
//!
//! A path outside of the workspace that was built begins with the folder of its crate: the one in the registry, or above `src`.
//!
//! Arrows (flows) lead from a step or callback to the step or callback that it caused: `wakes`, `cancels`, `creates`, `calls`,
//! and `sets timer`. The callback by which a descriptor wakes the tasks that wait for it is left out.
//!
//! Under the virtual clock the instant `timer set` has a `number`. The timer's callback and its cancellation have the same number.
//!
//! Under the virtual clock, if standard output is a file, the end of a step or callback also has the length of that file
//! (`printed`), which shows what the step has printed.
//!
//! Under the real clock, times are the machine's. Under the virtual clock they are the loop's. A step takes no time there, so
//! each event takes one microsecond, and the trace is the same in each run.
//!
//! # What it costs, and where it ends
//!
//! The loop's thread notes numbers and addresses, and reads the clock once a step. After the first 500 notes, a second thread
//! makes the events of the file from them; where that thread cannot be started, the loop does its work. A loop keeps at most four
//! thousand notes, 160 KB, and a record of each pending task and timer. If the file is slower than the loop, the loop waits for
//! it. No future is kept alive.
//!
//! An echo of 64 bytes takes 0.1 % more processor time of the loop's thread, and 7 to 8 % more processor time of all threads. On a
//! machine with two processors, which the loop, its client and the writing thread share, it takes 4 to 5 % longer (`cargo xtask measure
//! tracing`, whose table is in the book). Without a free processor for the writing thread, the loop is slowed down by the time
//! of all threads. A program that is linked with this crate and runs without `ASYNCIO_TRACE` runs exactly as before.
//!
//! The file is complete when the loop closes, because closing waits for the thread. If the process is killed, the end of the list
//! is missing, which both viewers accept, and perhaps the last events as well, such as the time for which the loop was idle at
//! the end.
//!
//! If the file cannot be written, one warning says so, and the program goes on without a trace. Two processes do not write the
//! same file. In a pipe the list never gets its closing bracket, because another loop may follow.

#![forbid(unsafe_code)]

#[cfg(test)]
#[macro_use]
extern crate asyncio_testing;

mod json;
mod lines;
mod mixed;
mod outlet;
mod page;
mod places;
mod record;
mod recorder;
mod sink;

use std::io;
use std::path::Path;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};

use asyncio_runtime::{EventLoop, LoopHook, log};

use crate::recorder::Recorder;
use crate::sink::Sink;

/// The environment variable with the name of the file.
const VARIABLE: &str = "ASYNCIO_TRACE";

inventory::submit! {
    LoopHook(watch_if_asked)
}

/// Called with each new loop of the process.
fn watch_if_asked(event_loop: &EventLoop) {
    static TRACE: OnceLock<Option<Trace>> = OnceLock::new();
    if let Some(trace) = TRACE.get_or_init(from_env) {
        trace.watch(event_loop);
    }
}

fn from_env() -> Option<Trace> {
    let name = std::env::var_os(VARIABLE).filter(|name| !name.is_empty())?;
    let name = match name.into_string() {
        Ok(name) => name.replace("%p", &std::process::id().to_string()).into(),
        Err(name) => name,
    };
    let path = Path::new(&name);
    Trace::create(path)
        .inspect_err(|error| log::warning(format_args!("{VARIABLE}: cannot write {}: {error}", path.display())))
        .ok()
}

/// A file that loops write their traces to.
///
/// Clones write to the same file. Loops may be in several threads.
///
/// # Examples
///
/// ```
/// use asyncio::{Clock, EventLoop, sleep, trace::Trace};
///
/// let file = std::env::temp_dir().join(format!("loops-{}.json", std::process::id()));
/// let trace = Trace::create(&file).unwrap();
/// for seconds in [1, 2] {
///     let event_loop = EventLoop::with_clock(Clock::Virtual);
///     trace.watch(&event_loop);
///     event_loop.run_until_complete(sleep(seconds)).unwrap();
/// }
/// assert_eq!(std::fs::read_to_string(&file).unwrap().matches("process_name").count(), 2);
/// std::fs::remove_file(file).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct Trace {
    sink: Arc<Sink>,
}

impl Trace {
    /// Creates the file, or empties it if it exists.
    ///
    /// # Errors
    ///
    /// If the file cannot be created, is written by another trace, or is a named pipe without a reader.
    pub fn create(path: impl AsRef<Path>) -> io::Result<Self> {
        Ok(Self { sink: Arc::new(Sink::create(path.as_ref())?) })
    }

    /// Traces the loop from now on, until it is closed.
    pub fn watch(&self, event_loop: &EventLoop) {
        event_loop.add_observer(Rc::new(Recorder::new(&self.sink, event_loop)));
    }
}
