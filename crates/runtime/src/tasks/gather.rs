//! `gather`: several awaitables as one future.
//!
//! The core idea: the gathering future itself holds no results; it is a future without value that completes when its
//! children have (or one has failed), and the results are collected from the children by whoever awaits it.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::ops::Deref;
use std::panic::Location;
use std::rc::Rc;

use super::awaitable::{Awaitable, ensure_future};
use super::task::AnyTask;
use crate::cell::{FutureRef, Group, Kind};
use crate::error::{Error, Result};
use crate::exceptions::{CancelledError, RuntimeError};
use crate::futures::{AnyFuture, Await, Future};
use crate::loop_core::{self, LoopCore};
use crate::ready::Run;

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
/// With `no running event loop` where none runs, and if the awaitables belong to different loops.
///
/// ```
/// use asyncio_runtime::{gather, run, sleep_result};
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
    let mut children = Vec::new();
    // A loop, because a call by `map` would lose the place where the tasks are created.
    for awaitable in awaitables {
        children.push(Child::new(awaitable));
    }
    gather_set(children)
}

/// One member of a group: a task or future, and how its result is had (taken, or cloned).
#[derive(Debug)]
pub struct Child<H, T> {
    handle: H,
    outcome: fn(&H) -> Result<T>,
}

impl<H: AsRef<AnyFuture>, T> Child<H, T> {
    /// The awaitable as a future, ready to be gathered.
    #[track_caller]
    pub fn new<A: Awaitable<Handle = H, Value = T>>(awaitable: A) -> Self {
        Self { handle: ensure_future(awaitable), outcome: A::outcome }
    }

    fn any(&self) -> &AnyFuture {
        self.handle.as_ref()
    }

    fn outcome(&self) -> Result<T> {
        if self.any().cancelled() {
            // As gather makes it: with an empty message where there was none.
            let message = self.any().base().cancel_message();
            return Err(CancelledError::new(message.unwrap_or_default()).into());
        }
        (self.outcome)(&self.handle)
    }
}

/// What can be gathered: a vector of children of one type, or a tuple of children of several.
pub trait GatherSet: 'static {
    /// All results.
    type Output: 'static;
    /// A `Result` for each child.
    type Outcomes: 'static;

    /// The children as futures, in order.
    fn children(&self) -> Vec<AnyFuture>;
    /// Collects the results of children that all ended well.
    ///
    /// # Errors
    ///
    /// The first failure, if there is one after all.
    fn output(&self) -> Result<Self::Output>;
    /// Collects how each child ended.
    fn outcomes(&self) -> Self::Outcomes;
}

impl<H: AsRef<AnyFuture> + 'static, T: 'static> GatherSet for Vec<Child<H, T>> {
    type Output = Vec<T>;
    type Outcomes = Vec<Result<T>>;

    fn children(&self) -> Vec<AnyFuture> {
        self.iter().map(|child| child.any().clone()).collect()
    }

    fn output(&self) -> Result<Self::Output> {
        self.iter().map(Child::outcome).collect()
    }

    fn outcomes(&self) -> Self::Outcomes {
        self.iter().map(Child::outcome).collect()
    }
}

macro_rules! tuples {
    ($($($handle:ident $value:ident $child:ident),+;)*) => {$(
        impl<$($handle: AsRef<AnyFuture> + 'static, $value: 'static),+> GatherSet for ($(Child<$handle, $value>,)+) {
            type Output = ($($value,)+);
            type Outcomes = ($(Result<$value>,)+);

            fn children(&self) -> Vec<AnyFuture> {
                let ($($child,)+) = self;
                vec![$($child.any().clone()),+]
            }

            fn output(&self) -> Result<Self::Output> {
                let ($($child,)+) = self;
                Ok(($($child.outcome()?,)+))
            }

            fn outcomes(&self) -> Self::Outcomes {
                let ($($child,)+) = self;
                ($($child.outcome(),)+)
            }
        }
    )*};
}

