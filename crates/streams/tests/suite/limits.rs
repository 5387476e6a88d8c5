//! The greatest number of connections of a server, and connections on which nothing moves.

use std::cell::Cell;
use std::io::Write as _;
use std::os::unix::net::UnixStream;
use std::rc::Rc;

use asyncio_runtime::{Clock, Future, Result, Runner, ValueError, create_task, gather, get_running_loop, sleep};
use asyncio_streams::{
    StreamReader, StreamWriter, open_connection, open_connection_on, open_unix_connection, start_server,
    start_unix_server,
};

use crate::common::{run, until};

/// The number of clients being served, and the largest number at once.
#[derive(Clone, Default)]
struct Count(Rc<(Cell<usize>, Cell<usize>)>);

impl Count {
    /// Answers one line.
    async fn serve(&self, mut reader: StreamReader, writer: StreamWriter) -> Result<()> {
        let (now, most) = &*self.0;
        now.set(now.get() + 1);
        most.set(most.get().max(now.get()));
        writer.write(reader.readline().await?)?;
        writer.drain().await?;
        now.set(now.get() - 1);
        Ok(())
    }

    fn most(&self) -> usize {
        self.0.1.get()
    }
}

/// Sends a line when all clients are there, and waits for the answer.
async fn ask((mut reader, writer): (StreamReader, StreamWriter), all_there: Future<()>) -> Result<()> {
    (&all_there).await?;
    writer.write("ping\n")?;
    assert_eq!(reader.readline().await?, b"ping\n");
    Ok(())
}

async fn ask_all(clients: Vec<(StreamReader, StreamWriter)>) -> Result<()> {
    let all_there = get_running_loop()?.create_future();
    let asking: Vec<_> = clients.into_iter().map(|client| create_task(ask(client, all_there.clone()))).collect();
    // Time for the server to accept one too many, if it does.
    sleep(0.05).await?;
    all_there.set_result(())?;
    gather(asking).await.map(drop)
}

#[test]
fn no_more_clients_are_served_at_once_than_allowed_and_the_others_wait() {
    run(async {
        let count = Count::default();
        let counting = count.clone();
        let serve = async move |reader, writer| counting.serve(reader, writer).await;
        let server = start_server(serve, ["127.0.0.1", "127.0.0.2"], 0).max_connections(3).await?;
        let mut clients = Vec::new();
        for n in 0..12 {
            let address = server.sockets()[n % 2].as_socket().unwrap();
            clients.push(open_connection(address.ip(), address.port()).await?);
        }
        ask_all(clients).await?;
        assert_eq!(count.most(), 3);
        Ok(())
    });
}

#[test]
fn a_unix_server_has_the_same_limits() {
    run(async {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("limits.sock");
        let count = Count::default();
        let counting = count.clone();
        let serve = async move |reader, writer| counting.serve(reader, writer).await;
        let _server = start_unix_server(serve, &path).max_connections(2).idle_timeout(0.5).await?;
        let mut clients = Vec::new();
        for _ in 0..6 {
            clients.push(open_unix_connection(&path).await?);
        }
        ask_all(clients).await?;
        assert_eq!(count.most(), 2);
        let (mut silent, _writer) = open_unix_connection(&path).await?;
        assert_eq!(silent.readline().await?, b"");
        Ok(())
    });
}

#[test]
fn a_client_that_is_gone_counts_as_long_as_its_task_runs() {
    run(async {
        let (begun, lost) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(false)));
        let go = get_running_loop()?.create_future::<()>();
        let (noting, noting_lost, going) = (Rc::clone(&begun), Rc::clone(&lost), go.clone());
        let serve = async move |mut reader: StreamReader, writer: StreamWriter| {
            noting.set(noting.get() + 1);
            writer.write(reader.readline().await?)?;
            writer.close();
            writer.wait_closed().await?;
            noting_lost.set(true);
            (&going).await
        };
        let server = start_server(serve, "127.0.0.1", 0).max_connections(1).await?;
        let port = server.sockets()[0].port().unwrap();
        drop(open_connection("127.0.0.1", port).await?);
        let (mut reader, writer) = open_connection("127.0.0.1", port).await?;
        writer.write("ping\n")?;
        until(|| lost.get()).await?;
        sleep(0.05).await?;
        assert_eq!(begun.get(), 1);
        go.set_result(())?;
        assert_eq!(reader.readline().await?, b"ping\n");
        assert_eq!(begun.get(), 2);
        Ok(())
    });
}

