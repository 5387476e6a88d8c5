//! Encrypted connections: data, both ends, what can go wrong on the way. Certificates are in `tls_certificates`.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};

use asyncio_runtime::{Result, TimeoutError, ValueError, create_task, gather, get_running_loop, sleep, wait_for};
use asyncio_streams::ssl::{Protocol, SSLContext, SSLError, TLSVersion, create_default_context};
use asyncio_streams::{
    Server, StreamReader, StreamWriter, open_connection, open_unix_connection, start_server, start_unix_server,
};

use crate::certificates::{Authority, contexts};
use crate::common::{close, io_kind, pair, pattern, reports, run, until};

async fn echo(mut reader: StreamReader, writer: StreamWriter) -> Result<()> {
    loop {
        let data = reader.read(1 << 16).await?;
        if data.is_empty() {
            return Ok(());
        }
        writer.write(&data)?;
        writer.drain().await?;
    }
}

fn port(server: &Server) -> u16 {
    server.sockets()[0].port().unwrap()
}

// CPython: test_ssl.TestSSL.test_create_connection_ssl_1, test_events.EventLoopTestsMixin.test_create_server_ssl
#[test]
fn both_versions_carry_data_both_ways() {
    for (version, name) in [(TLSVersion::TLSv1_2, "TLSv1.2"), (TLSVersion::TLSv1_3, "TLSv1.3")] {
        run(async move {
            let (mut client, mut server) = contexts();
            client.set_maximum_version(version);
            client.set_alpn_protocols(["h2", "http/1.1"]);
            server.set_alpn_protocols(["http/1.1"]);
            let server = start_server(echo, "127.0.0.1", 0).ssl(&server).await?;
            let (mut reader, writer) = open_connection("127.0.0.1", port(&server)).ssl(&client).await?;
            let object = writer.ssl_object().unwrap();
            let (cipher, protocol, bits) = object.cipher();
            assert_eq!((object.version(), protocol, object.server_side()), (name, name, false));
            assert!(cipher.starts_with("TLS_") && bits >= 128, "{cipher} {bits}");
            assert_eq!(object.selected_alpn_protocol(), Some("http/1.1"));
            assert!(object.getpeercert().unwrap().len() > 100);

            let data = pattern(5 << 20);
            let sent = data.clone();
            let sender = writer.clone();
            let sending = create_task(async move {
                for piece in sent.chunks(100_000) {
                    sender.write(piece)?;
                    sender.drain().await?;
                }
                Ok(())
            });
            assert!(reader.readexactly(data.len()).await? == data);
            sending.await?;
            writer.close();
            writer.wait_closed().await?;
            server.close();
            server.wait_closed().await
        });
    }
}

// CPython: test_streams.StreamTests.test_open_connection_no_loop_ssl,
// test_base_events.BaseEventLoopWithSelectorTests.test_create_connection_ssl_server_hostname_default,
// test_events.EventLoopTestsMixin.test_create_server_ssl_verified
#[test]
fn lines_cross_and_one_direction_cannot_be_closed_alone() {
    run(async {
        let (client, server) = contexts();
        let server = start_server(echo, "localhost", 0).ssl(&server).await?;
        let (mut reader, writer) = open_connection("localhost", port(&server)).ssl(&client).await?;
        assert!(!writer.can_write_eof());
        assert!(writer.write_eof().is_err());
        for i in 0..100 {
            writer.write(format!("line {i}\n"))?;
            assert_eq!(reader.readline().await?, format!("line {i}\n").as_bytes());
        }
        Ok(())
    });
}

