//! `gather`: several awaitables as one future.
//!
//! The core idea: the gathering future holds no results. It completes when its members have, or when one has failed, and
//! the task that awaits it collects the results from the members.

mod gathering;
mod handle;
mod set;

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

pub use handle::{Gather, GatherOutcomes};
pub use set::{GatherMember, GatherSet};

use super::awaitable::{Awaitable, ensure_future};
use super::cycles;
use crate::asyncio::futures::Future;
use crate::kernel::{AnyFuture, AnyTask, Kind, LoopCore, Run, current_task_id, running_loop};
use gathering::Gathering;

/// Runs awaitables concurrently and returns their results in the order of the arguments: `asyncio.gather`.
///
/// Coroutines become tasks at once, in order, whether or not the group is awaited. For awaitables of different types use
/// the macro [`gather!`](crate::gather!), which returns a tuple. The group is a future: you can await it (by reference too,
/// if the results can be cloned), cancel it, and ask whether it is [`done`](AnyFuture::done).
///
/// The list has awaitables of one type: two calls of one `async fn`, or tasks with the same result. For different ones write the
/// macro, [`gather!(a(), b())`](macro@crate::gather), or box the coroutines. Python's keyword `return_exceptions=True` is the method
/// [`return_exceptions`](Gather::return_exceptions), without an argument.
///
/// # Errors
///
/// The first exception that a member raises is raised at once; the other members go on. A cancelled member counts as one that
/// raised `CancelledError`. With [`return_exceptions`](Gather::return_exceptions), exceptions are returned like other results.
///
/// # Cancellation
///
/// Cancelling the group, or the task that awaits it, cancels every member that is not done. The group ends when they have,
/// with a `CancelledError` even under `return_exceptions`. If the group is dropped instead, the members go on.
///
/// # Panics
///
/// With `no running event loop` outside a running loop. If an awaitable belongs to a loop other than the running one (or, outside
/// a running loop, other than the first awaitable's). If one task or future is passed twice, the first time by value, because its
/// result can be taken only once. By reference it may occur any number of times, `gather([&task, &task])`.
///
/// Coroutines that borrow from the caller, such as `self.one()`, cannot become tasks (E0521, E0597 or E0716, "must outlive
/// `'static`"): they go into `asyncio::gather_scoped`.
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
pub fn gather<A: Awaitable>(awaitables: impl AwaitableList<A>) -> Gather<Vec<GatherMember<A::Handle, A::Value>>> {
    let start = GatherStart::new();
    let mut members = Vec::new();
    // A loop, because with `map` the location where the tasks are created would be lost.
    for awaitable in awaitables {
        members.push(start.member(awaitable));
    }
    start.gather(members)
}

/// Any iterator of awaitables: what the function [`gather`](fn@crate::gather) takes.
#[diagnostic::on_unimplemented(
    message = "the function `gather` takes one list of awaitables, and not `{Self}`",
    label = "not a list",
    note = "the macro takes awaitables, also of different types: `gather!(a(), b())`",
    note = "a list has awaitables of one type, such as two calls of one function: `gather([a(), a()])`"
)]
pub trait AwaitableList<A>: IntoIterator<Item = A> {}

// Not recommended: the compiler would say that the awaitable is not an iterator.
#[diagnostic::do_not_recommend]
impl<A, I: IntoIterator<Item = A>> AwaitableList<A> for I {}

/// Gathers up to twelve awaitables of different types; awaiting it returns a tuple. Like
/// [`gather`](fn@crate::gather) otherwise.
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
        let members = ($(start.member($awaitable),)+);
        start.gather(members)
    }};
}

/// A group whose members are still being made; both forms of `gather` use it.
///
/// Each member is watched as soon as it is made, because the next member may start eagerly, and await it or complete it.
///
/// # Examples
///
/// ```
/// use asyncio::{GatherStart, run, sleep_result};
///
/// run(async {
///     let start = GatherStart::new();
///     let members = (start.member(sleep_result(0.001, 1)), start.member(async { Ok("two") }));
///     assert_eq!(start.gather(members).await?, (1, "two"));
///     Ok(())
/// })
/// .unwrap();
/// ```
#[derive(Default)]
pub struct GatherStart {
    gathering: Rc<Gathering>,
    members: RefCell<Vec<AnyFuture>>,
    /// The indexes of the members that were done when they were added.
    done: RefCell<Vec<u32>>,
    /// The indexes of the members whose result is taken, because they were passed by value.
    taken: RefCell<Vec<u32>>,
}

impl GatherStart {
    /// A group without members.
    #[must_use]
    pub fn new() -> Self {
        let gathering = Gathering { task: current_task_id(), ..Gathering::default() };
        Self { gathering: Rc::new(gathering), ..Self::default() }
    }

    /// Adds a member.
    #[track_caller]
    pub fn member<A: Awaitable>(&self, awaitable: A) -> GatherMember<A::Handle, A::Value> {
        let handle = ensure_future(awaitable);
        if A::TAKES {
            self.taken.borrow_mut().push(self.members.borrow().len() as u32);
        }
        self.watch(handle.as_ref());
        GatherMember::new::<A>(handle)
    }

