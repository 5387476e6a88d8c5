//! A session of requests: redirects, limits, and the end of connections.

#[macro_use]
extern crate asyncio_testing;

mod bodies;
mod cancellation;
mod requests;

use std::cell::Cell;
use std::rc::Rc;

use asyncio_http::{Body, ClientSession, HttpServer};
use asyncio_runtime::{Clock, Result, Runner, ValueError, gather};
use asyncio_streams::{StreamReader, StreamWriter, start_server};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::{Request, Response};

/// Runs `main` with the URL of a server, and the number of connections that the server has had.
fn run<T: 'static>(main: impl AsyncFnOnce(String, Rc<Cell<usize>>) -> Result<T> + 'static) -> T {
    run_with(respond, main)
}

/// Like [`run`], with a server that answers like this.
fn run_with<T: 'static>(
    respond: impl AsyncFn(Request<Body>) -> Result<Response<Full<Bytes>>> + Clone + 'static,
    main: impl AsyncFnOnce(String, Rc<Cell<usize>>) -> Result<T> + 'static,
) -> T {
    let session = async {
        let connections = Rc::new(Cell::new(0));
        let count = Rc::clone(&connections);
        let http = HttpServer::new();
        let serve = async move |reader: StreamReader, writer: StreamWriter| {
            count.set(count.get() + 1);
            http.serve(reader, writer, respond.clone()).await
        };
        let server = start_server(serve, "127.0.0.1", 0).await?;
        main(format!("http://127.0.0.1:{}", server.sockets()[0].port().unwrap()), connections).await
    };
    Runner::new().clock(Clock::Real).run(session).unwrap()
}

async fn respond(request: Request<Body>) -> Result<Response<Full<Bytes>>> {
    let body = match request.uri().path() {
        "/moved" => return Ok(Response::builder().status(302).header("Location", "/here").body(Full::default())?),
        "/circle" => return Ok(Response::builder().status(302).header("Location", "/circle").body(Full::default())?),
        "/agent" => request.headers()["user-agent"].as_bytes().to_vec(),
        "/bytes" => b"caf\xe9".to_vec(),
        "/long" => vec![b'x'; 5000],
        path => path.as_bytes().to_vec(),
    };
    Ok(Response::new(Full::from(body)))
}

#[test]
fn a_redirect_is_followed_or_is_the_response() {
    run(async |url, _| {
        let session = ClientSession::new();
        let followed = session.get(&format!("{url}/moved")).await?;
        assert_eq!((followed.status().as_u16(), followed.url().path()), (200, "/here"));
        assert_eq!(followed.text().await?, "/here");

        let moved = session.clone().allow_redirects(false).get(&format!("{url}/moved")).await?;
        assert_eq!(moved.status(), 302);
        assert_eq!(moved.redirect()?.unwrap().as_str(), format!("{url}/here"));
        Ok(())
    });
}

#[test]
fn a_circle_of_redirects_comes_to_an_end() {
    run(async |url, connections| {
        let error = ClientSession::new().max_redirects(3).get(&format!("{url}/circle")).await.unwrap_err();
        assert_eq!(error.downcast_ref::<ValueError>().unwrap().to_string(), "more than 3 redirects");
        assert_eq!(connections.get(), 1);
        Ok(())
    });
}

#[test]
fn requests_share_as_many_connections_as_the_host_may_have() {
    run(async |url, connections| {
        let session = ClientSession::new().limit_per_host(3);
        let pages = (0..50).map(|n| {
            let (session, url) = (session.clone(), format!("{url}/{n}"));
            async move { session.get(&url).await?.text().await }
        });
        let texts = gather(pages).await?;
        assert_eq!(texts, (0..50).map(|n| format!("/{n}")).collect::<Vec<_>>());
        assert_eq!(connections.get(), 3);
        assert_eq!(format!("{session:?}"), "<ClientSession connections=3>");
        Ok(())
    });
}

#[test]
fn a_response_that_is_dropped_makes_room_for_the_next() {
    run(async |url, connections| {
        let session = ClientSession::new().limit(1).limit_per_host(1);
        for _ in 0..3 {
            drop(session.get(&format!("{url}/long")).await?);
        }
        assert_eq!(connections.get(), 3);
        Ok(())
    });
}

#[test]
fn a_body_may_be_too_long_or_no_text() {
    run(async |url, _| {
        let session = ClientSession::new().max_body(4999);
        let response = session.get(&format!("{url}/long")).await?;
        let received = response.received();
        let long = response.text().await;
        assert_eq!(long.unwrap_err().to_string(), "the body has more than 4999 bytes");
        assert!(received.bytes() > 4999, "{received:?}");
        let bytes = session.get(&format!("{url}/bytes")).await?.text().await;
        assert_eq!(bytes.unwrap_err().to_string(), "the body () is no text in UTF-8");
        assert_eq!(session.get(&format!("{url}/bytes")).await?.text_lossy().await?, "caf\u{fffd}");
        assert_eq!(session.get(&format!("{url}/bytes")).await?.read().await?, b"caf\xe9");
        Ok(())
    });
}

#[test]
fn a_session_has_a_name() {
    run(async |url, _| {
        let session = ClientSession::new();
        let default = session.get(&format!("{url}/agent")).await?.text().await?;
        assert!(default.starts_with("asyncio-http/"), "{default}");
        let named = session.clone().user_agent("areq")?;
        assert_eq!(named.get(&format!("{url}/agent")).await?.text().await?, "areq");
        assert!(session.user_agent("a\nb").is_err());
        Ok(())
    });
}
