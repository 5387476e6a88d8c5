//! `Feeder`: the sending end of a reader that has no connection.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;
use std::task::Waker;

use asyncio_runtime::{Error, WaitQueue};

use crate::buffer::Buffer;

/// Puts bytes into a [`StreamReader`](crate::StreamReader) made by [`StreamReader::new`](crate::StreamReader::new), even while
/// a task waits for them. Its methods are those that a protocol of asyncio calls: `feed_data`, `feed_eof` and `set_exception`.
///
/// A clone is a handle of the same reader.
///
/// # Examples
///
/// ```
/// use asyncio::{StreamReader, create_task, run, sleep};
///
/// run(async {
///     let mut reader = StreamReader::new(100)?;
///     let feeder = reader.feeder().expect("it has no connection");
///     let reading = create_task(async move { Ok((reader.readline().await?, reader.read_to_end().await?)) });
///     sleep(0).await?; // it waits
///     feeder.feed_data(b"hello\nwo");
///     feeder.feed_data(b"rld");
///     feeder.feed_eof();
///     assert_eq!(reading.await?, (b"hello\n".to_vec(), b"world".to_vec()));
///     Ok(())
/// })
/// .unwrap();
/// ```
#[derive(Clone)]
pub struct Feeder {
    pub(crate) fed: Rc<Fed>,
}

pub(crate) struct Fed {
    pub(crate) bytes: RefCell<Buffer>,
    pub(crate) eof: Cell<bool>,
    pub(crate) exception: RefCell<Option<Error>>,
    pub(crate) line: WaitQueue,
    /// The waker of a `poll` function that waits.
    pub(crate) waker: Cell<Option<Waker>>,
}

impl Feeder {
    pub(crate) fn new() -> Self {
        Self {
            fed: Rc::new(Fed {
                bytes: RefCell::default(),
                eof: Cell::new(false),
                exception: RefCell::default(),
                line: WaitQueue::new("StreamReader.read"),
                waker: Cell::default(),
            }),
        }
    }

    /// Appends bytes and wakes the waiting task. There is no limit: the caller decides how much is enough.
    ///
    /// # Panics
    ///
    /// After [`feed_eof`](Self::feed_eof).
    pub fn feed_data(&self, bytes: &[u8]) {
        assert!(!self.fed.eof.get(), "feed_data after feed_eof");
        if !bytes.is_empty() {
            self.fed.bytes.borrow_mut().extend(bytes);
            self.fed.wake();
        }
    }

    /// Marks the end of the stream: no more bytes will come.
    pub fn feed_eof(&self) {
        self.fed.eof.set(true);
        self.fed.wake();
    }

    /// Makes every read fail from now on, also one that is already waiting.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{Exception, StreamReader, create_task, run, sleep};
    ///
    /// run(async {
    ///     let mut reader = StreamReader::new(100)?;
    ///     let feeder = reader.feeder().expect("it has no connection");
    ///     let reading = create_task(async move { reader.read(10).await });
    ///     sleep(0).await?;
    ///     feeder.set_exception(Exception::new("the line is dead"));
    ///     assert!(reading.await.unwrap_err().is::<Exception>());
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    pub fn set_exception(&self, error: impl Into<Error>) {
        self.fed.exception.replace(Some(error.into()));
        self.fed.wake();
    }
}

impl Fed {
    fn wake(&self) {
        self.line.wake_all();
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

impl fmt::Debug for Feeder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<Feeder {} bytes>", self.fed.bytes.borrow().len())
    }
}
