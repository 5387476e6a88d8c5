//! `test_events`: connections, servers and pipes as its methods use them, one of each kind.

use std::cell::Cell;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::rc::Rc;
use std::thread;

use asyncio_runtime::{Result, get_running_loop};
use asyncio_streams::{
    Address, StreamReader, StreamWriter, open_connection, open_unix_connection, start_server, start_unix_server,
};

use crate::common::run;

/// A port at which no server listens.
fn unused_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Answers one client and closes.
fn answer(mut client: impl Read + Write) {
    let mut request = [0; 4];
    client.read_exact(&mut request).unwrap();
    client.write_all(b"a page").unwrap();
}

async fn ask((mut reader, writer): (StreamReader, StreamWriter)) -> Result<()> {
    writer.write("GET\n")?;
    assert_eq!(reader.read_to_end().await?, b"a page");
    writer.close();
    writer.wait_closed().await
}

// CPython: test_events.EventLoopTestsMixin.test_create_connection, test_create_unix_connection,
// test_create_connection_local_addr
#[test]
fn a_client_reads_until_its_server_ends() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let server = listener.local_addr()?;
        let own_port = unused_port()?;
        let thread = thread::spawn(move || (0..2).for_each(|_| answer(listener.accept().unwrap().0)));
        let streams = open_connection("127.0.0.1", server.port()).await?;
        assert_eq!(streams.1.peername(), server.into());
        assert!(streams.1.sockname().port().is_some());
        ask(streams).await?;
        let streams = open_connection("127.0.0.1", server.port()).local_addr("127.0.0.1", own_port).await?;
        assert_eq!(streams.1.sockname().port(), Some(own_port));
        ask(streams).await?;
        thread.join().unwrap();

        let folder = tempfile::tempdir()?;
        let path = folder.path().join("socket");
        let listener = UnixListener::bind(&path)?;
        let thread = thread::spawn(move || answer(listener.accept().unwrap().0));
        let streams = open_unix_connection(&path).await?;
        assert_eq!((streams.1.peername(), streams.1.sockname()), (Address::Unix(path), Address::Unnamed));
        ask(streams).await?;
        thread.join().unwrap();
        Ok(())
    });
}

// CPython: test_events.EventLoopTestsMixin.test_create_connection_local_addr_skip_different_family,
// test_create_connection_local_addr_nomatch_family
#[test]
fn a_local_address_of_another_family_is_an_error_of_the_system() {
    run(async {
        let port = unused_port()?;
        // One of the local addresses has the right family, if the machine has both.
        let error = open_connection("127.0.0.1", port).local_addr("localhost", 0).await.unwrap_err();
        assert!(error.is::<std::io::Error>(), "{error}");
        let error = open_connection("127.0.0.1", port).local_addr("::1", 0).await.unwrap_err();
        assert!(error.is::<std::io::Error>(), "{error}");
        Ok(())
    });
}

/// What a server has read from a client, and its information on it, after it has closed the connection.
async fn served(
    connect: impl FnOnce(u16) -> Box<dyn Send + 'static>,
    path: Option<&std::path::Path>,
) -> Result<Address> {
    let heard = get_running_loop()?.create_future();
    let tell = heard.clone();
    let serve = async move |mut reader: StreamReader, writer: StreamWriter| {
        assert_eq!(reader.readexactly(3).await?, b"xxx");
        writer.close();
        writer.wait_closed().await?;
        assert!(writer.is_closing());
        tell.set_result(writer.peername())
    };
    let server = match path {
        Some(path) => start_unix_server(serve, path).await?,
        None => start_server(serve, "0.0.0.0", 0).await?,
    };
    assert_eq!(server.sockets().len(), 1);
    let client = connect(server.sockets()[0].port().unwrap_or(0));
    let peer = heard.await?;
    drop(client);
    server.close();
    server.wait_closed().await?;
    Ok(peer)
}

// CPython: test_events.EventLoopTestsMixin.test_create_server, test_create_unix_server
#[test]
fn a_server_reads_from_plain_clients() {
    run(async {
        let connect = |port| {
            let mut client = TcpStream::connect(("127.0.0.1", port)).unwrap();
            client.write_all(b"xxx").unwrap();
            Box::new(client) as Box<dyn Send>
        };
        assert_eq!(served(connect, None).await?.as_socket().unwrap().ip().to_string(), "127.0.0.1");
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("socket");
        let connect = |_| {
            let mut client = UnixStream::connect(&path).unwrap();
            client.write_all(b"xxx").unwrap();
            Box::new(client) as Box<dyn Send>
        };
        assert_eq!(served(connect, Some(&path)).await?, Address::Unnamed);
        Ok(())
    });
}

// CPython: test_events.EventLoopTestsMixin.test_create_server_dual_stack
#[test]
fn a_server_without_a_host_is_there_for_both_families() {
    // Not every machine has IPv6.
    if TcpListener::bind("[::1]:0").is_err() {
        return;
    }
    run(async {
        let count = Rc::new(Cell::new(0));
        let counter = Rc::clone(&count);
        let serve = async move |mut reader: StreamReader, writer: StreamWriter| {
            writer.write(reader.readexactly(3).await?)?;
            counter.set(counter.get() + 1);
            Ok(())
        };
        // Another program may take the port in between.
        let mut attempts = 0;
        let (server, port) = loop {
            let port = unused_port()?;
            match start_server(serve.clone(), None::<&str>, port).await {
                Ok(server) => break (server, port),
                Err(error) => assert!(attempts < 5, "{error}"),
            }
            attempts += 1;
        };
        for host in ["127.0.0.1", "::1"] {
            let (mut reader, writer) = open_connection(host, port).await?;
            writer.write("xxx")?;
            assert_eq!(reader.read_to_end().await?, b"xxx");
        }
        assert_eq!(count.get(), 2);
        server.close();
        Ok(())
    });
}
