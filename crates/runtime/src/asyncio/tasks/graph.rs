//! Who waits for whom: the await graph of a task (`asyncio.graph`, 3.14), and the report of a deadlock.
//!
//! A task knows what it waits on, and a future's callback knows for which task it was made (`Run::awaited_by`). So keeping the
//! graph costs almost nothing until it is requested. Only the edges that [`future_add_to_awaited_by`] adds are kept in a list.

use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt::{self, Write as _};
use std::io;
use std::ops::Deref;
use std::rc::Rc;

use asyncio_collections::index::Index;
use asyncio_errors::{Frame, Result, RuntimeError, log, repr::Quoted};

use super::task::current_task;
use crate::asyncio::events::EventLoop;
use crate::kernel::{AnyFuture, AnyTask, Kind, LoopCore, Phase, Tenant, running_loop};

/// How many levels [`format_call_graph`] indents: otherwise the text of a long chain would be of quadratic size.
const INDENTED: usize = 32;

/// A task or future, with the place where it waits and the tasks that wait for it: `asyncio.FutureCallGraph`.
///
/// Its `Debug` is the text of [`format_call_graph`].
///
/// # Examples
///
/// ```
/// use asyncio::{capture_call_graph, create_task, run, sleep};
///
/// run(async {
///     let inner = create_task(sleep(0.001));
///     let awaited = inner.clone();
///     let outer = create_task(async move { awaited.await });
///     sleep(0).await?;
///     let graph = capture_call_graph(Some(&inner))?.expect("of the task that is given");
///     assert_eq!(graph.future, *inner.as_any());
///     assert_eq!(graph.call_stack[0].file, file!());
///     assert_eq!(graph.awaited_by[0].future, *outer.as_any());
///     outer.await
/// })
/// .unwrap();
/// ```
pub struct FutureCallGraph {
    /// The task or future.
    pub future: AnyFuture,
    /// Where it waits; empty for a plain future.
    pub call_stack: Vec<FrameCallGraphEntry>,
    /// Its waiters: tasks in the order of their creation, then those added by [`future_add_to_awaited_by`].
    pub awaited_by: Vec<FutureCallGraph>,
}

/// Drops the graphs one after the other, however long the chain is.
impl Drop for FutureCallGraph {
    fn drop(&mut self) {
        let mut left = std::mem::take(&mut self.awaited_by);
        while let Some(mut graph) = left.pop() {
            left.append(&mut graph.awaited_by);
        }
    }
}

impl fmt::Debug for FutureCallGraph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(render(self).trim_end())
    }
}

/// A place in a [`FutureCallGraph`]: `asyncio.FrameCallGraphEntry`. It derefs to its [`Frame`].
///
/// # Examples
///
/// ```
/// use asyncio::{capture_call_graph, run};
///
/// run(async {
///     let graph = capture_call_graph(None)?.expect("a task asks");
///     let entry = &graph.call_stack[0];
///     assert_eq!((entry.frame.file, entry.line), (file!(), line!() - 2));
///     Ok(())
/// })
/// .unwrap();
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameCallGraphEntry {
    /// The place.
    pub frame: Frame,
}

impl Deref for FrameCallGraphEntry {
    type Target = Frame;

    fn deref(&self) -> &Frame {
        &self.frame
    }
}

/// The keyword arguments of [`capture_call_graph`], [`format_call_graph`] and [`print_call_graph`].
///
/// # Examples
///
/// ```
/// use asyncio::{CallGraphOptions, run};
///
/// run(async {
///     let mut text = Vec::new();
///     CallGraphOptions::new().limit(0).print_to(None, &mut text)?; // no call stacks
///     assert!(String::from_utf8(text)?.starts_with("* Task(name='Task-1', id=0x"));
///     Ok(())
/// })
/// .unwrap();
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct CallGraphOptions {
    depth: usize,
    limit: Option<isize>,
}

impl Default for CallGraphOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl CallGraphOptions {
    /// All frames.
    pub fn new() -> Self {
        Self { depth: 1, limit: None }
    }

    /// `depth=`: the first frame of the calling task to include, counted from 1. A task has one frame, so with 2 it has none.
    pub fn depth(mut self, depth: usize) -> Self {
        self.depth = depth;
        self
    }

    /// `limit=`: the maximum number of frames for each task; a negative number counts from the other end. 0 leaves the call
    /// stacks out.
    pub fn limit(mut self, limit: isize) -> Self {
        self.limit = Some(limit);
        self
    }

