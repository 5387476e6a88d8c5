//! `test_sock_lowlevel`: sockets of the standard library in the loop, by `AsyncFd`.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::rc::Rc;

use asyncio_runtime::io::AsyncFd;
use asyncio_runtime::*;

use crate::support::*;

// CPython: test_sock_lowlevel.BaseSockTestsMixin.test_sock_client_ops, test_unix_sock_client_ops
#[test]
fn sockets_of_the_standard_library_ask_and_are_answered() {
    async fn ask<S: AsFd>(near: S) -> Result<Vec<u8>>
    where
        for<'a> &'a S: Read + Write,
    {
        let near = AsyncFd::new(near)?;
        let request = b"GET / HTTP/1.0\r\n\r\n";
        assert_eq!(near.write_with(|mut socket| socket.write(request)).await?, request.len());
        let mut buffer = [0; 1024];
        let n = near.read_with(|mut socket| socket.read(&mut buffer)).await?;
        assert_eq!(near.read_with(|mut socket| socket.read(&mut [0])).await?, 0, "the end");
        Ok(buffer[..n].to_vec())
    }
    fn answer(mut far: impl Read + Write) -> io::Result<()> {
        let mut request = [0; 18];
        far.read_exact(&mut request)?;
        assert!(request.ends_with(b"\r\n\r\n"));
        far.write_all(b"HTTP/1.0 200 OK")
    }
    Runner::new()
        .clock(Clock::Real)
        .run(async {
            let listener = TcpListener::bind("127.0.0.1:0")?;
            let near = TcpStream::connect(listener.local_addr()?)?;
            let far = listener.accept()?.0;
            let (told, answered) = gather!(ask(near), to_thread(move || answer(far))).await?;
            answered?;
            assert_eq!(told, b"HTTP/1.0 200 OK");
            let (far, near) = UnixStream::pair()?;
            let (told, answered) = gather!(ask(near), to_thread(move || answer(far))).await?;
            answered?;
            assert_eq!(told, b"HTTP/1.0 200 OK");
            Ok(())
        })
        .unwrap();
}

// CPython: test_sock_lowlevel.BaseSockTestsMixin.test_sock_accept, test_sock_accept_racing, test_cancel_sock_accept
#[test]
fn a_listener_accepts_and_loses_no_client_to_a_cancellation() {
    virtually(async {
        let event_loop = get_running_loop()?;
        let reports = reports(&event_loop);
        let listener = Rc::new(AsyncFd::new(TcpListener::bind("127.0.0.1:0")?)?);
        let address = listener.get_ref().local_addr()?;
        let accept = || {
            let listener = Rc::clone(&listener);
            create_task(async move { listener.read_with(TcpListener::accept).await })
        };
        assert!(wait_for(accept(), 0.1).await.unwrap_err().is::<TimeoutError>());
        // Cancelled when the client has already connected.
        let accepting = accept();
        sleep(0).await?;
        let client = TcpStream::connect(address)?;
        let cancel = accepting.clone();
        event_loop.call_soon(move || _ = cancel.cancel())?;
        assert!(accepting.await.unwrap_err().is_cancelled());
        let (conn, peer) = accept().await?;
        assert_eq!((peer, client.peer_addr()?), (client.local_addr()?, address));
        (&conn).write_all(b"ping")?;
        let mut got = [0; 4];
        (&client).read_exact(&mut got)?;
        assert_eq!(&got, b"ping");
        assert_eq!(reports.take(), [""; 0]);
        drop(listener);
        assert_eq!(TcpStream::connect(address).unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
        Ok(())
    })
    .unwrap();
}
