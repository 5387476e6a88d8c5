//! The objects that tasks share, and their methods by name.

use std::cmp::Ordering;
use std::fmt;

use asyncio::queues::{QueueOf, Store};
use asyncio::{
    Barrier, BoundedSemaphore, Condition, Event, LifoQueue, Lock, PriorityQueue, Queue, Result, Semaphore, async_with,
};

use crate::language::{Kind, Object, Operation};

pub(crate) enum Shared {
    Queue(Queue<Item>),
    LifoQueue(LifoQueue<Item>),
    PriorityQueue(PriorityQueue<Item>),
    Lock(Lock),
    Semaphore(Semaphore),
    Bounded(BoundedSemaphore),
    Event(Event),
    Condition(Condition),
    Barrier(Barrier),
}

/// What a method gave, if the trace shows it.
pub(crate) type Outcome = Result<Option<String>>;

impl Shared {
    pub(crate) fn new(object: &Object) -> Self {
        let size = object.size;
        match object.kind {
            Kind::Queue => Self::Queue(Queue::new(size)),
            Kind::LifoQueue => Self::LifoQueue(LifoQueue::new(size)),
            Kind::PriorityQueue => Self::PriorityQueue(PriorityQueue::new(size)),
            Kind::Lock => Self::Lock(Lock::new()),
            Kind::Semaphore => Self::Semaphore(Semaphore::new(size as isize).expect("not negative")),
            Kind::BoundedSemaphore => Self::Bounded(BoundedSemaphore::new(size as isize).expect("not negative")),
            Kind::Event => Self::Event(Event::new()),
            Kind::Condition => Self::Condition(Condition::new()),
            Kind::Barrier => Self::Barrier(Barrier::new(size.max(1)).expect("at least one")),
        }
    }

    /// Calls a plain method; `None` if it is a coroutine.
    pub(crate) fn call(&self, operation: Operation, argument: Option<i64>) -> Option<Outcome> {
        use Operation::{Clear, Notify, NotifyAll, Release, Set};
        let done = match (self, operation) {
            (Self::Queue(queue), _) => return call_queue(queue, operation, argument),
            (Self::LifoQueue(queue), _) => return call_queue(queue, operation, argument),
            (Self::PriorityQueue(queue), _) => return call_queue(queue, operation, argument),
            (Self::Lock(lock), Release) => lock.release().map_err(Into::into),
            (Self::Condition(condition), Release) => condition.release().map_err(Into::into),
            (Self::Bounded(semaphore), Release) => semaphore.release().map_err(Into::into),
            (Self::Semaphore(semaphore), Release) => {
                semaphore.release();
                Ok(())
            }
            (Self::Event(event), Set) => {
                event.set();
                Ok(())
            }
            (Self::Event(event), Clear) => {
                event.clear();
                Ok(())
            }
            (Self::Condition(condition), Notify) => {
                condition.notify(argument.unwrap_or(1) as usize).map_err(Into::into)
            }
            (Self::Condition(condition), NotifyAll) => condition.notify_all().map_err(Into::into),
            _ => return None,
        };
        Some(done.map(|()| None))
    }

    /// Awaits a method; a condition's predicate says when it is `asked`.
    pub(crate) async fn wait(&self, operation: Operation, argument: Option<i64>, asked: impl Fn()) -> Outcome {
        use Operation::{Abort, Acquire, Reset, Wait, WaitFor};
        if let Some(outcome) = self.call(operation, argument) {
            return outcome;
        }
        let done = match (self, operation) {
            (Self::Queue(queue), _) => return wait_queue(queue, operation, argument).await,
            (Self::LifoQueue(queue), _) => return wait_queue(queue, operation, argument).await,
            (Self::PriorityQueue(queue), _) => return wait_queue(queue, operation, argument).await,
            (Self::Barrier(barrier), Wait) => return Ok(Some(barrier.wait().await?.to_string())),
            (Self::Lock(lock), Acquire) => lock.acquire().await,
            (Self::Condition(condition), Acquire) => condition.acquire().await,
            (Self::Condition(condition), Wait) => condition.wait().await,
            (Self::Condition(condition), WaitFor) => {
                let mut left = argument.unwrap_or_default() - 1;
                let is_so = move || {
                    asked();
                    left -= 1;
                    left < 0
                };
                condition.wait_for(is_so).await
            }
            (Self::Semaphore(semaphore), Acquire) => semaphore.acquire().await,
            (Self::Bounded(semaphore), Acquire) => semaphore.acquire().await,
            (Self::Event(event), Wait) => event.wait().await,
            (Self::Barrier(barrier), Reset) => barrier.reset().await,
            (Self::Barrier(barrier), Abort) => barrier.abort().await,
            (shared, operation) => panic!("{shared:?} has no {operation:?}"),
        };
        done.map(|()| None)
    }

    /// Runs a block with it: `async with object:`.
    pub(crate) async fn hold<T>(&self, block: impl AsyncFnOnce(()) -> Result<T>) -> Result<Option<T>> {
        match self {
            Self::Lock(lock) => async_with(lock.clone(), block).await,
            Self::Condition(condition) => async_with(condition.clone(), block).await,
            Self::Semaphore(semaphore) => async_with(semaphore.clone(), block).await,
            Self::Bounded(semaphore) => async_with(semaphore.clone(), block).await,
            shared => panic!("{shared:?} is no context manager"),
        }
    }
}

fn call_queue<S: Store<Item>>(
    queue: &QueueOf<Item, S>,
    operation: Operation,
    argument: Option<i64>,
) -> Option<Outcome> {
    let argument = argument.unwrap_or_default();
    Some(match operation {
        Operation::PutNowait => queue.put_nowait(Item(argument)).map(|()| None).map_err(Into::into),
        Operation::GetNowait => queue.get_nowait().map(|item| Some(format!("{item:?}"))),
        Operation::TaskDone => queue.task_done().map(|()| None).map_err(Into::into),
        Operation::Shutdown => {
            queue.shutdown(argument != 0);
            Ok(None)
        }
        _ => return None,
    })
}

async fn wait_queue<S: Store<Item>>(queue: &QueueOf<Item, S>, operation: Operation, argument: Option<i64>) -> Outcome {
    match operation {
        Operation::Put => queue.put(Item(argument.unwrap_or_default())).await.map(|()| None).map_err(Into::into),
        Operation::Get => queue.get().await.map(|item| Some(format!("{item:?}"))),
        Operation::Join => queue.join().await.map(|()| None),
        operation => panic!("a queue has no {operation:?}"),
    }
}

/// As its class prints it, without the address.
impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Queue(queue) => queue.fmt(f),
            Self::LifoQueue(queue) => queue.fmt(f),
            Self::PriorityQueue(queue) => queue.fmt(f),
            Self::Lock(lock) => lock.fmt(f),
            Self::Semaphore(semaphore) => semaphore.fmt(f),
            Self::Bounded(semaphore) => semaphore.fmt(f),
            Self::Event(event) => event.fmt(f),
            Self::Condition(condition) => condition.fmt(f),
            Self::Barrier(barrier) => barrier.fmt(f),
        }
    }
}

/// An item of a queue. Only the tens decide its order, so that many are equal.
pub(crate) struct Item(i64);

impl fmt::Debug for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Ord for Item {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.0 / 10).cmp(&(other.0 / 10))
    }
}

impl PartialOrd for Item {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Item {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Item {}