    /// [`capture_call_graph`] with these options.
    ///
    /// # Errors
    ///
    /// Those of `capture_call_graph`.
    #[track_caller]
    pub fn capture(self, future: Option<&AnyFuture>) -> Result<Option<FutureCallGraph>> {
        if future.is_none() && running_loop().is_err() {
            const MESSAGE: &str = "capture_call_graph() is called outside of a running event loop and no *future* to introspect \
                                   was provided";
            return Err(RuntimeError::new(MESSAGE).into());
        }
        let own = current_task().ok().flatten();
        let Some(future) = future.or(own.as_ref().map(AnyTask::as_any)) else { return Ok(None) };
        let edges = Edges::of(future.base().event_loop());
        let mut graph = edges.capture(future, self.limit != Some(0));
        if self.depth > 1 && own.as_ref().is_some_and(|own| own.is(future)) {
            graph.call_stack.clear();
        }
        Ok(Some(graph))
    }

    /// [`format_call_graph`] with these options.
    ///
    /// # Errors
    ///
    /// Those of [`capture_call_graph`].
    #[track_caller]
    pub fn format(self, future: Option<&AnyFuture>) -> Result<String> {
        let mut text = self.capture(future)?.as_ref().map(render).unwrap_or_default();
        text.truncate(text.trim_end().len());
        Ok(text)
    }

    /// [`print_call_graph`] with these options.
    ///
    /// # Errors
    ///
    /// Those of `print_call_graph`.
    #[track_caller]
    pub fn print(self, future: Option<&AnyFuture>) -> Result<()> {
        self.print_to(future, &mut log::stdout())
    }

    /// [`print_call_graph`] with these options, to a file: `print_call_graph(file=…)`.
    ///
    /// # Errors
    ///
    /// Those of `print_call_graph`, with the file in place of standard output.
    #[track_caller]
    pub fn print_to(self, future: Option<&AnyFuture>, file: &mut impl io::Write) -> Result<()> {
        let text = self.format(future)?;
        Ok(writeln!(file, "{text}")?)
    }
}

/// The await graph of `future`, or of the current task: `asyncio.capture_call_graph`. `None` in a callback of the loop.
///
/// It includes tasks that wait by `await`, `gather`, `wait`, `shield`, `wait_for`, `timeout` and `as_completed`, and the parent
/// of a task in a group. A task that is done waits for nothing.
///
/// # Errors
///
/// `RuntimeError` outside of a loop without a future.
///
/// # Examples
///
/// ```
/// use asyncio::{TaskGroup, capture_call_graph, current_task, run};
///
/// run(async {
///     let me = current_task()?.expect("this is a task");
///     assert_eq!(capture_call_graph(None)?.expect("of the task that asks").future, *me.as_any());
///     let block = async |group: TaskGroup| {
///         let task = group.create_task(async { Ok(()) })?;
///         let graph = capture_call_graph(Some(&task))?.expect("of the task that is given");
///         assert_eq!(graph.awaited_by[0].future, *me.as_any());
///         Ok(())
///     };
///     TaskGroup::new().run(block).await
/// })
/// .unwrap();
/// assert!(capture_call_graph(None).is_err());
/// ```
#[track_caller]
pub fn capture_call_graph(future: Option<&AnyFuture>) -> Result<Option<FutureCallGraph>> {
    CallGraphOptions::new().capture(future)
}

/// The await graph as text, empty in a callback of the loop: `asyncio.format_call_graph`.
///
/// The indentation stops growing at 32 levels, so that a long chain of tasks does not make a huge text.
///
/// # Errors
///
/// Those of [`capture_call_graph`].
///
/// # Examples
///
/// ```
/// use asyncio::{create_task, format_call_graph, run, sleep};
///
/// run(async {
///     let inner = create_task(sleep(0.001)).named("inner");
///     let awaited = inner.clone();
///     let outer = create_task(async move { awaited.await }).named("outer");
///     sleep(0).await?;
///     let graph = format_call_graph(Some(&inner))?;
///     assert!(graph.find("name='inner'") < graph.find("Awaited by:"));
///     assert!(graph.contains("name='outer'"));
///     outer.await
/// })
/// .unwrap();
/// ```
#[track_caller]
pub fn format_call_graph(future: Option<&AnyFuture>) -> Result<String> {
    CallGraphOptions::new().format(future)
}

