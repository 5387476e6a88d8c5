//! Writers: who waits for room, and who hears of the end.

use std::io::{ErrorKind, Read};
use std::net::TcpListener;
use std::thread;

use asyncio_runtime::{Result, create_task, gather, sleep};
use asyncio_streams::open_connection;

use crate::common::{half_pair, io_kind, reports, run};

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

// CPython: test_streams.StreamTests.test_drain_raises
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
