//! `Items`: a queue as an asynchronous iterator.

use std::panic::Location;

use asyncio_iterators::AsyncIterator;
use asyncio_runtime::Result;

use crate::error::QueueShutDown;
use crate::queue::QueueOf;
use crate::store::Store;

impl<T: 'static, S: Store<T> + 'static> QueueOf<T, S> {
    /// The queue as an asynchronous iterator over what [`get`](Self::get) returns. It ends when the queue is shut down
    /// and empty. It does not call [`task_done`](Self::task_done). [`asyncio_iterators::into_stream`] turns it into a
    /// `Stream`.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{AsyncIterator, Queue, run};
    ///
    /// run(async {
    ///     let queue = Queue::new(0);
    ///     (1..=3).try_for_each(|i| queue.put_nowait(i))?;
    ///     queue.shutdown(false);
    ///     let items: Vec<i32> = queue.items().collect().await?;
    ///     assert_eq!(items, [1, 2, 3]);
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    #[track_caller]
    pub fn items(&self) -> Items<T, S> {
        Items { queue: self.clone(), at: Location::caller() }
    }
}

/// The items of a queue; returned by [`QueueOf::items`].
#[derive(Debug)]
#[must_use = "an iterator does nothing unless asked for its items"]
pub struct Items<T: 'static, S: Store<T> + 'static> {
    queue: QueueOf<T, S>,
    /// Where it was made: a location in the program, for reports.
    at: &'static Location<'static>,
}

impl<T: 'static, S: Store<T> + 'static> AsyncIterator for Items<T, S> {
    type Item = T;

    /// # Cancellation
    ///
    /// No item is lost, whether the wait is cancelled or dropped: it goes to the next in line.
    async fn anext(&mut self) -> Result<Option<T>> {
        match self.queue.clone().get_at(self.at).await {
            Ok(item) => Ok(Some(item)),
            Err(error) if error.is::<QueueShutDown>() => Ok(None),
            Err(error) => Err(error),
        }
    }
}