/// Writes the await graph to standard output: `asyncio.print_call_graph`.
///
/// # Errors
///
/// Those of [`capture_call_graph`], and the system's error if standard output cannot be written, because it is full or has no
/// reader.
///
/// # Examples
///
/// ```
/// use asyncio::{create_task, print_call_graph, run, sleep};
///
/// run(async {
///     let inner = create_task(async { sleep(1e-3).await });
///     let awaited = inner.clone();
///     let outer = create_task(async move { awaited.await });
///     sleep(0).await?;
///     print_call_graph(Some(&inner))?;
///     outer.await
/// })
/// .unwrap();
/// ```
#[track_caller]
pub fn print_call_graph(future: Option<&AnyFuture>) -> Result<()> {
    CallGraphOptions::new().print(future)
}

/// Notes that `waiter` waits for `future` in a way that the loop cannot know, for code that implements such a way. The note is
/// removed by [`future_discard_from_awaited_by`], or once one of the two is done.
///
/// # Examples
///
/// ```
/// use asyncio::{
///     capture_call_graph, create_task, future_add_to_awaited_by, future_discard_from_awaited_by, get_running_loop, run, sleep,
/// };
///
/// run(async {
///     let (answer, asks) = (get_running_loop()?.create_future::<u32>(), create_task(sleep(3600)));
///     future_add_to_awaited_by(&answer, &asks);
///     let waiters = || Ok::<_, asyncio::Error>(capture_call_graph(Some(&answer))?.unwrap().awaited_by.len());
///     assert_eq!(waiters()?, 1);
///     future_discard_from_awaited_by(&answer, &asks);
///     assert_eq!(waiters()?, 0);
///     Ok(())
/// })
/// .unwrap();
/// ```
pub fn future_add_to_awaited_by(future: &AnyFuture, waiter: &AnyFuture) {
    let notes = future.base().event_loop().tenants.of::<AwaitedBy>();
    let mut noted = notes.0.borrow_mut();
    let (gone, mut left): (Vec<_>, Vec<_>) =
        noted.drain(..).partition(|(future, waiter)| future.done() || waiter.done());
    if !left.iter().any(|pair| pair.0.is(future) && pair.1.is(waiter)) {
        left.push((future.clone(), waiter.clone()));
    }
    *noted = left;
    // After the borrow has ended: they may be the last handles.
    drop((noted, gone));
}

/// Removes what [`future_add_to_awaited_by`] has noted.
pub fn future_discard_from_awaited_by(future: &AnyFuture, waiter: &AnyFuture) {
    let Some(notes) = future.base().event_loop().tenants.find::<AwaitedBy>() else { return };
    let mut noted = notes.0.borrow_mut();
    let place = noted.iter().position(|pair| pair.0.is(future) && pair.1.is(waiter));
    let pair = place.map(|place| noted.remove(place));
    drop((noted, pair));
}

/// All tasks of the loop in the order of their creation, each with its waiters, for tools that show a whole program.
///
/// # Examples
///
/// ```
/// use asyncio::graph::all_awaited_by;
/// use asyncio::{create_task, gather, get_running_loop, run, sleep};
///
/// run(async {
///     let kettle = create_task(sleep(0.001));
///     let awaited = kettle.clone();
///     let breakfast = create_task(async move { gather([awaited]).await });
///     sleep(0).await?;
///     sleep(0).await?;
///     let tasks = all_awaited_by(&get_running_loop()?);
///     assert_eq!(tasks.len(), 3);
///     assert_eq!(tasks[1].1, [breakfast.as_any().clone()]);
///     breakfast.await.map(drop)
/// })
/// .unwrap();
/// ```
#[must_use]
pub fn all_awaited_by(event_loop: &EventLoop) -> Vec<(AnyTask, Vec<AnyFuture>)> {
    let edges = Edges::of(event_loop.core());
    let waiters = |task: &AnyTask| edges.waiters_of(task, IN_ORDER);
    edges.tasks.iter().map(|task| (task.clone(), waiters(task))).collect()
}

/// Futures of one loop, each with a task that was noted as its waiter.
#[derive(Default)]
struct AwaitedBy(RefCell<Vec<(AnyFuture, AnyFuture)>>);

impl Tenant for AwaitedBy {
    fn phase(&self) -> Phase {
        Phase::Notes
    }

    fn close(self: Rc<Self>) {
        drop(self.0.take());
    }
}

/// Tasks in the order of their creation. (A search does not need them in order, and every program has the search.)
const IN_ORDER: fn(&mut [usize]) = |places| places.sort_unstable();

