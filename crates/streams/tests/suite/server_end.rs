//! How servers end: closed, cancelled, with clients or without; the cases of CPython's `test_server.py`.

use std::cell::RefCell;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Waker};
use std::thread;

use asyncio_context_managers::async_with;
use asyncio_runtime::{ContextVar, Result, Task, create_task, current_task, get_running_loop, sleep};
use asyncio_streams::{Server, StreamReader, StreamWriter, open_connection, start_server, start_unix_server};

use crate::common::{close, pattern, reports, run};

/// Reads to the end, and then closes.
async fn serve(mut reader: StreamReader, writer: StreamWriter) -> Result<()> {
    let read = reader.read_to_end().await;
    writer.close();
    writer.wait_closed().await?;
    read.map(drop)
}

async fn connect(server: &Server) -> Result<(StreamReader, StreamWriter)> {
    open_connection("127.0.0.1", server.sockets()[0].port().unwrap()).await
}

fn wait_closed(server: &Server) -> Task<()> {
    let server = server.clone();
    create_task(async move { server.wait_closed().await })
}

/// The task of `serve_forever`, for a handler that cancels it.
type Serving = Rc<RefCell<Option<Task<()>>>>;

/// A handler that cancels the task of `serve_forever` when it has read a line.
fn last_client(serving: &Serving) -> impl AsyncFn(StreamReader, StreamWriter) -> Result<()> + 'static {
    let serving = Rc::clone(serving);
    async move |mut reader, writer| {
        reader.readline().await?;
        serving.take().unwrap().cancel();
        writer.write("1")?;
        writer.close();
        writer.wait_closed().await
    }
}

/// A client that runs outside of the loop.
fn send_a_line(mut stream: impl Read + Write) -> io::Result<()> {
    stream.write_all(&[&[b'1'; 5 * 1024][..], b"\n"].concat())?;
    stream.read_exact(&mut [0])
}

async fn ends_by_a_cancellation(
    server: Server,
    serving: Serving,
    client: impl FnOnce() -> io::Result<()> + Send + 'static,
) -> Result<()> {
    assert!(!server.is_serving());
    let main = create_task({
        let server = server.clone();
        async move {
            async_with(server, async |server| {
                assert!(!server.is_serving());
                server.start_serving().await?;
                assert!(server.is_serving());
                let client = thread::spawn(client);
                let ended = server.serve_forever().await;
                client.join().unwrap()?;
                ended
            })
            .await
            .map(drop)
        }
    });
    serving.replace(Some(main.clone()));
    assert!(main.await.unwrap_err().is_cancelled());
    assert_eq!(server.sockets(), []);
    assert!(!server.is_serving());
    let error = server.serve_forever().await.unwrap_err();
    assert!(error.to_string().ends_with("is closed"), "{error}");
    Ok(())
}

// CPython: test_server.BaseStartServer.test_start_server_1
#[test]
fn a_handler_ends_the_server() {
    run(async {
        let serving = Serving::default();
        let server = start_server(last_client(&serving), "127.0.0.1", 0).start_serving(false).await?;
        let address = server.sockets()[0].as_socket().unwrap();
        ends_by_a_cancellation(server, serving, move || send_a_line(TcpStream::connect(address)?)).await
    });
}

// CPython: test_server.SelectorStartServerTests.test_start_unix_server_1
#[test]
fn a_handler_ends_the_server_of_a_unix_socket() {
    run(async {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("server");
        let serving = Serving::default();
        let server = start_unix_server(last_client(&serving), &path).start_serving(false).await?;
        ends_by_a_cancellation(server, serving, move || send_a_line(UnixStream::connect(path)?)).await
    });
}

// CPython: test_server.TestServer2.test_wait_closed_basic
#[test]
fn it_is_closed_when_it_was_told_to_and_nobody_is_there() {
    run(async {
        let server = start_server(serve, "127.0.0.1", 0).await?;
        let mut waiting = vec![wait_closed(&server)];
        sleep(0).await?;
        assert!(!waiting[0].done(), "nobody is there, and it was not told to close");
        let (_reader, writer) = connect(&server).await?;
        waiting.push(wait_closed(&server));
        // Until it has accepted the client.
        sleep(0.002).await?;
        assert!(waiting.iter().all(|waiting| !waiting.done()));
        server.close();
        waiting.push(wait_closed(&server));
        sleep(0).await?;
        sleep(0).await?;
        assert!(waiting.iter().all(|waiting| !waiting.done()), "a client is there");
        writer.close();
        writer.wait_closed().await?;
        for waiting in waiting {
            waiting.await?;
        }
        server.wait_closed().await
    });
}

// CPython: test_server.TestServer2.test_wait_closed_race
#[test]
fn server_and_client_close_at_the_same_time() {
    run(async {
        let server = start_server(serve, "127.0.0.1", 0).await?;
        let waiting = wait_closed(&server);
        sleep(0).await?;
        assert!(!waiting.done());
        let (_reader, writer) = connect(&server).await?;
        let event_loop = get_running_loop()?;
        let closing = server.clone();
        event_loop.call_soon(move || closing.close())?;
        event_loop.call_soon(move || writer.close())?;
        server.wait_closed().await
    });
}

// CPython: test_server.TestServer2.test_close_clients
#[test]
fn closing_its_clients_takes_two_iterations() {
    run(async {
        let server = start_server(serve, "127.0.0.1", 0).await?;
        let (_reader, _writer) = connect(&server).await?;
        let waiting = wait_closed(&server);
        // Until it has accepted the client.
        sleep(0.002).await?;
        assert!(!waiting.done());
        server.close();
        server.close_clients();
        sleep(0).await?;
        assert!(!waiting.done());
        sleep(0).await?;
        assert!(waiting.done());
        Ok(())
    });
}

