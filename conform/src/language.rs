//! The language of the programs that both interpreters run: data, written as JSON.
//!
//! A program is a handful of coroutines made of steps, and the objects that they share. Everything is referred to by a number:
//! `slots` hold futures of any kind, and a step that refers to an empty slot gets a `LookupError`. Steps are named after the
//! Python that they stand for; `interpreter.py` writes exactly that Python.

use serde::{Deserialize, Serialize};

/// Steps that run one after the other.
pub type Body = Vec<Step>;

/// A program, whose main coroutine is `functions[0]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Program {
    /// Use `asyncio.eager_task_factory`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub eager: bool,
    /// The seed of the random walk that gives its schedule; none for first in, first out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<u64>,
    /// Functions that the same runner runs after the main coroutine.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<usize>,
    /// The number of slots for futures.
    pub slots: usize,
    /// The queues, locks and so on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub objects: Vec<Object>,
    /// The coroutine functions. Each calls and spawns only later ones, so that every program ends.
    pub functions: Vec<Body>,
    /// The asynchronous generators; they call no functions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub generators: Vec<Body>,
    /// The asynchronous context managers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub managers: Vec<Manager>,
    /// Plain functions, for the loop and for futures to call. They never wait; a failure ends one, and is logged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub callbacks: Vec<Body>,
}

/// Something that tasks share.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Object {
    /// Which class of asyncio.
    pub kind: Kind,
    /// The bound of a queue, the value of a semaphore, the parties of a barrier.
    #[serde(default, skip_serializing_if = "is_default")]
    pub size: usize,
}

/// The classes of the shared objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are asyncio's")]
pub enum Kind {
    Queue,
    LifoQueue,
    PriorityQueue,
    Lock,
    Semaphore,
    BoundedSemaphore,
    Event,
    Condition,
    Barrier,
}

/// An asynchronous context manager.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manager {
    /// A coroutine with one `yield`, under `@asynccontextmanager`; else a class.
    #[serde(default, skip_serializing_if = "is_default")]
    pub generator: bool,
    /// What `__aenter__` does.
    pub enter: Body,
    /// What `__aexit__` does.
    pub exit: Body,
    /// It swallows the block's exception.
    #[serde(default, skip_serializing_if = "is_default")]
    pub suppress: bool,
    /// The coroutine yields a second time, which `@asynccontextmanager` refuses.
    #[serde(default, skip_serializing_if = "is_default")]
    pub again: bool,
}

/// Something to wait for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Item {
    /// The future in this slot.
    Slot(usize),
    /// A call of this function.
    Call(usize),
    /// `asyncio.sleep(delay, "slept")`
    Sleep(f64),
    /// `asyncio.current_task()`
    Current(()),
}

/// An exception of one of the built-in kinds, or of asyncio's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Raised {
    /// Its class.
    pub kind: ErrorKind,
    /// Its message.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
}

/// Classes of exceptions that a program can raise, and except.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are Python's")]
pub enum ErrorKind {
    ValueError,
    TypeError,
    RuntimeError,
    TimeoutError,
    CancelledError,
    /// To except: every exception but a cancellation (and `GeneratorExit`).
    Exception,
    /// To except: every exception.
    BaseException,
    ExceptionGroup,
    LookupError,
    GeneratorExit,
    StopAsyncIteration,
}

/// An `except` clause.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Handler {
    /// What it catches.
    pub kind: ErrorKind,
    /// What it does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub body: Body,
    /// It ends with `raise`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub again: bool,
}

/// `return_when=` of `asyncio.wait`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "the names are asyncio's")]
pub enum When {
    FirstCompleted,
    FirstException,
    AllCompleted,
}

/// What a future can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are asyncio's")]
pub enum Question {
    Done,
    Cancelled,
    Result,
    Exception,
}

/// How a generator is driven.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are Python's")]
pub enum Drive {
    Anext(()),
    Asend(i64),
    Athrow(Raised),
    Aclose(()),
}

