//! Both directions of a connection: nothing is lost, even if either side cancels, closes, resets or does not read.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use asyncio_runtime::{Result, TimeoutError, create_task, gather, sleep, wait_for};
use asyncio_streams::{StreamReader, StreamWriter, open_connection};
use futures_lite::future::poll_once;

use crate::common::{half_pair, io_kind, pair, pattern, reports, reset, run, until};

async fn echo(mut reader: StreamReader, writer: StreamWriter) -> Result<()> {
    loop {
        let bytes = reader.read(100_000).await?;
        if bytes.is_empty() {
            return Ok(writer.write_eof()?);
        }
        writer.write(&bytes)?;
        writer.drain().await?;
    }
}

// CPython: test_sock_lowlevel.BaseSockTestsMixin.test_huge_content, test_create_connection_sock
#[test]
fn many_bytes_come_back_as_they_went() {
    run(async {
        let bytes = pattern(8 << 20);
        let ((mut reader, writer), (far_reader, far_writer)) = pair()?;
        let server = create_task(echo(far_reader, far_writer));
        let sent = bytes.clone();
        let sending = create_task(async move {
            for chunk in sent.chunks(70_001) {
                writer.write(chunk)?;
                writer.drain().await?;
            }
            writer.write_eof()?;
            // Not dropped before the answer has arrived: the reader holds the connection, too.
            Ok(())
        });
        let back = reader.read_to_end().await?;
        assert!(back == bytes, "{} bytes came back", back.len());
        gather([sending, server]).await?;
        Ok(())
    });
}

/// The system resets a connection that is closed with unread bytes, and then drops what the peer has not read either. In asyncio
/// those bytes were received in the background.
#[test]
fn a_connection_that_is_closed_with_unread_bytes_does_not_lose_the_answer() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let (_reader, writer) = open_connection("127.0.0.1", listener.local_addr()?.port()).await?;
        let mut peer = listener.accept()?.0;
        peer.write_all(b"a question that nobody reads")?;
        sleep(0.001).await?;
        writer.write("the answer")?;
        writer.close();
        writer.wait_closed().await?;
        let mut answer = String::new();
        peer.read_to_string(&mut answer)?;
        assert_eq!(answer, "the answer");
        Ok(())
    });
}

// CPython: test_selector_events.SelectorSocketTransportTests.test_read_ready_eof_keep_open, test_write_eof,
// test_write_eof_buffer
#[test]
fn one_direction_ends_and_the_other_goes_on() {
    run(async {
        let ((mut reader, writer), (mut far_reader, far_writer)) = pair()?;
        assert!(writer.can_write_eof());
        // The end waits until the kept bytes are sent.
        let bytes = pattern(16 << 20);
        writer.write(&bytes)?;
        writer.write_eof()?;
        writer.write_eof()?;
        assert!(writer.get_write_buffer_size() > 0);
        assert_eq!(writer.write("x").unwrap_err().to_string(), "Cannot call write() after write_eof()");
        assert!(far_reader.read_to_end().await? == bytes);
        far_writer.write("the answer")?;
        far_writer.close();
        assert_eq!(reader.read_to_end().await?, b"the answer");
        Ok(())
    });
}

#[test]
fn no_read_loses_bytes_however_often_it_is_cancelled_or_dropped() {
    run(async {
        let bytes = pattern(300_000);
        let (mut plain, (mut reader, _writer)) = half_pair()?;
        let (sent, cancelled) = (bytes.clone(), Arc::new(AtomicUsize::new(0)));
        let seen = Arc::clone(&cancelled);
        let thread = std::thread::spawn(move || {
            for (number, chunk) in sent.chunks(1777).enumerate() {
                // From time to time the reader has to find nothing.
                let before = seen.load(Ordering::Relaxed);
                while number % 12 == 0 && seen.load(Ordering::Relaxed) == before {
                    std::thread::yield_now();
                }
                plain.write_all(chunk).unwrap();
            }
        });
        let mut received = Vec::new();
        for round in 0.. {
            // Each kind of read is started and given up if it has to wait: by a drop, a timeout, or a cancelled task.
            let mut memory = [0; 50];
            let attempt = match round % 5 {
                0 => poll_once(reader.readexactly(3000)).await,
                1 => match wait_for(reader.readexactly(5000), 0.0002).await {
                    Err(error) if error.is::<TimeoutError>() => None,
                    read => Some(read),
                },
                2 => poll_once(reader.readuntil([0, 0])).await,
                3 => {
                    let read = poll_once(reader.readinto(&mut memory)).await;
                    read.map(|n| Ok(memory[..n?].to_vec()))
                }
                _ => poll_once(reader.read(100)).await,
            };
            match attempt {
                None => {
                    cancelled.fetch_add(1, Ordering::Relaxed);
                    sleep(0).await?;
                }
                Some(Ok(bytes)) if bytes.is_empty() => break,
                Some(Ok(bytes)) => received.extend(bytes),
                Some(Err(error)) => match error.downcast_ref::<asyncio_streams::IncompleteReadError>() {
                    Some(incomplete) => received.extend(incomplete.partial()),
                    // No separator within the limit: the bytes are still there.
                    None => assert!(error.is::<asyncio_streams::LimitOverrunError>(), "{error}"),
                },
            }
        }
        assert!(cancelled.load(Ordering::Relaxed) > 10);
        assert!(received == bytes, "{} bytes of {}", received.len(), bytes.len());
        thread.join().unwrap();
        Ok(())
    });
}

