//! `WaitQueue`: tasks that wait in line for something; what locks, queues and events are made of.
//!
//! The core idea: a waiter is a place in one list that the primitive owns, not an object of its own, so waiting allocates
//! nothing. A place is *waiting*, then *woken* or *cancelled*, and leaves the list when its task has taken notice: exactly
//! the life of the futures in the `_waiters` of CPython's primitives, whose code looks at those states.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::Future as StdFuture;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use crate::error::Result;
use crate::ordered::Ordered;
use crate::tasks::{Waiter, current_task_id, keep_waiting_on, take_cancel, wait_on};
use crate::waking::{Waiting, Wake};

/// A line of waiting tasks, first come first served.
///
/// For building primitives: [`wait`](Self::wait) joins the line, [`wake_one`](Self::wake_one) lets the first go. A
/// primitive must not lose a wake-up: a waiter that was woken and then cancelled before it ran says so
/// ([`LineWait::woken`]), so that the primitive can wake the next one.
///
/// Clones are the same line.
///
/// ```
/// use asyncio_runtime::{WaitQueue, create_task, run, sleep};
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

/// The inside of a line.
pub(crate) struct Line {
    name: &'static str,
    places: RefCell<Ordered<Waiting>>,
    /// Nobody with a smaller key still waits: where a wake-up begins to look, so that waking many is not quadratic.
    first_waiting: Cell<u64>,
    /// How many places are cancelled.
    cancelled: Cell<usize>,
    /// Nobody has to wait.
    open: Cell<bool>,
    /// Who last acquired what is waited for. A number, so that it keeps no task alive.
    acquired_by: Cell<Option<u32>>,
}

/// A place in a line, or among those who wait for a descriptor, to name it in a task: its key, in six bytes. (Two parts and
/// not three: it is copied as two, and a processor waits where it reads as one what was just written as two.)
#[derive(Clone, Copy)]
#[repr(C, packed(2))]
pub(crate) struct Place {
    low: u32,
    high: u16,
}

impl Place {
    pub(crate) fn new(key: u64) -> Self {
        // A line would have to be joined a million times a second for nine years to have a longer key.
        Self { low: key as u32, high: (key >> 32) as u16 }
    }

    pub(crate) fn key(self) -> u64 {
        u64::from(self.high) << 32 | u64::from(self.low)
    }
}

impl WaitQueue {
    /// An empty line; `name` says in reports what is being waited for.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        Self {
            line: Rc::new(Line {
                name,
                places: RefCell::new(Ordered::new()),
                first_waiting: Cell::new(0),
                cancelled: Cell::new(0),
                open: Cell::new(false),
                acquired_by: Cell::new(None),
            }),
        }
    }

    /// Notes that the current task has acquired what others wait for in this line. Only the report of a deadlock looks at
    /// it, to name the last one; the task owns nothing by this, and is not kept alive.
    pub fn set_acquired(&self) {
        self.line.acquired_by.set(current_task_id());
    }

    /// How many are in line, those woken or cancelled included that have not run since.
    #[must_use]
    pub fn len(&self) -> usize {
        self.line.places.borrow().len()
    }

    /// How many are in line behind those that were woken. For reports: it counts them one by one.
    #[must_use]
    pub fn not_woken(&self) -> usize {
        let first = self.line.first_waiting.get();
        let mut places = self.line.places.borrow_mut();
        places.iter_mut().filter(|(key, place)| *key >= first && !place.is_woken()).count()
    }

    /// Is nobody in line?
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.line.places.borrow().is_empty()
    }

    /// Is everybody in line cancelled (or nobody in line)? What `Lock.acquire` asks before it takes a free lock.
    #[must_use]
    pub fn all_cancelled(&self) -> bool {
        self.line.cancelled.get() == self.len()
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

    /// Wakes the first who still waits; false if nobody does.
    #[inline]
    pub fn wake_one(&self) -> bool {
        self.line.wake_next(self.line.next_key())
    }

    /// Wakes the first in line, unless it was woken or cancelled before: `Lock._wake_up_first`.
    #[inline]
    pub fn wake_front(&self) -> bool {
        // Mostly nobody is in line.
        !self.is_empty() && self.line.wake_front()
    }

    /// Wakes everybody in line, in order; gives how many. Who comes meanwhile waits for the next time.
    ///
    /// ```
    /// use asyncio_runtime::{WaitQueue, gather, run, sleep};
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
        let end = self.line.next_key();
        std::iter::from_fn(|| self.line.wake_next(end).then_some(())).count()
    }

    /// From now on nobody has to wait: who is in line is woken, in order, and who comes does not suspend.
    ///
    /// ```
    /// use asyncio_runtime::{WaitQueue, create_task, run, sleep};
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

    /// Takes back [`open`](Self::open). Who was woken already goes on nevertheless.
    pub fn close(&self) {
        self.line.open.set(false);
    }

    /// Has nobody to wait?
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

impl Line {
    fn wake_front(&self) -> bool {
        let wake = self.places.borrow_mut().front_mut().and_then(|(_, place)| place.settle(Waiting::woken()));
        wake.map(Wake::wake).is_some()
    }

    #[inline]
    fn next_key(&self) -> u64 {
        self.places.borrow().next_key()
    }

