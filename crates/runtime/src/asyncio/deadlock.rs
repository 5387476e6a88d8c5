//! The report of tasks that cannot go on: what each one waits for.

use std::fmt::Write as _;

use asyncio_clock::Clock;
use asyncio_collections::takers::Taker;
use asyncio_errors::names::{group_of, place};
use asyncio_errors::{Error, Result, log};

use crate::asyncio::tasks::completes;
use crate::kernel::{AnyTask, Description, LoopCore, Offer, WaitKind};

/// Nothing in this loop can ever wake its tasks again. Under the virtual clock that is an error. In real time the loop warns
/// once and goes on waiting. It does not warn while a task waits on something foreign, such as another crate's channel,
/// because then another thread may have the waker.
pub(crate) fn report_deadlock(core: &LoopCore) -> Result<()> {
    if core.clock == Clock::Virtual {
        return Err(Error::report(describe_deadlock(&core.tasks.all())));
    }
    if !core.deadlock_reported.get() && !core.waits_on_others() {
        core.deadlock_reported.set(true);
        log::warning(describe_deadlock(&core.tasks.all()));
    }
    Ok(())
}

fn describe_deadlock(tasks: &[AnyTask]) -> String {
    if tasks.is_empty() {
        return "deadlock: there is no task, and nothing is left that could go on".to_owned();
    }
    describe("deadlock: every task waits, and nothing is left that could wake one", tasks)
}

/// Says what each of these tasks waits for, below a line that says what is wrong.
pub(crate) fn describe(what_is_wrong: &str, tasks: &[AnyTask]) -> String {
    const SHOWN: usize = 20;
    let mut text = what_is_wrong.to_owned();
    for task in tasks.iter().take(SHOWN) {
        let core = task.core();
        let blocker = core.blocked_on().describe();
        let blocker =
            blocker.unwrap_or_else(|| Description::new(WaitKind::Foreign, "something this loop does not know"));
        let Description { kind, text: mut what, held_by, by_hand, taker, offered } = blocker;
        if kind == WaitKind::Future {
            // A task group waits for a future of its own, which its tasks complete.
            let awaited = tasks.iter().filter(|other| completes(other, task));
            what = group_of(awaited.map(|other| other.core().shown_name())).map_or(what, Into::into);
        }
        if let Some(number) = held_by {
            let did = match taker {
                None => "acquired",
                Some(Taker { not_done: true, .. }) => "taken from",
                Some(_) => "last taken from",
            };
            what = format!("{what}, {did} by {},", name_of(number, tasks)).into();
        }
        let (name, at, function) = (core.shown_name(), place(core.at.get()), task.as_future().coroutine_name());
        let _ = write!(text, "\n  {name} waits for {what} at {at} in {function}()");
        if let Some(Taker { at, not_done, .. }) = taker {
            let not_done = if not_done { ", and `task_done` was not called since" } else { "" };
            let _ = write!(text, "\n    taken at {}{not_done}", place(at));
        }
        if let Some(held) = by_hand {
            let at = place(held.at);
            let _ = write!(text, "\n    acquired at {at} and never released; did you mean `{}`?", held.guard);
        }
        if let Some(Offer { what, task: address, at }) = offered {
            let of = match tasks.iter().find(|task| task.as_future().address() == address) {
                Some(other) if other == task => "of this task ".to_owned(),
                Some(other) => format!("of {} ", other.core().shown_name()),
                None => String::new(),
            };
            let _ = write!(
                text,
                "\n    futurelock: {what}, and offered to a wait {of}at {} that is not being polled",
                place(at)
            );
        }
    }
    if tasks.len() > SHOWN {
        let _ = write!(text, "\n  and {} more", tasks.len() - SHOWN);
    }
    text
}

/// The name of the task with this running number.
fn name_of(number: u32, tasks: &[AnyTask]) -> String {
    let task = tasks.iter().find(|task| task.core().number() == number);
    task.map_or_else(|| "a task that is done".to_owned(), |task| task.core().shown_name())
}
