//! `start_tls`: what was received before it belongs to the handshake.

use std::io::Read;

use asyncio_runtime::{Result, RuntimeError, create_task, gather, sleep};
use asyncio_streams::ssl::SSLError;
use asyncio_streams::{StreamReader, StreamWriter, open_connection, start_server};
use futures_lite::AsyncBufReadExt;
use futures_lite::io::AsyncBufRead;

use crate::certificates::contexts;
use crate::common::{half_pair, pair, run};

/// Passes on all bytes unchanged, after a line of its own in the same packet.
async fn forward(mut reader: StreamReader, writer: StreamWriter, line: &'static [u8]) -> Result<()> {
    let mut data = line.to_vec();
    loop {
        let more = reader.read(1 << 16).await?;
        if more.is_empty() {
            return Ok(writer.write_eof()?);
        }
        data.extend(more);
        writer.write(&data)?;
        data.clear();
    }
}

// CPython: test_streams.StreamTests.test_start_tls_buffered_data
#[test]
fn a_hello_that_came_with_the_line_before_is_part_of_the_handshake() {
    run(async {
        let (client, server) = contexts();
        let serve = async move |mut reader: StreamReader, writer: StreamWriter| {
            assert_eq!(reader.readline().await?, b"PROXY TCP4 1 2 3 4\r\n");
            // The client's first bytes have arrived by now.
            sleep(0.002).await?;
            writer.start_tls(&server).await?;
            let line = reader.readline().await?;
            writer.write(line)?;
            writer.close();
            writer.wait_closed().await
        };
        let server = start_server(serve, "127.0.0.1", 0).await?;
        let port = server.sockets()[0].port().unwrap();
        let proxy = async move |reader: StreamReader, writer: StreamWriter| {
            let (far_reader, far_writer) = open_connection("127.0.0.1", port).await?;
            let there = create_task(forward(reader, far_writer, b"PROXY TCP4 1 2 3 4\r\n"));
            let back = create_task(forward(far_reader, writer, b""));
            gather([there, back]).await.map(drop)
        };
        let proxy = start_server(proxy, "127.0.0.1", 0).await?;
        let port = proxy.sockets()[0].port().unwrap();
        let (mut reader, writer) = open_connection("127.0.0.1", port).ssl(&client).server_hostname("localhost").await?;
        writer.write("hello\n")?;
        assert_eq!(reader.readline().await?, b"hello\n");
        assert_eq!(reader.read(1).await?, b"");
        Ok(())
    });
}

#[test]
fn plaintext_behind_the_request_fails_the_handshake_of_a_server() {
    // Also if it is shorter than the head of a record.
    for injected in ["DELETE everything\r\n", "a"] {
        run(async move {
            let (client, server) = contexts();
            let ((mut reader, writer), (mut far_reader, far_writer)) = pair()?;
            writer.write(format!("STARTTLS\r\n{injected}"))?;
            assert_eq!(far_reader.readline().await?, b"STARTTLS\r\n");
            far_writer.write("220 go ahead\r\n")?;
            let far = create_task(async move {
                let error = far_writer.start_tls(&server).server_side(true).await.unwrap_err();
                assert_eq!(SSLError::of(&error).unwrap().reason(), "WRONG_VERSION_NUMBER");
                sleep(0).await?; // the connection is lost one iteration later
                assert!(far_reader.read(100).await.is_err());
                assert!(far_writer.is_closing());
                Ok(())
            });
            assert_eq!(reader.readline().await?, b"220 go ahead\r\n");
            assert!(writer.start_tls(&client).server_hostname("localhost").await.is_err());
            far.await
        });
    }
}

#[test]
fn plaintext_behind_the_answer_fails_the_handshake_of_a_client() {
    run(async {
        let (client, server) = contexts();
        let ((mut reader, writer), (mut far_reader, far_writer)) = pair()?;
        let far = create_task(async move {
            far_reader.readline().await?;
            // As if an attacker in the middle had added the second line.
            far_writer.write("220 go ahead\r\n250 injected\r\n")?;
            far_writer.start_tls(&server).server_side(true).await
        });
        writer.write("STARTTLS\r\n")?;
        assert_eq!(reader.readline().await?, b"220 go ahead\r\n");
        let error = writer.start_tls(&client).server_hostname("localhost").await.unwrap_err();
        assert_eq!(SSLError::of(&error).unwrap().reason(), "WRONG_VERSION_NUMBER");
        sleep(0).await?; // the connection is lost one iteration later
        assert!(reader.readline().await.is_err());
        assert!(far.await.is_err());
        Ok(())
    });
}

#[test]
fn what_somebody_looks_at_cannot_be_handed_over() {
    run(async {
        let (client, server) = contexts();
        let ((mut reader, writer), (mut far_reader, far_writer)) = pair()?;
        far_writer.write("one\ntwo\n")?;
        assert_eq!(reader.fill_buf().await?, b"one\ntwo\n");
        let starting = || writer.start_tls(&client).server_hostname("localhost");
        assert!(starting().await.unwrap_err().is::<RuntimeError>());
        assert!(!writer.is_closing(), "nothing has begun");
        std::pin::Pin::new(&mut reader).consume(4);
        assert_eq!(reader.readline().await?, b"two\n");
        // And the bytes that were lent are not lost for the next reads.
        far_writer.write("three\nfour\n")?;
        assert_eq!(reader.fill_buf().await?, b"three\nfour\n");
        assert_eq!(format!("{reader:?}").matches("11 bytes").count(), 1);
        assert_eq!(reader.readline().await?, b"three\n");
        assert_eq!(reader.readline().await?, b"four\n");
        let far = create_task(async move {
            far_writer.start_tls(&server).server_side(true).await?;
            far_reader.readline().await
        });
        starting().await?;
        writer.write("secret\n")?;
        assert_eq!(far.await?, b"secret\n");
        Ok(())
    });
}

// CPython: test_ssl.TestSSL.test_start_tls_slow_client_cancel, test_sslproto.BaseStartTLS.test_start_tls_slow_client_cancel
#[test]
fn a_client_that_gives_up_closes_the_connection() {
    run(async {
        let (client, _) = contexts();
        let (mut silent, (_reader, writer)) = half_pair()?;
        let starting = create_task({
            let (writer, client) = (writer.clone(), client.clone());
            async move { writer.start_tls(&client).server_hostname("localhost").await }
        });
        sleep(0.002).await?;
        starting.cancel();
        assert!(starting.await.unwrap_err().is_cancelled());
        assert!(writer.is_closing());
        writer.wait_closed().await?;
        // The hello, and then the end.
        let mut sent = Vec::new();
        silent.read_to_end(&mut sent)?;
        assert_eq!(sent[0], 0x16);
        Ok(())
    });
}
