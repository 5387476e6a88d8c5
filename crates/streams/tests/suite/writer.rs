//! Writers: which tasks wait for room, and which are told about the end.

use std::io::{ErrorKind, Read};
use std::net::{TcpListener, TcpStream};
use std::pin::pin;
use std::task::{Context, Waker};
use std::thread;

use asyncio_runtime::{Result, create_task, gather, sleep};
use asyncio_streams::open_connection;

use crate::common::{half_pair, io_kind, pattern, reports, reset, run};

// CPython: test_streams.StreamTests.test_multiple_drain
#[test]
fn many_wait_for_room() {
    run(async {
        let (mut plain, (_reader, writer)) = half_pair()?;
        writer.write(vec![0; 16 << 20])?;
        let drains: Vec<_> = (0..10)
            .map(|_| {
                let writer = writer.clone();
                create_task(async move { writer.drain().await })
            })
            .collect();
        sleep(0.002).await?;
        assert!(drains.iter().all(|drain| !drain.done()));
        let thread = thread::spawn(move || plain.read_exact(&mut vec![0; 16 << 20]));
        gather(drains).await?;
        thread.join().unwrap()?;
        Ok(())
    });
}

/// As on CPython: a transport has its protocol go on when no more than the low mark is left.
#[test]
fn a_task_that_waits_for_room_goes_on_at_the_low_mark() {
    run(async {
        const MEGABYTE: usize = 1 << 20;
        let (mut plain, (_reader, writer)) = half_pair()?;
        writer.set_write_buffer_limits(Some(16 * MEGABYTE), Some(8 * MEGABYTE))?;
        writer.write(vec![0; 48 * MEGABYTE])?;
        let drain = create_task({
            let writer = writer.clone();
            async move { writer.drain().await }
        });
        sleep(0).await?;
        let (mut between, mut piece) = (false, vec![0; MEGABYTE / 4]);
        while writer.get_write_buffer_size() > 8 * MEGABYTE {
            assert!(!drain.done());
            between |= writer.get_write_buffer_size() < 16 * MEGABYTE;
            plain.read_exact(&mut piece)?;
            sleep(0.001).await?;
        }
        assert!(between, "it was never between the marks");
        assert!(writer.get_write_buffer_size() > 0 && drain.done());
        writer.abort();
        Ok(())
    });
}

#[test]
fn what_is_written_when_there_is_room_again_comes_after_what_is_kept() {
    run(async {
        let (mut plain, (_reader, writer)) = half_pair()?;
        let mut bytes = pattern(16 << 20);
        writer.write(&bytes)?;
        let kept = writer.get_write_buffer_size();
        assert!(kept > 0);
        // Makes room. In one of the iterations the loop knows of it, and has not yet written what is kept.
        let mut received = vec![0; bytes.len() - kept];
        plain.read_exact(&mut received)?;
        for n in 0..200 {
            writer.write([n])?;
            bytes.push(n);
            sleep(0).await?;
        }
        let rest = read_all(plain);
        writer.close();
        writer.wait_closed().await?;
        received.extend(rest.join().unwrap()?);
        assert!(received == bytes);
        Ok(())
    });
}

/// As on CPython: a protocol is paused by more than the high mark.
#[test]
fn no_task_waits_for_room_while_the_buffer_is_full_up_to_the_high_mark() {
    run(async {
        let (_plain, (_reader, writer)) = half_pair()?;
        writer.set_write_buffer_limits(Some(64 << 20), None)?;
        while writer.get_write_buffer_size() == 0 {
            writer.write([0; 65536])?;
        }
        writer.set_write_buffer_limits(Some(writer.get_write_buffer_size() + 10), None)?;
        let has_room = || pin!(writer.drain()).poll(&mut Context::from_waker(Waker::noop())).is_ready();
        writer.write([0; 10])?;
        assert!(has_room());
        writer.write([0])?;
        assert!(!has_room());
        writer.abort();
        Ok(())
    });
}

// CPython: test_streams.StreamTests.test_drain_raises, test_selector_events.SelectorTransportTests.test_fatal_error
#[test]
fn writing_and_draining_without_end_ends_with_the_connection() {
    run(async {
        let reports = reports()?;
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let server = thread::spawn(move || drop(listener.accept().unwrap()));
        let (_reader, writer) = open_connection("127.0.0.1", port).await?;
        let endless: Result<()> = async {
            loop {
                writer.write("foo\n")?;
                writer.drain().await?;
            }
        }
        .await;
        let kind = io_kind(&endless.unwrap_err()).unwrap();
        let known = [ErrorKind::ConnectionReset, ErrorKind::ConnectionAborted, ErrorKind::BrokenPipe];
        assert!(known.contains(&kind), "{kind:?}");
        server.join().unwrap();
        assert_eq!(*reports.borrow(), [""; 0]);
        Ok(())
    });
}

