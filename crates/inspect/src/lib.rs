//! Looking into a running program: what each of its tasks waits for, where, since when, and which task last
//! acquired it.
//!
//! Nothing in a program has to change. If it is linked with this crate (the feature `inspect` of `asyncio`) and runs with
//! `ASYNCIO_INSPECT=1` in its environment, a thread of its own answers on a unix socket, in a folder that belongs to its user alone. A program
//! can also ask for that itself, by [`start`]. Then, in another terminal:
//!
//! ```sh
//! asyncio-ps PID        # a table of the tasks; --json prints everything, --watch refreshes it
//! asyncio-pstree PID    # the tasks as a tree of who waits for whom
//! kill -QUIT PID        # the program itself writes both to its standard error
//! ```
//!
//! `cargo install --path crates/inspect` installs the two programs. Below what they show they name cycles of tasks that wait for each
//! other, and what is only suspected: a lock whose holder is done, a wait of many minutes.
//!
//! # A loop that is stuck
//!
//! The thread asks each loop for its tasks and waits a second for the answer. A loop that blocks in a step cannot answer. Then the thread
//! tells what the loop last published: which step or callback runs, since when, and for each task its state and the line of its last
//! await. What a task waits on is only known of a loop that answers. A loop that is busy, and goes on, has eight seconds.
//!
//! # What it costs
//!
//! A program that is linked with this crate and runs without `ASYNCIO_INSPECT` runs exactly as before. With it, each step publishes what
//! it is: a server takes some 4 % more for a message that it sends back (0.4 µs of 12), and a task that is made and awaited, and does
//! nothing else, takes 0.3 µs more. A question takes the loop about a microsecond for each task. `cargo xtask measure inspecting`
//! measures this. A loop that only the thread asks counts as alone: a deadlock is reported as it is without. Where tasks seem to wait for
//! each other, the first look has each of them take a step for nothing, to be certain; the program itself does so before it tells of them.
//!
//! The socket has mode 0600, its folder 0700: `$XDG_RUNTIME_DIR/asyncio-inspect` or, without that variable, `asyncio-inspect-UID` in the
//! folder for temporary files. It is removed when the last loop is closed; one that a killed process has left is removed by
//! the next.

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(test)]
#[macro_use]
extern crate asyncio_testing;

#[cfg(feature = "tools")]
#[doc(hidden)]
pub mod cli;
mod folder;
mod program;
#[allow(clippy::question_mark, reason = "what nanoserde derives")]
mod snapshot;
#[doc(hidden)]
pub mod tools;

use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use asyncio_errors::env::is_second;
use asyncio_runtime::{EventLoop, LoopHook, log};

pub use crate::snapshot::{
    Activity, ActivityKind, Finding, FindingKind, LoopSnapshot, OfferSnapshot, Place, Snapshot, TaskSnapshot,
    TaskState, WaitSnapshot,
};

/// The environment variable that lets others look.
const VARIABLE: &str = "ASYNCIO_INSPECT";

/// Are new loops watched?
static IS_ON: AtomicBool = AtomicBool::new(false);

inventory::submit! {
    LoopHook(watch_if_asked)
}

/// Called with each new loop of the process.
fn watch_if_asked(event_loop: &EventLoop) {
    static FROM_ENV: std::sync::Once = std::sync::Once::new();
    FROM_ENV.call_once(|| match is_second(VARIABLE, ["0", "1"]) {
        Ok(true) => {
            if let Err(error) = start() {
                log::warning(format_args!("{VARIABLE}: nothing can look into this program: {error}"));
            }
        }
        Ok(false) => {}
        Err(error) => log::warning(error),
    });
    if IS_ON.load(Ordering::Relaxed) {
        program::watch(event_loop);
    }
}

/// Lets the user look into this process from now on, and returns the path of the socket. `ASYNCIO_INSPECT=1` does this when the first
/// loop is made.
///
/// Loops that are made from now on are seen, and the one that runs in this thread. Called again, it does nothing more.
///
/// # Errors
///
/// If the socket or its folder cannot be made, or if the folder belongs to another user. SIGQUIT works nevertheless.
///
/// # Examples
///
/// ```
/// use std::io::{Read as _, Write as _};
/// use std::os::unix::net::UnixStream;
///
/// use asyncio::inspect::{self, Snapshot};
/// use asyncio::{create_task, run, sleep, to_thread};
///
/// run(async {
///     let socket = inspect::start()?;
///     let kettle = create_task(sleep(60)).named("kettle");
///     let json = to_thread(move || {
///         let mut stream = UnixStream::connect(socket)?;
///         stream.write_all(b"json\n")?;
///         let mut json = String::new();
///         stream.read_to_string(&mut json).map(|_| json)
///     });
///     let snapshot = Snapshot::from_json(&json.await??)?;
///     let task = &snapshot.loops[0].tasks[1];
///     assert_eq!((task.name.as_str(), task.state.as_str()), ("kettle", "waiting"));
///     assert_eq!(task.waits_on.as_ref().unwrap().kind, "timer");
///     kettle.cancel();
///     Ok(())
/// })
/// .unwrap();
/// ```
pub fn start() -> io::Result<PathBuf> {
    IS_ON.store(true, Ordering::Relaxed);
    if let Ok(event_loop) = asyncio_runtime::get_running_loop() {
        program::watch_running(&event_loop);
    }
    program::start()
}
