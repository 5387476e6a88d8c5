//! `StreamWriter`: the sending side of a connection (`asyncio.StreamWriter`). The work is done in `connection`.

use std::fmt;

use asyncio_runtime::{Result, RuntimeError, TimeLimit, ValueError};

use crate::address::Address;
use crate::caller::called;
use crate::connection::{ConnectionHandle, Phase};

/// The sending side of a connection: `asyncio.StreamWriter`.
///
/// [`write`](Self::write) never waits: bytes that the system does not take at once are kept and sent in the background, and
/// [`drain`](Self::drain) waits while too many are kept. A clone is a handle of the same connection, so several tasks may write
/// to it; the bytes of one `write` stay together. A writer is also a `futures_io::AsyncWrite`.
///
/// A connection is closed by [`close`](Self::close), or when its reader and the last of its writers are dropped. The written bytes
/// are sent first. The program does not wait for that when it ends: await [`wait_closed`](Self::wait_closed) or `drain`. In debug
/// mode a writer that is dropped without having been closed is reported, as in Python: `ResourceWarning: unclosed <StreamWriter
/// …>`.
///
/// # Examples
///
/// ```
/// use asyncio::{open_connection, run, start_server};
///
/// run(async {
///     let server = start_server(async |mut reader, writer| {
///         let line = reader.readline().await?;
///         writer.write(&line.to_ascii_uppercase())?;
///         writer.drain().await
///     }, "127.0.0.1", 0).await?;
///     let port = server.sockets()[0].port().unwrap();
///
///     let (mut reader, writer) = open_connection("127.0.0.1", port).await?;
///     writer.write(b"hello\n")?;
///     assert_eq!(reader.readline().await?, b"HELLO\n");
///     writer.close();
///     writer.wait_closed().await?;
///     Ok(())
/// })
/// .unwrap();
/// ```
#[derive(Clone)]
pub struct StreamWriter {
    pub(crate) connection: ConnectionHandle,
}

impl StreamWriter {
    pub(crate) fn over(connection: ConnectionHandle) -> Self {
        connection.expect_close();
        Self { connection }
    }

    /// Declares that dropping the writer closes it on purpose, so that debug mode does not report it.
    #[doc(hidden)]
    pub fn expect_drop(&self) {
        self.connection.expect_drop();
    }

    /// Sends bytes, or keeps them to be sent. It does not return errors of the connection; [`drain`](Self::drain) does.
    /// On a connection that is closed or broken the bytes are dropped, and from the sixth time on that is reported to
    /// the loop's exception handler.
    ///
    /// # Errors
    ///
    /// `RuntimeError: Cannot call write() after write_eof()`.
    pub fn write(&self, bytes: impl AsRef<[u8]>) -> Result<(), RuntimeError> {
        self.connection.write(bytes.as_ref())
    }

    /// Sends several pieces in one go, one after the other.
    ///
    /// # Errors
    ///
    /// `RuntimeError: Cannot call write() after write_eof()`.
    pub fn writelines<B: AsRef<[u8]>>(&self, pieces: impl IntoIterator<Item = B>) -> Result<(), RuntimeError> {
        let mut all = Vec::new();
        pieces.into_iter().for_each(|piece| all.extend_from_slice(piece.as_ref()));
        self.connection.write(&all)
    }

    /// Waits until there is room for more bytes: if more than the high water mark were kept, until no more than the low
    /// water mark are. Does not suspend if there is room. Await it after each `write`, or a few: otherwise memory fills
    /// up when the peer does not read.
    ///
    /// # Errors
    ///
    /// The error that broke the connection; `ConnectionReset` (`Connection lost`) if it is closed; `CancelledError`.
    ///
    /// # Cancellation
    ///
    /// The written bytes stay written.
    #[track_caller]
    pub fn drain(&self) -> impl Future<Output = Result<()>> {
        called(async move { if self.connection.has_room() { Ok(()) } else { self.connection.drain().await } })
    }

    /// Marks the end of what is written: the peer reads to its end, and may continue to send. A pipe is closed.
    ///
    /// # Errors
    ///
    /// `RuntimeError` if this kind of connection has no such mark.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{RuntimeError, StreamReader, StreamWriter, open_connection, run, start_server};
    ///
    /// run(async {
    ///     let sum = async |mut reader: StreamReader, writer: StreamWriter| {
    ///         let numbers = reader.read_to_end().await?; // to what `write_eof` says
    ///         Ok(writer.write([numbers.iter().sum()])?)
    ///     };
    ///     let server = start_server(sum, "127.0.0.1", 0).await?;
    ///     let (mut reader, writer) = open_connection("127.0.0.1", server.sockets()[0].port().unwrap()).await?;
    ///     writer.writelines([[1, 2], [3, 4]])?;
    ///     assert!(writer.can_write_eof());
    ///     writer.write_eof()?;
    ///     assert_eq!(reader.read(1).await?, [10]);
    ///     let error: RuntimeError = writer.write("more").unwrap_err();
    ///     assert_eq!(error.to_string(), "Cannot call write() after write_eof()");
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    pub fn write_eof(&self) -> Result<(), RuntimeError> {
        self.connection.write_eof()
    }

    /// Can [`write_eof`](Self::write_eof) mark the end? Not over TLS, and not on a connection that is closed.
    #[must_use]
    pub fn can_write_eof(&self) -> bool {
        self.connection.can_write_eof()
    }

    /// Closes the connection in both directions, as soon as the kept bytes are sent. Reads return the end of the stream
    /// at once.
    pub fn close(&self) {
        self.connection.close();
    }

