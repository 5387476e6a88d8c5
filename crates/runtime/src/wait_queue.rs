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
use crate::waking::Wake;

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
    /// How many places are `Cancelled`.
    cancelled: Cell<usize>,
    /// Who last acquired what is waited for. A number, so that it keeps no task alive.
    acquired_by: Cell<Option<u32>>,
}

/// A place in a line, or among those who wait for a descriptor, to name it in a task: its key, in six bytes.
#[derive(Clone, Copy)]
pub(crate) struct Place([u16; 3]);

impl Place {
    pub(crate) fn new(key: u64) -> Self {
        // A line would have to be joined a million times a second for nine years to have a longer key.
        Self([key as u16, (key >> 16) as u16, (key >> 32) as u16])
    }

    pub(crate) fn key(self) -> u64 {
        self.0.iter().rev().fold(0, |key, part| key << 16 | u64::from(*part))
    }
}

enum Waiting {
    Still(Wake),
    Woken,
    Cancelled,
}

impl WaitQueue {
    /// An empty line; `name` says in reports what is being waited for.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        let (places, first_waiting, cancelled) = (RefCell::new(Ordered::new()), Cell::new(0), Cell::new(0));
        let acquired_by = Cell::new(None);
        Self { line: Rc::new(Line { name, places, first_waiting, cancelled, acquired_by }) }
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
        let mut places = self.line.places.borrow_mut();
        let rest = places.iter_mut_from(self.line.first_waiting.get());
        rest.filter(|(_, place)| !matches!(place, Waiting::Woken)).count()
    }

    /// Is nobody in line?
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
    pub fn wake_one(&self) -> bool {
        let mut places = self.line.places.borrow_mut();
        let end = places.next_key();
        let first =
            places.iter_mut_from(self.line.first_waiting.get()).find_map(|(key, place)| Some((key, place.wake()?)));
        self.line.first_waiting.set(first.as_ref().map_or(end, |(key, _)| key + 1));
        drop(places);
        // Woken after the borrow has ended: a waker may run anything.
        first.map(|(_, wake)| wake.wake()).is_some()
    }

    /// Wakes the first in line, unless it was woken or cancelled before: `Lock._wake_up_first`.
    pub fn wake_front(&self) -> bool {
        let wake = self.line.places.borrow_mut().front_mut().and_then(|(_, place)| place.wake());
        wake.map(Wake::wake).is_some()
    }

    /// Wakes everybody in line, in order; gives how many.
    pub fn wake_all(&self) -> usize {
        let mut places = self.line.places.borrow_mut();
        let first = self.line.first_waiting.replace(places.next_key());
        let mut wakers = places.iter_mut_from(first).filter_map(|(_, place)| place.wake());
        // Mostly there is one, and then nothing has to be allocated.
        let Some(one) = wakers.next() else { return 0 };
        let others: Vec<Wake> = wakers.collect();
        drop(places);
        one.wake();
        1 + others.into_iter().map(Wake::wake).count()
    }
}

impl fmt::Debug for WaitQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<WaitQueue {} waiters={}>", self.line.name, self.len())
    }
}

impl Waiting {
    /// Makes one who waits woken; the wake-up is for the caller to do.
    fn wake(&mut self) -> Option<Wake> {
        match std::mem::replace(self, Waiting::Woken) {
            Waiting::Still(wake) => Some(wake),
            other => {
                *self = other;
                None
            }
        }
    }
}

impl Line {
    /// Goes on waiting.
    fn stay(&self, key: u64, new: &Waker) {
        match self.places.borrow_mut().get_mut(key) {
            Some(Waiting::Still(wake)) if wake.is(new) => return,
            Some(Waiting::Still(_)) | None => {}
            Some(_) => {
                // It was cancelled, but another wait of the same task has taken the cancellation.
                self.cancelled.set(self.cancelled.get() - 1);
                self.first_waiting.set(self.first_waiting.get().min(key));
            }
        }
        let wake = Waiting::Still(Wake::of(new));
        let old = self.places.borrow_mut().get_mut(key).map(|place| std::mem::replace(place, wake));
        drop(old);
    }

    /// Takes a place out of the line; gives whether it was woken.
    fn leave(&self, key: u64) -> bool {
        let place = self.places.borrow_mut().remove(key);
        if matches!(place, Some(Waiting::Cancelled)) {
            self.cancelled.set(self.cancelled.get() - 1);
        }
        matches!(place, Some(Waiting::Woken))
    }

    /// Cancels a wait; false if it is over already.
    pub(crate) fn cancel(&self, place: Place) -> bool {
        let old = match self.places.borrow_mut().get_mut(place.key()) {
            Some(place @ Waiting::Still(_)) => std::mem::replace(place, Waiting::Cancelled),
            _ => return false,
        };
        self.cancelled.set(self.cancelled.get() + 1);
        drop(old);
        true
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
#[must_use = "futures do nothing unless awaited"]
pub struct LineWait {
    line: Rc<Line>,
    stage: Stage,
}

enum Stage {
    /// Not in line yet. Reports will show where it was made.
    New(&'static Location<'static>),
    InLine(u64),
    Left {
        woken: bool,
    },
}

impl LineWait {
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
            Stage::InLine(key) => matches!(self.line.places.borrow_mut().get_mut(key), Some(Waiting::Woken)),
            Stage::Left { woken } => woken,
        }
    }

    /// Leaves the line, as dropping does, and tells whether the wait was woken ([`woken`](Self::woken)). What passes a
    /// wake-up on leaves first, so that it does not wake itself.
    pub fn leave(&mut self) -> bool {
        if let Stage::InLine(key) = self.stage {
            self.stage = Stage::Left { woken: self.line.leave(key) };
        }
        self.woken()
    }
}

impl StdFuture for LineWait {
    type Output = Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let this = &mut *self;
        let in_line = |key| Waiter::Line(Rc::clone(&this.line), Place::new(key));
        match this.stage {
            Stage::New(at) => {
                let wake = Wake::of(cx.waker());
                let key = this.line.places.borrow_mut().push(Waiting::Still(wake));
                wait_on(in_line(key), at);
                this.stage = Stage::InLine(key);
                Poll::Pending
            }
            Stage::InLine(key) => {
                let cancelled = take_cancel();
                if cancelled.is_some() || this.woken() {
                    this.leave();
                    return Poll::Ready(cancelled.map_or(Ok(()), |cancelled| Err(cancelled.into())));
                }
                this.line.stay(key, cx.waker());
                keep_waiting_on(in_line(key));
                Poll::Pending
            }
            Stage::Left { .. } => panic!("a wait in line was polled after its end"),
        }
    }
}

impl Drop for LineWait {
    fn drop(&mut self) {
        self.leave();
    }
}

impl fmt::Debug for LineWait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<wait for {}>", self.line.name)
    }
}