/// One step of a coroutine. Every step logs what it gave.
#[expect(missing_docs, reason = "the fields are in the Python that a step stands for")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    // The language itself.
    /// Writes a line.
    Log { text: String },
    /// `raise error`
    Raise { error: Raised },
    /// `return value`
    Return { value: i64 },
    /// `for _ in range(times):`
    Repeat { times: usize, body: Body },
    /// `try:` with its clauses.
    Try {
        body: Body,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        handlers: Vec<Handler>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        otherwise: Body,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        finally: Body,
    },

    // Tasks and futures.
    /// `slots[slot] = create_task(function())`; with `eager`, `Task(…, eager_start=True)`
    Spawn {
        function: usize,
        slot: usize,
        #[serde(default, skip_serializing_if = "is_default")]
        eager: bool,
    },
    /// `slots[slot] = loop.create_future()`
    Future { slot: usize },
    /// `future.set_result(value)`
    SetResult { slot: usize, value: i64 },
    /// `future.set_exception(error)`
    SetException { slot: usize, error: Raised },
    /// `future.done()` and so on.
    Ask { slot: usize, question: Question },
    /// `future.cancel(message)`
    Cancel {
        slot: usize,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
    },
    /// `current_task().cancel(message)`
    CancelSelf {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
    },
    /// `current_task().uncancel()`
    Uncancel {},
    /// `current_task().cancelling()`
    Cancelling {},

    // Waiting.
    /// `await item`
    Await { item: Item },
    /// `await sleep(0)`, this many times, each logged: it shows the iteration in which other tasks take their steps.
    Ticks { times: usize },
    /// `gather(*items)`, awaited at once or kept in a slot.
    Gather {
        items: Vec<Item>,
        #[serde(default, skip_serializing_if = "is_default")]
        return_exceptions: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        slot: Option<usize>,
    },
    /// `gather` of this many sleeps, awaited at once or kept in a slot. A third of them last `delay`, a third twice as long, and a
    /// third three times as long.
    Crowd {
        sleeps: usize,
        delay: f64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        slot: Option<usize>,
    },
    /// `shield(item)`, awaited at once or kept in a slot.
    Shield {
        item: Item,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        slot: Option<usize>,
    },
    /// `await wait(futures, return_when=…, timeout=…)`
    Wait {
        slots: Vec<usize>,
        when: When,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        timeout: Option<f64>,
    },
    /// `await wait_for(item, timeout)`
    WaitFor {
        item: Item,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        timeout: Option<f64>,
    },
    /// `for next in as_completed(items, timeout=…)`, or `async for`. The plain one catches what an item raises.
    AsCompleted {
        items: Vec<Item>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        timeout: Option<f64>,
        #[serde(default, skip_serializing_if = "is_default")]
        asynchronous: bool,
    },
    /// `async with timeout(delay):`
    Timeout {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        delay: Option<f64>,
        body: Body,
        /// Where it is kept.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<usize>,
    },
    /// `limits[key] = timeout(delay)`, which no block has entered yet.
    NewTimeout {
        key: usize,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        delay: Option<f64>,
    },
    /// `async with limits[key]:`; a limit can be entered once.
    EnterTimeout { key: usize, body: Body },
    /// Moves the innermost limit of this coroutine to this many seconds from now, or removes it.
    Reschedule {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        delay: Option<f64>,
    },
    /// The same with the limit that is kept under this key, whichever block it limits, even if that has ended.
    RescheduleKept {
        key: usize,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        delay: Option<f64>,
    },
    /// `async with TaskGroup() as groups[group]:`
    Group {
        group: usize,
        body: Body,
        /// `cancel()` is called before the block begins.
        #[serde(default, skip_serializing_if = "is_default")]
        cancelled: bool,
    },
    /// `groups[group] = TaskGroup()`, which no block has entered yet.
    NewGroup { group: usize },
    /// `async with groups[group]:`; a group can be entered once.
    EnterGroup { group: usize, body: Body },
    /// `groups[group].cancel()`
    CancelGroup { group: usize },
    /// `slots[slot] = groups[group].create_task(function())`, with `eager` and `eager_start=True`
    GroupSpawn {
        group: usize,
        function: usize,
        slot: usize,
        #[serde(default, skip_serializing_if = "is_default")]
        eager: bool,
    },

    // Callbacks.
    /// `future.add_done_callback(callback)`; the registration is kept under `key`.
    AddCallback { slot: usize, callback: usize, key: usize },
    /// `future.remove_done_callback(…)` of the registration under `key`.
    RemoveCallback { slot: usize, key: usize },
    /// `loop.call_soon(callback)`; the handle is kept under `key`.
    CallSoon { callback: usize, key: usize },
    /// `loop.call_later(delay, callback)`
    CallLater { delay: f64, callback: usize, key: usize },
    /// `handle.cancel()`
    CancelHandle { key: usize },
    /// `loop.stop()`
    StopLoop {},
    /// `loop.close()`, which a running loop refuses.
    CloseLoop {},

    // Shared objects.
    /// A method of a shared object, awaited if it is a coroutine.
    Operate {
        object: usize,
        operation: Operation,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        argument: Option<i64>,
    },
    /// `async with object:`
    Hold { object: usize, body: Body },

    // Context variables.
    /// `token = var.set(value)`
    SetVar { var: usize, value: i64 },
    /// `var.get(None)`
    GetVar { var: usize },
    /// `var.reset(token)`, with the last token of this coroutine.
    ResetVar {},

    // Asynchronous generators.
    /// `generators[slot] = generator()`
    NewGenerator { generator: usize, slot: usize },
    /// `await generators[slot].asend(…)` and so on.
    Drive { slot: usize, how: Drive },
    /// Forgets the generator in this slot.
    DropGenerator { slot: usize },
    /// `async with aclosing(generators[slot]):`
    Aclosing { slot: usize, body: Body },
    /// `async for item in generator():`, left after `most` items.
    ForEach { generator: usize, most: usize, body: Body },
    /// `yield value`, only in generators.
    Yield { value: i64 },

    // Context managers.
    /// `async with manager():`
    With { manager: usize, body: Body },
    /// `async with AsyncExitStack() as stack:`
    Stack { body: Body },
    /// `await stack.enter_async_context(manager())`, on the innermost stack of this coroutine.
    StackEnter { manager: usize },
    /// `stack.push_async_callback(function)`
    StackCall { function: usize },
    /// `stack.callback(callback)`
    StackCallback { callback: usize },
    /// `stack.push(exit)`, a function that gets the block's exception, calls this callback, and may swallow the exception.
    StackPush {
        callback: usize,
        #[serde(default, skip_serializing_if = "is_default")]
        suppress: bool,
    },
    /// `stack.push_async_exit(exit)`, the same with a coroutine function that awaits this one.
    StackPushAsync {
        function: usize,
        #[serde(default, skip_serializing_if = "is_default")]
        suppress: bool,
    },
    /// `await stack.aclose()`
    StackClose {},
    /// `await stack.pop_all().aclose()`
    StackPop {},
}