tuples! {
    HA TA a;
    HA TA a, HB TB b;
    HA TA a, HB TB b, HC TC c;
    HA TA a, HB TB b, HC TC c, HD TD d;
    HA TA a, HB TB b, HC TC c, HD TD d, HE TE e;
    HA TA a, HB TB b, HC TC c, HD TD d, HE TE e, HF TF f;
    HA TA a, HB TB b, HC TC c, HD TD d, HE TE e, HF TF f, HG TG g;
    HA TA a, HB TB b, HC TC c, HD TD d, HE TE e, HF TF f, HG TG g, HH TH h;
    HA TA a, HB TB b, HC TC c, HD TD d, HE TE e, HF TF f, HG TG g, HH TH h, HI TI i;
    HA TA a, HB TB b, HC TC c, HD TD d, HE TE e, HF TF f, HG TG g, HH TH h, HI TI i, HJ TJ j;
    HA TA a, HB TB b, HC TC c, HD TD d, HE TE e, HF TF f, HG TG g, HH TH h, HI TI i, HJ TJ j, HK TK k;
    HA TA a, HB TB b, HC TC c, HD TD d, HE TE e, HF TF f, HG TG g, HH TH h, HI TI i, HJ TJ j, HK TK k, HL TL l;
}

/// Gathers up to twelve awaitables of different types; awaiting it gives a tuple. See [`gather`](fn@crate::gather).
///
/// ```
/// use asyncio_runtime::{gather, run, sleep_result};
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
    ($($awaitable:expr),+ $(,)?) => {
        $crate::gather_set(($($crate::Child::new($awaitable),)+))
    };
}

/// What both forms of gathering come to.
#[track_caller]
pub fn gather_set<S: GatherSet>(set: S) -> Gather<S> {
    let children = set.children();
    let event_loop = match children.first() {
        Some(child) => Rc::clone(&child.base().event_loop),
        None => match loop_core::running_loop() {
            Ok(event_loop) => event_loop,
            Err(error) => panic!("{error}"),
        },
    };
    let is_here = |child: &AnyFuture| Rc::ptr_eq(&child.base().event_loop, &event_loop);
    assert!(
        children.iter().all(is_here),
        "The future belongs to a different loop than the one specified as the loop argument"
    );
    let gathering = Gathering::start(event_loop, children, false);
    Gather {
        any: gathering.future.clone(),
        set: Rc::new(set),
        gathering,
        output: Rc::default(),
        outcomes: Rc::default(),
    }
}

/// The future of a group, and the count of its children that are done.
struct Gathering {
    future: AnyFuture,
    /// A child that is given twice is counted once.
    left: Cell<usize>,
    return_exceptions: Cell<bool>,
    /// The child whose own `CancelledError`, which is given once, ended the group.
    took_from: Cell<Option<u32>>,
}

impl Gathering {
    fn start(event_loop: Rc<LoopCore>, children: Vec<AnyFuture>, return_exceptions: bool) -> Rc<Self> {
        let mut distinct: Vec<usize> = (0..children.len()).collect();
        let address = |index: &usize| children[*index].object.address();
        distinct.sort_by_key(address);
        distinct.dedup_by_key(|index| address(index));
        distinct.sort_unstable();
        let future = AnyFuture { object: FutureRef::group(event_loop, children) };
        let gathering = Rc::new(Self {
            future,
            left: Cell::new(distinct.len()),
            return_exceptions: Cell::new(return_exceptions),
            took_from: Cell::new(None),
        });
        if distinct.is_empty() {
            gathering.future.finish(());
        }
        let (done, waiting): (Vec<usize>, Vec<usize>) =
            distinct.into_iter().partition(|index| gathering.group().children[*index].done());
        for index in waiting {
            let child = &gathering.group().children[index];
            let _ = child.add_callback(Rc::clone(&gathering) as Rc<dyn Run>, index as u32);
        }
        // What is done already counts at once, so that a group of finished tasks is finished itself.
        for index in done {
            gathering.run(index as u32);
        }
        gathering
    }

