//! `WaitQueue`: a line of waiting tasks. Locks, queues and events are made of it.
//!
//! The core idea: a waiting task is an entry in one list that the primitive owns, not an object of its own, so waiting allocates
//! nothing. An entry is *waiting*, then *woken* or *cancelled*, and leaves the list when its task has noticed. These are exactly
//! the states of the futures in the `_waiters` of CPython's primitives.

use std::fmt;
use std::future::Future as StdFuture;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use asyncio_collections::takers::{Stamp, Taker};
use asyncio_errors::Result;
use asyncio_ordered::Ticket;

use crate::kernel::{BlockedOn, Line, current, keep_waiting_on, take_cancel, wait_on};

/// A line of waiting tasks, first come first served.
///
/// For building primitives: [`wait`](Self::wait) joins the line, [`wake_one`](Self::wake_one) lets the first go. A primitive
/// must not lose a wake-up. [`LineWait::woken`] tells whether a waiter was woken before it was cancelled, so that the primitive
/// can wake the next one.
///
/// Clones are handles of the same line.
///
/// # Examples
///
/// ```
/// use asyncio::{WaitQueue, create_task, run, sleep};
///
/// run(async {
///     let line = WaitQueue::new("door");
///     let waiting = line.clone();
///     let task = create_task(async move { waiting.wait().await });
///     sleep(0).await?;
///     assert_eq!(line.len(), 1);
///     assert!(line.wake_one());
///     task.await
/// })
/// .unwrap();
/// ```
#[derive(Clone)]
pub struct WaitQueue {
    line: Rc<Line>,
}

impl WaitQueue {
    /// Creates an empty line; reports name what is waited for by `name`.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        Self { line: Line::new(name) }
    }

    /// Declares that a waiter which [`wake_one`](Self::wake_one) or [`wake_front`](Self::wake_front) wakes is offered something;
    /// `what` says what has happened, such as "the lock was released". If the task no longer polls such a wait, the others wait
    /// for what it was offered. The report of a deadlock then says so, in these words, and where that wait began.
    #[must_use]
    pub fn offering(self, what: &'static str) -> Self {
        self.line.offers.set(Some(what));
        self
    }

    /// Declares that only one task at a time [acquires](Self::set_acquired) what is waited for here, and that a wait ends when
    /// that task releases it. So tasks that wait for each other can be reported.
    #[must_use]
    pub fn exclusive(self) -> Self {
        self.line.exclusive.set(true);
        self
    }

    /// Notes that other tasks have taken what was offered to the woken waiters: in a queue, a task may take an item for which a
    /// waiter was woken.
    pub fn withdraw_offers(&self) {
        self.line.withdraw_offers();
    }

    /// Notes that the current task has acquired what others wait for in this line. Only reports use this, to name the last such
    /// task. The task owns nothing by it, and is not kept alive.
    pub fn set_acquired(&self) {
        self.line.acquired_by.set(current_stamp());
    }

    /// Like [`set_acquired`](Self::set_acquired), for the task that took an item from a queue, which may be another one.
    #[doc(hidden)]
    pub fn set_taker(&self, taker: Taker) {
        self.line.acquired_by.set(taker.stamp);
        self.line.taker.set(Some(taker));
    }

    /// The last such note.
    #[doc(hidden)]
    #[must_use]
    pub fn taker(&self) -> Option<Taker> {
        self.line.taker.get()
    }

    /// Like [`set_acquired`](Self::set_acquired), for what was acquired at `at` without a guard. Until
    /// [`set_released_by_hand`](Self::set_released_by_hand) is called as often, the report of a deadlock says so, and names the
    /// method that returns a `guard`.
    pub fn set_acquired_by_hand(&self, at: &'static Location<'static>, guard: &'static str) {
        self.set_acquired();
        self.line.acquired_by_hand(at, guard);
    }

    /// Notes that what was acquired by hand was released by hand.
    pub fn set_released_by_hand(&self) {
        self.line.released_by_hand();
    }

    /// The number of waiters in line, including those that were woken or cancelled and have not run since.
    #[must_use]
    pub fn len(&self) -> usize {
        self.line.len()
    }

    /// The number of waiters in line that have not been woken. It is for reports, because it counts them one by one.
    #[must_use]
    pub fn not_woken(&self) -> usize {
        self.line.not_woken()
    }

    /// Is the line empty?
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.line.is_empty()
    }

    /// Are all waiters in line cancelled (or is the line empty)? `Lock.acquire` asks this before it takes a free lock.
    #[must_use]
    pub fn all_cancelled(&self) -> bool {
        self.line.all_cancelled()
    }

    /// Joins the line and waits to be woken.
    ///
    /// # Errors
    ///
    /// `CancelledError`, even for a waiter that was woken and then cancelled before it ran. Where that matters, the primitive
    /// must pass the wake-up on ([`LineWait::woken`]).
    ///
    /// # Cancellation
    ///
    /// Cancelled or dropped, it leaves the line.
    #[track_caller]
    pub fn wait(&self) -> LineWait {
        self.wait_at(Location::caller())
    }

    /// Like [`wait`](Self::wait), with the location at which the primitive's own method was called, for reports.
    pub fn wait_at(&self, at: &'static Location<'static>) -> LineWait {
        LineWait { line: Rc::clone(&self.line), stage: Stage::New(at) }
    }

    /// Wakes the first waiter that still waits; returns false if there is none.
    #[inline]
    pub fn wake_one(&self) -> bool {
        self.line.wake_one()
    }

    /// Wakes the first in line, unless it was woken or cancelled before: `Lock._wake_up_first`.
    #[inline]
    pub fn wake_front(&self) -> bool {
        // Mostly the line is empty.
        !self.is_empty() && self.line.wake_front()
    }

    /// Wakes all waiters in line, in order, and returns how many. A task that joins meanwhile waits for the next time.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{WaitQueue, gather, run, sleep};
    ///
    /// run(async {
    ///     let line = WaitQueue::new("door");
    ///     let waiting = gather([line.wait(), line.wait()]);
    ///     sleep(0).await?;
    ///     assert_eq!((line.len(), line.not_woken()), (2, 2));
    ///     assert_eq!(line.wake_all(), 2);
    ///     assert_eq!((line.len(), line.not_woken()), (2, 0)); // they leave when they run
    ///     waiting.await?;
    ///     assert!(line.is_empty());
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    pub fn wake_all(&self) -> usize {
        self.line.wake_all()
    }

    /// Opens the line: all waiters are woken, in order, and tasks that come later do not suspend.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{WaitQueue, create_task, run, sleep};
    ///
    /// run(async {
    ///     let line = WaitQueue::new("door");
    ///     let waiting = line.clone();
    ///     let task = create_task(async move { waiting.wait().await });
    ///     sleep(0).await?;
    ///     line.open();
    ///     line.wait().await?;
    ///     assert!(!task.done(), "it is woken, and its step comes later");
    ///     line.close();
    ///     task.await
    /// })
    /// .unwrap();
    /// ```
    pub fn open(&self) {
        if !self.line.open.replace(true) {
            self.wake_all();
        }
    }

    /// Undoes [`open`](Self::open). Waiters that were woken already go on nevertheless.
    pub fn close(&self) {
        self.line.open.set(false);
    }

    /// Is the line [open](Self::open)?
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.line.open.get()
    }
}

