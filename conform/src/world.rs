//! What a program has while it runs on our runtime: its trace, its slots, and what its tasks share.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fmt::Display;
use std::rc::Rc;

use asyncio::futures::CallbackKey;
use asyncio::tasks::{Gather, GatherMember, GatherOutcomes};
use asyncio::{
    AnyFuture, AsyncGenerator, Awaitable, ByHandle, ContextVar, Error, ExceptionGroup, Future, GeneratorExit, Handle,
    LookupError, Result, RuntimeError, ScopedTaskGroup, Task, TaskGroup, TaskOptions, Timeout, TimerHandle,
    current_task, get_running_loop, try_create_task,
};

use crate::language::Program;
use crate::shared::Shared;

/// A result, as Python prints it.
pub(crate) type Value = Rc<str>;

/// A call that has not begun.
pub(crate) type Coroutine = std::pin::Pin<Box<dyn std::future::Future<Output = Result<Value>>>>;

const MOST_CALLS: usize = 60;
const MOST_LINES: usize = 400;

pub(crate) static VARS: [ContextVar<i64>; 2] = [ContextVar::new("var0"), ContextVar::new("var1")];

pub(crate) struct World {
    pub(crate) program: Program,
    pub(crate) lines: RefCell<Vec<String>>,
    pub(crate) closed: Cell<bool>,
    now: Cell<f64>,
    names: Cell<usize>,
    calls: Cell<usize>,
    pub(crate) slots: RefCell<Vec<Option<Slot>>>,
    pub(crate) objects: Vec<Shared>,
    pub(crate) groups: Numbered<Group>,
    /// The groups are those for coroutines that borrow.
    pub(crate) scoped: bool,
    pub(crate) generators: Numbered<AsyncGenerator<i64, i64>>,
    /// What `aclosing` has closed: on CPython the traceback of an error would keep it alive.
    pub(crate) closing: RefCell<Vec<AsyncGenerator<i64, i64>>>,
    pub(crate) callbacks: Numbered<Rc<(AnyFuture, Cell<Option<CallbackKey>>)>>,
    pub(crate) handles: Numbered<Called>,
    pub(crate) limits: Numbered<Timeout>,
}

impl World {
    pub(crate) fn new(program: Program, scoped: bool) -> Rc<Self> {
        Rc::new(Self {
            scoped,
            lines: RefCell::default(),
            closed: Cell::new(false),
            now: Cell::new(0.0),
            names: Cell::new(0),
            calls: Cell::new(0),
            slots: RefCell::new(vec![None; program.slots]),
            objects: program.objects.iter().map(Shared::new).collect(),
            groups: Numbered::default(),
            generators: Numbered::default(),
            closing: RefCell::default(),
            callbacks: Numbered::default(),
            handles: Numbered::default(),
            limits: Numbered::default(),
            program,
        })
    }

    /// Writes a line, with the name of the running task. A task gets its name with its first line, and a change of the time has
    /// a line of its own.
    pub(crate) fn log(&self, text: impl Display) {
        if self.closed.get() {
            return;
        }
        let mut lines = self.lines.borrow_mut();
        if let Ok(event_loop) = get_running_loop()
            && event_loop.time() != self.now.get()
        {
            self.now.set(event_loop.time());
            lines.push(format!("@{:?}", self.now.get()));
        }
        let name = current_task().ok().flatten().map_or("-".into(), |task| {
            if !task.get_name().starts_with('t') {
                self.names.set(self.names.get() + 1);
                task.set_name(format!("t{}", self.names.get()));
            }
            task.get_name()
        });
        drop(lines);
        self.note(format!("{name} {text}"));
    }

    /// Writes a line as it is.
    pub(crate) fn note(&self, line: String) {
        if self.closed.get() {
            return;
        }
        let mut lines = self.lines.borrow_mut();
        lines.push(line);
        self.closed.set(lines.len() >= MOST_LINES);
    }

    /// Logs and counts a call that begins. Returns false if there were too many: every program must end.
    pub(crate) fn may_begin(&self, name: &str) -> bool {
        self.log(name);
        self.calls.set(self.calls.get() + 1);
        self.calls.get() <= MOST_CALLS
    }

    pub(crate) fn slot(&self, number: usize) -> Result<Slot> {
        let slot = self.slots.borrow()[number].clone();
        slot.ok_or_else(|| LookupError::new(format!("slot {number}")).into())
    }

    pub(crate) fn keep(&self, number: usize, slot: Slot) {
        // The old value is dropped only now, after the borrow has ended.
        let _old = self.slots.borrow_mut()[number].replace(slot);
    }

    /// Drops everything, because it may refer back to the world.
    pub(crate) fn clear(&self) {
        // The slots stay, but empty: a generator that is dropped may ask for one.
        let _old: Vec<_> = self.slots.borrow_mut().iter_mut().map(Option::take).collect();
        self.groups.0.take();
        self.generators.0.take();
        self.closing.take();
        self.callbacks.0.take();
        self.handles.0.take();
        self.limits.0.take();
    }
}

/// Things that a program keeps by number.
pub(crate) struct Numbered<T>(RefCell<HashMap<usize, T>>);

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self(RefCell::default())
    }
}