/// The graph of which task waits for which, in one loop.
pub(crate) struct Edges {
    /// In the order of their creation.
    tasks: Vec<AnyTask>,
    /// The tasks, by their running numbers.
    numbers: Index,
    /// The tasks that await a future, by its address.
    awaiting: Index,
    noted: Vec<(AnyFuture, AnyFuture)>,
}

impl Edges {
    pub(crate) fn of(event_loop: &LoopCore) -> Self {
        let tasks = event_loop.tasks.all();
        let mut awaiting = Index::default();
        for (place, task) in tasks.iter().enumerate() {
            if let Some(awaited) = task.core().awaited() {
                awaiting.add(awaited.address(), place);
            }
        }
        let numbers = tasks.iter().map(|task| task.core().number() as usize).collect();
        let notes = event_loop.tenants.find::<AwaitedBy>();
        let noted = notes.map_or_else(Vec::new, |notes| notes.0.borrow().clone());
        Self { tasks, numbers, awaiting, noted }
    }

    /// The waiters of `future`: first tasks, in the order that `sort` gives their positions, then others.
    pub(crate) fn waiters_of(&self, future: &AnyFuture, sort: fn(&mut [usize])) -> Vec<AnyFuture> {
        let mut places = self.awaiting.all(future.address());
        places.extend(future.base().awaited_by(None).into_iter().filter_map(|n| self.numbers.first(n as usize)));
        sort(&mut places);
        places.dedup();
        let mut waiters: Vec<AnyFuture> = places.into_iter().map(|place| self.tasks[place].as_any().clone()).collect();
        for (_, waiter) in self.noted.iter().filter(|pair| pair.0.is(future) && !future.done() && !pair.1.done()) {
            if !waiters.contains(waiter) {
                waiters.push(waiter.clone());
            }
        }
        waiters
    }

    /// The graph of `future`, made without recursion, because a chain may be long.
    fn capture(&self, future: &AnyFuture, frames: bool) -> FutureCallGraph {
        let mut path = HashSet::from([future.clone()]);
        // The path from the future to the current node: graphs that are being made, with the waiters still to visit.
        let mut open = vec![(self.node(future, frames), self.waiters_of(future, IN_ORDER).into_iter())];
        loop {
            let (graph, waiters) = open.last_mut().expect("what is complete at the end is given below");
            match waiters.next() {
                // A cycle of waiting tasks is cut where it closes.
                Some(waiter) if path.contains(&waiter) => graph.awaited_by.push(self.node(&waiter, frames)),
                Some(waiter) => {
                    open.push((self.node(&waiter, frames), self.waiters_of(&waiter, IN_ORDER).into_iter()));
                    path.insert(waiter);
                }
                None => {
                    let (graph, _) = open.pop().expect("as above");
                    path.remove(&graph.future);
                    match open.last_mut() {
                        Some((parent, _)) => parent.awaited_by.push(graph),
                        None => return graph,
                    }
                }
            }
        }
    }

    /// The graph of a future without its waiters.
    fn node(&self, future: &AnyFuture, frames: bool) -> FutureCallGraph {
        let call_stack = match future.kind() {
            Kind::Task(_) if frames => AnyTask::from_future(future.clone()).get_stack(),
            _ => Vec::new(),
        };
        let call_stack = call_stack.into_iter().map(|frame| FrameCallGraphEntry { frame }).collect();
        FutureCallGraph { future: future.clone(), call_stack, awaited_by: Vec::new() }
    }
}

fn render(graph: &FutureCallGraph) -> String {
    let mut text = String::new();
    let mut left = vec![(graph, 0)];
    while let Some((graph, level)) = left.pop() {
        let indent = 4 * INDENTED.min(level);
        let mut line = |line: fmt::Arguments<'_>| {
            let _ = writeln!(text, "{:indent$}{line}", "");
        };
        let id = graph.future.address();
        match graph.future.kind() {
            Kind::Task(core) => line(format_args!("* Task(name={}, id={id:#x})", Quoted(&core.name()))),
            _ => line(format_args!("* Future(id={id:#x})")),
        }
        if !graph.call_stack.is_empty() {
            line(format_args!("  + Call stack:"));
            for frame in &graph.call_stack {
                let (file, number, function) = (frame.file, frame.line, frame.function);
                line(format_args!("  |   File '{file}', line {number}, in async {function}()"));
            }
        }
        if !graph.awaited_by.is_empty() {
            line(format_args!("  + Awaited by:"));
            left.extend(graph.awaited_by.iter().rev().map(|waiting| (waiting, level + 1)));
        }
    }
    text
}
