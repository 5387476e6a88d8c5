//! `Duplex`: a reader and a writer as one object, for libraries that want one.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_io::{AsyncBufRead, AsyncRead, AsyncWrite};

use crate::reader::StreamReader;
use crate::writer::StreamWriter;

/// A reader and a writer as one object that is `futures_io::AsyncRead` and `AsyncWrite`, as HTTP and WebSocket
/// libraries expect. The two may belong to different connections.
///
/// # Examples
///
/// ```
/// use asyncio::{Duplex, open_connection, run, start_server};
/// use futures_lite::io::{AsyncReadExt, AsyncWriteExt}; // its methods are in another crate: `cargo add futures-lite`
///
/// run(async {
///     let server = start_server(async |reader, writer| {
///         let mut stream = Duplex::new(reader, writer);
///         let mut word = [0; 4];
///         stream.read_exact(&mut word).await?;
///         stream.write_all(&word).await?;
///         Ok(stream.close().await?)
///     }, "127.0.0.1", 0).await?;
///     let port = server.sockets()[0].port().unwrap();
///     let (reader, writer) = open_connection("127.0.0.1", port).await?;
///     let mut stream = Duplex::new(reader, writer);
///     stream.write_all(b"ping").await?;
///     let mut answer = String::new();
///     stream.read_to_string(&mut answer).await?;
///     assert_eq!(answer, "ping");
///     Ok(())
/// })
/// .unwrap();
/// ```
#[derive(Debug)]
pub struct Duplex {
    reader: StreamReader,
    writer: StreamWriter,
}

impl Duplex {
    /// Joins a reader and a writer.
    #[must_use]
    pub fn new(reader: StreamReader, writer: StreamWriter) -> Self {
        writer.connection.expect_drop();
        Self { reader, writer }
    }

    /// Splits it into the reader and the writer again.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::os::unix::net::UnixStream;
    ///
    /// use asyncio::{Duplex, open_connection_on, run};
    ///
    /// run(async {
    ///     let (here, there) = UnixStream::pair()?;
    ///     let (reader, writer) = open_connection_on(here)?;
    ///     let (mut far_reader, far_writer) = open_connection_on(there)?;
    ///     let mut stream = Duplex::new(reader, writer);
    ///     stream.writer().write("ping\n")?;
    ///     assert_eq!(far_reader.readline().await?, b"ping\n");
    ///     far_writer.write("pong\npang\n")?;
    ///     assert_eq!(stream.reader().readline().await?, b"pong\n");
    ///     let (mut reader, _writer) = stream.into_parts();
    ///     assert_eq!(reader.readline().await?, b"pang\n");
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    #[must_use]
    pub fn into_parts(self) -> (StreamReader, StreamWriter) {
        self.writer.connection.expect_close();
        (self.reader, self.writer)
    }

    /// The reader.
    pub fn reader(&mut self) -> &mut StreamReader {
        &mut self.reader
    }

    /// The writer.
    #[must_use]
    pub fn writer(&self) -> &StreamWriter {
        &self.writer
    }
}

impl AsyncRead for Duplex {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, out: &mut [u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.reader).poll_read(cx, out)
    }
}

impl AsyncBufRead for Duplex {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        Pin::new(&mut self.get_mut().reader).poll_fill_buf(cx)
    }

    fn consume(mut self: Pin<&mut Self>, n: usize) {
        Pin::new(&mut self.reader).consume(n);
    }
}

impl AsyncWrite for Duplex {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.writer).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.writer).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.writer).poll_close(cx)
    }
}
