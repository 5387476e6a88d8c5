//! Streams over pipes: what children, FIFOs, terminals and the standard streams are read and written through.

use std::os::fd::{AsFd, OwnedFd};
use std::rc::Rc;

use asyncio_runtime::Result;

use crate::address::Address;
use crate::connection::Connection;
use crate::pipe::Pipe;
use crate::reader::{DEFAULT_LIMIT, StreamReader, check_limit};
use crate::writer::StreamWriter;

/// A reader over the reading end of a pipe, or whatever else can be read: `loop.connect_read_pipe`. `limit` is how long a
/// line may be ([`DEFAULT_LIMIT`] if `None`).
///
/// The descriptor is closed when the reader is dropped. It stays blocking if it is, since others may share it (asyncio makes
/// it non-blocking); where nobody does, a non-blocking one saves a system call for each operation. A regular file and
/// `/dev/null`, which asyncio refuses, are read at once: the loop waits for the disk.
///
/// # Errors
///
/// What the system says; `ValueError` for a limit of 0; `RuntimeError` outside a loop.
///
/// # Examples
///
/// ```
/// use asyncio::{connect_read_pipe, connect_write_pipe, run};
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

/// A writer over the writing end of a pipe, or whatever else can be written: `loop.connect_write_pipe`.
///
/// The mode of the descriptor stays as it is, as with [`connect_read_pipe`]; it is closed by
/// [`close`](StreamWriter::close) and [`write_eof`](StreamWriter::write_eof), which are the same here, and when the last
/// handle on the writer is dropped; in each case what was written is sent first.
///
/// # Errors
///
/// What the system says; `RuntimeError` outside a loop.
///
/// # Examples
///
/// ```
/// use std::io::Read;
///
/// use asyncio::{connect_write_pipe, run, to_thread};
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

/// A reader over standard input: `connect_read_pipe(…, sys.stdin)`, for a terminal, a pipe, a file, a socket or `/dev/null`.
/// `limit` is how long a line may be ([`DEFAULT_LIMIT`] if `None`).
///
/// Standard input itself stays open, and as it was: for a child that inherits it, for example. What the reader has received
/// and nobody has read is lost for others, so a program has one such reader.
///
/// # Errors
///
/// As [`connect_read_pipe`].
///
/// # Examples
///
/// ```no_run
/// use asyncio::{Result, run, stdin, stdout};
///
/// run(async {
///     let (mut lines, out) = (stdin(None)?, stdout()?);
///     loop {
///         let line = lines.readline().await?;
///         if line.is_empty() {
///             return Ok(());
///         }
///         out.write(line.to_ascii_uppercase())?;
///         out.drain().await?;
///     }
/// })
/// .unwrap();
/// ```
pub fn stdin(limit: Option<usize>) -> Result<StreamReader> {
    connect_read_pipe(std::io::stdin().as_fd().try_clone_to_owned()?, limit)
}

/// A writer over standard output: `connect_write_pipe(…, sys.stdout)`, for a terminal, a pipe, a file, a socket or
/// `/dev/null`.
///
/// Standard output itself stays open, and as it was, so `println!` works beside it. The two may mix: what the writer keeps
/// comes after what `println!` prints meanwhile, and what that has printed without a line's end may come out later. Await [`drain`](StreamWriter::drain) where much is written, and
/// [`wait_closed`](StreamWriter::wait_closed) after [`close`](StreamWriter::close) at the end: nobody waits for it when the
/// program ends.
///
/// # Errors
///
/// As [`connect_write_pipe`].
///
/// # Examples
///
/// ```
/// use asyncio::{run, stdout};
///
/// run(async {
///     let out = stdout()?;
///     out.write("progress: 50 %\n")?;
///     out.close();
///     out.wait_closed().await?;
///     println!("and this is printed as ever");
///     Ok(())
/// })
/// .unwrap();
/// ```
pub fn stdout() -> Result<StreamWriter> {
    connect_write_pipe(std::io::stdout().as_fd().try_clone_to_owned()?)
}

/// A writer over standard error; otherwise as [`stdout`].
///
/// # Errors
///
/// As [`connect_write_pipe`].
pub fn stderr() -> Result<StreamWriter> {
    connect_write_pipe(std::io::stderr().as_fd().try_clone_to_owned()?)
}