// CPython: test_streams.StreamTests.test_open_unix_connection_no_loop_ssl,
// test_events.EventLoopTestsMixin.test_create_unix_server_ssl, test_create_unix_server_ssl_verified
#[test]
fn unix_sockets_can_be_encrypted_too() {
    run(async {
        let (client, server) = contexts();
        let path = std::env::temp_dir().join(format!("asyncio-tls-{}.sock", std::process::id()));
        let _server = start_unix_server(echo, &path).ssl(&server).await?;
        let error = open_unix_connection(&path).ssl(&client).await.unwrap_err();
        assert_eq!(error.to_string(), "you have to pass server_hostname when using ssl");
        let (mut reader, writer) = open_unix_connection(&path).ssl(&client).server_hostname("localhost").await?;
        writer.write("over a file\n")?;
        assert_eq!(reader.readline().await?, b"over a file\n");
        Ok(())
    });
}

// CPython: test_ssl.TestSSL.test_start_tls_client_reg_proto_1, test_start_tls_server_1,
// test_sslproto.BaseStartTLS.test_start_tls_client_reg_proto_1, test_start_tls_server_1
#[test]
fn what_was_written_before_the_encryption_arrives_before_it_and_both_are_long() {
    run(async {
        let (client, server) = contexts();
        let hello = pattern(1 << 20);
        let expected = hello.clone();
        let serve = async move |mut reader: StreamReader, writer: StreamWriter| {
            assert!(reader.readexactly(expected.len()).await? == expected);
            writer.write(&expected)?;
            // Some of it is still kept.
            writer.start_tls(&server).await?;
            writer.write("O")?;
            assert!(reader.readexactly(expected.len()).await? == expected);
            writer.write("answer")?;
            assert_eq!(reader.read_to_end().await?, b"");
            writer.close();
            writer.wait_closed().await
        };
        let reports = reports()?;
        let server = start_server(serve, "127.0.0.1", 0).await?;
        let (mut reader, writer) = open_connection("127.0.0.1", port(&server)).await?;
        writer.write(&hello)?;
        assert!(reader.readexactly(hello.len()).await? == hello);
        writer.start_tls(&client).server_hostname("localhost").await?;
        assert_eq!(reader.readexactly(1).await?, b"O");
        writer.write(&hello)?;
        assert_eq!(reader.readexactly(6).await?, b"answer");
        close(&writer, &server).await?;
        assert_eq!(*reports.borrow(), [""; 0]);
        Ok(())
    });
}

// CPython: test_sslproto.SslProtoHandshakeTests.test_check_hostname_requires_server_hostname
#[test]
fn a_name_may_be_missing_only_if_nobody_checks_it() {
    run(async {
        let (client, server) = contexts();
        let server = start_server(echo, "127.0.0.1", 0).ssl(&server).await?;
        let refused = "check_hostname requires server_hostname";
        let connect = || open_connection("127.0.0.1", port(&server));
        let error = connect().ssl(&client).server_hostname("").await.unwrap_err();
        assert!(error.is::<ValueError>() && error.to_string() == refused, "{error}");
        let (_reader, writer) = connect().await?;
        assert_eq!(writer.start_tls(&client).await.unwrap_err().to_string(), refused);
        let mut client = client.clone();
        client.set_check_hostname(false);
        let (mut reader, other) = connect().ssl(&client).server_hostname("").await?;
        other.write("unnamed\n")?;
        assert_eq!(reader.readline().await?, b"unnamed\n");
        writer.start_tls(&client).await
    });
}

// CPython: test_streams.StreamTests.test_start_tls
#[test]
fn a_connection_is_encrypted_when_both_have_agreed_to() {
    run(async {
        let (client, server) = contexts();
        let serve = async move |mut reader: StreamReader, writer: StreamWriter| {
            assert_eq!(reader.readline().await?, b"STARTTLS\n");
            writer.write("go ahead\n")?;
            writer.start_tls(&server).await?;
            assert!(writer.ssl_object().unwrap().server_side());
            echo(reader, writer).await
        };
        let server = start_server(serve, "127.0.0.1", 0).await?;
        let (mut reader, writer) = open_connection("127.0.0.1", port(&server)).await?;
        assert!(writer.ssl_object().is_none());
        writer.write("STARTTLS\n")?;
        assert_eq!(reader.readline().await?, b"go ahead\n");
        writer.start_tls(&client).server_hostname("localhost").await?;
        writer.write("secret\n")?;
        assert_eq!(reader.readline().await?, b"secret\n");
        writer.close();
        writer.wait_closed().await?;
        let error = writer.start_tls(&client).server_hostname("localhost").await.unwrap_err();
        assert_eq!(io_kind(&error), Some(ErrorKind::ConnectionReset));
        Ok(())
    });
}

