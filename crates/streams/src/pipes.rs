//! Streams over pipes: what children, FIFOs and terminals are read and written through.

use std::os::fd::OwnedFd;
use std::rc::Rc;

use asyncio_runtime::Result;

use crate::address::Address;
use crate::connection::Connection;
use crate::reader::{DEFAULT_LIMIT, StreamReader, check_limit};
use crate::transport::Pipe;
use crate::writer::StreamWriter;

/// A reader over the reading end of a pipe, or whatever else can be read and waited for: `loop.connect_read_pipe`. `limit` is
/// how long a line may be ([`DEFAULT_LIMIT`] if `None`).
///
/// The descriptor becomes non-blocking, for everybody who shares it; it is closed when the reader is dropped.
///
/// # Errors
///
/// What the system says, for example that a regular file cannot be waited for; `ValueError` for a limit of 0; `RuntimeError`
/// outside a loop.
///
/// ```
/// use asyncio_runtime::run;
/// use asyncio_streams::{connect_read_pipe, connect_write_pipe};
///
/// run(async {
///     let (near, far) = std::io::pipe()?;
///     let (mut reader, writer) = (connect_read_pipe(near, None)?, connect_write_pipe(far)?);
///     writer.write(b"through the pipe\n")?;
///     writer.write_eof()?;
///     assert_eq!(reader.readline().await?, b"through the pipe\n");
///     assert_eq!(reader.readline().await?, b"");
///     Ok(())
/// })
/// .unwrap();
/// ```
pub fn connect_read_pipe(pipe: impl Into<OwnedFd>, limit: Option<usize>) -> Result<StreamReader> {
    let limit = limit.unwrap_or(DEFAULT_LIMIT);
    check_limit(limit)?;
    let pipe = Rc::new(Pipe::new(pipe.into())?);
    Ok(StreamReader::over(Connection::over(pipe, Some(Address::Unnamed)), limit))
}

/// A writer over the writing end of a pipe, or whatever else can be written and waited for: `loop.connect_write_pipe`.
///
/// The descriptor becomes non-blocking, for everybody who shares it; it is closed by
/// [`close`](StreamWriter::close) and [`write_eof`](StreamWriter::write_eof), which are the same here, and when the last
/// handle on the writer is dropped; in each case what was written is sent first.
///
/// # Errors
///
/// What the system says; `RuntimeError` outside a loop.
///
/// ```
/// use std::io::Read;
///
/// use asyncio_runtime::{run, to_thread};
/// use asyncio_streams::connect_write_pipe;
///
/// run(async {
///     let (mut near, far) = std::io::pipe()?;
///     let reading = to_thread(move || {
///         let mut read = String::new();
///         near.read_to_string(&mut read).map(|_| read)
///     });
///     let writer = connect_write_pipe(far)?;
///     writer.write("to another thread")?;
///     writer.close();
///     assert_eq!(reading.await??, "to another thread");
///     Ok(())
/// })
/// .unwrap();
/// ```
pub fn connect_write_pipe(pipe: impl Into<OwnedFd>) -> Result<StreamWriter> {
    let pipe = Rc::new(Pipe::new(pipe.into())?);
    Ok(StreamWriter::over(Connection::over(pipe, Some(Address::Unnamed))))
}
