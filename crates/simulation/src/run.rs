//! One run of the program under one schedule, and whether it failed.

use std::any::Any;
use std::cell::RefCell;
use std::fmt::Debug;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use asyncio_clock::{Clock, restart_virtual};
use asyncio_entry::tasks_left;
use asyncio_errors::{Error, ExceptionContext, Result, RuntimeError};
use asyncio_runtime::{EventLoop, LoopEvent, Observer, Runner};

use crate::choices::Asked;
use crate::invariant::Searching;
use crate::panics;
use crate::report::Failure;
use crate::tape::{Player, Tape};

/// Runs `program` on a loop of its own with the choices of the tape. Returns the `Debug` form of what it returned.
pub(crate) fn run<M, T>(
    program: &impl Fn() -> M,
    tape: &Rc<RefCell<Tape>>,
    may_leak: bool,
) -> std::result::Result<String, Failure>
where
    M: Future<Output = Result<T>> + 'static,
    T: Debug + 'static,
{
    let _searching = Searching::begin();
    let _asked = Asked::of(tape);
    tape.borrow().jobs.be_quiet();
    let mut runner = Runner::new().scheduling_policy(Player::new(tape));
    if tape.borrow().chooser.knows_tasks() {
        runner = runner.observer(Rc::new(Forgets(Rc::clone(tape))));
    }
    let ended = on_loop(runner, program, may_leak).map(|value| format!("{value:?}"));
    let ended = ended.map_err(|failure| failure.in_job(|| tape.borrow().jobs.panicked_at()));
    if let Some(failure) = tape.borrow_mut().failure.take() {
        return Err(failure);
    }
    let value = ended?;
    tape.borrow().check_end()?;
    Ok(value)
}

/// Makes the tape forget tasks that are done.
struct Forgets(Rc<RefCell<Tape>>);

impl Observer for Forgets {
    fn event(&self, event: LoopEvent<'_>) {
        if let LoopEvent::TaskDone(task) = event {
            let forgotten = self.0.borrow_mut().chooser.forget(task);
            drop(forgotten);
        }
    }
}

/// Runs the coroutine that `program` makes on the runner's loop, with the virtual clock, and closes the loop. Nothing is
/// printed.
pub(crate) fn on_loop<M, T>(
    runner: Runner,
    program: impl FnOnce() -> M,
    may_leak: bool,
) -> std::result::Result<T, Failure>
where
    M: Future<Output = Result<T>> + 'static,
    T: 'static,
{
    // Each run starts at the same instant, because the rounding of deadlines depends on it.
    restart_virtual();
    let unhandled: Rc<RefCell<Option<Failure>>> = Rc::default();
    let ended = panics::quietly(|| {
        let runner = runner.clock(Clock::Virtual).debug(false);
        let event_loop = runner.get_loop().expect("a new runner has a loop");
        event_loop.set_exception_handler(Some(note_first(&unhandled)));
        let ended = catch_unwind(AssertUnwindSafe(|| runner.run(program())));
        let ended = match ended {
            Err(panic) => Err(panicked(&*panic)),
            Ok(Err(error)) => Err(raised(&error)),
            Ok(Ok(value)) => match leaked(&event_loop) {
                Some(leak) if !may_leak => Err(leak),
                _ => Ok(value),
            },
        };
        // Closing runs what is left.
        let closed = catch_unwind(AssertUnwindSafe(|| drop((runner, event_loop))));
        #[cfg(feature = "net")]
        crate::network::forget_programs();
        ended.and_then(|value| closed.map(|()| value).map_err(|panic| panicked(&*panic)))
    });
    match (ended, unhandled.take()) {
        // An error that is never retrieved may be the reason why a task is left.
        (Ok(_) | Err(Failure::Leaked(_)), Some(unhandled)) => Err(unhandled),
        (ended, _) => ended,
    }
}

type Handler = Box<dyn Fn(&ExceptionContext)>;

fn note_first(unhandled: &Rc<RefCell<Option<Failure>>>) -> Handler {
    let unhandled = Rc::clone(unhandled);
    Box::new(move |context| {
        let mut first = unhandled.borrow_mut();
        if first.is_none() {
            let error = context.exception.as_ref().map(|error| format!(": {}", error.repr())).unwrap_or_default();
            *first = Some(Failure::Unhandled(format!("{}{error}", context.message)));
        }
    })
}

fn raised(error: &Error) -> Failure {
    let text = error.to_string();
    match text.strip_prefix("deadlock: ") {
        Some(deadlock) if error.is::<RuntimeError>() => Failure::Deadlock(deadlock.to_owned()),
        _ => Failure::Error(error.repr()),
    }
}

fn panicked(payload: &(dyn Any + Send)) -> Failure {
    let message = payload.downcast_ref::<&str>().copied();
    let message = message.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("Box<dyn Any>");
    Failure::Panic { message: message.to_owned(), at: panics::last_at().unwrap_or_default() }
}

/// The tasks that are left when main has returned.
fn leaked(event_loop: &EventLoop) -> Option<Failure> {
    let tasks = tasks_left(event_loop);
    (!tasks.is_empty()).then_some(Failure::Leaked(tasks))
}
