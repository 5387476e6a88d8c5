//! A session of `asyncio-http` against a server with a certificate of its own:
//! connections that are kept, limits, redirects, a timeout, bodies that are
//! streams.
//!
//! `cargo run --manifest-path examples/ecosystem/Cargo.toml --bin client_session`

use std::cell::Cell;
use std::convert::Infallible;
use std::rc::Rc;

use asyncio::ssl::{Protocol, SSLContext};
use asyncio::{
    AsyncIterator, Result, TimeoutError, from_iter, gather, run, sleep,
    start_server,
};
use asyncio_http::{Body, ClientSession, HttpServer};
use futures::stream;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Bytes, Frame};
use hyper::{Request, Response};

type AnyBody = UnsyncBoxBody<Bytes, Infallible>;

// ANCHOR: server
async fn respond(request: Request<Body>) -> Result<Response<AnyBody>> {
    let text = |text: String| Response::new(text.boxed_unsync());
    Ok(match request.uri().path() {
        "/old" => {
            let moved =
                Response::builder().status(308).header("Location", "/upload");
            moved.body(String::new().boxed_unsync())?
        }
        "/upload" => {
            let mut bytes = 0;
            let mut body = request.into_body();
            while let Some(frame) = body.frame().await {
                bytes += frame?.data_ref().map_or(0, Bytes::len);
            }
            text(format!("{bytes} bytes"))
        }
        "/numbers" => {
            let lines = (1..=50_000)
                .map(|n| Ok(Frame::data(Bytes::from(format!("{n}\n")))));
            Response::new(StreamBody::new(stream::iter(lines)).boxed_unsync())
        }
        "/slow" => {
            sleep(10).await?;
            text("at last".into())
        }
        path => text(format!("page {path}")),
    })
}
// ANCHOR_END: server

// ANCHOR: pages
async fn pages(session: &ClientSession, url: &str) -> Result<()> {
    let pages = (1..=20).map(|n| {
        let (session, url) = (session.clone(), format!("{url}/{n}"));
        async move { session.get(&url).await?.text().await }
    });
    let pages = gather(pages).await?;
    println!("{} pages, the last is {:?}", pages.len(), pages[19]);
    Ok(())
}
// ANCHOR_END: pages

// ANCHOR: bodies
async fn bodies(session: &ClientSession, url: &str) -> Result<()> {
    // The next item is asked for when the connection can take it.
    let lines = from_iter(1..=1000).then(async |n| {
        if n % 250 == 0 {
            sleep(0.001).await?;
        }
        Ok(format!("line {n}\n"))
    });
    let uploaded =
        session.post(&format!("{url}/upload")).body_stream(lines).await?;
    println!("uploaded {}", uploaded.text().await?);

    let mut response = session.get(&format!("{url}/numbers")).await?;
    let mut sum = 0;
    let mut rest = Vec::new();
    while let Some(piece) = response.chunk().await? {
        rest.extend_from_slice(&piece);
        let Some(end) = rest.iter().rposition(|byte| *byte == b'\n') else {
            continue;
        };
        let lines = rest.drain(..=end).collect::<Vec<u8>>();
        sum += String::from_utf8(lines)?
            .lines()
            .map(|line| line.parse::<u64>().unwrap())
            .sum::<u64>();
    }
    println!("the numbers make {sum}");
    Ok(())
}
// ANCHOR_END: bodies

// ANCHOR: redirect
async fn redirect_and_timeout(session: &ClientSession, url: &str) -> Result<()> {
    // 308 repeats the request with its body, 303 would make it a `GET`.
    let moved = session.put(&format!("{url}/old")).body("tea").await?;
    let path = moved.url().path().to_owned();
    println!("redirected to {path}: {}", moved.text().await?);

    match session.get(&format!("{url}/slow")).timeout(0.1).await {
        Err(error) if error.is::<TimeoutError>() => println!("too slow"),
        response => println!("{:?}", response?.status()),
    }
    Ok(())
}
// ANCHOR_END: redirect

// ANCHOR: program
async fn program() -> Result<()> {
    let key = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    let mut ours = SSLContext::new(Protocol::TlsServer);
    ours.load_cert_chain_data(key.cert.pem(), key.signing_key.serialize_pem())?;
    let mut theirs = SSLContext::new(Protocol::TlsClient);
    theirs.load_verify_data(key.cert.pem())?;

    let (http, connections) = (HttpServer::new(), Rc::new(Cell::new(0)));
    let counted = Rc::clone(&connections);
    let connected = async move |reader, writer| {
        counted.set(counted.get() + 1);
        match http.serve(reader, writer, respond).await {
            // The client has hung up, because it did not want to wait.
            Err(error) if error.is::<hyper::Error>() => Ok(()),
            served => served,
        }
    };
    let server = start_server(connected, "127.0.0.1", 0).ssl(&ours).await?;
    let url = format!("https://localhost:{}", server.sockets()[0].port().unwrap());

    let session = ClientSession::new().limit_per_host(3).ssl(&theirs);
    pages(&session, &url).await?;
    bodies(&session, &url).await?;
    redirect_and_timeout(&session, &url).await?;
    println!("all over {} connections", connections.get());

    // A session that does not know the certificate does not trust it.
    println!("{}", ClientSession::new().get(&url).await.unwrap_err());
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