    fn group(&self) -> &Group {
        match self.future.object.kind() {
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
        let own = child.cancelled() && child.base().unseen.get();
        let error = child.base().see_error()?;
        self.took_from.set(own.then_some(index));
        Some(error)
    }

    /// The children were done when they were gathered, and one of their errors ended the group; now errors are results.
    fn reopen(&self) {
        if let (Some(index), Some(error)) = (self.took_from.take(), self.future.base().peek_error()) {
            self.group().children[index as usize].base().give_back(error);
        }
        self.future.base().reopen();
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
            self.future.finish_with_error(error.unwrap_or_else(|| CancelledError::default().into()));
        } else {
            self.future.finish(());
        }
    }
}

/// The cancellation that a child ended with, or else the one that it was asked for and survived.
fn last_cancellation(child: &AnyFuture) -> Option<Error> {
    match child.object.kind() {
        _ if child.cancelled() => child.base().see_error(),
        Kind::Task(core) => Some(CancelledError::from_message(core.cancel_message()).into()),
        Kind::Plain | Kind::Group(_) => None,
    }
}

impl Run for Gathering {
    fn run(&self, key: u32) {
        let child = &self.group().children[key as usize];
        self.left.set(self.left.get() - 1);
        if self.future.done() {
            child.base().forgive();
            return;
        }
        if let Some(error) = self.failure(key) {
            self.future.finish_with_error(error);
        } else if self.left.get() == 0 {
            self.finish();
        }
    }

    fn describe(&self) -> String {
        "gather.<locals>._done_callback()".to_owned()
    }
}

/// A group of awaitables as one future; made by [`gather`](fn@crate::gather) and [`gather!`](crate::gather!).
pub struct Gather<S: GatherSet> {
    any: AnyFuture,
    set: Rc<S>,
    gathering: Rc<Gathering>,
    /// What was collected from the children and is kept for whoever asks again.
    output: Rc<RefCell<Option<S::Output>>>,
    outcomes: Rc<RefCell<Option<S::Outcomes>>>,
}

impl<S: GatherSet> Gather<S> {
    /// Makes failures results like others: awaiting then gives a `Result` for each child, and fails only if the group
    /// itself is cancelled. To be called at once, before the children can have ended: `return_exceptions=True`.
    #[must_use]
    pub fn return_exceptions(self) -> GatherOutcomes<S> {
        self.gathering.return_exceptions.set(true);
        if self.gathering.future.done() {
            self.gathering.reopen();
        }
        GatherOutcomes(self)
    }

    /// The results, if all children ended well.
    ///
    /// # Errors
    ///
    /// `InvalidStateError` before the end, else what the group raises.
    pub fn result(&self) -> Result<S::Output>
    where
        S::Output: Clone,
    {
        let output = self.take_result()?;
        self.output.replace(Some(output.clone()));
        Ok(output)
    }

    /// As [`result`](Self::result), for results that cannot be cloned; can be had once.
    ///
    /// # Errors
    ///
    /// As `result`, and `RuntimeError` for what was taken before.
    pub fn take_result(&self) -> Result<S::Output> {
        self.any.outcome()?;
        self.output.take().map_or_else(|| self.set.output(), Ok)
    }

    /// This group as a future without the type of its result.
    #[must_use]
    pub fn as_any(&self) -> &AnyFuture {
        &self.any
    }
}

impl<S: GatherSet> Clone for Gather<S> {
    fn clone(&self) -> Self {
        Self {
            any: self.any.clone(),
            set: Rc::clone(&self.set),
            gathering: Rc::clone(&self.gathering),
            output: Rc::clone(&self.output),
            outcomes: Rc::clone(&self.outcomes),
        }
    }
}

impl<S: GatherSet> Deref for Gather<S> {
    type Target = AnyFuture;

    fn deref(&self) -> &AnyFuture {
        &self.any
    }
}

impl<S: GatherSet> AsRef<AnyFuture> for Gather<S> {
    fn as_ref(&self) -> &AnyFuture {
        &self.any
    }
}

impl<S: GatherSet> fmt::Debug for Gather<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.any.fmt(f)
    }
}

impl<S: GatherSet> IntoFuture for Gather<S> {
    type Output = Result<S::Output>;
    type IntoFuture = Await<Gather<S>, S::Output>;

