//! Descriptors: all are given back, and running out of them passes. One test after the other, alone in their process,
//! because they count and use up what the process has.

#[macro_use]
extern crate asyncio_testing;

use std::cell::RefCell;
use std::fs::File;
use std::future::Future;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::rc::Rc;

use asyncio_runtime::{Clock, Result, Runner, create_task, get_running_loop, sleep};
use asyncio_streams::{
    StreamReader, StreamWriter, connect_read_pipe, create_datagram_endpoint, open_connection, open_unix_connection,
    start_server, start_unix_server,
};
use rustix::process::{Resource, getrlimit, setrlimit};

fn open_descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

/// Checks that a program closes every descriptor that it opens.
fn leaks_nothing<T: 'static>(name: &str, main: impl Future<Output = Result<T>> + 'static) {
    let before = open_descriptors();
    let runner = Runner::new().clock(Clock::Real);
    // Reports of tasks that are destroyed with the loop do not matter here.
    runner.get_loop().unwrap().set_exception_handler(Some(Box::new(|_| ())));
    let result = runner.run(main);
    drop(runner);
    drop(result.unwrap_or_else(|error| panic!("{name}: {error}")));
    assert_eq!(open_descriptors(), before, "{name}");
}

async fn echo(mut reader: StreamReader, writer: StreamWriter) -> Result<()> {
    while let line = reader.readline().await?
        && !line.is_empty()
    {
        writer.write(&line)?;
        writer.drain().await?;
    }
    Ok(())
}

async fn server() -> Result<u16> {
    Ok(start_server(echo, "127.0.0.1", 0).await?.sockets()[0].port().unwrap())
}

fn descriptors_are_given_back() {
    leaks_nothing("an ordinary end", async {
        let port = server().await?;
        for _ in 0..10 {
            let (mut reader, writer) = open_connection("127.0.0.1", port).await?;
            writer.write("ping\n")?;
            reader.readline().await?;
            writer.close();
            writer.wait_closed().await?;
        }
        Ok(())
    });
    leaks_nothing("nobody closes anything", async {
        let port = server().await?;
        let path = std::env::temp_dir().join(format!("asyncio-leaks-{}.sock", std::process::id()));
        start_unix_server(echo, &path).await?;
        let mut kept = Vec::new();
        for _ in 0..10 {
            kept.push(open_connection("127.0.0.1", port).await?);
            kept.push(open_unix_connection(&path).await?);
            kept.last().unwrap().1.write(vec![b'x'; 4 << 20])?;
        }
        create_task(async move { kept.pop().unwrap().0.read(1).await });
        create_datagram_endpoint().local_addr("127.0.0.1", 0).await?;
        sleep(0.01).await
    });
    leaks_nothing("a cancellation at every wait", async {
        let port = server().await?;
        for patience in 0..40 {
            let task = create_task(async move {
                let (mut reader, writer) = open_connection("localhost", port).happy_eyeballs_delay(0.001).await?;
                writer.write("ping\n")?;
                writer.drain().await?;
                reader.readline().await?;
                writer.close();
                writer.wait_closed().await
            });
            // Later and later, in iterations of the loop.
            for _ in 0..patience {
                sleep(0).await?;
                if patience % 2 == 1 {
                    sleep(0.0001).await?;
                }
            }
            task.cancel();
            let _ = task.await;
        }
        Ok(())
    });
    #[cfg(feature = "tls")]
    leaks_nothing("a cancellation at every wait for encryption", cancelled_handshakes());
    leaks_nothing("connections that fail", async {
        for _ in 0..5 {
            assert!(open_connection("127.0.0.1", 1).await.is_err());
            assert!(open_unix_connection("/no/such/socket").await.is_err());
            assert!(start_server(echo, "192.0.2.1", 0).await.is_err());
            assert!(start_unix_server(echo, "/no/such/folder/socket").await.is_err());
            assert!(create_datagram_endpoint().local_addr("192.0.2.1", 0).await.is_err());
            assert!(connect_read_pipe(File::open("Cargo.toml")?, Some(0)).is_err());
            assert_eq!(connect_read_pipe(File::open("Cargo.toml")?, None)?.read(1).await?.len(), 1);
        }
        Ok(())
    });
    leaks_nothing("a stream that outlives its loop", async {
        let port = server().await?;
        open_connection("127.0.0.1", port).await
    });
}

