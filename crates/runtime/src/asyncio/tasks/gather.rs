//! `gather`: several awaitables as one future.
//!
//! The core idea: the gathering future itself holds no results; it is a future without value that completes when its
//! children have (or one has failed), and the results are collected from the children by whoever awaits it.

mod handles;
mod set;

use std::cell::{Cell, OnceCell, RefCell};
use std::fmt;
use std::rc::Rc;

pub use handles::{Gather, GatherOutcomes};
pub use set::{Child, GatherSet};

use super::awaitable::{Awaitable, ensure_future};
use crate::asyncio::futures::Future;
use crate::error::Error;
use crate::error::exceptions::CancelledError;
use crate::kernel::{AnyFuture, AnyTask, Group, Kind, LoopCore, Run, current_task_id, running_loop};

/// Runs awaitables concurrently and gives their results in the order of the arguments: `asyncio.gather`.
///
/// Coroutines become tasks at once, in order, whether or not the group is awaited. For awaitables of different types
/// there is the macro [`gather!`](crate::gather!), which gives a tuple. The group is a future: it can be awaited (also
/// by reference, when the results can be cloned), cancelled, and asked [`done`](AnyFuture::done).
///
/// # Errors
///
/// The first exception that a child raises is raised at once; the other children go on. A cancelled child counts as one
/// that raised `CancelledError`. With [`return_exceptions`](Gather::return_exceptions) failures are results like others.
///
/// # Cancellation
///
/// Cancelling the group, or the task that awaits it, cancels every child that is not done; the group ends when they have,
/// with a `CancelledError` even under `return_exceptions`.
///
/// # Panics
///
/// With `no running event loop` where none runs, and if an awaitable belongs to another loop than the one that runs or,
/// where none does, than the first.
///
/// # Examples
///
/// ```
/// use asyncio::{gather, run, sleep_result};
///
/// run(async {
///     let group = gather((1..=3).map(|i| sleep_result(0.001 * f64::from(4 - i), i)));
///     assert_eq!(group.await?, [1, 2, 3]);
///     Ok(())
/// })
/// .unwrap();
/// ```
#[track_caller]
pub fn gather<A: Awaitable>(awaitables: impl IntoIterator<Item = A>) -> Gather<Vec<Child<A::Handle, A::Value>>> {
    let start = GatherStart::new();
    let mut children = Vec::new();
    // A loop, because a call by `map` would lose the place where the tasks are created.
    for awaitable in awaitables {
        children.push(start.child(awaitable));
    }
    start.gather(children)
}

/// Gathers up to twelve awaitables of different types; awaiting it gives a tuple. See [`gather`](fn@crate::gather).
///
/// # Examples
///
/// ```
/// use asyncio::{gather, run, sleep_result};
///
/// run(async {
///     let (number, text) = gather!(sleep_result(0.002, 1), sleep_result(0.001, "two")).await?;
///     assert_eq!((number, text), (1, "two"));
///     Ok(())
/// })
/// .unwrap();
/// ```
#[macro_export]
macro_rules! gather {
    ($($awaitable:expr),+ $(,)?) => {{
        let start = $crate::GatherStart::new();
        let children = ($(start.child($awaitable),)+);
        start.gather(children)
    }};
}

/// What both forms of gathering come to: a group whose children are still being made.
///
/// Each child is watched as soon as it is there, because the next one may begin at once, and await it or complete it.
///
/// # Examples
///
/// ```
/// use asyncio::{GatherStart, run, sleep_result};
///
/// run(async {
///     let start = GatherStart::new();
///     let children = (start.child(sleep_result(0.001, 1)), start.child(async { Ok("two") }));
///     assert_eq!(start.gather(children).await?, (1, "two"));
///     Ok(())
/// })
/// .unwrap();
/// ```
#[derive(Default)]
pub struct GatherStart {
    gathering: Rc<Gathering>,
    children: Cell<u32>,
    /// What was done already when it came.
    done: RefCell<Vec<u32>>,
    /// A child is no task, so nothing is sure to complete it.
    others_complete: Cell<bool>,
}