/// The current task, as it is now.
#[doc(hidden)]
#[must_use]
pub fn current_stamp() -> Stamp {
    current::with_task(|task| task.map(|task| task.core().stamp())).unwrap_or_default()
}

impl fmt::Debug for WaitQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<WaitQueue {} waiters={}>", self.line.name, self.len())
    }
}

/// A wait in line; made by [`WaitQueue::wait`].
///
/// # Examples
///
/// ```
/// use asyncio::{WaitQueue, run};
///
/// run(async {
///     let line = WaitQueue::new("door");
///     let mut wait = line.wait();
///     assert!(!wait.joined()); // it joins when it is first polled
///     std::future::poll_fn(|cx| std::task::Poll::Ready(std::pin::pin!(&mut wait).poll(cx).is_ready())).await;
///     assert!(wait.joined() && !wait.woken());
///     line.wake_one();
///     assert!(wait.leave()); // it was woken, and passes that on
///     assert!(line.is_empty() && !line.wake_one());
///     Ok(())
/// })
/// .unwrap();
/// ```
#[must_use = "futures do nothing unless awaited"]
pub struct LineWait {
    line: Rc<Line>,
    stage: Stage,
}

enum Stage {
    /// Not in line yet. Reports show where it was made.
    New(&'static Location<'static>),
    InLine(Ticket),
    Left {
        woken: bool,
    },
}

impl LineWait {
    /// The line that it waits in.
    #[must_use]
    pub fn queue(&self) -> WaitQueue {
        WaitQueue { line: Rc::clone(&self.line) }
    }

    /// Has the wait ever joined the line? It does at its first poll.
    #[must_use]
    pub fn joined(&self) -> bool {
        !matches!(self.stage, Stage::New(_))
    }

    /// Was the wait woken, even if it was cancelled afterwards or has not run since? Code that drops a woken wait must pass the
    /// wake-up on, if it stands for something (a free lock, an item).
    #[must_use]
    pub fn woken(&self) -> bool {
        match self.stage {
            Stage::New(_) => false,
            Stage::InLine(ticket) => self.line.is_woken(ticket),
            Stage::Left { woken } => woken,
        }
    }

    /// Leaves the line, as dropping does, and returns whether the wait was [woken](Self::woken). A wait that passes its wake-up
    /// on leaves first, so as not to wake itself.
    pub fn leave(&mut self) -> bool {
        if let Stage::InLine(ticket) = self.stage {
            self.stage = Stage::Left { woken: self.line.leave(ticket) };
        }
        self.woken()
    }
}

impl StdFuture for LineWait {
    type Output = Result<()>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let this = &mut *self;
        let in_line = |ticket| BlockedOn::Line(Rc::clone(&this.line), ticket);
        match this.stage {
            Stage::New(_) if this.line.open.get() => {
                this.stage = Stage::Left { woken: false };
                Poll::Ready(Ok(()))
            }
            Stage::New(at) => {
                let ticket = this.line.join(cx.waker(), at);
                wait_on(in_line(ticket), at);
                this.stage = Stage::InLine(ticket);
                Poll::Pending
            }
            Stage::InLine(ticket) => {
                if let Some(cancelled) = take_cancel() {
                    this.leave();
                    return Poll::Ready(Err(cancelled));
                }
                if this.line.leave_if_woken(ticket) {
                    this.stage = Stage::Left { woken: true };
                    return Poll::Ready(Ok(()));
                }
                this.line.stay(ticket, cx.waker());
                keep_waiting_on(in_line(ticket));
                Poll::Pending
            }
            Stage::Left { .. } => panic!("a wait in line was polled after its end"),
        }
    }
}

impl Drop for LineWait {
    #[inline]
    fn drop(&mut self) {
        if let Stage::InLine(ticket) = self.stage {
            self.line.leave(ticket);
        }
    }
}

impl fmt::Debug for LineWait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<wait for {}>", self.line.name)
    }
}