/// Both sides are cancelled at every moment of the handshake.
#[cfg(feature = "tls")]
async fn cancelled_handshakes() -> Result<()> {
    use asyncio_streams::ssl::{Protocol, SSLContext};

    let identity = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let mut context = SSLContext::new(Protocol::TlsServer);
    context.load_cert_chain_data(identity.cert.pem(), identity.signing_key.serialize_pem())?;
    let server = start_server(echo, "127.0.0.1", 0).ssl(&context).await?;
    let port = server.sockets()[0].port().unwrap();
    let mut client = SSLContext::new(Protocol::TlsClient);
    client.load_verify_data(identity.cert.pem())?;
    let mut done = 0;
    for patience in 0..60 {
        let client = client.clone();
        let task = create_task(async move {
            let connection = open_connection("127.0.0.1", port).ssl(&client).server_hostname("localhost");
            let (mut reader, writer) = connection.await?;
            writer.write("ping\n")?;
            reader.readline().await?;
            writer.close();
            writer.wait_closed().await
        });
        for _ in 0..patience {
            sleep(0).await?;
            if patience % 2 == 1 {
                sleep(0.0001).await?;
            }
        }
        if patience % 3 == 2 {
            server.abort_clients();
        }
        task.cancel();
        done += usize::from(task.await.is_ok());
    }
    assert!((1..60).contains(&done), "{done} of 60 were left alone: the moments are not spread");
    Ok(())
}

/// A server that is out of descriptors reports it once, keeps its connections, and continues when there are some again.
fn running_out_of_descriptors_passes() {
    let limits = getrlimit(Resource::Nofile);
    let few = rustix::process::Rlimit { current: Some(open_descriptors() as u64 + 40), ..limits };
    setrlimit(Resource::Nofile, few).unwrap();
    let reports = Rc::new(RefCell::new(Vec::new()));
    let sink = Rc::clone(&reports);
    // No task of the loop waits for a descriptor during the pause, so the virtual clock skips it.
    Runner::new()
        .clock(Clock::Virtual)
        .run(async move {
            let event_loop = get_running_loop()?;
            event_loop
                .set_exception_handler(Some(Box::new(move |context| sink.borrow_mut().push(context.to_string()))));
            let greet = async |_, writer: StreamWriter| Ok(writer.write("hello\n")?);
            let server = start_server(greet, "127.0.0.1", 0).await?;
            let address = server.sockets()[0].as_socket().unwrap();
            let mut clients: Vec<TcpStream> = (0..10).map(|_| TcpStream::connect(address).unwrap()).collect();
            let mut hogs = Vec::new();
            while let Ok(file) = File::open("/dev/null") {
                hogs.push(file);
            }
            assert!(create_datagram_endpoint().await.is_err());
            assert!(create_datagram_endpoint().local_addr("127.0.0.1", 0).await.is_err());
            // The server pauses and tries again, several times.
            for _ in 0..5 {
                sleep(1.5).await?;
            }
            drop(hogs);
            sleep(2.5).await?;
            for client in &mut clients {
                let mut line = [0; 6];
                client.set_read_timeout(Some(std::time::Duration::from_secs(10)))?;
                client.read_exact(&mut line)?;
                assert_eq!(&line, b"hello\n");
                client.write_all(b"x")?;
            }
            Ok(())
        })
        .unwrap();
    setrlimit(Resource::Nofile, limits).unwrap();
    let reports = reports.borrow();
    assert_eq!(reports.len(), 1, "{reports:?}");
    assert!(reports[0].starts_with("socket.accept() out of system resource\nsocket: ('127.0.0.1', "), "{reports:?}");
}

// CPython: test_base_events.BaseEventLoopWithSelectorTests.test_accept_connection_exception,
// test_create_datagram_endpoint_socket_err,
// test_unix_events.SelectorEventLoopUnixSocketTests.test_create_unix_server_bind_error
#[test]
#[cfg(target_os = "linux")]
fn descriptors() {
    // Descriptors that the standard library opens once for itself.
    drop(TcpStream::connect("127.0.0.1:1"));
    descriptors_are_given_back();
    running_out_of_descriptors_passes();
}
