//! How pipes end, and what happens to written bytes: the cases of `test_events` and `test_unix_events`.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, PipeReader, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;
use std::rc::Rc;

use asyncio_runtime::{Clock, EventLoop, Result, create_task, sleep};
use asyncio_streams::{connect_read_pipe, connect_write_pipe};
use rustix::fs::OFlags;

use crate::common::{io_kind, pattern, reports, run};

/// Both ends of a FIFO; the reading end does not block.
fn fifo(path: &Path) -> Result<(File, File)> {
    assert!(Command::new("mkfifo").arg(path).status()?.success());
    let near = OpenOptions::new().read(true).custom_flags(OFlags::NONBLOCK.bits() as i32).open(path)?;
    Ok((near, OpenOptions::new().write(true).open(path)?))
}

/// Both ends of a pipe, of a FIFO and of a pair of sockets.
fn all_kinds(folder: &Path) -> Result<[(OwnedFd, OwnedFd); 3]> {
    let (pipe, fifo, sockets) = (std::io::pipe()?, fifo(&folder.join("fifo"))?, UnixStream::pair()?);
    Ok([(pipe.0.into(), pipe.1.into()), (fifo.0.into(), fifo.1.into()), (sockets.0.into(), sockets.1.into())])
}

async fn settle() -> Result<()> {
    for _ in 0..10 {
        sleep(0).await?;
    }
    Ok(())
}

// CPython: test_events.EventLoopTestsMixin.test_write_pipe, test_write_named_fifo_unread_data,
// UnixPipeObjectSupportTests.test_write_pipe, test_write_fifo, test_write_socket,
// test_unix_events.UnixWritePipeTransportTests.test_write, test_write_no_data, test_close, test_close_closing
#[test]
fn what_is_written_arrives_at_once_and_unread_data_closes_nothing() {
    run(async {
        let folder = tempfile::tempdir()?;
        for (near, far) in all_kinds(folder.path())? {
            let (mut near, writer) = (File::from(near), connect_write_pipe(far)?);
            let mut memory = [0; 1024];
            for piece in [&b"1"[..], b"2345"] {
                writer.write(piece)?;
                writer.write("")?;
                assert_eq!(writer.get_write_buffer_size(), 0);
                settle().await?;
                assert!(!writer.is_closing());
                let n = near.read(&mut memory)?;
                assert_eq!(&memory[..n], piece);
            }
            assert!(writer.with_socket(|_| ()).is_some());
            writer.close();
            assert!(writer.is_closing());
            writer.close();
            writer.wait_closed().await?;
            assert_eq!(near.read(&mut memory)?, 0);
        }
        Ok(())
    });
}

// CPython: test_events.UnixPipeObjectSupportTests.test_read_pipe, test_read_fifo, test_read_socket,
// test_unix_events.UnixReadPipeTransportTests.test_close
#[test]
fn a_reader_of_any_kind_closes_its_end_when_it_goes() {
    run(async {
        let folder = tempfile::tempdir()?;
        for (near, far) in all_kinds(folder.path())? {
            let (mut reader, mut far) = (connect_read_pipe(near, None)?, File::from(far));
            far.write_all(b"data")?;
            assert_eq!(reader.read(100).await?, b"data");
            drop(reader);
            sleep(0).await?;
            assert_eq!(far.write(b"more").unwrap_err().kind(), ErrorKind::BrokenPipe);
        }
        Ok(())
    });
}

// CPython: test_events.EventLoopTestsMixin.test_unclosed_pipe_transport
#[test]
fn readers_and_writers_that_outlive_their_loop_can_be_printed() {
    let event_loop = EventLoop::with_clock(Clock::Real);
    let (near, far) = std::io::pipe().unwrap();
    let ends = event_loop.run_until_complete(async { Ok((connect_read_pipe(near, None)?, connect_write_pipe(far)?)) });
    let (reader, writer) = ends.unwrap();
    event_loop.close().unwrap();
    assert!(format!("{reader:?}").starts_with("<StreamReader transport=<"), "{reader:?}");
    assert!(format!("{writer:?}").starts_with("<StreamWriter transport=<"), "{writer:?}");
}

