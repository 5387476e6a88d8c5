//! `QueueOf`, the queue over any store.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::rc::Rc;

use asyncio_runtime::{LineWait, Result, Taker, ValueError, WaitQueue, current_stamp, drop_nested, note_handing_over};

use crate::error::{PutError, QueueEmpty, QueueFull, QueueShutDown};
use crate::store::{Fifo, Lifo, Smallest, Store};
use crate::takes::Takes;

/// First in, first out: `asyncio.Queue`.
///
/// # Examples
///
/// ```
/// use asyncio::Queue;
///
/// let queue = Queue::new(2);
/// queue.put_nowait("bread").unwrap();
/// queue.put_nowait("salt").unwrap();
/// assert!(queue.full());
/// assert_eq!(queue.get_nowait().unwrap(), "bread");
/// assert_eq!((queue.qsize(), queue.maxsize(), queue.empty()), (1, 2, false));
/// ```
pub type Queue<T> = QueueOf<T, Fifo<T>>;

/// Last in, first out: `asyncio.LifoQueue`.
///
/// # Examples
///
/// ```
/// use asyncio::LifoQueue;
///
/// let plates = LifoQueue::new(0);
/// plates.put_nowait("first").unwrap();
/// plates.put_nowait("second").unwrap();
/// assert_eq!(plates.get_nowait().unwrap(), "second");
/// ```
pub type LifoQueue<T> = QueueOf<T, Lifo<T>>;

/// The smallest item first: `asyncio.PriorityQueue`. The order of equal items is not specified; with today's standard
/// library it is the order in which Python's queue returns them.
///
/// # Examples
///
/// ```
/// use asyncio::PriorityQueue;
///
/// let jobs = PriorityQueue::new(0);
/// for job in [(2, "answer the mail"), (1, "put out the fire")] {
///     jobs.put_nowait(job).unwrap();
/// }
/// assert_eq!(jobs.get_nowait().unwrap(), (1, "put out the fire"));
/// ```
pub type PriorityQueue<T> = QueueOf<T, Smallest<T>>;

/// A queue between tasks, over any [`Store`]. [`Queue`], [`LifoQueue`] and [`PriorityQueue`] are this type.
///
/// # Examples
///
/// ```
/// use asyncio::{Queue, create_task, run};
///
/// run(async {
///     let queue = Queue::new(2);
///     let items = queue.clone();
///     let worker = create_task(async move {
///         loop {
///             let item: u32 = items.get().await?;
///             println!("got {item}");
///             items.task_done()?;
///         }
///         #[allow(unreachable_code)]
///         Ok(())
///     });
///     for item in 0..10 {
///         queue.put(item).await?; // waits while there is no room
///     }
///     queue.join().await?; // until every item is worked off
///     worker.cancel();
///     Ok(())
/// })
/// .unwrap();
/// ```
pub struct QueueOf<T: 'static, S: Store<T> + 'static> {
    inner: Rc<Inner<T, S>>,
}

struct Inner<T: 'static, S: Store<T> + 'static> {
    store: RefCell<S>,
    /// 0 means that there is no bound.
    maxsize: usize,
    /// The number of items for which `task_done` was not called yet.
    unfinished: Cell<usize>,
    shut_down: Cell<bool>,
    getters: WaitQueue,
    putters: WaitQueue,
    joining: WaitQueue,
    takes: Takes,
    item: std::marker::PhantomData<T>,
}

/// Equal handles are handles on the same queue, like `is` in Python.
impl<T: 'static, S: Store<T> + 'static> PartialEq for QueueOf<T, S> {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.inner, &other.inner)
    }
}

impl<T: 'static, S: Store<T> + 'static> Eq for QueueOf<T, S> {}

impl<T: 'static, S: Store<T> + 'static> QueueOf<T, S> {
    /// Creates a queue with room for `maxsize` items; 0 means that there is no bound. (Python also takes a negative
    /// number for that.)
    #[must_use]
    pub fn new(maxsize: usize) -> Self {
        Self {
            inner: Rc::new(Inner {
                store: RefCell::default(),
                maxsize,
                unfinished: Cell::new(0),
                shut_down: Cell::new(false),
                getters: WaitQueue::new("Queue.get").offering("an item was put"),
                putters: WaitQueue::new("Queue.put").offering("an item was taken"),
                joining: WaitQueue::new("Queue.join"),
                takes: Takes::default(),
                item: std::marker::PhantomData,
            }),
        }
    }

    /// The number of items in the queue.
    #[must_use]
    pub fn qsize(&self) -> usize {
        self.inner.store.borrow().len()
    }

    /// The largest number of items; 0 means that there is no bound.
    #[must_use]
    pub fn maxsize(&self) -> usize {
        self.inner.maxsize
    }

    /// Is the queue empty?
    #[must_use]
    pub fn empty(&self) -> bool {
        self.qsize() == 0
    }

    /// Is the queue full?
    #[must_use]
    pub fn full(&self) -> bool {
        self.inner.maxsize > 0 && self.qsize() >= self.inner.maxsize
    }

