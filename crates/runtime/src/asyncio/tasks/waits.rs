//! What a task waits on, as data.

use std::panic::Location;

use asyncio_errors::Frame;

use crate::kernel::{AnyFuture, AnyTask, Description, Offer, TaskCore, Text, WaitKind};

/// What a suspended task waits on; see [`Task::waits_on`](crate::Task::waits_on).
///
/// # Examples
///
/// ```
/// use asyncio::{Lock, WaitKind, create_task, run, sleep};
///
/// run(async {
///     let lock = Lock::new();
///     let waiting = lock.clone();
///     lock.acquire().await?;
///     let task = create_task(async move { waiting.acquire().await });
///     let line = line!() - 1;
///     sleep(0).await?;
///     let wait = task.waits_on().expect("the lock is not free");
///     assert_eq!(wait.kind, WaitKind::Line("Lock"));
///     assert_eq!(wait.held_by.expect("this task").get_name(), asyncio::current_task()?.unwrap().get_name());
///     assert!(!wait.holder_is_done && wait.acquired_at.is_some_and(|at| at.line() == line - 1));
///     assert_eq!(wait.at.line, line);
///     lock.release()?;
///     task.await
/// })
/// .unwrap();
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct WaitsOn {
    /// The sort of wait.
    pub kind: WaitKind,
    text: Text,
    /// The task or future that is awaited, if it is one.
    pub future: Option<AnyFuture>,
    /// The task that last acquired what is waited for, if that is known and the task is not done.
    pub held_by: Option<AnyTask>,
    /// Is the task that last acquired it done? Then perhaps nothing will ever release it.
    pub holder_is_done: bool,
    /// For a wait that ends when tasks take items from a queue: where that task took one, or began to wait for one.
    pub taken_at: Option<&'static Location<'static>>,
    /// Is it certain that `task_done` was not called for that item? It can be while the inspector is on.
    pub not_done: bool,
    /// Does that task then wait for the next item, without having handed this one on?
    pub waits_again: bool,
    /// Where it was acquired by hand, by a call that returns no guard, if it has not been released since.
    pub acquired_at: Option<&'static Location<'static>>,
    /// What was offered to a waiter ahead of this task that has not taken it. If nothing is ready, that is a *futurelock*.
    pub offered: Option<Offered>,
    /// The place of the await.
    pub at: Frame,
}

impl WaitsOn {
    /// The wait as reports show it, such as `<Lock waiters=2>`.
    #[must_use]
    pub fn text(&self) -> String {
        self.text.to_string()
    }
}

/// What a lock, a semaphore or a queue has offered to a waiter that has not been polled since; see [`WaitsOn::offered`].
///
/// The waiter's task must take the offer in its next step. If it then waits on something else, in another branch of a `select`
/// or in the body of a loop over a buffered stream, it keeps the others waiting: a *futurelock*.
///
/// # Examples
///
/// ```
/// use asyncio::{Lock, current_task, run, sleep};
/// use std::{future::poll_fn, pin::pin, task::Poll};
///
/// run(async {
///     let lock = Lock::new();
///     let guard = lock.lock().await?;
///     let line = line!() + 1;
///     let mut first = pin!(lock.lock());
///     assert!(!poll_fn(|cx| Poll::Ready(first.as_mut().poll(cx).is_ready())).await); // it is in line, and not polled again
///     let second = asyncio::create_task(lock.lock());
///     sleep(0).await?;
///     drop(guard);
///     sleep(0).await?;
///     let offered = second.waits_on().expect("the first comes first").offered.expect("it is its turn");
///     assert_eq!((offered.what, offered.at.line()), ("the lock was released", line));
///     assert_eq!(offered.to, current_task()?);
///     Ok(())
/// })
/// .unwrap();
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Offered {
    /// What has happened, such as "the lock was released".
    pub what: &'static str,
    /// The task of the waiter; `None` if the task is done.
    pub to: Option<AnyTask>,
    /// Where the waiter's wait began.
    pub at: &'static Location<'static>,
}

/// Does the end of `task` complete the future that `waiter` awaits, as for the tasks of a group and its owner?
#[must_use]
pub fn completes(task: &AnyTask, waiter: &AnyTask) -> bool {
    let awaited = waiter.core().awaited();
    awaited.is_some_and(|future| task.base().awaited_by(Some(&future)).contains(&waiter.core().number()))
}

pub(super) fn of(task: &TaskCore, at: Frame) -> Option<WaitsOn> {
    let Description { kind, text, held_by, by_hand, taker, offered } = task.blocked_on().describe()?;
    let tasks = &task.base.event_loop().tasks;
    let holder = held_by.and_then(|number| tasks.with_number(number));
    let (holder_is_done, acquired_at) = (held_by.is_some() && holder.is_none(), by_hand.map(|held| held.at));
    let offered = offered.map(|Offer { what, task, at }| {
        let to = tasks.all().into_iter().find(|other| other.as_future().address() == task);
        Offered { what, to, at }
    });
    let taken_at = taker.map(|taker| taker.at);
    let (not_done, waits_again) = taker.map_or((false, false), |taker| (taker.not_done, taker.waits_again));
    Some(WaitsOn {
        kind,
        text,
        future: task.awaited(),
        held_by: holder,
        holder_is_done,
        taken_at,
        not_done,
        waits_again,
        acquired_at,
        offered,
        at,
    })
}