impl GatherStart {
    /// A group without children.
    #[must_use]
    pub fn new() -> Self {
        let gathering = Gathering { task: current_task_id(), ..Gathering::default() };
        Self { gathering: Rc::new(gathering), ..Self::default() }
    }

    /// The next child.
    #[track_caller]
    pub fn child<A: Awaitable>(&self, awaitable: A) -> Child<A::Handle, A::Value> {
        let child = Child::new::<A>(ensure_future(awaitable));
        self.watch(child.any());
        child
    }

    fn watch(&self, child: &AnyFuture) {
        let index = self.children.replace(self.children.get() + 1);
        if child.done() {
            self.done.borrow_mut().push(index);
        } else {
            let _ = child.add_callback(Rc::clone(&self.gathering) as Rc<dyn Run>, index);
            if !matches!(child.kind(), Kind::Task(_)) {
                self.others_complete.set(true);
            }
        }
    }

    /// The group of these children, which are all of them, in order.
    #[track_caller]
    pub fn gather<S: GatherSet>(self, set: S) -> Gather<S> {
        let children = set.children();
        let event_loop = match (running_loop(), children.first()) {
            (Ok(event_loop), _) => event_loop,
            (Err(_), Some(child)) => Rc::clone(child.base().event_loop()),
            (Err(error), None) => panic!("{error}"),
        };
        let is_here = |child: &AnyFuture| Rc::ptr_eq(child.base().event_loop(), &event_loop);
        assert!(
            children.iter().all(is_here),
            "The future belongs to a different loop than the one specified as the loop argument"
        );
        let again = repeated(&children);
        let gathering = self.finish(&event_loop, children, again);
        Gather::new(set, gathering)
    }

    /// `again` are the children that are there under a smaller index, too; sorted.
    fn finish(self, event_loop: &Rc<LoopCore>, children: Vec<AnyFuture>, again: Vec<u32>) -> Rc<Gathering> {
        let Self { gathering, done, others_complete, .. } = self;
        gathering.left.set(children.len() - again.len());
        gathering.again.replace(again);
        let is_new = gathering.future.set(AnyFuture::group(event_loop, children)).is_ok();
        debug_assert!(is_new, "a start is used up by its group");
        if gathering.left.get() == 0 {
            gathering.future().finish(());
        }
        // What is done already counts at once, so that a group of finished tasks is finished itself.
        for index in done.into_inner() {
            gathering.run(index);
        }
        if others_complete.get() {
            event_loop.may_own_itself(Rc::clone(&gathering) as Rc<dyn Run>);
        }
        gathering
    }
}

/// The children that are there under a smaller index, too; sorted.
fn repeated(children: &[AnyFuture]) -> Vec<u32> {
    if all_differ(children) {
        return Vec::new();
    }
    let mut places: Vec<(usize, u32)> = children.iter().map(|child| child.address()).zip(0..).collect();
    places.sort_unstable();
    let again = places.windows(2).filter(|pair| pair[0].0 == pair[1].0);
    let mut again: Vec<u32> = again.map(|pair| pair[1].1).collect();
    again.sort_unstable();
    again
}

/// Is every child there once only? (If one of them is being cancelled just now, that is not known, and the answer is no.)
fn all_differ(children: &[AnyFuture]) -> bool {
    let marks = |child: &AnyFuture| child.base().visited.replace(true);
    let differ = children.iter().take_while(|child| !marks(child)).count();
    for child in &children[..differ] {
        child.base().visited.set(false);
    }
    differ == children.len()
}

impl fmt::Debug for GatherStart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GatherStart").field("children", &self.children).finish_non_exhaustive()
    }
}

