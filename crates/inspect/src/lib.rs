//! Looking into a running program: what each of its tasks waits for, where, since when, and which task last
//! acquired it.
//!
//! The program need not change. If it is linked with this crate (the feature `inspect` of `asyncio`) and runs with
//! `ASYNCIO_INSPECT=1` in its environment, a separate thread answers on a Unix socket, in a folder that belongs to its user alone.
//! A program can also start that thread itself, with [`start`]. Then, in another terminal:
//!
//! ```sh
//! asyncio-ps PID        # a table of the tasks; --json prints everything, --watch refreshes it
//! asyncio-pstree PID    # the tasks as a tree of who waits for whom
//! kill -QUIT PID        # the program itself writes both to its standard error
//! ```
//!
//! `cargo install --path crates/inspect` installs the two programs. Below the tasks they list the cycles of tasks that wait for
//! each other, and suspicions: a lock whose holder is done, a wait of many minutes.
//!
//! # What is a suspicion
//!
//! A suspicion may be wrong: the program may be in order.
//!
//! - **A cycle** that is not certain, or not yet. It is certain when it has lasted for ten seconds and the program has looked
//!   at it. The program looks only when it is about to wait, so in a loop that is never idle every cycle stays a suspicion.
//! - **A lock or a permit** whose holder is done. The holder may have given its guard to another task.
//! - **A full queue** whose last taker is done. Another task may take from the queue later.
//! - **A `join`** for which `task_done` is missing: the task that took an item is done, or waits for the next item. A queue
//!   does not know which item a `task_done` is about, so it counts for the last item that its task has taken. If another task
//!   calls it, it counts for the oldest item whose task does not wait for the next one; if there is none, for the oldest of all.
//!   Of the items that are left, the suspicion names one of a task that waits for the next item; if there is none, the oldest.
//!   A task that has handed its item to another task, and is done, is suspected although the other one may still work on it.
//! - **A wait of more than five minutes** for a `Lock`, a `Semaphore`, a `Barrier`, room in a queue, or a `join`. A wait for an
//!   item, an `Event`, a `Condition`, a timer, a descriptor or a future may take any time, and so is never suspected. Neither
//!   is a wait for tasks, alone or in a `gather` or a group: there the waits of these tasks count.
//!
//! Queues note each item that is taken, and each `task_done`, only while a loop can be looked into, because noting an item takes as
//! long as taking it. In a loop that cannot be looked into, the report of a deadlock names the task that last had to *wait* for an
//! item, and the line of that wait. Another task may have taken the item since, and a consumer that never had to wait is not known.
//!
//! # A loop that is stuck
//!
//! The thread asks each loop for its tasks and waits a second for the answer. A loop that blocks in a step cannot answer. Then the
//! thread answers with what the loop last published: which step or callback is running, since when, and for each task its state
//! and the line of its last await. What a task waits on is known only if the loop answers. A busy loop that makes progress has
//! eight seconds.
//!
//! # What it costs
//!
//! A program that is linked with this crate and runs without `ASYNCIO_INSPECT` runs exactly as before. With it, each step is
//! published: a server takes 0.9 µs longer for each message that it sends back (5.0 µs without, so 17 %), and a task that only
//! is created and awaited takes 0.4 µs longer (0.2 µs without). A queue takes 130 to 160 instructions more for each item.
//! Answering takes a loop about a microsecond for each task. `cargo xtask measure inspecting` measures this. The answering
//! thread does not count as another thread that could wake the loop, so a deadlock is still reported. Where tasks seem to wait
//! for each other, the first look makes each of them take an extra step, to be certain; the program itself also does that
//! before it reports them.
//!
//! The socket has mode 0600, its folder 0700: `$XDG_RUNTIME_DIR/asyncio-inspect` or, without that variable, `asyncio-inspect-UID`
//! in the folder for temporary files. It is removed when the last loop is closed; one that a killed process has left is removed by
//! the next process.

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
    Activity, ActivityKind, Finding, FindingKind, LocationSnapshot, LoopSnapshot, OfferSnapshot, Snapshot,
    TaskSnapshot, TaskState, WaitSnapshot,
};

/// The environment variable that switches the inspector on.
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
/// Visible are the loop that runs in this thread, and all loops that are made from now on. Another call does nothing more.
///
/// # Errors
///
/// If the socket or its folder cannot be made, or if the folder belongs to another user. SIGQUIT then still works.
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
