//! The errors of queues.

use std::error::Error as StdError;
use std::fmt;

use asyncio_runtime::Error;

macro_rules! errors {
    ($($(#[$doc:meta])* $name:ident = $words:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Default, PartialEq, Eq)]
        pub struct $name;

        /// What happened. Python's `str`, `{:-}`, is empty.
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                if f.sign_minus() { Ok(()) } else { f.write_str($words) }
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "()"))
            }
        }

        impl StdError for $name {}
    )*};
}

errors! {
    /// The queue is empty: raised by `get_nowait`. `asyncio.QueueEmpty`.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{Queue, QueueEmpty};
    ///
    /// let queue = Queue::<u32>::new(0);
    /// let error = queue.get_nowait().unwrap_err();
    /// assert!(error.is::<QueueEmpty>());
    /// assert_eq!(format!("{error:?}"), "QueueEmpty()");
    /// ```
    QueueEmpty = "the queue is empty";
    /// The queue is full: raised by `put_nowait`. `asyncio.QueueFull`.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{Queue, QueueFull};
    ///
    /// let queue = Queue::new(1);
    /// queue.put_nowait(1).unwrap();
    /// assert!(queue.put_nowait(2).unwrap_err().error().is::<QueueFull>());
    /// ```
    QueueFull = "the queue is full";
    /// The queue was shut down: `asyncio.QueueShutDown` (3.13).
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{Queue, QueueShutDown};
    ///
    /// let queue = Queue::new(0);
    /// queue.put_nowait(1).unwrap();
    /// queue.shutdown(true); // empties it
    /// assert!(queue.get_nowait().unwrap_err().is::<QueueShutDown>());
    /// ```
    QueueShutDown = "the queue was shut down";
}

/// The error of a put, together with the item that was not put.
///
/// `?` turns it into the error alone: [`QueueFull`], [`QueueShutDown`], or, where the put had to wait,
/// `CancelledError`. It prints like that error.
///
/// # Examples
///
/// ```
/// use asyncio::Queue;
///
/// let queue = Queue::new(1);
/// queue.put_nowait("a parcel").unwrap();
/// let failed = queue.put_nowait("another").unwrap_err();
/// assert!(failed.is_full());
/// assert_eq!((format!("{failed:?}"), format!("{failed}")), ("QueueFull()".into(), "the queue is full".into()));
/// assert_eq!(failed.into_inner(), "another");
/// ```
pub struct PutError<T> {
    value: T,
    error: Error,
}

impl<T> PutError<T> {
    pub(crate) fn new(value: T, error: impl Into<Error>) -> Self {
        Self { value, error: error.into() }
    }

    /// The item that was not put.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// The reason why it was not put.
    pub fn error(&self) -> &Error {
        &self.error
    }

    /// Was the queue full?
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.error.is::<QueueFull>()
    }

    /// Was the queue shut down?
    #[must_use]
    pub fn is_shut_down(&self) -> bool {
        self.error.is::<QueueShutDown>()
    }
}

impl<T> From<PutError<T>> for Error {
    fn from(failed: PutError<T>) -> Self {
        failed.error
    }
}

impl<T> fmt::Display for PutError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.error, f)
    }
}

impl<T> fmt::Debug for PutError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.error, f)
    }
}
