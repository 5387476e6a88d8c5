//! How encrypted connections end: with goodbyes, and with peers that do not send or receive them. The peers are rustls itself
//! in a thread, because ours would behave correctly. The expectations came from running CPython 3.15.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use asyncio_runtime::{Error, Future, Result, TimeoutError, create_task, get_running_loop, sleep, to_thread};
use asyncio_streams::ssl::{SSLContext, SSLError};
use asyncio_streams::{Server, StreamReader, StreamWriter, open_connection, start_server};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::certificates::Authority;
use crate::common::{io_kind, pattern, reset, run};

type Peer = StreamOwned<ClientConnection, TcpStream>;

/// More bytes than the system takes for a peer that does not read.
const TOO_MUCH: usize = 12 << 20;

/// Connects and completes the handshake.
fn peer(address: SocketAddr, authority: &str) -> io::Result<Peer> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.as_bytes()).unwrap()).unwrap();
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let session = ClientConnection::new(Arc::new(config), "localhost".try_into().unwrap()).unwrap();
    let mut peer = StreamOwned::new(session, TcpStream::connect(address)?);
    // Long enough that a slow machine does not fail.
    peer.sock.set_read_timeout(Some(Duration::from_secs(60)))?;
    while peer.conn.is_handshaking() {
        peer.conn.complete_io(&mut peer.sock)?;
    }
    Ok(peer)
}

fn say_goodbye(peer: &mut Peer) -> io::Result<()> {
    peer.conn.send_close_notify();
    while peer.conn.wants_write() {
        peer.conn.write_tls(&mut peer.sock)?;
    }
    Ok(())
}

/// The result of the server's `wait_closed`, after it has read a line, written this many bytes and closed the
/// connection.
struct Closing {
    server: Server,
    closed: Future<Result<(), Error>>,
}

async fn closing(context: &SSLContext, write: usize, timeout: f64) -> Result<Closing> {
    let closed = get_running_loop()?.create_future();
    let tell = closed.clone();
    let serve = async move |mut reader: StreamReader, writer: StreamWriter| {
        assert_eq!(reader.readline().await?, b"hi\n");
        writer.write(pattern(write))?;
        writer.close();
        tell.set_result(writer.wait_closed().await)
    };
    let server = start_server(serve, "127.0.0.1", 0).ssl(context).ssl_shutdown_timeout(timeout).await?;
    Ok(Closing { server, closed })
}

/// Runs a peer against a server that closes, and returns the results of both. The peer can wait until the server is
/// done.
fn against<T: Send + 'static>(
    write: usize,
    timeout: f64,
    talk: impl FnOnce(Peer, Receiver<()>) -> io::Result<T> + Send + 'static,
) -> (Result<(), Error>, io::Result<T>) {
    run(async move {
        let authority = Authority::new();
        let Closing { server, closed } = closing(&authority.sign(&["localhost"]).server(), write, timeout).await?;
        let address = server.sockets()[0].as_socket().unwrap();
        let (done, until_done): (Sender<()>, _) = channel();
        let talking = thread::spawn(move || {
            let mut peer = peer(address, &authority.certificate)?;
            peer.write_all(b"hi\n")?;
            talk(peer, until_done)
        });
        let closed = closed.await?;
        server.close();
        server.wait_closed().await?;
        drop(done);
        Ok((closed, to_thread(|| talking.join().unwrap()).await?))
    })
}

fn assert_timed_out(closed: Result<(), Error>) {
    let error = closed.unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&TimeoutError::new("SSL shutdown timed out")));
}

// CPython: test_ssl.TestSSL.test_shutdown_timeout_after_eof_from_not_reading_peer
#[test]
fn a_peer_that_does_not_read_is_given_up_whatever_it_has_said() {
    for says in ["nothing", "goodbye", "end", "part of a record"] {
        let (closed, talked) = against(TOO_MUCH, 0.05, move |mut peer, until_done| {
            match says {
                "goodbye" => say_goodbye(&mut peer)?,
                "end" => peer.sock.shutdown(Shutdown::Write)?,
                "part of a record" => peer.sock.write_all(b"\x17\x03\x03\x40")?,
                _ => {}
            }
            let _ = until_done.recv();
            Ok(())
        });
        assert_timed_out(closed);
        talked.unwrap();
    }
}