// CPython: test_server.TestServer2.test_abort_clients
#[test]
fn aborting_its_clients_does_not_wait_for_what_they_do_not_read() {
    run(async {
        let stuck = get_running_loop()?.create_future();
        let is_stuck = stuck.clone();
        let handler = async move |_reader, writer: StreamWriter| {
            writer.write(vec![b'a'; 16 << 20])?;
            assert!(writer.get_write_buffer_size() > 0);
            is_stuck.set_result(())?;
            writer.wait_closed().await
        };
        let server = start_server(handler, "127.0.0.1", 0).await?;
        let (_reader, _writer) = connect(&server).await?;
        stuck.await?;
        let waiting = wait_closed(&server);
        sleep(0).await?;
        assert!(!waiting.done());
        server.close();
        server.abort_clients();
        sleep(0).await?;
        sleep(0).await?;
        assert!(waiting.done());
        Ok(())
    });
}

// CPython: test_streams.StreamTests.test_unhandled_cancel
#[test]
fn a_handler_that_is_cancelled_is_no_error() {
    run(async {
        let reports = reports()?;
        let cancels_itself = async |_, writer: StreamWriter| {
            writer.close();
            current_task().unwrap().unwrap().cancel();
            Ok(())
        };
        let server = start_server(cancels_itself, "127.0.0.1", 0).await?;
        let (_reader, writer) = connect(&server).await?;
        writer.write("test msg")?;
        writer.drain().await?;
        close(&writer, &server).await?;
        assert_eq!(*reports.borrow(), [""; 0]);
        Ok(())
    });
}

// CPython: test_server.TestServer2.test_close_with_hanging_client
#[test]
fn clients_are_closed_when_serving_is_cancelled() {
    run(async {
        for closed_by_another in [false, true] {
            let seen = Rc::new(RefCell::new(Vec::new()));
            let handler = {
                let seen = Rc::clone(&seen);
                async move |mut reader: StreamReader, writer: StreamWriter| {
                    let read = reader.read(10).await?;
                    seen.borrow_mut().push(format!("read {read:?}, closing {}", writer.is_closing()));
                    Ok(())
                }
            };
            let server = start_server(handler, "127.0.0.1", 0).await?;
            let serving = create_task({
                let server = server.clone();
                async move { server.serve_forever().await }
            });
            let (mut reader, _silent) = connect(&server).await?;
            sleep(0.002).await?;
            if closed_by_another {
                server.close();
            } else {
                serving.cancel();
            }
            assert!(serving.await.unwrap_err().is_cancelled());
            seen.borrow_mut().push("over".to_owned());
            assert_eq!(reader.read_to_end().await?, b"");
            assert_eq!(*seen.borrow(), ["read [], closing true", "over"]);
            server.wait_closed().await?;
            assert!(!server.is_serving());
        }
        Ok(())
    });
}

#[test]
fn what_was_written_is_sent_before_the_server_ends() {
    run(async {
        let data = pattern(3 << 20);
        let handler = {
            let data = data.clone();
            async move |mut reader: StreamReader, writer: StreamWriter| {
                writer.write(&data)?;
                reader.read(1).await.map(drop)
            }
        };
        let server = start_server(handler, "127.0.0.1", 0).await?;
        let serving = create_task({
            let server = server.clone();
            async move { server.serve_forever().await }
        });
        let (mut reader, _writer) = connect(&server).await?;
        assert_eq!(reader.readexactly(10).await?, data[..10]);
        serving.cancel();
        assert_eq!(reader.read_to_end().await?, data[10..]);
        assert!(serving.await.unwrap_err().is_cancelled());
        Ok(())
    });
}

#[test]
fn serving_that_is_dropped_can_begin_again() {
    run(async {
        let server = start_server(serve, "127.0.0.1", 0).await?;
        let (_reader, _writer) = connect(&server).await?;
        {
            let mut serving = pin!(server.serve_forever());
            assert!(serving.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
            let error = server.serve_forever().await.unwrap_err();
            assert!(error.to_string().ends_with("is already being awaited on serve_forever()"), "{error}");
        }
        assert!(server.is_serving());
        let serving = create_task({
            let server = server.clone();
            async move { server.serve_forever().await }
        });
        sleep(0).await?;
        serving.cancel();
        assert!(serving.await.unwrap_err().is_cancelled());
        Ok(())
    });
}

static PLACE: ContextVar<u32> = ContextVar::with_default("place", || 0);

// CPython: test_server_context.ServerContextvarsTestCase.test_start_server1, test_start_server2, test_start_server3
#[test]
fn handlers_run_in_copies_of_the_context_in_which_the_server_was_made() {
    run(async {
        let seen = Rc::new(RefCell::new(Vec::new()));
        let handler = {
            let seen = Rc::clone(&seen);
            async move |mut reader: StreamReader, _| {
                seen.borrow_mut().push(PLACE.get()?);
                PLACE.set(10 + PLACE.get()?);
                reader.read_to_end().await.map(drop)
            }
        };
        PLACE.set(1);
        let server = start_server(handler, "127.0.0.1", 0).start_serving(false).await?;
        PLACE.set(2);
        server.start_serving().await?;
        PLACE.set(3);
        for _ in 0..2 {
            let (mut reader, writer) = connect(&server).await?;
            writer.write_eof()?;
            reader.read_to_end().await?;
        }
        assert_eq!((&seen.borrow()[..], PLACE.get()?), (&[1, 1][..], 3));
        Ok(())
    });
}