// CPython: test_selector_events.SelectorSocketTransportTests.test_write_ready, test_write_ready_partial
#[test]
fn a_cancelled_drain_loses_nothing() {
    run(async {
        let bytes = pattern(16 << 20);
        let (mut plain, (_reader, writer)) = half_pair()?;
        writer.write(&bytes)?;
        for _ in 0..3 {
            assert!(wait_for(writer.drain(), 0.001).await.is_err());
        }
        let thread = std::thread::spawn(move || {
            let mut received = Vec::new();
            plain.read_to_end(&mut received).unwrap();
            received
        });
        writer.drain().await?;
        assert!(writer.get_write_buffer_size() <= 16 * 1024, "drained down to the low mark");
        writer.close();
        writer.wait_closed().await?;
        assert!(thread.join().unwrap() == bytes);
        Ok(())
    });
}

// CPython: test_selector_events.SelectorSocketTransportTests.test_write_ready_tryagain
#[test]
fn a_peer_that_never_reads_cannot_fill_the_memory() {
    run(async {
        let (plain, (_reader, writer)) = half_pair()?;
        let mut written = 0;
        let task = create_task({
            let writer = writer.clone();
            async move {
                loop {
                    writer.write([7; 50_000])?;
                    writer.drain().await?;
                }
                #[allow(unreachable_code)]
                Ok(())
            }
        });
        // Until the sender has to wait.
        until(|| {
            let before = std::mem::replace(&mut written, writer.get_write_buffer_size());
            before > 64 * 1024 && before == written
        })
        .await?;
        assert!(writer.get_write_buffer_size() <= 64 * 1024 + 50_000);
        task.cancel();
        assert!(task.await.unwrap_err().is_cancelled());
        drop(plain);
        Ok(())
    });
}

// CPython: test_selector_events.SelectorSocketTransportTests.test_pause_resume_reading
#[test]
fn who_does_not_read_lets_the_peer_wait() {
    run(async {
        let (mut plain, (mut reader, _writer)) = half_pair()?;
        plain.set_nonblocking(true)?;
        let mut sent = 0;
        let mut stuck = 0;
        while stuck < 100 {
            match plain.write(&[1; 65536]) {
                Ok(n) => (sent, stuck) = (sent + n, 0),
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::WouldBlock);
                    stuck += 1;
                    sleep(0).await?;
                }
            }
        }
        assert!(!format!("{reader:?}").contains("bytes"), "nothing is received that nobody asked for: {reader:?}");
        drop(plain);
        assert_eq!(reader.read_to_end().await?.len(), sent);
        Ok(())
    });
}

#[test]
fn the_water_marks_can_be_moved() {
    run(async {
        let (_plain, (_reader, writer)) = half_pair()?;
        assert_eq!(writer.get_write_buffer_limits(), (16 * 1024, 64 * 1024));
        writer.set_write_buffer_limits(Some(1000), None)?;
        assert_eq!(writer.get_write_buffer_limits(), (250, 1000));
        writer.set_write_buffer_limits(None, Some(10))?;
        assert_eq!(writer.get_write_buffer_limits(), (10, 40));
        let error = writer.set_write_buffer_limits(Some(1), Some(2)).unwrap_err();
        assert_eq!(error.to_string(), "high (1) must be >= low (2) must be >= 0");
        writer.set_write_buffer_limits(Some(0), None)?;
        writer.drain().await?;
        while writer.get_write_buffer_size() == 0 {
            writer.write([0; 65536])?;
        }
        assert!(wait_for(writer.drain(), 0.001).await.is_err());
        Ok(())
    });
}