    /// Closes the connection after no byte has been received or sent for `limit` seconds, counted from now; `None`
    /// removes the limit. Reads then return the end of the stream, as after [`close`](Self::close). Bytes that are
    /// still kept because the peer does not read are dropped, as by [`abort`](Self::abort).
    ///
    /// A peer that sends a byte now and then is not idle. To limit the time for a whole message, put the read into
    /// [`wait_for`](asyncio_runtime::wait_for). The limit must also be longer than any pause that your own program makes,
    /// because it does not know whose turn it is. asyncio has no such limit.
    ///
    /// # Errors
    ///
    /// `ValueError` if the limit is not a positive number, `RuntimeError` if no loop is running.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::os::unix::net::UnixStream;
    ///
    /// use asyncio::{open_connection_on, run};
    ///
    /// run(async {
    ///     let (near, _far) = UnixStream::pair()?;
    ///     let (mut reader, writer) = open_connection_on(near)?;
    ///     writer.set_idle_timeout(0.01)?;
    ///     assert_eq!(reader.readline().await?, b""); // the end, although nobody has closed the other side
    ///     assert!(writer.is_closing());
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    pub fn set_idle_timeout(&self, limit: impl TimeLimit) -> Result<()> {
        self.connection.set_idle_timeout(positive_limit("idle_timeout", limit.limit())?)
    }

    /// Closes the connection and drops the kept bytes: `transport.abort()`.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{connect_write_pipe, run};
    ///
    /// run(async {
    ///     let (near, far) = std::io::pipe()?;
    ///     let writer = connect_write_pipe(far)?;
    ///     writer.write(vec![0; 1 << 20])?; // more than a pipe holds
    ///     assert!(writer.get_write_buffer_size() > 0);
    ///     writer.abort();
    ///     assert_eq!((writer.get_write_buffer_size(), writer.is_closing()), (0, true));
    ///     writer.wait_closed().await?; // although nobody reads
    ///     drop(near);
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    #[doc(alias = "transport.abort")]
    pub fn abort(&self) {
        self.connection.abort();
    }

    /// Is the connection closed, or being closed?
    #[must_use]
    pub fn is_closing(&self) -> bool {
        self.connection.phase() != Phase::Open
    }

    /// Waits until the connection is closed and the written bytes are sent, as far as they can be.
    ///
    /// While it waits, the writer of a pipe is closed when the reading end goes. A connection does not watch its peer: if it is
    /// open and no task reads or writes, a reset is not noticed, because nothing is received without a read. asyncio notices,
    /// since it receives in the background.
    ///
    /// # Errors
    ///
    /// The error that broke the connection; `CancelledError`.
    ///
    /// # Cancellation
    ///
    /// Ends the wait. The connection still sends the written bytes and closes.
    #[track_caller]
    pub fn wait_closed(&self) -> impl Future<Output = Result<()>> {
        called(self.connection.wait_closed())
    }

    /// The address of the other end: `get_extra_info('peername')`. It remains known after the connection is closed.
    #[doc(alias = "get_extra_info")]
    #[must_use]
    pub fn peername(&self) -> Address {
        self.connection.peername().clone()
    }

    /// The address of this end: `get_extra_info('sockname')`.
    #[doc(alias = "get_extra_info")]
    #[must_use]
    pub fn sockname(&self) -> Address {
        self.connection.sockname().clone()
    }

    /// The number of bytes that are kept to be sent.
    #[must_use]
    pub fn get_write_buffer_size(&self) -> usize {
        self.connection.kept()
    }

    /// The low and the high water mark.
    #[must_use]
    pub fn get_write_buffer_limits(&self) -> (usize, usize) {
        self.connection.limits()
    }

    /// Sets how many bytes may be kept before [`drain`](Self::drain) waits (`high`; 64 KiB if `None`), and down to how
    /// many it then waits (`low`; a quarter of `high` if `None`).
    ///
    /// # Errors
    ///
    /// `ValueError` if `low` is greater than `high`.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::os::unix::net::UnixStream;
    ///
    /// use asyncio::{open_connection_on, run};
    ///
    /// run(async {
    ///     let (near, _far) = UnixStream::pair()?;
    ///     let (_reader, writer) = open_connection_on(near)?;
    ///     assert_eq!(writer.get_write_buffer_limits(), (16 * 1024, 64 * 1024));
    ///     writer.set_write_buffer_limits(Some(1000), None)?;
    ///     assert_eq!(writer.get_write_buffer_limits(), (250, 1000));
    ///     let error = writer.set_write_buffer_limits(Some(1), Some(2)).unwrap_err();
    ///     assert_eq!(error.to_string(), "high (1) must be >= low (2) must be >= 0");
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    pub fn set_write_buffer_limits(&self, high: Option<usize>, low: Option<usize>) -> Result<(), ValueError> {
        let high = high.unwrap_or_else(|| low.map_or(64 * 1024, |low| low.saturating_mul(4)));
        let low = low.unwrap_or(high / 4);
        if low > high {
            return Err(ValueError::new(format!("high ({high}) must be >= low ({low}) must be >= 0")));
        }
        self.connection.set_limits(high, low);
        Ok(())
    }
}

/// Checks that a limit is a positive number of seconds.
pub(crate) fn positive_limit(name: &str, limit: Option<f64>) -> Result<Option<f64>, ValueError> {
    match limit {
        Some(seconds) if seconds > 0.0 => Ok(limit),
        Some(seconds) => Err(ValueError::new(format!("{name} should be a positive number, got {seconds}"))),
        None => Ok(None),
    }
}

impl fmt::Debug for StreamWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<StreamWriter transport={:?}>", *self.connection)
    }
}
