//! Servers: where they listen, when they end, and what happens to their connections.

use std::cell::Cell;
use std::io::ErrorKind;
use std::net::{TcpListener, UdpSocket};
use std::rc::Rc;

use asyncio_context_managers::async_with;
use asyncio_runtime::{Result, RuntimeError, create_task, sleep, wait_for};
use asyncio_streams::{Family, Server, StreamReader, StreamWriter, open_connection, start_server, start_server_on};

use crate::common::{io_kind, reports, run, until};

async fn echo_line(mut reader: StreamReader, writer: StreamWriter) -> Result<()> {
    while let line = reader.readline().await?
        && !line.is_empty()
    {
        writer.write(&line)?;
        writer.drain().await?;
    }
    Ok(())
}

fn port(server: &Server) -> u16 {
    server.sockets()[0].port().unwrap()
}

async fn ask(port: u16) -> Result<()> {
    let (mut reader, writer) = open_connection("127.0.0.1", port).await?;
    writer.write("ping\n")?;
    assert_eq!(reader.readline().await?, b"ping\n");
    Ok(())
}

// CPython: test_base_events.BaseEventLoopWithSelectorTests.test_create_server_ipv6, test_create_server_empty_host,
// test_events.EventLoopTestsMixin.test_create_server_multiple_hosts_ipv4, test_create_server_multiple_hosts_ipv6
#[test]
fn it_listens_at_several_hosts() {
    run(async {
        let server = start_server(echo_line, ["127.0.0.1", "127.0.0.2", "127.0.0.1"], 0).await?;
        assert!(server.is_serving());
        let sockets = server.sockets();
        assert_eq!(sockets.len(), 2, "{sockets:?}");
        for socket in &sockets {
            let address = socket.as_socket().unwrap();
            let (mut reader, writer) = open_connection(address.ip(), address.port()).await?;
            writer.write("ping\n")?;
            assert_eq!(reader.readline().await?, b"ping\n");
        }
        let everywhere = start_server(echo_line, None::<&str>, 0).family(Family::Inet).await?;
        assert_eq!(everywhere.sockets()[0].to_string(), format!("('0.0.0.0', {})", port(&everywhere)));
        ask(port(&everywhere)).await?;
        let unnamed = start_server(echo_line, "", 0).family(Family::Inet).await?;
        assert_eq!(unnamed.sockets()[0].to_string(), format!("('0.0.0.0', {})", port(&unnamed)));
        // Not every machine has IPv6.
        if TcpListener::bind("[::1]:0").is_ok() {
            let server = start_server(echo_line, ["::1", "::1"], 0).await?;
            assert_eq!(server.sockets().len(), 1);
            assert_eq!(server.sockets()[0].to_string(), format!("('::1', {}, 0, 0)", port(&server)));
            open_connection("::1", port(&server)).await?;
        }
        Ok(())
    });
}

// CPython: test_events.EventLoopTestsMixin.test_server_close
#[test]
fn it_may_be_started_later() {
    run(async {
        let server = start_server(echo_line, "127.0.0.1", 0).start_serving(false).await?;
        assert!(!server.is_serving());
        let port = port(&server);
        assert_eq!(io_kind(&ask(port).await.unwrap_err()), Some(ErrorKind::ConnectionRefused));
        server.start_serving().await?;
        assert!(server.is_serving());
        ask(port).await?;
        server.close();
        assert!(!server.is_serving());
        assert_eq!(server.sockets(), []);
        assert_eq!(io_kind(&ask(port).await.unwrap_err()), Some(ErrorKind::ConnectionRefused));
        let error = server.start_serving().await.unwrap_err();
        assert_eq!(error.to_string(), "server <Server sockets=()> is closed");
        Ok(())
    });
}

// CPython: test_base_events.BaseEventLoopWithSelectorTests.test_create_server_wrong_sock,
// test_create_server_stream_bittype, test_events.EventLoopTestsMixin.test_create_server_sock
#[test]
fn it_takes_sockets_that_are_bound() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        let server = start_server_on(echo_line, listener).await?;
        ask(port).await?;
        server.close();
        let error = start_server_on(echo_line, UdpSocket::bind("127.0.0.1:0")?).await.unwrap_err();
        assert_eq!(error.to_string(), "A Stream Socket was expected");
        Ok(())
    });
}