/// The future of a group, and the count of its children that are done.
#[derive(Default)]
struct Gathering {
    /// Not there before all children are.
    future: OnceCell<AnyFuture>,
    /// A child that is given twice is counted once.
    left: Cell<usize>,
    /// See [`repeated`].
    again: RefCell<Vec<u32>>,
    return_exceptions: Cell<bool>,
    /// The task that gathers.
    task: Option<u32>,
    /// The child whose own `CancelledError`, which is given once, ended the group.
    took_from: Cell<Option<u32>>,
}

impl Gathering {
    fn future(&self) -> &AnyFuture {
        self.future.get().expect("the children are there")
    }

    fn group(&self) -> &Group {
        match self.future().kind() {
            Kind::Group(group) => group,
            _ => unreachable!("it was made as a group"),
        }
    }

    /// The error with which the group ends because of this child.
    fn failure(&self, index: u32) -> Option<Error> {
        if self.return_exceptions.get() {
            return None;
        }
        let child = &self.group().children[index as usize];
        let own = child.cancelled() && child.base().is_unseen();
        let error = child.base().see_error()?;
        self.took_from.set(own.then_some(index));
        Some(error)
    }

    /// The children were done when they were gathered, and one of their errors ended the group; now errors are results.
    fn reopen(&self) {
        if let (Some(index), Some(error)) = (self.took_from.take(), self.future().base().peek_error()) {
            self.group().children[index as usize].base().give_back(error);
        }
        self.future().base().reopen();
        if self.left.get() == 0 {
            self.finish();
        }
    }

    fn finish(&self) {
        let group = self.group();
        if self.return_exceptions.get() {
            // The failures are among the results now, also of a group that nobody awaits or that is cancelled.
            group.children.iter().for_each(|child| child.base().forgive());
        }
        if group.cancel_requested.get() {
            // A cancelled group raises even if its children's failures are results; CPython raises the last child's error.
            let error = group.children.last().and_then(last_cancellation);
            self.future().finish_with_error(error.unwrap_or_else(|| CancelledError::default().into()));
        } else {
            self.future().finish(());
        }
    }
}

/// The cancellation that a child ended with, or else the one that it was asked for and survived.
fn last_cancellation(child: &AnyFuture) -> Option<Error> {
    match child.kind() {
        _ if child.cancelled() => child.base().see_error(),
        Kind::Task(core) => Some(CancelledError::from_message(core.cancel_message()).into()),
        Kind::Plain | Kind::Group(_) => None,
    }
}

impl Run for Gathering {
    fn run(&self, key: u32) {
        if self.future.get().is_none() || self.again.borrow().binary_search(&key).is_ok() {
            // A child that was refused after this one had come, or one that is counted already.
            return;
        }
        let child = &self.group().children[key as usize];
        self.left.set(self.left.get() - 1);
        if self.future().done() {
            child.base().forgive();
            return;
        }
        if let Some(error) = self.failure(key) {
            self.future().finish_with_error(error);
        } else if self.left.get() == 0 {
            self.finish();
        }
    }

    fn is_abandoned(&self) -> bool {
        let future = self.future.get();
        future.is_some_and(|future| future.is_last() && future.base().has_no_callbacks())
    }

    fn cut(&self) {
        let children = self.future.get().map_or(&[][..], |_| &self.group().children);
        children.iter().for_each(|child| child.base().forget_callbacks());
    }

    fn awaited_by(&self) -> Option<u32> {
        self.task.filter(|_| self.future.get().is_none_or(|future| !future.done()))
    }

    fn describe(&self) -> String {
        "gather.<locals>._done_callback()".to_owned()
    }
}

/// A future that completes when all of `tasks` are done, however they end: what a loop waits for at its end. None of them may
/// be there twice.
pub(crate) fn all_done(event_loop: &Rc<LoopCore>, tasks: &[AnyTask]) -> Future<()> {
    let children: Vec<AnyFuture> = tasks.iter().map(|task| task.as_any().clone()).collect();
    let start = GatherStart::new();
    start.gathering.return_exceptions.set(true);
    children.iter().for_each(|child| start.watch(child));
    Future::from_any(start.finish(event_loop, children, Vec::new()).future().clone())
}