#[test]
fn everything_written_arrives_although_nobody_has_read_what_came() {
    run(async {
        let (client, server) = contexts();
        // It sends a long answer, closes, and never reads the client's bytes.
        let serve = async |_reader, writer: StreamWriter| {
            writer.write(pattern(1 << 20))?;
            writer.close();
            writer.wait_closed().await
        };
        let server = start_server(serve, "127.0.0.1", 0).ssl(&server).await?;
        let (mut reader, writer) = open_connection("127.0.0.1", port(&server)).ssl(&client).await?;
        writer.write(vec![b'x'; 1 << 20])?;
        assert!(reader.read_to_end().await? == pattern(1 << 20));
        Ok(())
    });
}

#[test]
fn a_stream_that_is_cut_is_an_error() {
    run(async {
        let (client, server) = contexts();
        let cut = async |_, writer: StreamWriter| {
            writer.write("half of the sto")?;
            writer.drain().await?;
            writer.abort();
            Ok(())
        };
        let server = start_server(cut, "127.0.0.1", 0).ssl(&server).await?;
        let (mut reader, _writer) = open_connection("127.0.0.1", port(&server)).ssl(&client).await?;
        let mut got = Vec::new();
        let error = loop {
            match reader.read(100).await {
                Ok(data) => got.extend(data),
                Err(error) => break error,
            }
        };
        assert_eq!(got, b"half of the sto");
        let expected = "[SSL: UNEXPECTED_EOF_WHILE_READING] EOF occurred in violation of protocol";
        assert_eq!(error.to_string(), expected);
        assert_eq!(io_kind(&error), Some(ErrorKind::UnexpectedEof));

        let mut lenient = client.clone();
        lenient.ignore_unexpected_eof(true);
        let (mut reader, _writer) = open_connection("127.0.0.1", port(&server)).ssl(&lenient).await?;
        assert_eq!(reader.read_to_end().await?, b"half of the sto");
        Ok(())
    });
}

#[test]
fn the_wait_for_the_goodbye_has_an_end() {
    run(async {
        let (client, server) = contexts();
        let closing = get_running_loop()?.create_future();
        let told = closing.clone();
        let serve = async move |_, writer: StreamWriter| {
            writer.close();
            told.set_result(writer.wait_closed().await.unwrap_err())?;
            Ok(())
        };
        let server = start_server(serve, "127.0.0.1", 0).ssl(&server).ssl_shutdown_timeout(0.05).await?;
        // It never reads, so it does not notice that the server says goodbye.
        let _streams = open_connection("127.0.0.1", port(&server)).ssl(&client).await?;
        let error = closing.await?;
        assert_eq!(format!("{error:?}"), "TimeoutError('SSL shutdown timed out')");
        assert!(error.is::<TimeoutError>());
        Ok(())
    });
}

