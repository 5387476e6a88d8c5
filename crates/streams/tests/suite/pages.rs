//! Clients of a server that is no part of the loop: a thread that answers one request with a page, as in CPython's
//! `test_streams.py`.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::thread::{self, JoinHandle};

use asyncio_runtime::Result;
use asyncio_streams::{open_connection, open_unix_connection};

use crate::common::{Streams, io_kind, reports, run};

const REQUEST: &str = "GET / HTTP/1.0\r\n\r\n";

/// Reads a request, or to the end, and answers.
fn answer(mut stream: impl Read + Write) {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|n| n == 1) {
        request.extend(byte);
    }
    // Some clients have disconnected.
    let _ = stream.write_all(b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nTest message");
}

/// Serves one client, and returns the port.
fn site() -> Result<(u16, JoinHandle<()>)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    Ok((port, thread::spawn(move || answer(listener.accept().unwrap().0))))
}

async fn look_at_the_page((mut reader, writer): Streams) -> Result<()> {
    writer.write(REQUEST)?;
    assert_eq!(reader.readline().await?, b"HTTP/1.0 200 OK\r\n");
    assert!(reader.read_to_end().await?.ends_with(b"\r\n\r\nTest message"));
    assert!(!writer.is_closing());
    writer.close();
    assert!(writer.is_closing());
    writer.wait_closed().await
}

// CPython: test_streams.StreamTests.test_open_connection, test_open_unix_connection, test_async_writer_api,
// test_wait_closed_on_close
#[test]
fn a_page_is_read_to_its_end() {
    run(async {
        let reports = reports()?;
        let (port, server) = site()?;
        look_at_the_page(open_connection("127.0.0.1", port).await?).await?;
        server.join().unwrap();
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("site");
        let listener = UnixListener::bind(&path)?;
        let server = thread::spawn(move || answer(listener.accept().unwrap().0));
        look_at_the_page(open_unix_connection(&path).await?).await?;
        server.join().unwrap();
        assert_eq!(*reports.borrow(), [""; 0]);
        Ok(())
    });
}

// CPython: test_streams.StreamTests.test_wait_closed_on_close_with_unread_data
#[test]
fn what_nobody_has_read_does_not_keep_a_connection_open() {
    run(async {
        let (port, _server) = site()?;
        let (mut reader, writer) = open_connection("127.0.0.1", port).await?;
        writer.write(REQUEST)?;
        assert_eq!(reader.readline().await?, b"HTTP/1.0 200 OK\r\n");
        writer.close();
        writer.wait_closed().await
    });
}

// CPython: test_streams.StreamTests.test_async_writer_api_exception_after_close
#[test]
fn a_write_behind_a_close_is_told_by_drain() {
    run(async {
        let reports = reports()?;
        let (port, _server) = site()?;
        let (mut reader, writer) = open_connection("127.0.0.1", port).await?;
        writer.write(REQUEST)?;
        reader.read_to_end().await?;
        writer.close();
        writer.write("data")?;
        assert_eq!(io_kind(&writer.drain().await.unwrap_err()), Some(ErrorKind::ConnectionReset));
        assert_eq!(*reports.borrow(), [""; 0]);
        Ok(())
    });
}

// CPython: test_streams.StreamTests.test_eof_feed_when_closing_writer
#[test]
fn a_connection_that_we_close_is_at_its_end() {
    run(async {
        let reports = reports()?;
        let (port, _server) = site()?;
        let (mut reader, writer) = open_connection("127.0.0.1", port).await?;
        writer.close();
        writer.wait_closed().await?;
        assert!(reader.at_eof());
        assert_eq!(reader.read_to_end().await?, b"");
        assert_eq!(*reports.borrow(), [""; 0]);
        Ok(())
    });
}
