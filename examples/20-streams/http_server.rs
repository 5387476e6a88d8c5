//! A web server with hyper, on this loop: hyper speaks HTTP, the loop brings it the
//! connections and the bytes. Ctrl-C ends it.
//!
//! Run it: `cargo run --example http_server`, then `curl http://127.0.0.1:8888/`.
//!
//! Shows: streams_are_protocol_free, start_server_handler

use std::convert::Infallible;
use std::net::SocketAddr;

use asyncio::{
    Duplex, KeyboardInterrupt, Result, StreamReader, StreamWriter, cancellable,
    run, start_server,
};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use smol_hyper::rt::FuturesIo;

// ANCHOR: respond
/// A greeting at `/`; at `/upper`, whatever is sent there, in upper case.
async fn respond(
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    println!("{} {}", request.method(), request.uri().path());
    let (status, text) = match (request.method(), request.uri().path()) {
        (&Method::GET, "/") => (StatusCode::OK, "hello\n".into()),
        (&Method::POST, "/upper") => match request.into_body().collect().await {
            Ok(body) => (StatusCode::OK, body.to_bytes().to_ascii_uppercase()),
            Err(error) => (StatusCode::BAD_REQUEST, format!("{error}\n").into()),
        },
        _ => (StatusCode::NOT_FOUND, "there is nothing here\n".into()),
    };
    let mut response = Response::new(Full::new(text.into()));
    *response.status_mut() = status;
    Ok(response)
}
// ANCHOR_END: respond

// ANCHOR: serve
async fn connected(reader: StreamReader, writer: StreamWriter) -> Result<()> {
    let stream = FuturesIo::new(Duplex::new(reader, writer));
    let connection =
        http1::Builder::new().serve_connection(stream, service_fn(respond));
    if let Err(error) = cancellable(connection).await? {
        println!("a client goes wrong: {error}");
    }
    Ok(())
}

async fn serve(address: SocketAddr) -> Result<()> {
    let server = start_server(connected, address.ip(), address.port()).await?;
    println!("Serving on {}", server.sockets()[0]);
    server.serve_forever().await
}
// ANCHOR_END: serve

fn main() -> Result<()> {
    match run(serve(guide::arguments::address())) {
        Err(error) if error.is::<KeyboardInterrupt>() => Ok(()),
        result => result,
    }
}