// CPython: test_selector_events.SelectorTransportTests.test_close_write_buffer,
// SelectorSocketTransportTests.test_write_ready_closing
#[test]
fn closing_sends_what_is_kept() {
    run(async {
        let bytes = pattern(16 << 20);
        let ((_, writer), (mut far_reader, _far_writer)) = pair()?;
        writer.write(&bytes)?;
        assert!(!writer.is_closing());
        writer.close();
        assert!(writer.is_closing());
        let waiting = create_task(async move { writer.wait_closed().await });
        sleep(0).await?;
        assert!(!waiting.done());
        assert!(far_reader.read_to_end().await? == bytes);
        waiting.await?;
        Ok(())
    });
}

// CPython: test_selector_events.SelectorTransportTests.test_abort, test_force_close
#[test]
fn aborting_does_not() {
    run(async {
        let bytes = pattern(16 << 20);
        let ((_, writer), (mut far_reader, _far_writer)) = pair()?;
        writer.write(&bytes)?;
        writer.abort();
        assert_eq!(writer.get_write_buffer_size(), 0);
        writer.wait_closed().await?;
        let received = far_reader.read_to_end().await;
        assert!(received.map_or(true, |received| received.len() < bytes.len()));
        Ok(())
    });
}

#[test]
fn the_last_handle_closes_and_what_was_written_is_sent() {
    run(async {
        let bytes = pattern(16 << 20);
        let ((reader, writer), (mut far_reader, far_writer)) = pair()?;
        writer.write(&bytes)?;
        let other = writer.clone();
        drop((reader, writer));
        other.write("and this")?;
        drop(other);
        let received = far_reader.read_to_end().await?;
        assert!(received.strip_suffix(b"and this") == Some(&bytes));
        // The reader alone holds the connection as well.
        let (mut plain, (mut reader, writer)) = half_pair()?;
        drop(writer);
        plain.write_all(b"still here")?;
        assert_eq!(reader.readexactly(10).await?, b"still here");
        drop(reader);
        sleep(0).await?;
        assert_eq!(plain.read(&mut [0])?, 0);
        drop(far_writer);
        Ok(())
    });
}

// CPython: test_selector_events.SelectorTransportTests.test_close
#[test]
fn reading_is_at_its_end_when_we_close() {
    run(async {
        let ((mut reader, writer), _far) = pair()?;
        let waiting = create_task(async move {
            let bytes = reader.read(10).await?;
            assert!(reader.at_eof());
            Ok(bytes)
        });
        sleep(0).await?;
        writer.close();
        assert_eq!(waiting.await?, b"");
        let ((mut reader, writer), (_far_reader, far_writer)) = pair()?;
        far_writer.write("first, second")?;
        assert_eq!(reader.readuntil(",").await?, b"first,");
        writer.close();
        assert_eq!(reader.read(100).await?, b" second", "what had arrived is there");
        assert_eq!(reader.read(100).await?, b"");
        Ok(())
    });
}

// CPython: test_streams.StreamTests.test_open_connection_error,
// test_selector_events.SelectorTransportTests.test_connection_lost,
// SelectorSocketTransportTests.test_read_ready_conn_reset
#[test]
fn a_reset_is_an_error_here_and_disturbs_nobody_else() {
    run(async {
        let (other, (mut other_reader, other_writer)) = half_pair()?;
        let (plain, (mut reader, writer)) = half_pair()?;
        let waiting = create_task(async move { Ok((reader.read(10).await, reader)) });
        sleep(0).await?;
        reset(plain)?;
        let (read, mut reader) = waiting.await?;
        assert_eq!(io_kind(&read.unwrap_err()), Some(ErrorKind::ConnectionReset));
        assert_eq!(io_kind(&reader.read(10).await.unwrap_err()), Some(ErrorKind::ConnectionReset));
        assert_eq!(io_kind(&reader.exception().unwrap()), Some(ErrorKind::ConnectionReset));
        assert!(writer.is_closing());
        writer.write("into the void")?;
        assert_eq!(io_kind(&writer.drain().await.unwrap_err()), Some(ErrorKind::ConnectionReset));
        assert_eq!(io_kind(&writer.wait_closed().await.unwrap_err()), Some(ErrorKind::ConnectionReset));
        (&other).write_all(b"fine")?;
        assert_eq!(other_reader.read(10).await?, b"fine");
        other_writer.write("fine")?;
        Ok(())
    });
}