    /// Puts an item into the queue, after waiting for room if there is none. Does not suspend if there is room.
    ///
    /// # Errors
    ///
    /// [`QueueShutDown`] or `CancelledError`. In both cases the error holds the item ([`PutError::into_inner`]).
    ///
    /// # Cancellation
    ///
    /// The item is not in the queue. Room that was kept for it goes to the next in line.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{Queue, create_task, run, sleep};
    ///
    /// run(async {
    ///     let queue = Queue::new(1);
    ///     queue.put("first").await?;
    ///     let waiting = create_task({
    ///         let put = queue.put("second");
    ///         async move { Ok(put.await.unwrap_err()) }
    ///     });
    ///     sleep(0).await?;
    ///     queue.shutdown(false);
    ///     let refused = waiting.await?;
    ///     assert!(refused.is_shut_down());
    ///     assert_eq!(refused.into_inner(), "second");
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    #[track_caller]
    pub fn put(&self, item: T) -> impl Future<Output = Result<(), PutError<T>>> + use<T, S> {
        self.clone().put_at(item, Location::caller())
    }

    async fn put_at(self, item: T, at: &'static Location<'static>) -> Result<(), PutError<T>> {
        let inner = &*self.inner;
        while self.full() {
            if inner.shut_down.get() {
                return Err(PutError::new(item, QueueShutDown));
            }
            inner.putters.withdraw_offers();
            let useful = || !self.full();
            let mut turn = QueueWait { wait: inner.putters.wait_at(at), line: &inner.putters, useful, over: false };
            if let Err(cancelled) = (&mut turn.wait).await {
                return Err(PutError::new(item, cancelled));
            }
            turn.over = true;
        }
        if inner.shut_down.get() {
            return Err(PutError::new(item, QueueShutDown));
        }
        self.insert(item);
        Ok(())
    }

    /// Puts an item into the queue if there is room.
    ///
    /// # Errors
    ///
    /// [`QueueFull`] or [`QueueShutDown`]. The error holds the item ([`PutError::into_inner`]).
    pub fn put_nowait(&self, item: T) -> Result<(), PutError<T>> {
        let inner = &*self.inner;
        if inner.shut_down.get() {
            return Err(PutError::new(item, QueueShutDown));
        }
        if self.full() {
            return Err(PutError::new(item, QueueFull));
        }
        self.insert(item);
        Ok(())
    }

    /// Puts an item into a queue that is open and has room.
    #[inline]
    fn insert(&self, item: T) {
        let inner = &*self.inner;
        note_handing_over::<T>();
        inner.store.borrow_mut().put(item);
        inner.unfinished.set(inner.unfinished.get() + 1);
        inner.getters.wake_one();
    }

    /// Takes the next item, after waiting for one if there is none. Does not suspend if there is one.
    ///
    /// # Errors
    ///
    /// [`QueueShutDown`] if the queue is shut down and empty; `CancelledError`.
    ///
    /// # Cancellation
    ///
    /// No item is lost: an item that was meant for this task goes to the next in line.
    #[track_caller]
    pub fn get(&self) -> impl Future<Output = Result<T>> + use<T, S> {
        self.clone().get_at(Location::caller())
    }

    pub(crate) async fn get_at(self, at: &'static Location<'static>) -> Result<T> {
        let inner = &*self.inner;
        while self.empty() {
            if inner.shut_down.get() {
                return Err(QueueShutDown.into());
            }
            inner.getters.withdraw_offers();
            inner.note_waiting(at);
            let useful = || !self.empty();
            let mut turn = QueueWait { wait: inner.getters.wait_at(at), line: &inner.getters, useful, over: false };
            (&mut turn.wait).await?;
            turn.over = true;
        }
        self.take(at)
    }

    /// Takes the next item if there is one.
    ///
    /// # Errors
    ///
    /// [`QueueEmpty`] if the queue is empty; [`QueueShutDown`] if it is shut down as well.
    #[track_caller]
    pub fn get_nowait(&self) -> Result<T> {
        self.take(Location::caller())
    }

    fn take(&self, at: &'static Location<'static>) -> Result<T> {
        let inner = &*self.inner;
        let item = inner.store.borrow_mut().get();
        match item {
            Some(item) => {
                if Taker::all_are_noted() {
                    inner.note_taking(at);
                }
                inner.putters.wake_one();
                Ok(item)
            }
            None if inner.shut_down.get() => Err(QueueShutDown.into()),
            None => Err(QueueEmpty.into()),
        }
    }

    /// Tells the queue that an item taken from it has been processed; [`join`](Self::join) waits for that.
    ///
    /// # Errors
    ///
    /// `ValueError: task_done() called too many times`.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{Queue, run};
    ///
    /// run(async {
    ///     let queue = Queue::new(0);
    ///     queue.put_nowait("a letter")?;
    ///     queue.get().await?;
    ///     queue.task_done()?;
    ///     queue.join().await?; // nothing is left to do
    ///     assert_eq!(queue.task_done().unwrap_err().to_string(), "task_done() called too many times");
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    pub fn task_done(&self) -> Result<(), ValueError> {
        let left = self.inner.unfinished.get();
        if left == 0 {
            return Err(ValueError::new("task_done() called too many times"));
        }
        self.inner.unfinished.set(left - 1);
        if Taker::all_are_noted() {
            self.inner.note_end(left - 1);
        }
        if left == 1 {
            self.inner.joining.wake_all();
        }
        Ok(())
    }

