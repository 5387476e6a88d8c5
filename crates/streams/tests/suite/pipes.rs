//! Streams over pipes.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::process::Command;

use asyncio_runtime::{Result, create_task, sleep, wait_for};
use asyncio_streams::{connect_read_pipe, connect_write_pipe, stderr, stdin, stdout};
use rustix::fs::{OFlags, fcntl_getfl};

use crate::common::{io_kind, pattern, run, until};

// CPython: test_unix_events.UnixWritePipeTransportTests.test_write_partial, test_write_again, test__write_ready,
// test__write_ready_partial, test__write_ready_again
#[test]
fn what_a_pipe_has_no_room_for_is_kept_and_written_when_there_is_some() {
    run(async {
        let (mut near, far) = std::io::pipe()?;
        let writer = connect_write_pipe(far)?;
        let bytes = pattern(1 << 20);
        // The pipe takes a part of the first write, and nothing of the second.
        writer.write(&bytes[..bytes.len() - 4])?;
        let kept = writer.get_write_buffer_size();
        assert!(0 < kept && kept < bytes.len() - 4);
        writer.write(&bytes[bytes.len() - 4..])?;
        sleep(0.002).await?;
        assert_eq!(writer.get_write_buffer_size(), kept + 4);
        // Each time that there is room, a part of the rest follows, in order.
        let (mut received, mut left) = (vec![0; bytes.len()], kept + 4);
        let mut read = 0;
        while left > 0 {
            read += near.read(&mut received[read..])?;
            let before = left;
            until(|| writer.get_write_buffer_size() < before).await?;
            left = writer.get_write_buffer_size();
        }
        near.read_exact(&mut received[read..])?;
        assert!(received == bytes);
        assert!(!writer.is_closing());
        Ok(())
    });
}

#[test]
fn megabytes_go_through_a_pipe() {
    run(async {
        let (near, far) = std::io::pipe()?;
        let (mut reader, writer) = (connect_read_pipe(near, None)?, connect_write_pipe(far)?);
        let bytes = pattern(4 << 20);
        let sent = bytes.clone();
        let sending = create_task(async move {
            for chunk in sent.chunks(50_000) {
                writer.write(chunk)?;
                writer.drain().await?;
            }
            writer.close();
            writer.wait_closed().await
        });
        assert!(reader.read_to_end().await? == bytes);
        sending.await
    });
}

// CPython: test_unix_events.UnixWritePipeTransportTests.test_can_write_eof, test_write_eof, test_write_eof_pending,
// test__write_ready_closing
#[test]
fn the_end_of_a_pipe_s_data_closes_it() {
    run(async {
        let (mut near, far) = std::io::pipe()?;
        let writer = connect_write_pipe(far)?;
        assert!(writer.can_write_eof());
        let bytes = pattern(1 << 20);
        writer.write(&bytes)?;
        assert!(writer.get_write_buffer_size() > 0 && !writer.is_closing());
        writer.write_eof()?;
        // At once, although bytes are kept; the connection goes only after these.
        assert!(writer.is_closing());
        sleep(0).await?;
        assert!(writer.with_socket(|_| ()).is_some());
        let thread = std::thread::spawn(move || {
            let mut received = Vec::new();
            near.read_to_end(&mut received).map(|_| received)
        });
        writer.wait_closed().await?;
        assert!(writer.with_socket(|_| ()).is_none());
        assert!(thread.join().unwrap()? == bytes);
        // Nothing is kept: lost one iteration later.
        let (mut near, far) = std::io::pipe()?;
        let writer = connect_write_pipe(far)?;
        writer.write_eof()?;
        assert!(writer.is_closing());
        sleep(0).await?;
        assert_eq!(near.read(&mut [0])?, 0);
        Ok(())
    });
}

// CPython: test_unix_events.UnixWritePipeTransportTests.test__write_ready_err
#[test]
fn a_pipe_that_nobody_reads_is_broken() {
    run(async {
        let (near, far) = std::io::pipe()?;
        let writer = connect_write_pipe(far)?;
        writer.write(vec![0; 1 << 20])?;
        let draining = create_task({
            let writer = writer.clone();
            async move { writer.drain().await }
        });
        sleep(0).await?;
        assert!(!draining.done());
        drop(near);
        assert_eq!(io_kind(&draining.await.unwrap_err()), Some(ErrorKind::BrokenPipe));
        assert_eq!(io_kind(&writer.wait_closed().await.unwrap_err()), Some(ErrorKind::BrokenPipe));
        Ok(())
    });
}