// CPython: test_base_events.BaseEventLoopWithSelectorTests.test_create_server_cant_bind,
// test_create_server_no_getaddrinfo, test_events.EventLoopTestsMixin.test_create_server_addr_in_use,
// test_create_server_reuse_port
#[test]
fn an_address_in_use_is_named() {
    run(async {
        let first = start_server(echo_line, "127.0.0.1", 0).await?;
        let port = port(&first);
        let error = start_server(echo_line, "127.0.0.1", port).await.unwrap_err();
        assert_eq!(io_kind(&error), Some(ErrorKind::AddrInUse));
        let expected = format!(
            "[Errno {}] error while attempting to bind on address ('127.0.0.1', {port}): address already in use",
            libc::EADDRINUSE
        );
        assert_eq!(error.to_string(), expected);
        let one = start_server(echo_line, "127.0.0.1", 0).reuse_port(true).await?;
        let port = one.sockets()[0].port().unwrap();
        start_server(echo_line, "127.0.0.1", port).reuse_port(true).await?;
        let error = start_server(echo_line, "no-such-host.invalid", 0).await.unwrap_err();
        assert!(error.is::<std::io::Error>(), "{error}");
        Ok(())
    });
}

#[test]
fn serve_forever_ends_by_a_cancellation() {
    run(async {
        let server = start_server(echo_line, "127.0.0.1", 0).start_serving(false).await?;
        let serving = create_task({
            let server = server.clone();
            async move { server.serve_forever().await }
        });
        sleep(0).await?;
        assert!(server.is_serving());
        ask(port(&server)).await?;
        let error = server.serve_forever().await.unwrap_err();
        assert!(error.is::<RuntimeError>());
        assert!(error.to_string().ends_with("is already being awaited on serve_forever()"), "{error}");
        serving.cancel();
        assert!(serving.await.unwrap_err().is_cancelled());
        assert!(!server.is_serving());
        // Closed by another task: that is a cancellation, too.
        let server = start_server(echo_line, "127.0.0.1", 0).await?;
        let serving = create_task({
            let server = server.clone();
            async move { server.serve_forever().await }
        });
        sleep(0).await?;
        server.close();
        assert!(serving.await.unwrap_err().is_cancelled());
        assert!(server.serve_forever().await.unwrap_err().to_string().ends_with("is closed"));
        Ok(())
    });
}

#[test]
fn wait_closed_waits_for_the_last_connection() {
    run(async {
        let server = start_server(echo_line, "127.0.0.1", 0).await?;
        let waiting = create_task({
            let server = server.clone();
            async move { server.wait_closed().await }
        });
        let (mut reader, writer) = open_connection("127.0.0.1", port(&server)).await?;
        writer.write("ping\n")?;
        assert_eq!(reader.readline().await?, b"ping\n");
        server.close();
        server.close();
        sleep(0.002).await?;
        assert!(!waiting.done(), "a connection is open");
        writer.write("pong\n")?;
        assert_eq!(reader.readline().await?, b"pong\n", "it goes on after the server was closed");
        writer.close();
        waiting.await?;
        server.wait_closed().await?;
        Ok(())
    });
}

#[test]
fn its_connections_can_be_closed_and_aborted() {
    run(async {
        for abort in [false, true] {
            let server = start_server(echo_line, "127.0.0.1", 0).await?;
            let mut clients = Vec::new();
            for _ in 0..3 {
                let (mut reader, writer) = open_connection("127.0.0.1", port(&server)).await?;
                writer.write("ping\n")?;
                assert_eq!(reader.readline().await?, b"ping\n");
                clients.push((reader, writer));
            }
            server.close();
            if abort {
                server.abort_clients()
            } else {
                server.close_clients()
            }
            server.wait_closed().await?;
            for (mut reader, _writer) in clients {
                assert_eq!(reader.read_to_end().await?, b"");
            }
        }
        Ok(())
    });
}

