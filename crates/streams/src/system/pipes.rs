//! Streams over pipes, for children, FIFOs, terminals and the standard streams.

use std::os::fd::{AsFd, OwnedFd};
use std::rc::Rc;

use asyncio_runtime::Result;

use super::pipe::Pipe;
use crate::address::Address;
use crate::connection::Connection;
use crate::reader::{DEFAULT_LIMIT, StreamReader, check_limit};
use crate::writer::StreamWriter;

/// Returns a reader over the reading end of a pipe or any other readable descriptor: `loop.connect_read_pipe`. `limit`
/// is the longest line that it reads ([`DEFAULT_LIMIT`] if `None`).
///
/// The descriptor is closed when the reader is dropped. Its mode is not changed, since other processes may share it
/// (asyncio makes it non-blocking); if none does, a non-blocking descriptor saves a system call for each operation. A
/// regular file and `/dev/null`, which asyncio refuses, are read at once: the loop waits for the disk.
///
/// # Errors
///
/// Any error of the system; `ValueError` for a limit of 0; `RuntimeError` outside of a loop.
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

/// Returns a writer over the writing end of a pipe or any other writable descriptor: `loop.connect_write_pipe`.
///
/// As with [`connect_read_pipe`], the mode of the descriptor is not changed. The descriptor is closed by
/// [`close`](StreamWriter::close) and [`write_eof`](StreamWriter::write_eof), which are the same here, and when the last handle
/// of the writer is dropped. In each case the written bytes are sent first.
///
/// # Errors
///
/// Any error of the system; `RuntimeError` outside of a loop.
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

/// Returns a reader over standard input, which may be a terminal, a pipe, a file, a socket or `/dev/null`: Python's
/// `connect_read_pipe(…, sys.stdin)`. `limit` is the longest line that it reads ([`DEFAULT_LIMIT`] if `None`).
///
/// Standard input itself stays open and unchanged, for a child that inherits it, for example. Bytes that the reader has
/// received are lost for other readers of standard input, so make only one.
///
/// # Errors
///
/// Those of [`connect_read_pipe`].
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
#[doc(alias = "sys.stdin")]
pub fn stdin(limit: Option<usize>) -> Result<StreamReader> {
    connect_read_pipe(std::io::stdin().as_fd().try_clone_to_owned()?, limit)
}

/// Returns a writer over standard output, which may be a terminal, a pipe, a file, a socket or `/dev/null`: Python's
/// `connect_write_pipe(…, sys.stdout)`.
///
/// Standard output itself stays open and unchanged, so `println!` still works. The two may mix: bytes that the writer
/// has kept come after what `println!` prints meanwhile, and a line that `println!` has not ended yet may come later.
///
/// Await [`drain`](StreamWriter::drain) if you write much. At the end [`close`](StreamWriter::close) it and await
/// [`wait_closed`](StreamWriter::wait_closed): the program does not wait for it when it ends.
///
/// # Errors
///
/// Those of [`connect_write_pipe`].
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
#[doc(alias = "sys.stdout")]
pub fn stdout() -> Result<StreamWriter> {
    connect_write_pipe(std::io::stdout().as_fd().try_clone_to_owned()?)
}

/// Returns a writer over standard error, which stays open and unchanged, as with [`stdout`].
///
/// # Errors
///
/// Those of [`connect_write_pipe`].
#[doc(alias = "sys.stderr")]
pub fn stderr() -> Result<StreamWriter> {
    connect_write_pipe(std::io::stderr().as_fd().try_clone_to_owned()?)
}