    #[track_caller]
    fn into_future(self) -> Self::IntoFuture {
        Await::new(self, Gather::take_result, Location::caller())
    }
}

impl<S: GatherSet> IntoFuture for &Gather<S>
where
    S::Output: Clone,
{
    type Output = Result<S::Output>;
    type IntoFuture = Await<Gather<S>, S::Output>;

    #[track_caller]
    fn into_future(self) -> Self::IntoFuture {
        Await::new(self.clone(), Gather::result, Location::caller())
    }
}

/// A group whose failures are results; made by [`Gather::return_exceptions`].
pub struct GatherOutcomes<S: GatherSet>(Gather<S>);

impl<S: GatherSet> GatherOutcomes<S> {
    /// How each child ended.
    ///
    /// # Errors
    ///
    /// `InvalidStateError` before the end, `CancelledError` if the group was cancelled.
    pub fn result(&self) -> Result<S::Outcomes>
    where
        S::Outcomes: Clone,
    {
        let outcomes = self.take_result()?;
        self.0.outcomes.replace(Some(outcomes.clone()));
        Ok(outcomes)
    }

    /// As [`result`](Self::result), for results that cannot be cloned; can be had once.
    ///
    /// # Errors
    ///
    /// As `result`.
    pub fn take_result(&self) -> Result<S::Outcomes> {
        self.0.any.outcome()?;
        Ok(self.0.outcomes.take().unwrap_or_else(|| self.0.set.outcomes()))
    }
}

impl<S: GatherSet> Clone for GatherOutcomes<S> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<S: GatherSet> Deref for GatherOutcomes<S> {
    type Target = AnyFuture;

    fn deref(&self) -> &AnyFuture {
        &self.0.any
    }
}

impl<S: GatherSet> AsRef<AnyFuture> for GatherOutcomes<S> {
    fn as_ref(&self) -> &AnyFuture {
        &self.0.any
    }
}

impl<S: GatherSet> fmt::Debug for GatherOutcomes<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<S: GatherSet> IntoFuture for GatherOutcomes<S> {
    type Output = Result<S::Outcomes>;
    type IntoFuture = Await<GatherOutcomes<S>, S::Outcomes>;

    #[track_caller]
    fn into_future(self) -> Self::IntoFuture {
        Await::new(self, GatherOutcomes::take_result, Location::caller())
    }
}

impl<S: GatherSet> IntoFuture for &GatherOutcomes<S>
where
    S::Outcomes: Clone,
{
    type Output = Result<S::Outcomes>;
    type IntoFuture = Await<GatherOutcomes<S>, S::Outcomes>;

    #[track_caller]
    fn into_future(self) -> Self::IntoFuture {
        Await::new(self.clone(), GatherOutcomes::result, Location::caller())
    }
}

impl<S: GatherSet> Awaitable for Gather<S> {
    type Value = S::Output;
    type Handle = Gather<S>;

    fn try_ensure_future(self) -> Result<Self, RuntimeError> {
        Ok(self)
    }

    fn outcome(handle: &Self) -> Result<S::Output> {
        handle.take_result()
    }
}

impl<S: GatherSet> Awaitable for GatherOutcomes<S> {
    type Value = S::Outcomes;
    type Handle = GatherOutcomes<S>;

    fn try_ensure_future(self) -> Result<Self, RuntimeError> {
        Ok(self)
    }

    fn outcome(handle: &Self) -> Result<S::Outcomes> {
        handle.take_result()
    }
}

/// A future that completes when all of `tasks` are done, however they end: what a loop waits for at its end.
pub(crate) fn all_done(event_loop: &Rc<LoopCore>, tasks: &[AnyTask]) -> Future<()> {
    let children = tasks.iter().map(|task| task.as_any().clone()).collect();
    let gathering = Gathering::start(Rc::clone(event_loop), children, true);
    Future::from_any(gathering.future.clone())
}

#[cfg(test)]
mod tests {
    use std::panic::Location;

    use super::*;
    use crate::{Exception, Runner, all_tasks, create_task, sleep};

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
