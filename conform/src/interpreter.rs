//! Runs a program on our runtime, under the virtual clock.

use std::cell::RefCell;
use std::rc::Rc;
use std::task::Poll;

use asyncio::{
    AnyTask, Choices, Clock, Error, LoopEvent, Observer, Result, Runner, RuntimeError, SchedulingPolicy, TaskFactory,
};

use asyncio::simulation::Schedule;

use crate::language::Program;
use crate::world::{World, is_exception, show};

/// The trace of a program. A panic becomes a line of it.
///
/// It runs in a thread of its own, because virtual time belongs to a thread.
#[must_use]
pub fn trace(program: &Program) -> String {
    in_a_thread(program, How::Alone)
}

/// The same with an [`Observer`] that looks at every step and a [`SchedulingPolicy`] that chooses the task that has been ready
/// longest. They must not change the trace, although the loop takes other code paths with them.
#[must_use]
pub fn trace_watched(program: &Program) -> String {
    in_a_thread(program, How::Watched)
}

/// The same in a loop that a host drives: it returns to the host after each iteration.
#[must_use]
pub fn trace_hosted(program: &Program) -> String {
    in_a_thread(program, How::Hosted)
}

/// The same with groups for coroutines that borrow, whose tasks take the same steps.
///
/// `None` for a program whose tasks would not.
#[must_use]
pub fn trace_scoped(program: &Program) -> Option<String> {
    program.suits_scoped_groups().then(|| in_a_thread(program, How::Scoped))
}

/// Both at once: those groups, an observer and a policy.
#[must_use]
pub fn trace_scoped_and_watched(program: &Program) -> Option<String> {
    program.suits_scoped_groups().then(|| in_a_thread(program, How::ScopedAndWatched))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    Alone,
    Scoped,
    ScopedAndWatched,
    Watched,
    Hosted,
}

fn in_a_thread(program: &Program, how: How) -> String {
    let program = program.clone();
    let run = move || {
        let world = World::new(program, matches!(how, How::Scoped | How::ScopedAndWatched));
        if let Err(error) = run(&world, how) {
            world.lines.borrow_mut().push(format!("cannot run: {error:?}"));
        }
        world.lines.take().join("\n") + "\n"
    };
    // Nested eager tasks need a deep stack in a debug build.
    let thread = std::thread::Builder::new().stack_size(64 << 20).spawn(run).expect("a thread can be started");
    thread.join().unwrap_or_else(|panic| {
        let message = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
        format!("panicked: {}\n", message.unwrap_or_default())
    })
}

fn run(world: &Rc<World>, how: How) -> Result<()> {
    let runner = Runner::new().clock(Clock::Virtual).debug(false);
    let event_loop = runner.get_loop()?;
    if matches!(how, How::Watched | How::ScopedAndWatched) {
        event_loop.add_observer(Rc::new(Steps::default()));
        event_loop.set_scheduling_policy(Some(Box::new(LongestReady)));
    }
    if let Some(seed) = world.program.schedule {
        let schedule: Schedule = format!("1:fence:walk:{seed}").parse()?;
        let world = Rc::downgrade(world);
        event_loop.set_scheduling_policy(Some(Box::new(schedule.policy(move |len, index| {
            if let Some(world) = world.upgrade() {
                world.note(format!("# {len} {index}"));
            }
        }))));
    }
    if world.program.eager {
        event_loop.set_task_factory(TaskFactory::Eager);
    }
    let handler = Rc::downgrade(world);
    let closing = event_loop.clone();
    event_loop.set_exception_handler(Some(Box::new(move |context| {
        let Some(world) = handler.upgrade() else { return };
        // In Python this comes when the task is collected, after the program's end.
        if context.message.contains("destroyed") {
            // So do the last steps of its generators. Python is told to ignore warnings about coroutines that never began;
            // aborted tasks give none here.
            world.closed.set(true);
            for task in closing.all_tasks() {
                task.abort();
            }
            return;
        }
        if context.message.contains("never retrieved") {
            return;
        }
        if context.exception.as_ref().is_some_and(is_deadlock) {
            // In Python `Runner.close` raises this.
            world.log("deadlock");
            world.closed.set(true);
            return;
        }
        if context.exception.as_ref().is_some_and(is_stop) {
            // And this, and the rest of its work is not done.
            world.log(format!("close raised {}", context.exception.as_ref().map_or("None".to_owned(), show)));
            world.closed.set(true);
            return;
        }
        let message = context.message.split('<').next().unwrap_or_default();
        if message.contains("closing of asynchronous generator")
            && !context.exception.as_ref().is_some_and(is_exception)
        {
            // A `BaseExceptionGroup`, which CPython's loop ignores.
            return;
        }
        world.log(format!("handler {message} {}", context.exception.as_ref().map_or("None".to_owned(), show)));
    })));
    for main in std::iter::once(0).chain(world.program.runs.iter().copied()) {
        let result = match how {
            How::Hosted => hosted(&runner, world.call(main)),
            How::Alone | How::Watched | How::Scoped | How::ScopedAndWatched => runner.run(world.call(main)),
        };
        match result {
            Ok(value) => world.log(format!("main returned {value}")),
            Err(error) if is_deadlock(&error) => {
                world.log("deadlock");
                break;
            }
            Err(error) => world.log(format!("main raised {}", show(&error))),
        }
    }
    if how == How::Hosted
        && let Some(mut closing) = runner.host_closing()
    {
        while closing.run_once().is_pending() {}
    }
    runner.close();
    world.closed.set(true);
    // Nothing is reported for what is dropped from here on.
    event_loop.set_exception_handler(Some(Box::new(|_| {})));
    world.clear();
    Ok(())
}

/// Runs `main` as a host that has nothing else to do.
fn hosted<T: 'static>(runner: &Runner, main: impl Future<Output = Result<T>> + 'static) -> Result<T> {
    let mut guest = runner.host(main)?;
    loop {
        if let Poll::Ready(result) = guest.run_once() {
            return result;
        }
    }
}

/// Steps are nested: a task that starts eagerly takes its first step within that of another task.
#[derive(Default)]
struct Steps(RefCell<Vec<AnyTask>>);

impl Observer for Steps {
    fn event(&self, event: LoopEvent<'_>) {
        match event {
            LoopEvent::StepBegins(task) => {
                assert!(!task.done(), "a task that is done takes a step");
                self.0.borrow_mut().push(task.clone());
            }
            LoopEvent::StepEnds(task) => assert!(
                self.0.borrow_mut().pop().is_some_and(|begun| begun == *task),
                "a step ends that is not the last one begun"
            ),
            LoopEvent::TaskDone(task) => assert!(task.done(), "a task is called done that is not"),
            _ => {}
        }
    }
}

struct LongestReady;

impl SchedulingPolicy for LongestReady {
    fn next(&mut self, _: &Choices<'_>) -> usize {
        0
    }
}

fn is_stop(error: &Error) -> bool {
    error.is::<RuntimeError>() && error.to_string().starts_with("Event loop stopped before")
}

fn is_deadlock(error: &Error) -> bool {
    error.is::<RuntimeError>() && error.to_string().starts_with("deadlock: ")
}