#[cfg(test)]
mod tests {
    use std::panic::Location;

    use super::*;
    use crate::error::Result;
    use crate::{Exception, Runner, all_tasks, create_task, sleep, sleep_result};

    async fn fails() -> Result<()> {
        Err(Exception::new("expected").into())
    }

    /// Runs a program and counts what it leaves to the exception handler.
    fn reported(program: impl std::future::Future<Output = Result<()>> + 'static) -> usize {
        let runner = Runner::new().clock(crate::Clock::Virtual);
        let count = Rc::new(Cell::new(0));
        let counted = Rc::clone(&count);
        let handler: Box<dyn Fn(&crate::ExceptionContext)> = Box::new(move |_| counted.set(counted.get() + 1));
        runner.get_loop().unwrap().set_exception_handler(Some(handler));
        runner.run(program).unwrap();
        drop(runner);
        count.get()
    }

    #[test]
    fn a_failure_that_is_a_result_is_not_reported() {
        let cancelled = async {
            let group = gather!(fails(), sleep(3600)).return_exceptions();
            sleep(1).await?;
            group.cancel();
            assert!(group.await.unwrap_err().is_cancelled());
            Ok(())
        };
        assert_eq!(reported(cancelled), 0);
        let dropped = async {
            drop(gather([fails()]).return_exceptions());
            sleep(1).await
        };
        assert_eq!(reported(dropped), 0);
        let done_before = async {
            let task = create_task(fails());
            sleep(1).await?;
            drop(gather([task]).return_exceptions());
            Ok(())
        };
        assert_eq!(reported(done_before), 0);
    }

    #[test]
    fn a_failure_that_nobody_gathers_is_reported() {
        let alone = async {
            drop(create_task(fails()));
            sleep(1).await
        };
        assert_eq!(reported(alone), 1);
    }

    #[test]
    fn a_child_that_comes_twice_counts_once_even_if_it_completes_in_between() {
        let program = async {
            let event_loop = crate::get_running_loop()?;
            event_loop.set_task_factory(crate::TaskFactory::Eager);
            let future = event_loop.create_future();
            let completes = {
                let future = future.clone();
                async move {
                    future.set_result(1)?;
                    Ok(2)
                }
            };
            let group = crate::gather!(&future, completes, &future, sleep_result(1, 3));
            sleep(0).await?;
            assert!(!group.done());
            assert_eq!(group.await?, (1, 2, 1, 3));
            Ok(())
        };
        Runner::new().clock(crate::Clock::Virtual).run(program).unwrap();
    }

    #[test]
    fn children_that_come_again_are_found_also_while_one_is_being_cancelled() {
        let program = async {
            let event_loop = crate::get_running_loop()?;
            let futures: Vec<AnyFuture> = (0..3).map(|_| event_loop.create_future::<()>().as_any().clone()).collect();
            let children = |places: &[usize]| places.iter().map(|place| futures[*place].clone()).collect::<Vec<_>>();
            for cancelled in [false, true] {
                if cancelled {
                    futures[1].base().visited.set(true);
                }
                assert_eq!(repeated(&children(&[])), []);
                assert_eq!(repeated(&children(&[2, 0, 1])), []);
                assert_eq!(repeated(&children(&[2, 0, 2, 1, 1, 2])), [2, 4, 5]);
                let marked: Vec<bool> = futures.iter().map(|future| future.base().visited.get()).collect();
                assert_eq!(marked, [false, cancelled, false]);
            }
            Ok(())
        };
        Runner::new().clock(crate::Clock::Virtual).run(program).unwrap();
    }

    #[test]
    fn the_tasks_are_created_where_gather_is_called() {
        let program = async {
            let here = Location::caller().file();
            let _group = gather([sleep(1), sleep(1)]);
            assert!(all_tasks()?[1..].iter().all(|task| task.get_coro().location().file() == here));
            Ok(())
        };
        Runner::new().clock(crate::Clock::Virtual).run(program).unwrap();
    }
}