    /// Wakes the first who still waits, if his key is smaller than `end`.
    #[inline]
    fn wake_next(&self, end: u64) -> bool {
        // Mostly a lock or a queue asks, and nobody waits.
        self.first_waiting.get() < end && self.find_and_wake(end)
    }

    #[inline(never)]
    fn find_and_wake(&self, end: u64) -> bool {
        // Woken when the search is over: a waker may run anything, so nothing may be borrowed.
        self.find_wake(end).map(Wake::wake).is_some()
    }

    /// Makes the first who still waits a woken one.
    fn find_wake(&self, end: u64) -> Option<Wake> {
        let mut places = self.places.borrow_mut();
        let mut first = self.first_waiting.get();
        while let Some((key, place)) = places.next_from(first)
            && key < end
        {
            first = key + 1;
            let wake = place.settle(Waiting::woken());
            if wake.is_some() {
                self.first_waiting.set(first);
                return wake;
            }
        }
        self.first_waiting.set(end);
        None
    }

    #[inline]
    fn is_woken(&self, key: u64) -> bool {
        self.places.borrow_mut().get_mut(key).is_some_and(|place| place.is_woken())
    }

    /// Goes on waiting.
    fn stay(&self, key: u64, new: &Waker) {
        match self.places.borrow_mut().get_mut(key) {
            Some(place) if place.is_of(new) => return,
            Some(place) if place.is_cancelled() => {
                // It was cancelled, but another wait of the same task has taken the cancellation.
                self.cancelled.set(self.cancelled.get() - 1);
                self.first_waiting.set(self.first_waiting.get().min(key));
            }
            _ => {}
        }
        let waiting = Waiting::still(Wake::of(new));
        let old = self.places.borrow_mut().get_mut(key).map(|place| std::mem::replace(place, waiting));
        drop(old);
    }

    /// Takes a place out of the line; gives whether it was woken.
    fn leave(&self, key: u64) -> bool {
        let Some(place) = self.places.borrow_mut().remove(key) else { return false };
        if place.is_cancelled() {
            self.cancelled.set(self.cancelled.get() - 1);
        }
        place.is_woken()
    }

    /// Takes a place out of the line if it was woken.
    #[inline]
    fn leave_if_woken(&self, key: u64) -> bool {
        let mut places = self.places.borrow_mut();
        let woken = places.get_mut(key).is_some_and(|place| place.is_woken());
        woken && places.remove(key).is_some()
    }

    /// Cancels a wait; false if it is over already.
    pub(crate) fn cancel(&self, place: Place) -> bool {
        let old = self.places.borrow_mut().get_mut(place.key()).and_then(|place| place.settle(Waiting::cancelled()));
        if old.is_some() {
            self.cancelled.set(self.cancelled.get() + 1);
        }
        old.is_some()
    }

    /// How it reads in `wait_for=…` and in the report of a deadlock.
    pub(crate) fn describe(&self) -> String {
        format!("<{} waiters={}>", self.name, self.places.borrow().len())
    }

    /// The task that last acquired what is waited for, by its running number.
    pub(crate) fn acquired_by(&self) -> Option<u32> {
        self.acquired_by.get()
    }
}

/// A wait in line; made by [`WaitQueue::wait`].
///
/// ```
/// use asyncio_runtime::{WaitQueue, run};
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
    InLine(Place),
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
            Stage::InLine(place) => self.line.is_woken(place.key()),
            Stage::Left { woken } => woken,
        }
    }

    /// Leaves the line, as dropping does, and tells whether the wait was woken ([`woken`](Self::woken)). What passes a
    /// wake-up on leaves first, so that it does not wake itself.
    pub fn leave(&mut self) -> bool {
        if let Stage::InLine(place) = self.stage {
            self.stage = Stage::Left { woken: self.line.leave(place.key()) };
        }
        self.woken()
    }
}

impl StdFuture for LineWait {
    type Output = Result<()>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let this = &mut *self;
        let in_line = |place| Waiter::Line(Rc::clone(&this.line), place);
        match this.stage {
            Stage::New(_) if this.line.open.get() => {
                this.stage = Stage::Left { woken: false };
                Poll::Ready(Ok(()))
            }
            Stage::New(at) => {
                let waiting = Waiting::still(Wake::of(cx.waker()));
                let place = Place::new(this.line.places.borrow_mut().push(waiting));
                wait_on(in_line(place), at);
                this.stage = Stage::InLine(place);
                Poll::Pending
            }
            Stage::InLine(place) => {
                if let Some(cancelled) = take_cancel() {
                    this.leave();
                    return Poll::Ready(Err(cancelled.into()));
                }
                if this.line.leave_if_woken(place.key()) {
                    this.stage = Stage::Left { woken: true };
                    return Poll::Ready(Ok(()));
                }
                this.line.stay(place.key(), cx.waker());
                keep_waiting_on(in_line(place));
                Poll::Pending
            }
            Stage::Left { .. } => panic!("a wait in line was polled after its end"),
        }
    }
}

impl Drop for LineWait {
    #[inline]
    fn drop(&mut self) {
        if let Stage::InLine(place) = self.stage {
            self.line.leave(place.key());
        }
    }
}

impl fmt::Debug for LineWait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<wait for {}>", self.line.name)
    }
}