#[test]
fn a_goodbye_that_comes_byte_by_byte_is_not_waited_for() {
    let (closed, talked) = against(0, 0.05, |mut peer, until_done| {
        // The head of a record, and then its content a byte at a time, as long as the server reads.
        peer.sock.write_all(b"\x17\x03\x03\x40\0")?;
        while until_done.recv_timeout(Duration::from_millis(1)) == Err(RecvTimeoutError::Timeout) {
            if peer.sock.write_all(b"x").is_err() {
                break;
            }
        }
        Ok(())
    });
    assert_timed_out(closed);
    talked.unwrap();
}

#[test]
fn a_peer_that_goes_on_sending_is_not_listened_to() {
    let (closed, talked) = against(0, 600.0, |mut peer, until_done| {
        loop {
            if let Err(error) = peer.write_all(&[b'x'; 1000]) {
                return Ok(error.kind());
            }
            if until_done.recv_timeout(Duration::from_millis(1)) == Err(RecvTimeoutError::Disconnected) {
                return Ok(ErrorKind::Other);
            }
        }
    });
    let error = closed.unwrap_err();
    assert_eq!(SSLError::of(&error).unwrap().reason(), "APPLICATION_DATA_AFTER_CLOSE_NOTIFY");
    talked.unwrap();
}

#[test]
fn a_peer_that_goes_on_sending_can_read_what_was_sent() {
    let (closed, talked) = against(1 << 20, 600.0, |mut peer, _until_done| {
        peer.write_all(&[b'x'; 1 << 10])?;
        let mut first = [0];
        peer.read_exact(&mut first)?;
        // Not before the server has begun to say goodbye.
        thread::sleep(Duration::from_millis(20));
        peer.write_all(&[b'x'; 1 << 10])?;
        let mut read = first.to_vec();
        peer.read_to_end(&mut read)?;
        Ok(read)
    });
    assert!(talked.unwrap() == pattern(1 << 20));
    // Bytes sent before the goodbye do not matter.
    if let Err(error) = closed {
        assert_eq!(SSLError::of(&error).unwrap().reason(), "APPLICATION_DATA_AFTER_CLOSE_NOTIFY");
    }
}

// CPython: test_ssl.TestSSL.test_flush_before_shutdown, test_shutdown_cleanly
#[test]
fn a_peer_that_reads_late_gets_everything() {
    let (closed, talked) = against(TOO_MUCH, 600.0, |mut peer, _until_done| {
        thread::sleep(Duration::from_millis(50));
        let mut read = Vec::new();
        peer.read_to_end(&mut read)?;
        say_goodbye(&mut peer)?;
        Ok(read)
    });
    closed.unwrap();
    assert!(talked.unwrap() == pattern(TOO_MUCH));
}

#[test]
fn the_end_without_a_goodbye_is_as_good() {
    let (closed, talked) = against(TOO_MUCH, 600.0, |mut peer, _until_done| {
        peer.sock.shutdown(Shutdown::Write)?;
        let mut read = Vec::new();
        peer.read_to_end(&mut read).map(|_| read)
    });
    closed.unwrap();
    assert!(talked.unwrap() == pattern(TOO_MUCH));
}

#[test]
fn a_reset_in_the_middle_of_the_end_is_told() {
    let (closed, talked) = against(TOO_MUCH, 600.0, |peer, _until_done| {
        thread::sleep(Duration::from_millis(20));
        reset(peer.sock).unwrap();
        Ok(())
    });
    let kind = io_kind(&closed.unwrap_err());
    assert!(matches!(kind, Some(ErrorKind::ConnectionReset | ErrorKind::BrokenPipe)), "{kind:?}");
    talked.unwrap();
}