// CPython: test_ssl.TestSSL.test_create_connection_ssl_slow_handshake, test_ssl_handshake_timeout,
// test_sslproto.BaseStartTLS.test_handshake_timeout, test_create_connection_ssl_slow_handshake
#[test]
fn a_peer_that_does_not_shake_hands_is_given_up() {
    run(async {
        let (client, server) = contexts();
        let silent = TcpListener::bind("127.0.0.1:0")?;
        let address = silent.local_addr()?;
        let error =
            open_connection("127.0.0.1", address.port()).ssl(&client).ssl_handshake_timeout(0.05).await.unwrap_err();
        assert_eq!(error.to_string(), "SSL handshake is taking longer than 0.05 seconds: aborting the connection");
        assert_eq!(io_kind(&error), Some(ErrorKind::ConnectionAborted));
        // Both are noticed at the other end, and the second is no error of the loop.
        let reports = reports()?;
        let connecting = open_connection("127.0.0.1", address.port()).ssl(&client).ssl_handshake_timeout(10);
        assert!(wait_for(connecting, 0.05).await.unwrap_err().is::<TimeoutError>());
        sleep(0.01).await?;
        assert_eq!(get_running_loop()?.all_tasks().len(), 1, "nothing waits for the ten seconds");
        for _ in 0..2 {
            let mut hello = Vec::new();
            // An end, or a reset.
            let _ = silent.accept()?.0.read_to_end(&mut hello);
            assert!(!hello.is_empty());
        }

        let called = async |_, _| -> Result<()> { panic!("a client without a handshake") };
        let server = start_server(called, "127.0.0.1", 0).ssl(&server).ssl_handshake_timeout(0.05).await?;
        let address = server.sockets()[0].as_socket().unwrap();
        let mut silent = TcpStream::connect(address)?;
        let mut wrong = TcpStream::connect(address)?;
        wrong.write_all(b"GET / HTTP/1.0\r\n\r\n")?;
        let gone = TcpStream::connect(address)?;
        drop(gone);
        server.close();
        server.wait_closed().await?;
        assert_eq!(silent.read(&mut [0; 10]).unwrap_or(0), 0);
        // An alert, or a reset because our request was not read to its end.
        let _ = wrong.read(&mut [0; 10]);
        assert_eq!(*reports.borrow(), [""; 0]);
        Ok(())
    });
}

#[test]
fn a_server_can_close_who_is_still_shaking_hands() {
    run(async {
        let (_, server) = contexts();
        let server = start_server(echo, "127.0.0.1", 0).ssl(&server).await?;
        let _silent = TcpStream::connect(server.sockets()[0].as_socket().unwrap())?;
        sleep(0.01).await?;
        server.close();
        server.close_clients();
        wait_for(create_task(async move { server.wait_closed().await }), 10).await
    });
}

// CPython: test_ssl.TestSSL.test_ssl_handshake_connection_lost,
// test_sslproto.SslProtoHandshakeTests.test_eof_received_waiter, test_connection_lost
#[test]
fn a_peer_that_speaks_something_else_is_named() {
    run(async {
        let client = contexts().0;
        for (greeting, expected) in [
            ("220 mail.example.org ready\r\n", "[SSL: WRONG_VERSION_NUMBER] wrong version number"),
            ("", "the peer closed the connection during the SSL handshake"),
        ] {
            let listener = TcpListener::bind("127.0.0.1:0")?;
            let address = listener.local_addr()?;
            let peer = std::thread::spawn(move || {
                let (mut stream, _) = listener.accept().unwrap();
                // Read first, so that the end is orderly.
                assert!(stream.read(&mut [0; 10_000]).unwrap() > 0);
                stream.write_all(greeting.as_bytes()).unwrap();
            });
            let error = open_connection("127.0.0.1", address.port()).ssl(&client).await.unwrap_err();
            assert_eq!(error.to_string(), expected);
            peer.join().unwrap();
        }
        Ok(())
    });
}