impl<T: Clone> Numbered<T> {
    pub(crate) fn put(&self, number: usize, thing: Option<T>) {
        let _old = match thing {
            Some(thing) => self.0.borrow_mut().insert(number, thing),
            None => self.0.borrow_mut().remove(&number),
        };
    }

    pub(crate) fn fetch(&self, number: usize) -> Result<T> {
        let thing = self.0.borrow().get(&number).cloned();
        thing.ok_or_else(|| LookupError::new(format!("number {number}")).into())
    }
}

/// A group of either kind.
#[derive(Clone)]
pub(crate) enum Group {
    Plain(TaskGroup),
    Scoped(ScopedTaskGroup<'static>),
}

impl Group {
    pub(crate) fn new(world: &World) -> Self {
        if world.scoped { Self::Scoped(ScopedTaskGroup::new()) } else { Self::Plain(TaskGroup::new()) }
    }

    pub(crate) async fn run<T>(&self, block: impl AsyncFnOnce(Group) -> Result<T>) -> Result<Option<T>> {
        let group = self.clone();
        match self {
            Self::Plain(own) => own.run_until_cancelled(async move |_| block(group).await).await,
            Self::Scoped(own) => own.run_until_cancelled(async move |_| block(group).await).await,
        }
    }

    pub(crate) fn create_task(&self, options: TaskOptions, coroutine: Coroutine) -> Result<Task<Value>, RuntimeError> {
        match self {
            Self::Plain(group) => group.create_task_with(options, coroutine),
            Self::Scoped(group) => group.create_task_with(options, coroutine),
        }
    }

    pub(crate) fn cancel(&self) {
        match self {
            Self::Plain(group) => group.cancel(),
            Self::Scoped(group) => group.cancel(),
        }
    }
}

/// What `call_soon` and `call_later` give.
#[derive(Clone)]
pub(crate) enum Called {
    Soon(Rc<Handle>),
    Later(Rc<TimerHandle>),
}

/// A future of any kind.
#[derive(Clone)]
pub(crate) enum Slot {
    Task(Task<Value>),
    Future(Future<Value>),
    Gather(Gather<Vec<GatherMember<Slot, Value>>>),
    Outcomes(GatherOutcomes<Vec<GatherMember<Slot, Value>>>),
}

impl AsRef<AnyFuture> for Slot {
    fn as_ref(&self) -> &AnyFuture {
        match self {
            Self::Task(task) => task.as_ref(),
            Self::Future(future) => future.as_ref(),
            Self::Gather(gather) => gather.as_ref(),
            Self::Outcomes(outcomes) => outcomes.as_ref(),
        }
    }
}

impl Slot {
    pub(crate) fn result(&self) -> Result<Value> {
        match self {
            Self::Task(task) => task.result(),
            Self::Future(future) => future.result(),
            Self::Gather(gather) => gather.result().map(list),
            Self::Outcomes(outcomes) => outcomes.result().map(outcome_list),
        }
    }

    pub(crate) async fn wait(&self) -> Result<Value> {
        match self {
            Self::Task(task) => task.await,
            Self::Future(future) => future.await,
            Self::Gather(gather) => gather.await.map(list),
            Self::Outcomes(outcomes) => outcomes.await.map(outcome_list),
        }
    }
}

/// What the functions of asyncio take: a future, or a coroutine that becomes a task.
pub(crate) enum Waited {
    Slot(Slot),
    Coroutine(Coroutine),
}

impl Awaitable for Waited {
    type Value = Value;
    type Handle = Slot;
    type Kind = ByHandle;

    fn try_ensure_future(self) -> Result<Slot, RuntimeError> {
        match self {
            Self::Slot(slot) => Ok(slot),
            Self::Coroutine(coroutine) => try_create_task(coroutine).map(Slot::Task),
        }
    }

    fn outcome(slot: &Slot) -> Result<Value> {
        slot.result()
    }
}

pub(crate) fn list(values: Vec<Value>) -> Value {
    format!("[{}]", values.join(", ")).into()
}

pub(crate) fn outcome_list(outcomes: Vec<Result<Value>>) -> Value {
    list(outcomes.into_iter().map(|outcome| outcome.unwrap_or_else(|error| show(&error).into())).collect())
}

/// An exception as Python's `repr` gives it, except for a task in the message, which differs.
pub(crate) fn show(error: &Error) -> String {
    let Some(group) = error.downcast_ref::<ExceptionGroup>() else {
        // A wrapped error says where it was raised, if the environment asks for that.
        let text = error.repr();
        return text.split(": <Task").flat_map(|part| part.split(" (raised at ")).next().unwrap_or_default().to_owned();
    };
    // Ours has no separate name for a group that `except Exception` does not catch.
    let base = if is_exception(error) { "" } else { "Base" };
    let members: Vec<String> = group.exceptions().iter().map(show).collect();
    format!("{base}ExceptionGroup('{}', [{}])", group.message(), members.join(", "))
}

/// Is it one that `except Exception` catches?
pub(crate) fn is_exception(error: &Error) -> bool {
    match error.downcast_ref::<ExceptionGroup>() {
        Some(group) => group.exceptions().iter().all(is_exception),
        None => !error.is_cancelled() && !error.is::<GeneratorExit>(),
    }
}

pub(crate) fn python(truth: bool) -> &'static str {
    if truth { "True" } else { "False" }
}
