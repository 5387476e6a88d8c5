//! `ASYNCIO_SCHEDULE`: a whole program under one schedule, without a change to it. `ASYNCIO_SCHEDULE_TRACE` names a file to which
//! each choice is written, so that it can be compared with CPython's: LEN INDEX ELIGIBLE. A mishap is a line of its own: `+` and the
//! mishap as in a token. With `ASYNCIO_SCHEDULE_LOOSE`, impossible deviations are skipped, not refused. `cargo xtask explore` needs
//! both to shrink a schedule from outside.

use std::cell::RefCell;
use std::fs::File;
use std::io::Write as _;
use std::rc::Rc;
use std::sync::OnceLock;
use std::thread::{self, ThreadId};

use asyncio_errors::ValueError;
use asyncio_runtime::LoopHook;

use crate::choices::{Fate, Seams};
use crate::invariant;
use crate::strategy::Chooser;
use crate::tape::{Player, Tape};
use crate::token::Schedule;

/// The schedule that the environment names.
pub(crate) fn from_env() -> Result<Option<Schedule>, ValueError> {
    let Some(token) = std::env::var_os("ASYNCIO_SCHEDULE").filter(|token| !token.is_empty()) else { return Ok(None) };
    let token = token.to_string_lossy();
    let refused = |error: ValueError| ValueError::new(format!("ASYNCIO_SCHEDULE: {error}"));
    token.parse().map(Some).map_err(refused)
}

thread_local! {
    /// The tape of all loops of this thread, if they follow one.
    static TAPE: RefCell<Option<Rc<RefCell<Tape>>>> = RefCell::new(tape());
}

/// Starts to follow a schedule, in place of the one that the environment names.
pub(crate) fn follow(schedule: &Schedule) {
    TAPE.set(Some(Rc::new(RefCell::new(blank(schedule)))));
}

/// An empty tape.
fn blank(schedule: &Schedule) -> Tape {
    let is_loose = std::env::var_os("ASYNCIO_SCHEDULE_LOOSE").is_some();
    let chooser = match schedule.deviations() {
        Some(deviations) if is_loose => Chooser::loose(deviations.to_vec()),
        _ => Chooser::strict(schedule),
    };
    let fate = match schedule.mishaps() {
        Some(mishaps) if is_loose => Fate::given(mishaps.to_vec(), false),
        _ => schedule.fate(),
    };
    let mut tape = Tape::new(chooser, u64::MAX).with_slack(schedule.slack());
    tape.mishaps.rewind(fate);
    tape
}

/// Only the first thread of a process that makes a loop follows the schedule, because we do not control the order among
/// threads.
fn tape() -> Option<Rc<RefCell<Tape>>> {
    static FIRST: OnceLock<ThreadId> = OnceLock::new();
    let own = thread::current().id();
    if *FIRST.get_or_init(|| own) != own {
        return None;
    }
    let schedule = from_env().unwrap_or_else(|error| panic!("{error}"))?;
    let mut tape = blank(&schedule);
    if let Some(path) = std::env::var_os("ASYNCIO_SCHEDULE_TRACE") {
        let file = File::create(&path).unwrap_or_else(|error| panic!("ASYNCIO_SCHEDULE_TRACE: {error}"));
        let file = Rc::new(file);
        let same = Rc::clone(&file);
        // The program must not fail because a disk is full.
        tape.told = Some(Box::new(move |len, index, eligible| _ = writeln!(&*file, "{len} {index} {eligible}")));
        tape.told_mishap = Some(Box::new(move |mishap| _ = writeln!(&*same, "+ {mishap}")));
    }
    Some(Rc::new(RefCell::new(tape)))
}

/// The tape for the environment's schedule, or for that of `follow`, in the thread that follows it, unless a program is
/// explored there.
pub(crate) fn current() -> Option<Rc<RefCell<Tape>>> {
    if invariant::is_searching() { None } else { TAPE.with_borrow(Clone::clone) }
}

inventory::submit! {
    LoopHook(|event_loop| {
        if let Some(tape) = current() {
            Seams::of(&tape).set();
            event_loop.set_scheduling_policy(Some(Box::new(Player::that_panics(&tape))));
        }
    })
}
