//! The descriptor of a connection, lent for what has no method here.

use std::os::fd::BorrowedFd;

use crate::writer::StreamWriter;

/// # The socket
impl StreamWriter {
    /// Lends the socket, or the pipe, for options that have no method here: `get_extra_info('socket')`. `None` once the
    /// connection is lost, and on a [`Network`](crate::Network) in memory. It is lent and not returned, because it is closed when
    /// the connection is lost.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::net::{TcpListener, TcpStream};
    ///
    /// use asyncio::{open_connection_on, run};
    ///
    /// run(async {
    ///     let listener = TcpListener::bind("127.0.0.1:0")?;
    ///     let (_reader, writer) = open_connection_on(TcpStream::connect(listener.local_addr()?)?)?;
    ///     // A second descriptor of the same socket has the same options, and `std` has a method for this one.
    ///     let socket = TcpStream::from(writer.with_socket(|socket| socket.try_clone_to_owned()).unwrap()?);
    ///     socket.set_ttl(5)?;
    ///     assert_eq!(socket.ttl()?, 5);
    ///     writer.close();
    ///     writer.wait_closed().await?;
    ///     assert!(writer.with_socket(|_| ()).is_none());
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    #[doc(alias = "get_extra_info")]
    pub fn with_socket<R>(&self, f: impl FnOnce(BorrowedFd<'_>) -> R) -> Option<R> {
        let transport = self.connection.transport()?;
        Some(f(transport.descriptor()?))
    }
}
