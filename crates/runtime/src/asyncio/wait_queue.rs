//! `WaitQueue`: tasks that wait in line for something; what locks, queues and events are made of.
//!
//! The core idea: a waiting task is an entry in one list that the primitive owns, not an object of its own, so waiting allocates
//! nothing. An entry is *waiting*, then *woken* or *cancelled*, and leaves the list when its task has taken notice: exactly
//! the life of the futures in the `_waiters` of CPython's primitives, whose code looks at those states.

use std::fmt;
use std::future::Future as StdFuture;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use asyncio_errors::Result;
use asyncio_ordered::Ticket;

use crate::kernel::{BlockedOn, Line, current, keep_waiting_on, take_cancel, wait_on};

/// A line of waiting tasks, first come first served.
///
/// For building primitives: [`wait`](Self::wait) joins the line, [`wake_one`](Self::wake_one) lets the first go. A
/// primitive must not lose a wake-up: a waiter that was woken and then cancelled before it ran says so
/// ([`LineWait::woken`]), so that the primitive can wake the next one.
///
/// Clones are the same line.
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
    /// An empty line; `name` says in reports what is being waited for.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        Self { line: Line::new(name) }
    }

    /// Says that a waiter which [`wake_one`](Self::wake_one) or [`wake_front`](Self::wake_front) wakes is offered something, and
    /// what has happened then, such as "the lock was released". If a task does not poll such a wait any more, the others wait for
    /// what it was offered: the report of a deadlock says so, in these words, and where that wait began.
    #[must_use]
    pub fn offering(self, what: &'static str) -> Self {
        self.line.offers.set(Some(what));
        self
    }

    /// Says that one task at a time [acquires](Self::set_acquired) what is waited for here, and that a wait ends when this task
    /// releases it. So tasks that wait for each other can be told of.
    #[must_use]
    pub fn exclusive(self) -> Self {
        self.line.exclusive.set(true);
        self
    }

    /// Notes that others have taken what waiters were offered that [`wake_one`](Self::wake_one) has woken: in a queue a task may
    /// take an item that a waiter was woken for.
    pub fn withdraw_offers(&self) {
        self.line.withdraw_offers();
    }

    /// Notes that the current task has acquired what others wait for in this line. Only the report of a deadlock looks at
    /// it, to name the last one; the task owns nothing by this, and is not kept alive.
    pub fn set_acquired(&self) {
        self.line.acquired_by.set(current::with_task(|task| Some(task?.core().stamp())));
    }

    /// Notes here what was noted last in `other`.
    pub fn set_acquired_as(&self, other: &Self) {
        self.line.acquired_by.set(other.line.acquired_by.get());
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

    /// How many are in line, those woken or cancelled included that have not run since.
    #[must_use]
    pub fn len(&self) -> usize {
        self.line.len()
    }

    /// How many are in line behind those that were woken. For reports: it counts them one by one.
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
    /// `CancelledError`, also for a waiter that was woken and then cancelled before it ran: whoever builds on this passes
    /// the wake-up on where that matters ([`LineWait::woken`]).
    ///
    /// # Cancellation
    ///
    /// Cancelled or dropped, it leaves the line.
    #[track_caller]
    pub fn wait(&self) -> LineWait {
        self.wait_at(Location::caller())
    }

    /// As [`wait`](Self::wait), for a primitive that passes on where its own method was called: reports show that place.
    pub fn wait_at(&self, at: &'static Location<'static>) -> LineWait {
        LineWait { line: Rc::clone(&self.line), stage: Stage::New(at) }
    }

    /// Wakes the first waiter that still waits; false if none does.
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

    /// Takes back [`open`](Self::open). Waiters that were woken already go on nevertheless.
    pub fn close(&self) {
        self.line.open.set(false);
    }

    /// Is the line [open](Self::open)?
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.line.open.get()
    }
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

    /// Has it joined the line, ever? It does at its first poll.
    #[must_use]
    pub fn joined(&self) -> bool {
        !matches!(self.stage, Stage::New(_))
    }

    /// Was it woken, even if a cancellation came on top and even if it has not run since? Whoever drops a wait that was
    /// woken has to pass the wake-up on, where it stands for something (a free lock, an item).
    #[must_use]
    pub fn woken(&self) -> bool {
        match self.stage {
            Stage::New(_) => false,
            Stage::InLine(ticket) => self.line.is_woken(ticket),
            Stage::Left { woken } => woken,
        }
    }

    /// Leaves the line, as dropping does, and tells whether the wait was woken ([`woken`](Self::woken)). What passes a
    /// wake-up on leaves first, so that it does not wake itself.
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
                    return Poll::Ready(Err(cancelled.into()));
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