#[test]
fn as_a_context_manager_it_is_closed_and_waited_for() {
    run(async {
        let server = start_server(echo_line, "127.0.0.1", 0).await?;
        async_with(server.clone(), async |server| ask(port(&server)).await).await?;
        assert!(!server.is_serving());
        wait_for(server.wait_closed(), 1.0).await
    });
}

// CPython: test_streams.StreamTests.test_unhandled_exception
#[test]
fn an_error_and_a_panic_in_a_callback_are_reported_and_the_rest_is_unharmed() {
    run(async {
        let reports = reports()?;
        let server = start_server(
            async |mut reader: StreamReader, writer: StreamWriter| match &reader.readline().await?[..] {
                b"error\n" => Err(asyncio_runtime::ValueError::new("bad line").into()),
                b"panic\n" => panic!("expected: what a line"),
                line => Ok(writer.write(line)?),
            },
            "127.0.0.1",
            0,
        )
        .await?;
        let port = port(&server);
        for (index, line) in ["error\n", "panic\n"].into_iter().enumerate() {
            let (mut reader, writer) = open_connection("127.0.0.1", port).await?;
            writer.write(line)?;
            assert_eq!(reader.read_to_end().await?, b"");
            until(|| reports.borrow().len() > index).await?;
        }
        ask(port).await?;
        let reports = reports.borrow();
        assert_eq!(reports.len(), 2);
        for (report, what) in reports.iter().zip(["ValueError('bad line')", "what a line"]) {
            let lines: Vec<&str> = report.lines().collect();
            assert_eq!(lines[0], "Unhandled exception in client_connected_cb");
            assert!(lines[1].starts_with("transport: <Connection"), "{report}");
            assert!(lines[2].starts_with("exception: ") && lines[2].contains(what), "{report}");
        }
        Ok(())
    });
}

// CPython: test_streams.StreamTests.test_start_server
#[test]
fn a_callback_answers_itself_or_leaves_it_to_a_task() {
    run(async {
        let reports = reports()?;
        let own_task = async |reader, writer| {
            create_task(echo_line(reader, writer));
            Ok(())
        };
        let bound = TcpListener::bind("127.0.0.1:0")?;
        for server in [start_server_on(echo_line, bound), start_server(own_task, "127.0.0.1", 0)] {
            let server = server.await?;
            ask(port(&server)).await?;
            server.close();
            server.wait_closed().await?;
        }
        assert_eq!(*reports.borrow(), [""; 0]);
        Ok(())
    });
}

#[test]
fn a_callback_may_keep_state_and_borrow_it() {
    run(async {
        let count = Rc::new(Cell::new(0));
        let counter = Rc::clone(&count);
        let server = start_server(
            async move |_, writer: StreamWriter| {
                counter.set(counter.get() + 1);
                Ok(writer.write(format!("{}\n", counter.get()))?)
            },
            "127.0.0.1",
            0,
        )
        .await?;
        for n in 1..4 {
            let (mut reader, _writer) = open_connection("127.0.0.1", port(&server)).await?;
            assert_eq!(reader.readline().await?, format!("{n}\n").as_bytes());
        }
        assert_eq!(count.get(), 3);
        Ok(())
    });
}

#[test]
fn a_server_whose_handle_is_dropped_goes_on_until_the_loop_ends() {
    let state = Rc::new(());
    let held = Rc::clone(&state);
    run(async move {
        let server = start_server(
            async move |_, writer: StreamWriter| {
                let _held = &held;
                Ok(writer.write("here\n")?)
            },
            "127.0.0.1",
            0,
        )
        .await?;
        let port = port(&server);
        drop(server);
        let (mut reader, _writer) = open_connection("127.0.0.1", port).await?;
        assert_eq!(reader.readline().await?, b"here\n");
        Ok(())
    });
    assert_eq!(Rc::strong_count(&state), 1, "the callback is dropped with the loop");
}

// CPython: test_base_events.BaseEventLoopWithSelectorTests.test_accept_connection_retry
#[test]
fn many_clients_at_once() {
    run(async {
        let server = start_server(echo_line, "127.0.0.1", 0).backlog(50).await?;
        let port = port(&server);
        let clients: Vec<_> = (0..200).map(|_| create_task(ask(port))).collect();
        asyncio_runtime::gather(clients).await?;
        Ok(())
    });
}
