//! What several of the files need.

use std::cell::RefCell;
use std::future::Future;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::rc::Rc;

use asyncio_runtime::{Clock, Error, Result, Runner, get_running_loop, sleep};
use asyncio_streams::{Server, StreamReader, StreamWriter, open_connection_on};

/// Sockets are outside of the loop, where time is real.
pub(crate) fn run<T: 'static>(main: impl Future<Output = Result<T>> + 'static) -> T {
    Runner::new().clock(Clock::Real).run(main).unwrap()
}

pub(crate) type Streams = (StreamReader, StreamWriter);

/// Two ends of a TCP connection, the first one a plain socket of the standard library.
pub(crate) fn half_pair() -> Result<(TcpStream, Streams)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let plain = TcpStream::connect(listener.local_addr()?)?;
    let (accepted, _) = listener.accept()?;
    Ok((plain, open_connection_on(accepted)?))
}

/// Two ends of a TCP connection.
pub(crate) fn pair() -> Result<(Streams, Streams)> {
    let (plain, streams) = half_pair()?;
    Ok((open_connection_on(plain)?, streams))
}

/// Ends the connection with a reset instead of an orderly end: there is data that was never read.
pub(crate) fn reset(peer: TcpStream) -> Result<()> {
    socket2::SockRef::from(&peer).set_linger(Some(std::time::Duration::ZERO))?;
    let _ = peer.shutdown(Shutdown::Read);
    Ok(())
}

/// The reports of the loop from now on, which do not go to standard error any more.
pub(crate) fn reports() -> Result<Rc<RefCell<Vec<String>>>> {
    let reports = Rc::new(RefCell::new(Vec::new()));
    let sink = Rc::clone(&reports);
    let handler = move |context: &asyncio_runtime::ExceptionContext| sink.borrow_mut().push(context.to_string());
    get_running_loop()?.set_exception_handler(Some(Box::new(handler)));
    Ok(reports)
}

/// Closes a client and then its server, and waits for both.
pub(crate) async fn close(client: &StreamWriter, server: &Server) -> Result<()> {
    client.close();
    client.wait_closed().await?;
    server.close();
    server.wait_closed().await
}

/// Waits for an event outside of the loop.
pub(crate) async fn until(mut happened: impl FnMut() -> bool) -> Result<()> {
    for _ in 0..10_000 {
        if happened() {
            return Ok(());
        }
        sleep(0.001).await?;
    }
    panic!("it never happened");
}

/// Bytes in which no part is like another.
pub(crate) fn pattern(n: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_u32;
    (0..n)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .collect()
}

pub(crate) fn io_kind(error: &Error) -> Option<std::io::ErrorKind> {
    error.downcast_ref().map(std::io::Error::kind)
}