// CPython: test_events.EventLoopTestsMixin.test_write_pipe_disconnect_on_close,
// test_unix_events.UnixWritePipeTransportTests.test__read_ready, test_write_close
#[test]
fn a_writer_that_waits_for_its_end_hears_that_the_reading_end_has_gone() {
    run(async {
        let folder = tempfile::tempdir()?;
        for (near, far) in all_kinds(folder.path())? {
            let (mut near, writer) = (File::from(near), Rc::new(connect_write_pipe(far)?));
            writer.write(b"1")?;
            let waiting = create_task({
                let writer = Rc::clone(&writer);
                async move { writer.wait_closed().await }
            });
            settle().await?;
            let mut memory = [0; 8];
            assert_eq!(near.read(&mut memory)?, 1);
            settle().await?;
            assert!(!waiting.done() && !writer.is_closing());
            drop(near);
            waiting.await?;
            assert!(writer.is_closing());
            // Bytes written now are lost, which is reported after some writes.
            let reports = reports()?;
            for _ in 0..5 {
                writer.write(b"data")?;
            }
            assert!(reports.borrow().is_empty());
            writer.write(b"data")?;
            assert_eq!(reports.borrow().len(), 1);
        }
        Ok(())
    });
}

#[test]
fn what_was_kept_for_a_reading_end_that_has_gone_is_an_error() {
    run(async {
        let (near, writer, _) = full()?;
        drop(near);
        assert_eq!(io_kind(&writer.wait_closed().await.unwrap_err()), Some(ErrorKind::BrokenPipe));
        Ok(())
    });
}

/// A writer that has buffered bytes, because the system accepts no more.
fn full() -> Result<(PipeReader, asyncio_streams::StreamWriter, Vec<u8>)> {
    let (near, far) = std::io::pipe()?;
    let writer = connect_write_pipe(far)?;
    let bytes = pattern(1 << 20);
    writer.write(&bytes)?;
    assert!(writer.get_write_buffer_size() > 0);
    Ok((near, writer, bytes))
}

// CPython: test_unix_events.UnixWritePipeTransportTests.test_write_buffer
#[test]
fn what_is_written_later_comes_after_what_is_kept() {
    run(async {
        let (mut near, writer, mut bytes) = full()?;
        let kept = writer.get_write_buffer_size();
        writer.write("data")?;
        assert_eq!(writer.get_write_buffer_size(), kept + 4);
        writer.close();
        let thread = std::thread::spawn(move || {
            let mut received = Vec::new();
            near.read_to_end(&mut received).map(|_| received)
        });
        writer.wait_closed().await?;
        bytes.extend(b"data");
        assert!(thread.join().unwrap()? == bytes);
        Ok(())
    });
}

// CPython: test_unix_events.UnixWritePipeTransportTests.test_abort
#[test]
fn aborting_drops_what_is_kept() {
    run(async {
        let (mut near, writer, bytes) = full()?;
        writer.abort();
        assert_eq!(writer.get_write_buffer_size(), 0);
        assert!(writer.is_closing());
        writer.wait_closed().await?;
        let mut received = Vec::new();
        near.read_to_end(&mut received)?;
        assert!(received.len() < bytes.len());
        Ok(())
    });
}

// CPython: test_unix_events.UnixWritePipeTransportTests.test_write_err
#[test]
fn a_write_into_a_broken_pipe_fails_once_and_then_is_told_of() {
    run(async {
        let reports = reports()?;
        let (near, far) = std::io::pipe()?;
        let writer = connect_write_pipe(far)?;
        drop(near);
        writer.write("data")?;
        // As in CPython, where the protocol has lost its connection.
        assert_eq!(io_kind(&writer.drain().await.unwrap_err()), Some(ErrorKind::ConnectionReset));
        assert!(writer.is_closing());
        for _ in 0..6 {
            writer.write("data")?;
            assert_eq!(writer.get_write_buffer_size(), 0);
        }
        assert!(!reports.borrow().is_empty());
        Ok(())
    });
}