// CPython: test_sslproto.SslProtoHandshakeTests.test_connection_lost_when_busy
#[test]
fn writes_to_a_peer_that_has_reset_the_connection_end_it() {
    run(async {
        let authority = Authority::new();
        let [heard, gone] = [(); 2].map(|()| get_running_loop().unwrap().create_future::<()>());
        let outcomes = get_running_loop()?.create_future();
        let (hear, until_gone, tell) = (heard.clone(), gone.clone(), outcomes.clone());
        let serve = async move |mut reader: StreamReader, writer: StreamWriter| {
            assert_eq!(reader.readline().await?, b"hi\n");
            hear.set_result(())?;
            (&until_gone).await?;
            let write = async || {
                writer.write("An interesting message")?;
                writer.drain().await
            };
            // The first write may be the one that notices.
            let _ = write().await;
            tell.set_result((write().await, writer.is_closing(), writer.wait_closed().await))
        };
        let server = start_server(serve, "127.0.0.1", 0).ssl(&authority.sign(&["localhost"]).server()).await?;
        let address = server.sockets()[0].as_socket().unwrap();
        let talking = to_thread(move || {
            let mut peer = peer(address, &authority.certificate)?;
            peer.write_all(b"hi\n")?;
            Ok::<_, io::Error>(peer)
        });
        let peer = talking.await??;
        heard.await?;
        reset(peer.sock)?;
        gone.set_result(())?;
        let (written, closing, closed) = outcomes.await?;
        for error in [written.unwrap_err(), closed.unwrap_err()] {
            let kind = io_kind(&error);
            assert!(matches!(kind, Some(ErrorKind::ConnectionReset | ErrorKind::BrokenPipe)), "{error:?}");
        }
        assert!(closing);
        Ok(())
    });
}

#[test]
fn what_was_not_read_before_the_end_is_no_error() {
    run(async {
        let authority = Authority::new();
        let closed = get_running_loop()?.create_future();
        let tell = closed.clone();
        let serve = async move |mut reader: StreamReader, writer: StreamWriter| {
            assert_eq!(reader.readline().await?, b"hi\n");
            sleep(0.01).await?; // what follows has come
            writer.close();
            tell.set_result(writer.wait_closed().await)
        };
        let server = start_server(serve, "127.0.0.1", 0).ssl(&authority.sign(&["localhost"]).server()).await?;
        let port = server.sockets()[0].port().unwrap();
        let client = authority.client();
        let (mut reader, writer) = open_connection("127.0.0.1", port).ssl(&client).server_hostname("localhost").await?;
        writer.write("hi\n")?;
        writer.write("and more\n")?;
        assert_eq!(reader.read_to_end().await?, b"");
        writer.close();
        closed.await?
    });
}

// CPython: test_ssl.TestSSL.test_remote_shutdown_receives_trailing_data,
// test_remote_shutdown_receives_trailing_data_on_slow_socket
#[test]
fn who_has_said_goodbye_still_gets_what_is_sent() {
    run(async {
        let authority = Authority::new();
        let serve = async |mut reader: StreamReader, writer: StreamWriter| {
            assert_eq!(reader.readline().await?, b"hi\n");
            writer.write(pattern(TOO_MUCH))?;
            assert_eq!(reader.read_to_end().await?, b"");
            writer.close();
            writer.wait_closed().await
        };
        let server = start_server(serve, "127.0.0.1", 0).ssl(&authority.sign(&["localhost"]).server()).await?;
        let address = server.sockets()[0].as_socket().unwrap();
        let talking = to_thread(move || {
            let mut peer = peer(address, &authority.certificate)?;
            peer.write_all(b"hi\n")?;
            thread::sleep(Duration::from_millis(10));
            say_goodbye(&mut peer)?;
            let mut read = Vec::new();
            peer.read_to_end(&mut read).map(|_| read)
        });
        assert!(talking.await?? == pattern(TOO_MUCH));
        Ok(())
    });
}

