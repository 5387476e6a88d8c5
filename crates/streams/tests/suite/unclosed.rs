//! What debug mode reports about writers that were dropped before they were closed. The reports go to standard error, so each
//! test runs itself as a child process.

use std::process::Command;

use asyncio_runtime::{Clock, EventLoop, Result, Runner, create_task, sleep, wait_for};
use asyncio_streams::{Duplex, StreamReader, StreamWriter, connect_write_pipe, open_connection, start_server};

use crate::common::half_pair;

/// The ResourceWarnings of a program, the test of this name; `None` in the child that runs it.
fn warnings(test: &str, program: impl FnOnce()) -> Option<Vec<String>> {
    if std::env::var_os("IN_CHILD").is_some() {
        program();
        return None;
    }
    let test = format!("unclosed::{test}");
    let mut child = Command::new(std::env::current_exe().unwrap());
    let child = child.args(["--exact", &test, "--nocapture"]).env("IN_CHILD", "1").output().unwrap();
    assert!(
        String::from_utf8_lossy(&child.stdout).contains(" 1 passed;"),
        "{test} is not this test, or failed: {child:?}"
    );
    let stderr = String::from_utf8(child.stderr).unwrap();
    Some(stderr.lines().filter_map(|line| line.strip_prefix("ResourceWarning: ")).map(str::to_owned).collect())
}

fn run(debug: bool, main: impl Future<Output = Result<()>> + 'static) {
    Runner::new().clock(Clock::Real).debug(debug).run(main).unwrap();
}

// CPython: test_streams.StreamTests.test_unclosed_resource_warnings
#[test]
fn a_writer_that_is_dropped_is_told_of_in_debug_mode() {
    let program = || {
        for debug in [false, true] {
            run(debug, async {
                let (_peer, (mut reader, writer)) = half_pair()?;
                drop(writer);
                // The reader holds it still.
                assert!(wait_for(reader.read(1), 0.001).await.is_err());
                let (_peer, (reader, writer)) = half_pair()?;
                drop((reader, writer.clone(), writer));
                Ok(())
            });
        }
    };
    let Some(said) = warnings("a_writer_that_is_dropped_is_told_of_in_debug_mode", program) else { return };
    assert_eq!(said.len(), 2, "{said:?}");
    let text = "unclosed <StreamWriter transport=<Connection closed peername=('127.0.0.1', ";
    let closing = text.replace("closed peername", "closing peername");
    assert!(said.iter().all(|said| said.starts_with(text) || said.starts_with(&closing)), "{said:?}");
}

#[test]
fn what_was_closed_or_broken_and_what_is_closed_by_dropping_is_not_told_of() {
    let program = || {
        run(true, async {
            let (_peer, (_reader, writer)) = half_pair()?;
            writer.close();
            let (_peer, (_reader, writer)) = half_pair()?;
            writer.abort();
            // A library has it.
            let (_peer, (reader, writer)) = half_pair()?;
            drop(Duplex::new(reader, writer));
            // Its peer has gone.
            let (near, far) = std::io::pipe()?;
            let writer = connect_write_pipe(far)?;
            drop(near);
            writer.write("x")?;
            sleep(0).await
        });
    };
    let test = "what_was_closed_or_broken_and_what_is_closed_by_dropping_is_not_told_of";
    let Some(said) = warnings(test, program) else { return };
    assert_eq!(said, [""; 0]);
}

#[test]
fn a_pipe_and_what_comes_out_of_a_duplex_are_told_of() {
    let program = || {
        run(true, async {
            let (_near, far) = std::io::pipe()?;
            drop(connect_write_pipe(far)?);
            let (_peer, (reader, writer)) = half_pair()?;
            drop(Duplex::new(reader, writer).into_parts());
            Ok(())
        });
    };
    let Some(said) = warnings("a_pipe_and_what_comes_out_of_a_duplex_are_told_of", program) else { return };
    assert_eq!(said.len(), 2, "{said:?}");
}

// CPython: test_streams.StreamTests.test_loop_is_closed_resource_warnings
#[test]
fn a_writer_that_outlives_its_loop_is_told_of_in_other_words() {
    let program = || {
        let event_loop = EventLoop::with_clock(Clock::Real);
        event_loop.set_debug(true);
        let (_peer, streams) = event_loop.run_until_complete(async { half_pair() }).unwrap();
        event_loop.close().unwrap();
        drop(streams);
    };
    let Some(said) = warnings("a_writer_that_outlives_its_loop_is_told_of_in_other_words", program) else { return };
    assert_eq!(said, ["loop is closed"]);
}

/// Serves one client by a handler, in debug mode.
async fn served(handler: impl AsyncFn(StreamReader, StreamWriter) -> Result<()> + 'static) -> Result<()> {
    let server = start_server(handler, "127.0.0.1", 0).await?;
    let (mut reader, writer) = open_connection("127.0.0.1", server.sockets()[0].port().unwrap()).await?;
    assert_eq!(reader.read_to_end().await?, b"");
    writer.close();
    writer.wait_closed().await?;
    server.close();
    server.wait_closed().await
}

// CPython: test_streams.StreamTests.test_unclosed_server_resource_warnings
#[test]
fn a_handler_that_leaves_its_writer_open_is_told_of_unless_it_fails() {
    let program = || {
        run(true, served(async |_reader, _writer| Ok(())));
        // The server closes what is left of these.
        run(true, async {
            crate::common::reports()?;
            served(async |_reader, _writer| Err(asyncio_runtime::ValueError::new("expected").into())).await
        });
        run(true, served(async |_reader, _writer| Err(asyncio_runtime::CancelledError::default().into())));
        run(
            true,
            served(async |_reader, writer| {
                writer.close();
                Ok(())
            }),
        );
        // After the handler.
        run(
            true,
            served(async |reader, writer| {
                create_task(async move {
                    sleep(0.001).await?;
                    drop((reader, writer));
                    Ok(())
                });
                Ok(())
            }),
        );
    };
    let test = "a_handler_that_leaves_its_writer_open_is_told_of_unless_it_fails";
    let Some(said) = warnings(test, program) else { return };
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said.iter().all(|said| said.starts_with("unclosed <StreamWriter transport=<Connection ")), "{said:?}");
}

// CPython: test_ssl.TestSSL.test_connect_timeout_warning
#[test]
#[cfg(feature = "tls")]
fn a_connection_that_was_not_made_in_time_is_not_told_of() {
    let program = || {
        run(true, async {
            // In the queue of the listener: nobody answers.
            let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
            let port = listener.local_addr()?.port();
            let (context, _) = crate::certificates::contexts();
            let connecting = open_connection("127.0.0.1", port).ssl(&context).server_hostname("localhost");
            assert!(wait_for(connecting, 0.05).await.unwrap_err().is::<asyncio_runtime::TimeoutError>());
            Ok(())
        });
    };
    let Some(said) = warnings("a_connection_that_was_not_made_in_time_is_not_told_of", program) else { return };
    assert_eq!(said, [""; 0]);
}
