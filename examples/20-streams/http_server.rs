//! A web server that meets the Internet: hyper speaks HTTP, the loop brings it the
//! connections and the bytes, and whatever a client decides has a limit. Ctrl-C and
//! SIGTERM let it finish the requests that it is answering.
//!
//! Run it: `cargo run --example http_server`, then `curl http://127.0.0.1:8888/`.
//! With `-- --loops 2` it serves on two processors.
//!
//! Shows: streams_are_protocol_free, start_server_handler

use std::net::SocketAddr;

use asyncio::signal::{SIGINT, SIGTERM};
use asyncio::{
    Event, KeyboardInterrupt, Result, StreamReader, StreamWriter, TimeoutError,
    get_running_loop, start_server, wait_for,
};
use asyncio_http::{Body, HttpServer};
use guide_extra::{loops, println};
use http_body_util::BodyExt;
use hyper::{Method, Request, Response, StatusCode};

// ANCHOR: respond
/// A greeting at `/`; at `/upper`, whatever is sent there, in upper case.
async fn respond(request: Request<Body>) -> Result<Response<String>> {
    // ANCHOR: println
    println!("{} {}", request.method(), request.uri().path());
    // ANCHOR_END: println
    let (status, text) = match (request.method(), request.uri().path()) {
        (&Method::GET, "/") => (StatusCode::OK, "hello\n".to_owned()),
        (&Method::POST, "/upper") => {
            let body = request.into_body().collect().await?.to_bytes();
            (StatusCode::OK, String::from_utf8_lossy(&body).to_uppercase())
        }
        _ => (StatusCode::NOT_FOUND, "there is nothing here\n".to_owned()),
    };
    Ok(Response::builder().status(status).body(text)?)
}
// ANCHOR_END: respond

// ANCHOR: connected
async fn connected(
    http: &HttpServer,
    reader: StreamReader,
    writer: StreamWriter,
) -> Result<()> {
    match http.serve(reader, writer, respond).await {
        Err(error) if error.is::<hyper::Error>() => {
            println!("a client goes wrong: {error}");
            Ok(())
        }
        ended => ended,
    }
}
// ANCHOR_END: connected

// ANCHOR: serve
async fn serve(address: SocketAddr, shares_port: bool) -> Result<()> {
    let stop = Event::new();
    // One of several loops is cancelled instead: signals come to the main thread.
    if !shares_port {
        for signal in [SIGINT, SIGTERM] {
            let stop = stop.clone();
            get_running_loop()?.add_signal_handler(signal, move || stop.set())?;
        }
    }

    // At most 200 MiB for bodies, and no client occupies a place without using it.
    let http = HttpServer::new()
        .max_body(1 << 20)
        .header_timeout(10)
        .body_timeout(30)
        .idle_timeout(30);
    let serving = http.clone();
    let connected =
        async move |reader, writer| connected(&serving, reader, writer).await;
    let server = start_server(connected, address.ip(), address.port())
        .max_connections(100)
        .reuse_port(shares_port)
        .await?;
    println!("Serving on {}", server.sockets()[0]);

    let cancelled = stop.wait().await;
    server.close();
    match wait_for(http.finish(), 5).await {
        Err(error) if error.is::<TimeoutError>() => {
            println!("giving up on the rest")
        }
        ended => ended?,
    }
    println!("stopped");
    cancelled
}
// ANCHOR_END: serve

fn main() -> Result<()> {
    match loops::run(serve) {
        Err(error) if error.is::<KeyboardInterrupt>() => Ok(()),
        result => result,
    }
}