    fn watch(&self, member: &AnyFuture) {
        let index = self.members.borrow().len() as u32;
        self.members.borrow_mut().push(member.clone());
        if member.done() {
            self.done.borrow_mut().push(index);
        } else {
            let _ = member.add_callback(Rc::clone(&self.gathering) as Rc<dyn Run>, index);
        }
    }

    /// The group of all members added so far, whose handles, in the same order, are `set`.
    #[track_caller]
    pub fn gather<S: GatherSet>(self, set: S) -> Gather<S> {
        let event_loop = match (running_loop(), self.members.borrow().first()) {
            (Ok(event_loop), _) => event_loop,
            (Err(_), Some(member)) => Rc::clone(member.base().event_loop()),
            (Err(error), None) => panic!("{error}"),
        };
        let is_here = |member: &AnyFuture| Rc::ptr_eq(member.base().event_loop(), &event_loop);
        assert!(
            self.members.borrow().iter().all(is_here),
            "The future belongs to a different loop than the one specified as the loop argument"
        );
        Gather::new(Rc::new(set), self.finish(&event_loop))
    }

    fn finish(self, event_loop: &Rc<LoopCore>) -> Rc<Gathering> {
        let Self { gathering, members, done, taken } = self;
        let members = members.into_inner();
        let again = repeated(&members);
        let is_again = |first: u32| again.iter().any(|i| *i > first && members[*i as usize] == members[first as usize]);
        assert!(
            again.is_empty() || !taken.into_inner().into_iter().any(is_again),
            "gather was given one future twice by value, but its result can be taken once: pass references (`&task`)"
        );
        gathering.left.set(members.len() - again.len());
        gathering.again.replace(again);
        // A plain future may never complete, and the group would then own itself through the callback.
        let may_own_itself = members.iter().any(|member| !matches!(member.kind(), Kind::Task(_)));
        let future = AnyFuture::group(event_loop, members);
        if gathering.left.get() == 0 {
            future.finish(());
        }
        let is_new = gathering.future.set(future).is_ok();
        debug_assert!(is_new, "a start is used up by its group");
        // Children that are done already count at once, so that a group of finished tasks is finished itself.
        for index in done.into_inner() {
            gathering.run(index);
        }
        if may_own_itself {
            cycles::may_own_itself(event_loop, Rc::clone(&gathering) as Rc<dyn Run>);
        }
        gathering
    }
}

/// The indexes of the members that also occur under a smaller index, in ascending order.
fn repeated(members: &[AnyFuture]) -> Vec<u32> {
    let visit = |member: &AnyFuture, visited| member.base().visited.replace(visited);
    // A cancellation may be passing through some of them.
    let before: Vec<bool> = members.iter().map(|member| visit(member, false)).collect();
    let again = members.iter().zip(0..).filter(|(member, _)| visit(member, true)).map(|(_, index)| index).collect();
    // In reverse, so that the first occurrence of a member decides.
    members.iter().zip(before).rev().for_each(|(member, visited)| member.base().visited.set(visited));
    again
}

impl fmt::Debug for GatherStart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GatherStart").field("members", &self.members.borrow().len()).finish_non_exhaustive()
    }
}

/// A future that completes when all of `tasks` are done, however they end. A runner waits for it at its end.
pub(crate) fn all_done(event_loop: &Rc<LoopCore>, tasks: &[AnyTask]) -> Future<()> {
    let start = GatherStart::new();
    start.gathering.return_exceptions.set(true);
    tasks.iter().for_each(|task| start.watch(task));
    Future::from_any(start.finish(event_loop).future().clone())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::panic::Location;

    use super::*;
    use crate::{Exception, Runner, all_tasks, create_task, sleep, sleep_result};
    use asyncio_errors::Result;

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
    fn groups_that_are_dropped_do_not_pile_up_at_a_member_that_stays_pending() {
        let program = async {
            let future = crate::get_running_loop()?.create_future::<()>();
            (0..1000).for_each(|_| drop(crate::gather([&future])));
            let callbacks = future.as_any().base().with_callbacks(|callbacks| callbacks.iter().count());
            assert!(callbacks <= 64, "{callbacks}");
            Ok(())
        };
        Runner::new().clock(crate::Clock::Virtual).run(program).unwrap();
    }

    #[test]
    fn a_member_that_comes_twice_counts_once_even_if_it_completes_in_between() {
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
    fn members_that_come_again_are_found_also_while_one_is_being_cancelled() {
        let program = async {
            let event_loop = crate::get_running_loop()?;
            let futures: Vec<AnyFuture> = (0..3).map(|_| event_loop.create_future::<()>().as_any().clone()).collect();
            let found = |places: &[usize]| {
                let members: Vec<_> = places.iter().map(|place| futures[*place].clone()).collect();
                repeated(&members)
            };
            for cancelled in [false, true] {
                futures[1].base().visited.set(cancelled);
                assert_eq!(found(&[]), []);
                assert_eq!(found(&[2, 0, 1]), []);
                assert_eq!(found(&[2, 0, 2, 1, 1, 2]), [2, 4, 5]);
                let visited: Vec<bool> = futures.iter().map(|future| future.base().visited.get()).collect();
                assert_eq!(visited, [false, cancelled, false]);
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