// CPython: test_base_events.BaseEventLoopWithSelectorTests.test_create_connection_no_ssl_server_hostname_errors,
// test_create_connection_ssl_server_hostname_errors, test_create_connection_ssl_timeout_for_plain_socket,
// test_create_server_ssl_timeout_for_plain_socket,
// test_sslproto.SslProtoHandshakeTests.test_handshake_timeout_zero, test_handshake_timeout_negative,
// test_unix_events.SelectorEventLoopUnixSocketTests.test_create_unix_server_ssl_bool,
// test_create_unix_server_ssl_timeout_with_plain_sock, test_create_unix_connection_ssl_timeout_with_plain_sock,
// test_create_unix_connection_nossl_serverhost, test_create_unix_connection_ssl_noserverhost
#[test]
fn settings_that_cannot_be_are_refused() {
    run(async {
        let (client, server) = contexts();
        let connect = || open_connection("127.0.0.1", 1);
        for (refused, expected) in [
            (connect().server_hostname("x"), "server_hostname is only meaningful with ssl"),
            (connect().server_hostname(""), "server_hostname is only meaningful with ssl"),
            (connect().ssl_handshake_timeout(1), "ssl_handshake_timeout is only meaningful with ssl"),
            (connect().ssl(false).ssl_shutdown_timeout(1), "ssl_shutdown_timeout is only meaningful with ssl"),
            (
                connect().ssl(&client).ssl_handshake_timeout(0),
                "ssl_handshake_timeout should be a positive number, got 0",
            ),
            (
                connect().ssl(&client).ssl_handshake_timeout(-10),
                "ssl_handshake_timeout should be a positive number, got -10",
            ),
            (open_connection("", 1).ssl(&client), "you have to pass server_hostname when using ssl"),
            (
                connect().ssl(&client).server_hostname(".a"),
                "server_hostname cannot be an empty string or start with a leading dot.",
            ),
            (
                connect().ssl(&client).server_hostname("no name"),
                "'no name' is no name of a server that a certificate can be for",
            ),
            (connect().ssl(&server), "Cannot create a client socket with a PROTOCOL_TLS_SERVER context"),
        ] {
            let error = refused.await.unwrap_err();
            assert_eq!(error.to_string(), expected);
            assert!(error.is::<ValueError>());
        }
        for (context, expected) in [
            (client, "Cannot create a server socket with a PROTOCOL_TLS_CLIENT context"),
            (SSLContext::new(Protocol::TlsServer), "a server needs a certificate: load_cert_chain()"),
        ] {
            let error = start_server(echo, "127.0.0.1", 0).ssl(&context).await.unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
        let folder = tempfile::tempdir()?;
        let server = || start_unix_server(echo, folder.path().join("socket"));
        for (refused, expected) in [
            (server().ssl(true), "Cannot create a server socket with a PROTOCOL_TLS_CLIENT context"),
            (server().ssl_handshake_timeout(1), "ssl_handshake_timeout is only meaningful with ssl"),
        ] {
            assert_eq!(refused.await.unwrap_err().to_string(), expected);
        }
        assert_eq!(std::fs::read_dir(folder.path())?.count(), 0);
        let connect = || open_unix_connection("no-such-folder/socket");
        for (refused, expected) in [
            (connect().ssl_handshake_timeout(1), "ssl_handshake_timeout is only meaningful with ssl"),
            (connect().server_hostname("x"), "server_hostname is only meaningful with ssl"),
            (connect().ssl(true), "you have to pass server_hostname when using ssl"),
        ] {
            assert_eq!(refused.await.unwrap_err().to_string(), expected);
        }
        let error = start_server(echo, "127.0.0.1", 0).ssl_handshake_timeout(1).await.unwrap_err();
        assert_eq!(error.to_string(), "ssl_handshake_timeout is only meaningful with ssl");
        Ok(())
    });
}

#[test]
fn the_versions_have_to_meet() {
    run(async {
        let (mut client, mut server) = contexts();
        server.set_minimum_version(TLSVersion::TLSv1_3);
        client.set_maximum_version(TLSVersion::TLSv1_2);
        let server = start_server(echo, "127.0.0.1", 0).ssl(&server).await?;
        let error = open_connection("127.0.0.1", port(&server)).ssl(&client).await.unwrap_err();
        assert_eq!(error.to_string(), "[SSL: TLS_ALERT_PROTOCOL_VERSION] tls alert protocol version");
        Ok(())
    });
}

#[test]
fn a_peer_that_does_not_read_does_not_fill_our_memory() {
    run(async {
        let (client, server) = contexts();
        let server = start_server(async |_, writer: StreamWriter| writer.wait_closed().await, "127.0.0.1", 0)
            .ssl(&server)
            .await?;
        let (_reader, writer) = open_connection("127.0.0.1", port(&server)).ssl(&client).await?;
        let sender = writer.clone();
        let sending = create_task(async move {
            loop {
                sender.write(vec![0; 10_000])?;
                sender.drain().await?;
            }
        });
        until(|| writer.get_write_buffer_size() > 64 * 1024).await?;
        sleep(0.01).await?;
        assert!(writer.get_write_buffer_size() <= 64 * 1024 + 10_000);
        sending.cancel();
        let ended: Result<()> = sending.await;
        assert!(ended.unwrap_err().is_cancelled());
        Ok(())
    });
}

#[test]
fn a_read_that_is_cancelled_loses_nothing() {
    run(async {
        let (client, server) = contexts();
        let slow = async |_, writer: StreamWriter| {
            for byte in b"one byte at a time\n" {
                writer.write([*byte])?;
                sleep(0.001).await?;
            }
            Ok(())
        };
        let server = start_server(slow, "127.0.0.1", 0).ssl(&server).await?;
        let (mut reader, _writer) = open_connection("127.0.0.1", port(&server)).ssl(&client).await?;
        let mut attempts = 0;
        let line = loop {
            attempts += 1;
            let patience = asyncio_runtime::timeout(0.002);
            match patience.run(async |_| reader.readline().await).await {
                Ok(line) => break line,
                Err(error) => assert!(error.is::<asyncio_runtime::TimeoutError>()),
            }
        };
        assert_eq!(line, b"one byte at a time\n");
        assert!(attempts > 1);
        Ok(())
    });
}

// CPython: test_ssl.TestSSL.test_create_server_ssl_1
#[test]
fn many_connections_share_a_context() {
    run(async {
        let authority = Authority::new();
        let client = authority.client();
        let server = authority.sign(&["localhost"]).server();
        let server = start_server(echo, "127.0.0.1", 0).ssl(&server).await?;
        let port = port(&server);
        let visits = (0..50).map(|i| {
            let client = client.clone();
            create_task(async move {
                let connection = open_connection("127.0.0.1", port).ssl(&client).server_hostname("localhost");
                let (mut reader, writer) = connection.await?;
                writer.write(format!("visit {i}\n"))?;
                assert_eq!(reader.readline().await?, format!("visit {i}\n").as_bytes());
                writer.close();
                writer.wait_closed().await
            })
        });
        gather(visits).await?;
        server.close();
        server.wait_closed().await
    });
}

// CPython: test_ssl.TestSSL.test_create_server_ssl_over_ssl
#[test]
fn tls_goes_through_tls() {
    run(async {
        let (client, server) = contexts();
        let ((mut reader, writer), (far_reader, far_writer)) = pair()?;
        let far = create_task(async move {
            far_writer.start_tls(&server).server_side(true).await?;
            far_writer.start_tls(&server).server_side(true).await?;
            echo(far_reader, far_writer).await
        });
        writer.start_tls(&client).server_hostname("localhost").await?;
        writer.start_tls(&client).server_hostname("127.0.0.1").await?;
        let data = pattern(300_000);
        writer.write(&data)?;
        assert!(reader.readexactly(data.len()).await? == data);
        writer.close();
        writer.wait_closed().await?;
        far.await
    });
}

#[test]
fn the_default_context_trusts_somebody() {
    let text = format!("{:?}", create_default_context());
    assert!(!text.contains("roots: 0"), "{text}");
    assert!(text.contains("verify_mode: Required, check_hostname: true"), "{text}");
    assert!(SSLError::of(&ValueError::new("no").into()).is_none());
}
