//! Where an error of a stream says in debug mode that it was raised: at the call of the operation, which is a line of the program.

use std::cell::RefCell;
use std::net::TcpListener;
use std::rc::Rc;

use asyncio_runtime::{
    Error, ExceptionContext, ExceptionGroup, Result, TimeoutError, ValueError, create_task, get_running_loop, sleep,
    wait_for,
};
use asyncio_streams::{
    IncompleteReadError, LimitOverrunError, StreamReader, StreamWriter, open_connection, open_unix_connection,
    start_server, start_server_on, start_unix_server,
};

use crate::common::{half_pair, pair, reset, run, until};

/// The error was raised in this line of this file.
#[track_caller]
fn is_at(error: &Error, line: u32) {
    let at = error.location().unwrap_or_else(|| panic!("{error} has no location"));
    assert_eq!((at.file(), at.line()), (file!(), line), "{error}");
}

#[test]
fn a_connection_fails_where_it_is_opened() {
    run(async {
        get_running_loop()?.set_debug(true);
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let line = line!();
        let opening = open_connection("127.0.0.1", port);
        let error = opening.limit(100).await.unwrap_err();
        is_at(&error, line + 1);
        let all = open_connection("127.0.0.1", port).all_errors(true).await.unwrap_err();
        is_at(&all, line + 4);
        assert!(all.is::<ExceptionGroup>());
        is_at(&open_connection("127.0.0.1", 70_000).await.unwrap_err(), line + 7);
        is_at(&open_connection("no-such-host.invalid", 80).await.unwrap_err(), line + 8);
        is_at(&open_unix_connection("no-such.sock").await.unwrap_err(), line + 9);
        Ok(())
    });
}

#[test]
fn a_server_fails_where_it_is_started() {
    run(async {
        get_running_loop()?.set_debug(true);
        let taken = TcpListener::bind("127.0.0.1:0")?;
        let port = taken.local_addr()?.port();
        let nothing = async |_, _| Ok(());
        let line = line!();
        let starting = start_server(nothing, "127.0.0.1", port);
        let error = starting.backlog(10).await.unwrap_err();
        is_at(&error, line + 1);
        assert!(error.to_string().contains("address already in use"), "{error}");
        is_at(&start_server_on(nothing, taken).limit(0).await.unwrap_err(), line + 5);
        is_at(&start_unix_server(nothing, "/no/such/folder/socket").await.unwrap_err(), line + 6);
        Ok(())
    });
}

#[test]
fn a_read_fails_at_its_call() {
    run(async {
        get_running_loop()?.set_debug(true);
        let ended = |bytes: &[u8]| {
            let mut reader = StreamReader::new(3).unwrap();
            reader.feed_data(bytes);
            reader.feed_eof();
            reader
        };
        let line = line!();
        let (mut reader, mut other) = (ended(b"abc"), ended(b"too long\n"));
        let reading = reader.readexactly(5);
        let error = reading.await.unwrap_err();
        is_at(&error, line + 2);
        assert!(error.is::<IncompleteReadError>());
        is_at(&reader.readuntil("|").await.unwrap_err(), line + 6);
        is_at(&reader.readuntil("").await.unwrap_err(), line + 7);
        let error = other.readuntil_any(&[b"\n"]).await.unwrap_err();
        assert!(error.is::<LimitOverrunError>());
        is_at(&error, line + 8);
        let error = other.readline().await.unwrap_err();
        assert!(error.is::<ValueError>());
        is_at(&error, line + 11);
        Ok(())
    });
}

#[cfg(feature = "tls")]
#[test]
fn encryption_fails_where_it_is_started() {
    run(async {
        get_running_loop()?.set_debug(true);
        let ((_reader, writer), _peer) = pair()?;
        writer.close();
        let context = asyncio_streams::ssl::create_default_context();
        let line = line!();
        let starting = writer.start_tls(&context);
        let error = starting.server_hostname("localhost").await.unwrap_err();
        is_at(&error, line + 1);
        Ok(())
    });
}

/// The error belongs to the connection, and so to all that use it.
#[test]
fn each_operation_after_a_reset_has_its_own_line() {
    run(async {
        get_running_loop()?.set_debug(true);
        let (plain, (mut reader, writer)) = half_pair()?;
        reset(plain)?;
        let line = line!();
        let read = reader.read(10).await.unwrap_err();
        let drained = writer.drain().await.unwrap_err();
        let closed = writer.wait_closed().await.unwrap_err();
        let again = reader.readline().await.unwrap_err();
        assert!(closed.same(&read) && again.same(&read) && !drained.same(&read)); // drain noticed the end itself
        is_at(&read, line + 1);
        is_at(&drained, line + 2);
        is_at(&closed, line + 3);
        is_at(&again, line + 4);
        // What is raised while another error is handled keeps its line, and that of the other.
        let second = again.during(ValueError::new("first").into());
        is_at(&second, line + 4);
        assert!(second.same(&read) && second.context().unwrap().is::<ValueError>());
        Ok(())
    });
}

#[test]
fn a_cancelled_operation_names_its_call() {
    run(async {
        get_running_loop()?.set_debug(true);
        let ((mut reader, writer), _peer) = pair()?;
        let line = line!();
        let late = wait_for(reader.read(10), 0.001).await.unwrap_err();
        is_at(&late, line + 1);
        assert!(late.is::<TimeoutError>());
        let waits = create_task(async move { reader.read(10).await });
        sleep(0).await?;
        assert!(waits.cancel());
        is_at(&waits.await.unwrap_err(), line + 4);
        drop(writer);
        Ok(())
    });
}

#[test]
fn an_error_of_the_program_keeps_its_line() {
    run(async {
        get_running_loop()?.set_debug(true);
        let line = line!();
        let own = Error::from(ValueError::new("the line is dead"));
        let mut reader = StreamReader::new(100)?;
        reader.set_exception(own.clone());
        let error = reader.read(10).await.unwrap_err();
        assert!(error.same(&own));
        is_at(&error, line + 1);

        // That of a callback of a server, too.
        let told = Rc::new(RefCell::new(None));
        let sink = Rc::clone(&told);
        let handler = move |context: &ExceptionContext| drop(sink.replace(context.exception.clone()));
        get_running_loop()?.set_exception_handler(Some(Box::new(handler)));
        let line = line!();
        let serve = async |_: StreamReader, _: StreamWriter| -> Result<()> {
            Err(ValueError::new("no tea").into()) //
        };
        let server = start_server(serve, "127.0.0.1", 0).await?;
        let _streams = open_connection("127.0.0.1", server.sockets()[0].port().unwrap()).await?;
        until(|| told.borrow().is_some()).await?;
        is_at(told.borrow().as_ref().unwrap(), line + 2);
        Ok(())
    });
}
