//! Unix sockets: their files come and go.

use std::cell::RefCell;
use std::fs;
use std::io::ErrorKind;
use std::net::TcpListener;
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use asyncio_runtime::{Result, ValueError, create_task, gather};
use asyncio_streams::{
    Address, StreamReader, StreamWriter, open_connection_on, open_unix_connection, start_unix_server,
    start_unix_server_on,
};

use crate::common::{close, io_kind, pattern, reports, run};

/// A path of its own for each test.
fn path(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("asyncio-streams-{}-{name}.sock", std::process::id()));
    let _ = fs::remove_file(&path);
    path
}

async fn echo(mut reader: StreamReader, writer: StreamWriter) -> Result<()> {
    let bytes = reader.read_to_end().await?;
    writer.write(&bytes)?;
    writer.drain().await
}

async fn echo_line(mut reader: StreamReader, writer: StreamWriter) -> Result<()> {
    writer.write(reader.readline().await?)?;
    writer.drain().await?;
    writer.close();
    writer.wait_closed().await
}

// CPython: test_server.UnixServerCleanupTests.test_unix_server_addr_cleanup,
// test_unix_events.SelectorEventLoopUnixSocketTests.test_create_unix_server_pathlike, test_create_unix_connection_pathlike
#[test]
fn many_bytes_go_there_and_back() {
    run(async {
        let path = path("echo");
        let server = start_unix_server(echo, &path).await?;
        assert_eq!(server.sockets(), [Address::Unix(path.clone())]);
        let (mut reader, writer) = open_unix_connection(&path).await?;
        assert_eq!(writer.peername().to_string(), path.display().to_string());
        assert_eq!(writer.sockname(), Address::Unnamed);
        let bytes = pattern(2 << 20);
        writer.write(&bytes)?;
        writer.write_eof()?;
        assert!(reader.read_to_end().await? == bytes);
        server.close();
        assert!(!path.exists());
        Ok(())
    });
}

// CPython: test_unix_events.SelectorEventLoopUnixSocketTests.test_create_unix_server_existing_path_sock,
// test_create_unix_server_existing_path_nonsock
#[test]
fn a_socket_that_nobody_serves_is_replaced_and_anything_else_is_not() {
    run(async {
        let stale = path("stale");
        drop(UnixListener::bind(&stale)?);
        assert!(stale.exists());
        let server = start_unix_server(echo, &stale).await?;
        open_unix_connection(&stale).await?;
        server.close();
        let file = path("file");
        fs::write(&file, "precious")?;
        let error = start_unix_server(echo, &file).await.unwrap_err();
        let expected = format!("[Errno {}] Address '{}' is already in use", libc::EADDRINUSE, file.display());
        assert_eq!(error.to_string(), expected);
        assert_eq!(fs::read_to_string(&file)?, "precious");
        fs::remove_file(file)?;
        Ok(())
    });
}

// CPython: test_server.UnixServerCleanupTests.test_unix_server_cleanup_replaced, test_unix_server_cleanup_prevented
#[test]
fn a_file_that_is_not_ours_any_more_stays() {
    run(async {
        let path = path("taken");
        let first = start_unix_server(echo, &path).await?;
        let second = start_unix_server(echo, &path).await?;
        first.close();
        assert!(path.exists(), "it belongs to the second server");
        open_unix_connection(&path).await?;
        second.close();
        assert!(!path.exists());
        let kept = start_unix_server(echo, &path).cleanup_socket(false).await?;
        kept.close();
        assert!(path.exists());
        fs::remove_file(path)?;
        Ok(())
    });
}

// CPython: test_server.UnixServerCleanupTests.test_unix_server_sock_cleanup, test_unix_server_cleanup_gone,
// test_unix_events.SelectorEventLoopUnixSocketTests.test_create_unix_server_path_inetsock, test_create_unix_server_path_dgram
#[test]
fn the_file_of_a_socket_that_was_bound_elsewhere_goes_too() {
    run(async {
        let path = path("bound");
        let server = start_unix_server_on(echo, UnixListener::bind(&path)?).await?;
        assert_eq!(server.sockets(), [Address::Unix(path.clone())]);
        open_unix_connection(&path).await?;
        server.close();
        assert!(!path.exists());
        let server = start_unix_server_on(echo, UnixListener::bind(&path)?).await?;
        fs::remove_file(&path)?;
        server.close();
        let listener = UnixListener::bind(&path)?;
        fs::remove_file(&path)?;
        start_unix_server_on(echo, listener).await?.close();
        let kept = start_unix_server_on(echo, UnixListener::bind(&path)?).cleanup_socket(false).await?;
        kept.close();
        assert!(path.exists());
        fs::remove_file(path)?;
        let error = start_unix_server_on(echo, TcpListener::bind("127.0.0.1:0")?).await.unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&ValueError::new("A UNIX Domain Stream Socket was expected")));
        let error = start_unix_server_on(echo, UnixDatagram::pair()?.0).await.unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&ValueError::new("A UNIX Domain Stream Socket was expected")));
        Ok(())
    });
}

#[test]
fn errors_name_the_path() {
    run(async {
        let missing = path("missing");
        let error = open_unix_connection(&missing).await.unwrap_err();
        assert_eq!(error.to_string(), format!("[Errno {}] cannot connect to '{}'", libc::ENOENT, missing.display()));
        assert_eq!(io_kind(&error), Some(ErrorKind::NotFound));
        let long = PathBuf::from(format!("/tmp/{}", "x".repeat(200)));
        for error in [open_unix_connection(&long).await.unwrap_err(), start_unix_server(echo, &long).await.unwrap_err()]
        {
            assert_eq!(error.to_string(), format!("AF_UNIX path too long: '{}'", long.display()));
        }
        let error = start_unix_server(echo, "/no/such/folder/a.sock").await.unwrap_err();
        assert!(error.to_string().contains("cannot bind to '/no/such/folder/a.sock': "), "{error}");
        Ok(())
    });
}

