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
use crate::tasks::{Waiter, take_cancel, wait_on};

/// What a task can wait on that is not a future.
pub(crate) trait WaitTarget {
    /// Cancels the wait; false if it is over already.
    fn cancel(&self, key: u64) -> bool;

    /// How it reads in `wait_for=…` and in the report of a deadlock.
    fn describe(&self) -> String;
}

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
    inner: Rc<Inner>,
}

struct Inner {
    name: &'static str,
    places: RefCell<Ordered<Place>>,
    /// Nobody with a smaller key still waits: where `wake_one` begins to look, so that waking many is not quadratic.
    first_waiting: Cell<u64>,
}

enum Place {
    Waiting(Waker),
    Woken,
    Cancelled,
}

impl WaitQueue {
    /// An empty line; `name` says in reports what is being waited for.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        Self { inner: Rc::new(Inner { name, places: RefCell::new(Ordered::new()), first_waiting: Cell::new(0) }) }
    }

    /// How many are in line, those woken or cancelled included that have not run since.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inner.places.borrow().len()
    }

    /// Is nobody in line?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.inner.places.borrow().is_empty()
    }

    /// Is everybody in line cancelled (or nobody in line)? What `Lock.acquire` asks before it takes a free lock.
    #[must_use]
    pub fn all_cancelled(&self) -> bool {
        self.inner.places.borrow().iter().all(|place| matches!(place, Place::Cancelled))
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

    pub(crate) fn wait_at(&self, at: &'static Location<'static>) -> LineWait {
        LineWait { inner: Rc::clone(&self.inner), key: None, woken: false, at }
    }

    /// Wakes the first who still waits; false if nobody does.
    pub fn wake_one(&self) -> bool {
        let mut places = self.inner.places.borrow_mut();
        let first =
            places.iter_mut_from(self.inner.first_waiting.get()).find(|(_, place)| matches!(place, Place::Waiting(_)));
        let Some((key, place)) = first else { return false };
        self.inner.first_waiting.set(key + 1);
        let waker = std::mem::replace(place, Place::Woken).into_waker();
        drop(places);
        waker.map(Waker::wake).is_some()
    }

    /// Wakes the first in line, unless it was woken or cancelled before: `Lock._wake_up_first`.
    pub fn wake_front(&self) -> bool {
        let waker = match self.inner.places.borrow_mut().front_mut() {
            Some((_, place)) if matches!(place, Place::Waiting(_)) => {
                std::mem::replace(place, Place::Woken).into_waker()
            }
            _ => None,
        };
        waker.map(Waker::wake).is_some()
    }

    /// Wakes everybody in line, in order; gives how many.
    pub fn wake_all(&self) -> usize {
        let wakers: Vec<Waker> = self
            .inner
            .places
            .borrow_mut()
            .iter_mut()
            .filter_map(|(_, place)| match place {
                Place::Waiting(_) => std::mem::replace(place, Place::Woken).into_waker(),
                _ => None,
            })
            .collect();
        // Woken after the borrow has ended: a waker may run anything.
        wakers.into_iter().map(Waker::wake).count()
    }
}

impl fmt::Debug for WaitQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<WaitQueue {} waiters={}>", self.inner.name, self.len())
    }
}

impl Place {
    fn into_waker(self) -> Option<Waker> {
        match self {
            Place::Waiting(waker) => Some(waker),
            _ => None,
        }
    }
}

impl WaitTarget for Inner {
    fn cancel(&self, key: u64) -> bool {
        let mut places = self.places.borrow_mut();
        match places.get_mut(key) {
            Some(place @ Place::Waiting(_)) => {
                *place = Place::Cancelled;
                true
            }
            _ => false,
        }
    }

    fn describe(&self) -> String {
        format!("<{} waiters={}>", self.name, self.places.borrow().len())
    }
}

/// A wait in line; made by [`WaitQueue::wait`].
#[must_use = "futures do nothing unless awaited"]
pub struct LineWait {
    inner: Rc<Inner>,
    key: Option<u64>,
    woken: bool,
    at: &'static Location<'static>,
}

impl LineWait {
    /// Was it woken, even if a cancellation came on top and even if it has not run since? Whoever drops a wait that was
    /// woken has to pass the wake-up on, where it stands for something (a free lock, an item).
    #[must_use]
    pub fn woken(&self) -> bool {
        match self.key {
            Some(key) => matches!(self.inner.places.borrow_mut().get_mut(key), Some(Place::Woken)),
            None => self.woken,
        }
    }
}

impl StdFuture for LineWait {
    type Output = Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let this = &mut *self;
        let mut places = this.inner.places.borrow_mut();
        let key = match this.key {
            None => {
                let key = places.push(Place::Waiting(cx.waker().clone()));
                this.key = Some(key);
                key
            }
            Some(key) => {
                let woken = match places.get_mut(key) {
                    Some(Place::Waiting(waker)) => {
                        if !waker.will_wake(cx.waker()) {
                            waker.clone_from(cx.waker());
                        }
                        false
                    }
                    Some(Place::Woken) => true,
                    Some(Place::Cancelled) | None => false,
                };
                let cancelled = take_cancel();
                if woken || cancelled.is_some() {
                    places.remove(key);
                    this.key = None;
                    this.woken = woken;
                    return Poll::Ready(cancelled.map_or(Ok(()), |cancelled| Err(cancelled.into())));
                }
                key
            }
        };
        drop(places);
        wait_on(Waiter::Object(Rc::clone(&this.inner) as Rc<dyn WaitTarget>, key), this.at);
        Poll::Pending
    }
}

impl Drop for LineWait {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            self.inner.places.borrow_mut().remove(key);
        }
    }
}

impl fmt::Debug for LineWait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<wait for {} at {}>", self.inner.name, self.at)
    }
}