// CPython: test_selector_events.SelectorSocketTransportTests.test_write_ready_exception, test_write_sendmsg_OSError
#[test]
fn a_sender_hears_of_a_peer_that_has_gone() {
    run(async {
        let (plain, (_reader, writer)) = half_pair()?;
        reset(plain)?;
        let error = loop {
            writer.write([0; 1000])?;
            if let Err(error) = writer.drain().await {
                break error;
            }
            sleep(0.001).await?;
        };
        let kind = io_kind(&error).unwrap();
        assert!([ErrorKind::ConnectionReset, ErrorKind::BrokenPipe].contains(&kind), "{kind:?}");
        // Also one that waits in `drain` for room.
        let (plain, (_reader, writer)) = half_pair()?;
        writer.write(vec![0; 16 << 20])?;
        let draining = create_task(async move { writer.drain().await });
        sleep(0.002).await?;
        assert!(!draining.done());
        reset(plain)?;
        assert!(draining.await.is_err());
        Ok(())
    });
}

// CPython: test_selector_events.SelectorSocketTransportTests.test_write_exception, test_write_closing
#[test]
fn writing_into_a_closed_connection_is_reported_from_the_sixth_time_on() {
    run(async {
        let reports = reports()?;
        let (_plain, (_reader, writer)) = half_pair()?;
        writer.close();
        writer.wait_closed().await?;
        for _ in 0..7 {
            writer.write("x")?;
        }
        assert_eq!(*reports.borrow(), ["socket.send() raised exception."; 2]);
        let error = writer.drain().await.unwrap_err();
        assert_eq!(error.to_string(), "Connection lost");
        assert_eq!(io_kind(&error), Some(ErrorKind::ConnectionReset));
        Ok(())
    });
}

// CPython: test_selector_events.SelectorSocketTransportTests.test_read_ready
#[test]
fn the_end_is_seen_without_reading() {
    run(async {
        let (mut plain, (mut reader, _writer)) = half_pair()?;
        plain.write_all(b"last\n")?;
        plain.shutdown(Shutdown::Write)?;
        assert!(!reader.at_eof());
        assert_eq!(reader.readline().await?, b"last\n");
        // The usual loop, `while not reader.at_eof()`, must not read an empty line at the end.
        sleep(0.001).await?;
        assert!(reader.at_eof());
        Ok(())
    });
}

#[test]
fn both_ends_know_where_they_are() {
    run(async {
        let (plain, (_reader, writer)) = half_pair()?;
        let (near, far) = (plain.peer_addr()?, plain.local_addr()?);
        assert_eq!(writer.sockname(), near.into());
        assert_eq!(writer.peername(), far.into());
        writer.close();
        writer.wait_closed().await?;
        assert_eq!((writer.sockname(), writer.peername()), (near.into(), far.into()));
        assert!(!writer.can_write_eof());
        let expected = format!("<StreamWriter transport=<Connection closed peername=('127.0.0.1', {})>>", far.port());
        assert_eq!(format!("{writer:?}"), expected);
        Ok(())
    });
}

#[test]
fn several_tasks_write_to_one_connection() {
    run(async {
        let (mut plain, (_reader, writer)) = half_pair()?;
        let tasks: Vec<_> = (0..20u8)
            .map(|who| {
                let writer = writer.clone();
                create_task(async move {
                    for _ in 0..50 {
                        writer.writelines([[who; 100], [who; 100]])?;
                        writer.drain().await?;
                    }
                    Ok(())
                })
            })
            .collect();
        let thread = std::thread::spawn(move || {
            let mut received = Vec::new();
            plain.read_to_end(&mut received).unwrap();
            received
        });
        gather(tasks).await?;
        writer.close();
        writer.wait_closed().await?;
        let received = thread.join().unwrap();
        assert_eq!(received.len(), 20 * 50 * 200);
        assert!(received.chunks(200).all(|chunk| chunk.iter().all(|byte| *byte == chunk[0])));
        Ok(())
    });
}