#[test]
fn a_silent_client_is_put_out_and_its_task_reads_the_end() {
    run(async {
        let ended = Rc::new(Cell::new(false));
        let noting = Rc::clone(&ended);
        let serve = async move |mut reader: StreamReader, _writer| {
            assert_eq!(reader.readline().await?, b"half a line");
            noting.set(true);
            Ok(())
        };
        let server = start_server(serve, "127.0.0.1", 0).idle_timeout(0.05).await?;
        let (mut reader, writer) = open_connection("127.0.0.1", server.sockets()[0].port().unwrap()).await?;
        writer.write("half a line")?;
        assert_eq!(reader.read_to_end().await?, b"");
        until(|| ended.get()).await
    });
}

/// No task waits for a descriptor here, so the clock jumps.
#[test]
fn a_connection_is_idle_when_no_byte_comes_or_goes() {
    let check = async {
        let (near, mut far) = UnixStream::pair()?;
        let (mut reader, writer) = open_connection_on(near)?;
        writer.set_idle_timeout(10)?;
        for turn in 0..6 {
            sleep(9.5).await?;
            if turn % 2 == 0 {
                writer.write("!")?;
            } else {
                far.write_all(b"?")?;
                assert_eq!(reader.read(1).await?, b"?");
            }
        }
        sleep(9.99).await?;
        assert!(!writer.is_closing());
        sleep(0.02).await?;
        assert!(writer.is_closing());
        assert_eq!(reader.read(1).await?, b"");
        Ok(())
    };
    Runner::new().clock(Clock::Virtual).run(check).unwrap();
}

#[test]
fn a_limit_can_be_taken_back_and_set_anew() {
    let check = async {
        let (near, _far) = UnixStream::pair()?;
        let (_reader, writer) = open_connection_on(near)?;
        writer.set_idle_timeout(10)?;
        sleep(9).await?;
        writer.set_idle_timeout(None)?;
        sleep(100).await?;
        assert!(!writer.is_closing());
        writer.set_idle_timeout(10)?;
        sleep(9.99).await?;
        assert!(!writer.is_closing());
        sleep(0.02).await?;
        assert!(writer.is_closing());
        Ok(())
    };
    Runner::new().clock(Clock::Virtual).run(check).unwrap();
}

#[test]
fn what_an_idle_peer_has_not_read_is_dropped() {
    run(async {
        let (near, _far) = UnixStream::pair()?;
        let (_reader, writer) = open_connection_on(near)?;
        writer.set_idle_timeout(0.05)?;
        writer.write(vec![0; 8 << 20])?;
        assert!(writer.get_write_buffer_size() > 0);
        writer.close(); // even so: what is kept keeps it open
        writer.wait_closed().await?;
        assert_eq!(writer.get_write_buffer_size(), 0);
        Ok(())
    });
}

#[test]
fn impossible_limits_are_refused() {
    run(async {
        let serve = async |_, _| Ok(());
        let error = start_server(serve, "127.0.0.1", 0).max_connections(0).await.unwrap_err();
        assert_eq!(
            error.downcast_ref::<ValueError>().unwrap().to_string(),
            "max_connections should be at least 1, got 0"
        );
        for seconds in [0.0, -1.0, f64::NAN] {
            let error = start_server(serve, "127.0.0.1", 0).idle_timeout(seconds).await.unwrap_err();
            assert_eq!(error.to_string(), format!("idle_timeout should be a positive number, got {seconds}"));
            let error = start_unix_server(serve, "never.sock").idle_timeout(seconds).await.unwrap_err();
            assert!(error.is::<ValueError>());
            let (near, _far) = UnixStream::pair()?;
            let (_reader, writer) = open_connection_on(near)?;
            assert!(writer.set_idle_timeout(seconds).unwrap_err().is::<ValueError>());
        }
        Ok(())
    });
}