// CPython: test_ssl.TestSSL.test_shutdown_timeout_handler_not_set, test_start_tls_client_corrupted_ssl,
// test_sslproto.BaseStartTLS.test_start_tls_client_corrupted_ssl
#[test]
fn data_before_the_end_is_read_and_garbage_is_an_error() {
    run(async {
        for garbage in [false, true] {
            let authority = Authority::new();
            let mut context = authority.sign(&["localhost"]).server();
            context.ignore_unexpected_eof(true);
            let ended = get_running_loop()?.create_future::<()>();
            let (go_on, read) = (ended.clone(), get_running_loop()?.create_future());
            let tell = read.clone();
            let serve = async move |mut reader: StreamReader, writer: StreamWriter| {
                assert_eq!(reader.readline().await?, b"hi\n");
                (&go_on).await?; // the peer has gone by now
                let extra = reader.readexactly(11).await?;
                let end = reader.read_to_end().await;
                writer.close();
                tell.set_result((extra, end, writer.wait_closed().await))
            };
            let server = start_server(serve, "127.0.0.1", 0).ssl(&context).await?;
            let address = server.sockets()[0].as_socket().unwrap();
            let talking = to_thread(move || {
                let mut peer = peer(address, &authority.certificate)?;
                peer.write_all(b"hi\n")?;
                peer.write_all(b"extra bytes")?;
                if garbage {
                    peer.sock.write_all(b"please corrupt the SSL connection")?;
                }
                peer.sock.shutdown(Shutdown::Write)?;
                Ok::<_, io::Error>(peer)
            });
            let _peer = talking.await??;
            ended.set_result(())?;
            let (extra, end, closed) = read.await?;
            assert_eq!(extra, b"extra bytes");
            if garbage {
                assert!(SSLError::of(&end.unwrap_err()).is_some());
                assert!(SSLError::of(&closed.unwrap_err()).is_some());
            } else {
                assert_eq!(end?, b"");
                closed?;
            }
        }
        Ok(())
    });
}

// CPython: test_sslproto.SslProtoHandshakeTests.test_close_during_handshake
#[test]
fn a_connection_that_is_closed_while_it_shakes_hands_just_ends() {
    run(async {
        let authority = Authority::new();
        let (mut silent, (_reader, writer)) = crate::common::half_pair()?;
        let starting = create_task({
            let (writer, client) = (writer.clone(), authority.client());
            async move { writer.start_tls(&client).server_hostname("localhost").await }
        });
        sleep(0.002).await?;
        writer.close();
        assert!(starting.await.is_err());
        writer.wait_closed().await?;
        silent.read_to_end(&mut Vec::new())?;
        Ok(())
    });
}

// CPython: test_sslproto.SslProtoHandshakeTests.test_write_after_closing, test_data_received_after_closing,
// test_get_extra_info_on_closed_connection
#[test]
fn after_the_end_nothing_goes_and_nothing_comes() {
    run(async {
        let authority = Authority::new();
        let ended = get_running_loop()?.create_future::<()>();
        let wait = ended.clone();
        let serve = async move |_reader, writer: StreamWriter| {
            writer.write("not read")?;
            (&wait).await
        };
        let server = start_server(serve, "127.0.0.1", 0).ssl(&authority.sign(&["localhost"]).server()).await?;
        let port = server.sockets()[0].port().unwrap();
        let client = authority.client();
        let (mut reader, writer) = open_connection("127.0.0.1", port).ssl(&client).server_hostname("localhost").await?;
        assert!(writer.with_socket(|_| ()).is_some());
        sleep(0.002).await?;
        writer.close();
        assert!(writer.is_closing());
        writer.write("nowhere")?;
        assert_eq!(reader.read(100).await?, b"");
        ended.set_result(())?;
        writer.wait_closed().await?;
        assert!(writer.with_socket(|_| ()).is_none() && writer.ssl_object().is_some());
        writer.write("nowhere")?;
        assert_eq!(reader.read(100).await?, b"");
        Ok(())
    });
}
