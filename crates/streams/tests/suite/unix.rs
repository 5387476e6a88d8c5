//! Unix sockets: their files come and go.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;

use asyncio_runtime::{Result, create_task, gather};
use asyncio_streams::{
    Address, StreamReader, StreamWriter, open_connection_on, open_unix_connection, start_unix_server,
};

use crate::common::{io_kind, pattern, run};

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
