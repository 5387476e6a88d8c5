//! Libraries of others, on this loop: hyper, client and server, and tungstenite. They know nothing of it but the traits of
//! `futures_io`.

use async_tungstenite::tungstenite::Message;
use async_tungstenite::{accept_async, client_async};
use asyncio_runtime::{Exception, Result, cancellable, create_task, gather};
use asyncio_streams::{Duplex, Server, StreamReader, StreamWriter, open_connection, start_server};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response, client, server};
use smol_hyper::rt::FuturesIo;

use crate::common::{pattern, run};

/// Answers with the request, reversed.
async fn backwards(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let path = request.uri().path().to_owned();
    let mut body = request.into_body().collect().await?.to_bytes().to_vec();
    body.reverse();
    Ok(Response::builder().header("x-path", path).body(Full::new(body.into())).unwrap())
}

async fn serve(reader: StreamReader, writer: StreamWriter) -> Result<()> {
    let stream = FuturesIo::new(Duplex::new(reader, writer));
    cancellable(server::conn::http1::Builder::new().serve_connection(stream, service_fn(backwards))).await??;
    Ok(())
}

/// Several requests over one connection, with bodies of all sizes.
async fn ask((reader, writer): (StreamReader, StreamWriter)) -> Result<()> {
    let stream = FuturesIo::new(Duplex::new(reader, writer));
    let (mut sender, connection) = cancellable(client::conn::http1::handshake(stream)).await??;
    let driver = create_task(async move { Ok(cancellable(connection).await??) });
    for size in [0, 1, 1000, 300_000, 3 << 20] {
        let mut body = pattern(size);
        let request = Request::post(format!("/{size}")).header("host", "localhost");
        let request = request.body(Full::new(Bytes::from(body.clone())))?;
        let response = cancellable(sender.send_request(request)).await??;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["x-path"], *format!("/{size}"));
        body.reverse();
        assert!(cancellable(response.into_body().collect()).await??.to_bytes() == body);
    }
    drop(sender);
    driver.await
}

fn port(server: &Server) -> u16 {
    server.sockets()[0].port().unwrap()
}

#[test]
fn hyper_runs_as_client_and_server() {
    run(async {
        let server = start_server(serve, "127.0.0.1", 0).await?;
        let asking = (0..5).map(|_| {
            let connection = open_connection("127.0.0.1", port(&server));
            create_task(async move { ask(connection.await?).await })
        });
        gather(asking).await?;
        Ok(())
    });
}

#[cfg(feature = "tls")]
#[test]
fn hyper_runs_over_tls() {
    run(async {
        let (client, server) = crate::certificates::contexts();
        let server = start_server(serve, "127.0.0.1", 0).ssl(&server).await?;
        ask(open_connection("127.0.0.1", port(&server)).ssl(&client).await?).await
    });
}

async fn mirror(reader: StreamReader, writer: StreamWriter) -> Result<()> {
    let mut socket = cancellable(accept_async(Duplex::new(reader, writer))).await??;
    loop {
        match cancellable(next(&mut socket)).await?? {
            Message::Close(_) => return Ok(()),
            Message::Text(text) => cancellable(socket.send(Message::text(text.to_uppercase()))).await??,
            message => cancellable(socket.send(message)).await??,
        }
    }
}

async fn next(socket: &mut async_tungstenite::WebSocketStream<Duplex>) -> Result<Message> {
    std::future::poll_fn(|cx| futures_core::Stream::poll_next(std::pin::Pin::new(&mut *socket), cx))
        .await
        .ok_or_else(|| Exception::new("no more messages"))?
        .map_err(Into::into)
}

#[test]
fn tungstenite_speaks() {
    run(async {
        let server = start_server(mirror, "127.0.0.1", 0).await?;
        let (reader, writer) = open_connection("127.0.0.1", port(&server)).await?;
        let (mut socket, _) = cancellable(client_async("ws://localhost/", Duplex::new(reader, writer))).await??;
        cancellable(socket.send(Message::text("hello"))).await??;
        assert_eq!(cancellable(next(&mut socket)).await??, Message::text("HELLO"));
        let data = pattern(1 << 20);
        cancellable(socket.send(Message::binary(data.clone()))).await??;
        assert!(cancellable(next(&mut socket)).await?? == Message::binary(data));
        cancellable(socket.close(None)).await??;
        Ok(())
    });
}