// CPython: test_streams.StreamTests.test___repr__transport
#[test]
fn both_ends_print_the_connection() {
    run(async {
        let (plain, (reader, writer)) = half_pair()?;
        let peer = plain.local_addr()?.port();
        let connection = format!("<Connection peername=('127.0.0.1', {peer})>");
        assert_eq!(format!("{reader:?}"), format!("<StreamReader transport={connection}>"));
        assert_eq!(format!("{writer:?}"), format!("<StreamWriter transport={connection}>"));
        Ok(())
    });
}

/// Starts a thread that reads to the end.
fn read_all(mut plain: TcpStream) -> thread::JoinHandle<std::io::Result<Vec<u8>>> {
    thread::spawn(move || {
        let mut received = Vec::new();
        plain.read_to_end(&mut received).map(|_| received)
    })
}

// CPython: test_selector_events.SelectorSocketTransportTests.test_write, test_write_bytearray, test_write_memoryview,
// test_write_no_data, test_write_buffer, test_write_partial, test_write_partial_bytearray,
// test_write_partial_memoryview, test_write_tryagain, test_write_sendmsg_no_data
#[test]
fn whatever_lends_its_bytes_is_written_at_once_as_far_as_there_is_room() {
    run(async {
        let (plain, (_reader, writer)) = half_pair()?;
        let mut expected = b"text, a list, a slice".to_vec();
        writer.write("text, ")?;
        writer.write(b"a list, ")?;
        writer.write(&expected[14..])?;
        assert_eq!(writer.get_write_buffer_size(), 0);
        // More bytes than the system takes: the rest is kept in order, and the caller's bytes are unchanged.
        let long = pattern(8 << 20);
        writer.write(&long)?;
        let kept = writer.get_write_buffer_size();
        assert!(0 < kept && kept < long.len());
        writer.write("")?;
        assert_eq!(writer.get_write_buffer_size(), kept);
        writer.write(&long[..1000])?;
        writer.write(&long[..2000])?;
        assert_eq!(writer.get_write_buffer_size(), kept + 3000);
        assert!(long == pattern(8 << 20));
        for piece in [&long[..], &long[..1000], &long[..2000]] {
            expected.extend_from_slice(piece);
        }
        writer.close();
        let thread = read_all(plain);
        writer.wait_closed().await?;
        assert!(thread.join().unwrap()? == expected);
        Ok(())
    });
}

// CPython: test_events.EventLoopTestsMixin.test_writelines_empty_chunk,
// test_selector_events.SelectorSocketTransportTests.test_writelines_sendmsg_full, test_writelines_sendmsg_partial,
// test_writelines_send_full, test_writelines_send_partial, test_writelines_pauses_protocol, test_write_sendmsg_full,
// test_write_sendmsg_partial, test_write_sendmsg_half_buffer
#[test]
fn pieces_are_written_in_their_order_and_an_empty_one_keeps_nothing_open() {
    run(async {
        let (plain, (_reader, writer)) = half_pair()?;
        writer.writelines([&b"data"[..], b""])?;
        assert_eq!(writer.get_write_buffer_size(), 0);
        // Some pieces end within the bytes that the system takes at once.
        let long = pattern(8 << 20);
        writer.writelines(long.chunks(70_001).chain([&b""[..]]))?;
        assert!(writer.get_write_buffer_size() > 64 * 1024);
        let draining = create_task({
            let writer = writer.clone();
            async move { writer.drain().await }
        });
        sleep(0.002).await?;
        assert!(!draining.done());
        let thread = read_all(plain);
        draining.await?;
        writer.writelines([&b""[..], b"end"])?;
        writer.close();
        writer.wait_closed().await?;
        let received = thread.join().unwrap()?;
        assert!(received.strip_prefix(b"data").and_then(|rest| rest.strip_suffix(b"end")) == Some(&long));
        Ok(())
    });
}

// CPython: test_selector_events.SelectorSocketTransportTests.test_writelines_after_connection_lost,
// test_write_eof_after_close
#[test]
fn after_the_end_nothing_is_kept_and_nothing_fails() {
    run(async {
        let (plain, (_reader, writer)) = half_pair()?;
        reset(plain)?;
        while !writer.is_closing() {
            writer.write("data1")?;
            sleep(0.001).await?;
        }
        writer.writelines(["data2"])?;
        assert_eq!(writer.get_write_buffer_size(), 0);
        assert!(writer.wait_closed().await.is_err());
        writer.writelines(["data2"])?;
        assert_eq!(writer.get_write_buffer_size(), 0);
        let (_plain, (_reader, writer)) = half_pair()?;
        writer.close();
        writer.wait_closed().await?;
        writer.write_eof()?;
        Ok(())
    });
}