    /// Waits until [`task_done`](Self::task_done) has been called for every item that was put. Does not suspend if that
    /// is so already.
    ///
    /// # Errors
    ///
    /// `CancelledError`.
    ///
    /// # Cancellation
    ///
    /// Ends the wait. The count of unfinished items stays as it is.
    #[track_caller]
    pub fn join(&self) -> impl Future<Output = Result<()>> + use<T, S> {
        let (queue, at) = (self.clone(), Location::caller());
        async move {
            let inner = &*queue.inner;
            if inner.unfinished.get() == 0 {
                return Ok(());
            }
            inner.note_for_join();
            inner.joining.wait_at(at).await
        }
    }

    /// Closes the queue to new items (3.13). Tasks that wait for room get a [`QueueShutDown`] at once, tasks that wait
    /// for an item once the queue is empty. With `immediate` the queue is emptied now, and its items count as
    /// processed.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{Queue, QueueShutDown, run};
    ///
    /// run(async {
    ///     let queue = Queue::new(0);
    ///     queue.put_nowait("the last")?;
    ///     queue.shutdown(false);
    ///     assert!(queue.put("too late").await.unwrap_err().is_shut_down());
    ///     assert_eq!(queue.get().await?, "the last");
    ///     assert!(queue.get().await.unwrap_err().is::<QueueShutDown>());
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    pub fn shutdown(&self, immediate: bool) {
        let inner = &*self.inner;
        inner.shut_down.set(true);
        if immediate {
            let items = inner.store.take();
            inner.unfinished.set(inner.unfinished.get().saturating_sub(items.len()));
            drop(items);
            if inner.unfinished.get() == 0 {
                inner.joining.wake_all();
            }
        }
        inner.getters.wake_all();
        inner.putters.wake_all();
    }
}

impl<T: 'static, S: Store<T> + 'static> Inner<T, S> {
    /// Notes that the current task waits for an item, for reports about tasks that wait for room or for the end of the work.
    fn note_waiting(&self, at: &'static Location<'static>) {
        let taker = Taker::new(current_stamp(), at);
        self.putters.set_taker(taker);
        if Taker::all_are_noted() {
            self.takes.wait_again(&taker);
        }
        if !self.joining.is_empty() {
            self.note_for_join();
        }
    }

    /// Notes that the current task takes an item.
    #[cold]
    fn note_taking(&self, at: &'static Location<'static>) {
        let taker = Taker::new(current_stamp(), at);
        self.putters.set_taker(taker);
        self.takes.add(taker);
        self.note_for_join();
    }

    /// Notes that the current task has called `task_done`, and how many items are left.
    #[cold]
    fn note_end(&self, left: usize) {
        match self.putters.taker() {
            Some(taker) if left > 0 => self.takes.end(&Taker { stamp: current_stamp(), ..taker }),
            _ => self.takes.clear(),
        }
        self.note_for_join();
    }

    /// The taker that a report of a `join` names.
    fn note_for_join(&self) {
        let taker = self.takes.most_remarkable().or(self.putters.taker());
        taker.into_iter().for_each(|taker| self.joining.set_taker(taker));
    }
}

/// A wait for an item or for room. If it was woken but does not continue, it wakes the next in line, provided that there is
/// still something for that one.
struct QueueWait<'a, F: Fn() -> bool> {
    wait: LineWait,
    line: &'a WaitQueue,
    useful: F,
    over: bool,
}

impl<F: Fn() -> bool> Drop for QueueWait<'_, F> {
    fn drop(&mut self) {
        if !self.over && self.wait.leave() && (self.useful)() {
            self.line.wake_one();
        }
    }
}

impl<T: 'static, S: Store<T> + 'static> Drop for Inner<T, S> {
    fn drop(&mut self) {
        // An item may own the next queue, and so on.
        drop_nested(self.store.take());
    }
}

impl<T: 'static, S: Store<T> + 'static> Clone for QueueOf<T, S> {
    fn clone(&self) -> Self {
        Self { inner: Rc::clone(&self.inner) }
    }
}

/// Like Python's `str`: `<Queue maxsize=2 _queue=[1, 2] _putters[1] tasks=2>`.
impl<T: 'static, S: Store<T> + fmt::Debug + 'static> fmt::Debug for QueueOf<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.inner;
        write!(f, "<{} maxsize={}", S::NAME, inner.maxsize)?;
        if !self.empty() {
            write!(f, " _queue={:?}", inner.store.borrow())?;
        }
        for (name, count) in [("_getters", inner.getters.not_woken()), ("_putters", inner.putters.not_woken())] {
            if count > 0 {
                write!(f, " {name}[{count}]")?;
            }
        }
        if inner.unfinished.get() > 0 {
            write!(f, " tasks={}", inner.unfinished.get())?;
        }
        f.write_str(if inner.shut_down.get() { " shutdown>" } else { ">" })
    }
}