#[test]
fn a_full_queue_is_waited_for() {
    run(async {
        let path = path("queue");
        let server = start_unix_server(echo, &path).backlog(1).await?;
        let clients: Vec<_> = (0..20)
            .map(|_| {
                let path = path.clone();
                create_task(async move {
                    let (mut reader, writer) = open_unix_connection(&path).await?;
                    writer.write("x")?;
                    writer.write_eof()?;
                    reader.read_to_end().await
                })
            })
            .collect();
        assert!(gather(clients).await?.iter().all(|bytes| bytes == b"x"));
        server.close();
        Ok(())
    });
}

// CPython: test_streams.StreamTests.test_start_unix_server
#[test]
fn a_line_is_answered_by_the_handler_or_by_a_task_of_its_own() {
    run(async {
        let reports = reports()?;
        let path = path("lines");
        let own_task = async |reader, writer| {
            create_task(echo_line(reader, writer));
            Ok(())
        };
        for server in [start_unix_server(echo_line, &path), start_unix_server(own_task, &path)] {
            let server = server.await?;
            let (mut reader, writer) = open_unix_connection(&path).await?;
            writer.write("hello world!\n")?;
            assert_eq!(reader.readline().await?, b"hello world!\n");
            close(&writer, &server).await?;
        }
        assert_eq!(*reports.borrow(), [""; 0]);
        Ok(())
    });
}

/// CPython's output: a client that need not wait for its connection continues before the server has accepted it.
#[test]
fn a_client_is_connected_before_its_handler_begins() {
    run(async {
        let path = path("order");
        let order = Rc::new(RefCell::new(Vec::new()));
        let begun = Rc::clone(&order);
        let handler = async move |_, _| {
            begun.borrow_mut().push("handler");
            Ok(())
        };
        let server = start_unix_server(handler, &path).await?;
        for _ in 0..3 {
            let (mut reader, _writer) = open_unix_connection(&path).await?;
            order.borrow_mut().push("connected");
            reader.read_to_end().await?;
        }
        server.close();
        assert_eq!(*order.borrow(), ["connected", "handler"].repeat(3));
        Ok(())
    });
}

// CPython: test_streams.StreamTests.test_open_unix_connection_error
#[test]
fn a_peer_that_goes_without_reading_is_an_error() {
    run(async {
        let (one, two) = UnixStream::pair()?;
        let (mut reader, writer) = open_connection_on(one)?;
        writer.write("nobody reads this")?;
        drop(two);
        assert_eq!(io_kind(&reader.read(10).await.unwrap_err()), Some(ErrorKind::ConnectionReset));
        assert_eq!(io_kind(&writer.wait_closed().await.unwrap_err()), Some(ErrorKind::ConnectionReset));
        Ok(())
    });
}

#[test]
fn a_pair_of_sockets_is_a_connection() {
    run(async {
        let (one, two) = UnixStream::pair()?;
        let ((mut reader, _writer), (_, writer)) = (open_connection_on(one)?, open_connection_on(two)?);
        writer.write("through\n")?;
        assert_eq!(reader.readline().await?, b"through\n");
        Ok(())
    });
}

#[test]
fn a_path_that_would_be_another_is_refused() {
    run(async {
        let folder = tempfile::tempdir()?;
        let with_nul = folder.path().join("n\0l");
        for path in [with_nul.as_path(), Path::new("a\0"), Path::new("")] {
            let error = start_unix_server(echo, path).await.unwrap_err();
            assert!(error.is::<ValueError>(), "{error}");
            let error = open_unix_connection(path).await.unwrap_err();
            assert!(error.is::<ValueError>(), "{error}");
        }
        assert_eq!(fs::read_dir(folder.path())?.count(), 0);
        let error = open_unix_connection("a\0b").await.unwrap_err();
        assert_eq!(error.to_string(), r#"embedded null character in path: "a\0b""#);
        let name = format!("\0{}", "x".repeat(108));
        let error = start_unix_server(echo, &name).await.unwrap_err();
        assert_eq!(error.to_string(), format!(r"AF_UNIX path too long: b'\x00{}'", &name[1..]));
        Ok(())
    });
}

#[test]
fn an_abstract_socket_is_no_file_and_has_a_name() {
    run(async {
        let reports = reports()?;
        // A name may contain another NUL, and be as long as the system allows.
        for end in ["", "\0more", &"x".repeat(80)] {
            let name = format!("\0asyncio-{}{end}", std::process::id());
            let shown = Address::Abstract(name.as_bytes()[1..].into());
            let tell = async |_, writer: StreamWriter| Ok(writer.write(format!("{:?}", writer.sockname()))?);
            let server = start_unix_server(tell, &name).await?;
            assert_eq!(server.sockets(), std::slice::from_ref(&shown));
            assert!(server.sockets()[0].as_path().is_none());
            let (mut reader, writer) = open_unix_connection(&name).await?;
            assert_eq!(writer.peername(), shown);
            assert_eq!(String::from_utf8(reader.read_to_end().await?)?, shown.to_string());
            let error = start_unix_server(tell, &name).await.unwrap_err();
            assert_eq!(error.to_string(), format!("[Errno {}] Address {shown} is already in use", libc::EADDRINUSE));
            server.close();
            let error = open_unix_connection(&name).await.unwrap_err();
            assert!(error.to_string().ends_with(&format!("cannot connect to {shown}")), "{error}");
        }
        assert_eq!(*reports.borrow(), [""; 0]);
        Ok(())
    });
}