/// Methods of the shared objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are asyncio's")]
pub enum Operation {
    Acquire,
    Release,
    Wait,
    /// Of a condition: until the predicate was asked this many times.
    WaitFor,
    Set,
    Clear,
    Notify,
    NotifyAll,
    Reset,
    Abort,
    Put,
    Get,
    PutNowait,
    GetNowait,
    TaskDone,
    Join,
    Shutdown,
}

impl Step {
    /// The bodies within this step.
    pub fn bodies_mut(&mut self) -> Vec<&mut Body> {
        match self {
            Self::Try { body, handlers, otherwise, finally } => {
                let handlers = handlers.iter_mut().map(|handler| &mut handler.body);
                std::iter::once(body).chain(handlers).chain([otherwise, finally]).collect()
            }
            Self::Repeat { body, .. }
            | Self::Timeout { body, .. }
            | Self::EnterTimeout { body, .. }
            | Self::Group { body, .. }
            | Self::EnterGroup { body, .. }
            | Self::Aclosing { body, .. }
            | Self::Hold { body, .. }
            | Self::ForEach { body, .. }
            | Self::With { body, .. }
            | Self::Stack { body } => vec![body],
            _ => Vec::new(),
        }
    }
}

impl Program {
    /// Does it do the same if the tasks of its groups borrow? Such tasks do not start eagerly, and do not run while a generator
    /// is suspended at a `yield` in their group.
    pub(crate) fn suits_scoped_groups(&self) -> bool {
        fn any(body: &mut Body, is_it: fn(&Step) -> bool) -> bool {
            body.iter_mut().any(|step| is_it(step) || step.bodies_mut().into_iter().any(|body| any(body, is_it)))
        }
        let mut copy = self.clone();
        let eager = |step: &Step| matches!(step, Step::GroupSpawn { eager: true, .. });
        let group = |step: &Step| matches!(step, Step::Group { .. } | Step::EnterGroup { .. });
        !self.eager
            && !copy.bodies_mut().into_iter().any(|body| any(body, eager))
            && !copy.generators.iter_mut().any(|body| any(body, group))
    }

    /// The outermost bodies.
    pub fn bodies_mut(&mut self) -> Vec<&mut Body> {
        let managers = self.managers.iter_mut().flat_map(|manager| [&mut manager.enter, &mut manager.exit]);
        let bodies = self.functions.iter_mut().chain(&mut self.generators).chain(&mut self.callbacks);
        bodies.chain(managers).collect()
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