// CPython: test_events.EventLoopTestsMixin.test_read_pipe,
// test_unix_events.UnixReadPipeTransportTests.test__read_ready, test__read_ready_eof, test__read_ready_blocked
#[test]
fn small_pieces_arrive_one_by_one() {
    run(async {
        let (near, mut far) = std::io::pipe()?;
        let mut reader = connect_read_pipe(near, Some(10))?;
        for word in ["one\n", "two\n"] {
            assert!(wait_for(reader.readline(), 0.001).await.is_err());
            far.write_all(word.as_bytes())?;
            assert_eq!(reader.readline().await?, word.as_bytes());
        }
        far.write_all(b"longer than ten bytes\n")?;
        assert!(reader.readline().await.is_err());
        drop(far);
        assert_eq!(reader.read_to_end().await?, b"");
        let refused: Result<_> = connect_read_pipe(std::io::pipe()?.0, Some(0));
        assert!(refused.is_err());
        Ok(())
    });
}

#[test]
fn the_output_of_a_child_is_read_whatever_the_limit() {
    run(async {
        let (near, far) = std::io::pipe()?;
        let mut reader = connect_read_pipe(near, Some(1))?;
        let mut child = Command::new("printf").arg("data").stdout(far).spawn()?;
        child.wait()?;
        assert_eq!(reader.read_to_end().await?, b"data");
        Ok(())
    });
}

#[test]
fn what_never_waits_is_read_and_written_at_once() {
    run(async {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("file");
        let writer = connect_write_pipe(File::create(&path)?)?;
        let bytes = pattern(1 << 20);
        writer.write(&bytes)?;
        assert_eq!(writer.get_write_buffer_size(), 0);
        writer.drain().await?;
        writer.close();
        writer.wait_closed().await?;
        let mut reader = connect_read_pipe(File::open(&path)?, None)?;
        assert_eq!(reader.read(10).await?, bytes[..10]);
        assert!(reader.read_to_end().await? == bytes[10..]);

        let mut reader = connect_read_pipe(File::open("/dev/null")?, None)?;
        assert_eq!(reader.readline().await?, b"");
        let writer = connect_write_pipe(File::options().write(true).open("/dev/null")?)?;
        writer.write("nowhere")?;
        writer.drain().await?;
        writer.write_eof()?;
        writer.wait_closed().await?;
        let full = connect_write_pipe(File::options().write(true).open("/dev/full")?)?;
        full.write("too much")?;
        assert_eq!(io_kind(&full.wait_closed().await.unwrap_err()), Some(ErrorKind::StorageFull));
        let folder = connect_read_pipe(File::open(folder.path())?, None)?.read(1).await;
        assert_eq!(io_kind(&folder.unwrap_err()), Some(ErrorKind::IsADirectory));
        Ok(())
    });
}

fn is_blocking(end: impl AsFd) -> bool {
    !fcntl_getfl(end).unwrap().contains(OFlags::NONBLOCK)
}

#[test]
fn the_mode_of_what_others_share_stays_as_it_is() {
    run(async {
        let pair = std::os::unix::net::UnixStream::pair()?;
        let pipe = std::io::pipe()?;
        let ends: [(OwnedFd, OwnedFd); 2] = [(pair.0.into(), pair.1.into()), (pipe.0.into(), pipe.1.into())];
        for (near, far) in ends {
            let (near_too, far_too) = (near.try_clone()?, far.try_clone()?);
            let (mut reader, writer) = (connect_read_pipe(near, None)?, connect_write_pipe(far)?);
            // More than fits, so that both sides wait.
            let bytes = pattern(1 << 20);
            writer.write(&bytes)?;
            assert!(writer.get_write_buffer_size() > 0, "no write may block");
            writer.write("end\n")?;
            assert!(reader.readexactly(bytes.len()).await? == bytes);
            assert_eq!(reader.readline().await?, b"end\n");
            assert!(wait_for(reader.read(1), 0.001).await.is_err(), "no read may block");
            assert!(is_blocking(&near_too) && is_blocking(&far_too));
            // And other code can use it meanwhile.
            File::from(far_too).write_all(b"from another")?;
            assert_eq!(reader.read(100).await?, b"from another");
            writer.close();
            writer.wait_closed().await?;
            assert!(is_blocking(&near_too));
        }
        Ok(())
    });
}

#[test]
fn the_standard_streams_stay_open_and_as_they_were() {
    run(async {
        let before = [is_blocking(std::io::stdin()), is_blocking(std::io::stdout()), is_blocking(std::io::stderr())];
        let reader = stdin(Some(100))?;
        for writer in [stdout()?, stderr()?] {
            writer.write("")?;
            writer.drain().await?;
            let now = [is_blocking(std::io::stdin()), is_blocking(std::io::stdout()), is_blocking(std::io::stderr())];
            assert_eq!(now, before);
            writer.close();
            writer.wait_closed().await?;
        }
        drop(reader);
        let now = [is_blocking(std::io::stdin()), is_blocking(std::io::stdout()), is_blocking(std::io::stderr())];
        assert_eq!(now, before);
        Ok(())
    });
}
