//! Bodies as streams, in both directions.

use std::cell::Cell;
use std::io::{self, Write as _};
use std::rc::Rc;

use asyncio_http::{Body, ClientSession};
use asyncio_iterators::{AsyncIterator, from_iter};
use asyncio_runtime::{Result, TimeoutError, ValueError, sleep};
use flate2::Compression;
use flate2::write::GzEncoder;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::{Request, Response};

use crate::run_with;

/// Long enough that it takes many pieces, and compresses well.
fn text() -> String {
    (0..100_000).map(|n| format!("{n}\n")).collect()
}

fn gzip(text: &str) -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes())?;
    Ok(encoder.finish()?)
}

/// `/echo` says how the body came, and repeats it; the other paths are bodies of different kinds.
async fn respond(request: Request<Body>) -> Result<Response<Full<Bytes>>> {
    let (head, body) = request.into_parts();
    let packed = Response::builder().header("Content-Encoding", "gzip");
    Ok(match head.uri.path() {
        "/long" => Response::new(Full::from(text())),
        "/gzip" => packed.body(Full::from(gzip(&text())?))?,
        // Two members, as `cat a.gz b.gz` makes them.
        "/two" => packed.body(Full::from([gzip("one")?, gzip("two")?].concat()))?,
        "/cut" => packed.body(Full::from(gzip(&text())?[..10_000].to_vec()))?,
        "/brotli" => Response::builder().header("Content-Encoding", "br").body(Full::from("x"))?,
        "/moved" => Response::builder().status(307).header("Location", "/echo").body(Full::default())?,
        _ => {
            let how = ["transfer-encoding", "content-length"].map(|name| match head.headers.get(name) {
                Some(value) => value.to_str().unwrap().to_owned(),
                None => "-".to_owned(),
            });
            let body = String::from_utf8(body.collect().await?.to_bytes().to_vec())?;
            Response::new(Full::from(format!("{} {body}", how.join(" "))))
        }
    })
}

#[test]
fn an_iterator_is_sent_in_chunks_or_with_the_length_that_is_known() {
    run_with(respond, async |url, connections| {
        let session = ClientSession::new();
        let items = || from_iter(["one ", "two ", "three"]).then(async |item| sleep(0.001).await.map(|()| item));
        let echo = format!("{url}/echo");
        assert_eq!(session.post(&echo).body_stream(items()).await?.text().await?, "chunked - one two three");
        let request = session.post(&echo).header("Content-Length", "13").body_stream(items());
        assert_eq!(request.await?.text().await?, "- 13 one two three");
        let nothing = from_iter(Vec::<String>::new());
        assert_eq!(session.post(&echo).body_stream(nothing).await?.text().await?, "chunked - ");
        assert_eq!(connections.get(), 1);
        Ok(())
    });
}

#[test]
fn the_error_of_an_iterator_comes_out_of_the_request() {
    run_with(respond, async |url, _| {
        let session = ClientSession::new();
        let items =
            from_iter(1..=3).then(async |n| if n < 3 { Ok("x") } else { Err(ValueError::new("no more tea").into()) });
        let error = session.post(&format!("{url}/echo")).body_stream(items).await.unwrap_err();
        assert_eq!(error.downcast_ref::<ValueError>().unwrap().to_string(), "no more tea");
        // The server must not take what it got for all of it.
        while format!("{session:?}") != "<ClientSession connections=0>" {
            sleep(0).await?;
        }
        Ok(())
    });
}

#[test]
fn an_iterator_cannot_be_sent_to_a_second_place() {
    run_with(respond, async |url, _| {
        let request = ClientSession::new().post(&format!("{url}/moved")).body_stream(from_iter(["x"]));
        let error = request.await.unwrap_err();
        let expected = "a redirect (307) asks for the body again, which was a stream";
        assert_eq!(error.downcast_ref::<ValueError>().unwrap().to_string(), expected);
        Ok(())
    });
}

#[test]
fn a_request_that_takes_too_long_drops_its_iterator() {
    struct Dropped(Rc<Cell<bool>>);

    impl Drop for Dropped {
        fn drop(&mut self) {
            self.0.set(true);
        }
    }

    run_with(respond, async |url, _| {
        let dropped = Rc::new(Cell::new(false));
        let guard = Dropped(Rc::clone(&dropped));
        let items = from_iter(0..).then(async move |n| {
            let _held = &guard;
            sleep(if n == 0 { 0.0 } else { 1e6 }).await?;
            Ok("x")
        });
        let request = ClientSession::new().post(&format!("{url}/echo")).body_stream(items).timeout(0.05);
        assert!(request.await.unwrap_err().is::<TimeoutError>());
        while !dropped.get() {
            sleep(0).await?;
        }
        Ok(())
    });
}

#[test]
fn a_response_is_read_in_pieces_and_its_connection_kept() {
    run_with(respond, async |url, connections| {
        let session = ClientSession::new().max_body(1000);
        for path in ["long", "gzip"] {
            let mut response = session.get(&format!("{url}/{path}")).await?;
            let (mut pieces, mut body) = (0, Vec::new());
            while let Some(piece) = response.chunk().await? {
                assert!(!piece.is_empty());
                pieces += 1;
                body.extend_from_slice(&piece);
            }
            assert!(body == text().as_bytes() && pieces > 1, "{path}: {} bytes in {pieces} pieces", body.len());
            assert!(response.chunk().await?.is_none());
            // As it came: less, if it was compressed.
            let (received, size) = (response.received().bytes(), body.len() as u64);
            assert!(received > 0 && (received == size) == (path == "long"), "{path}: {received} of {size}");
        }
        let two = session.get(&format!("{url}/two")).await?.collect::<Vec<Bytes>>().await?;
        assert_eq!(two.concat(), b"onetwo");
        let mut empty = session.head(&format!("{url}/gzip")).await?;
        assert!(empty.chunk().await?.is_none());
        assert_eq!(connections.get(), 1);
        Ok(())
    });
}

#[test]
fn the_rest_of_a_response_that_was_begun_in_pieces_is_read_whole() {
    run_with(respond, async |url, connections| {
        let session = ClientSession::new();
        for path in ["long", "gzip"] {
            let mut response = session.get(&format!("{url}/{path}")).await?;
            let first = response.chunk().await?.unwrap();
            let rest = response.text().await?;
            assert!([&first, rest.as_bytes()].concat() == text().as_bytes(), "{path}");
            // The limit holds for what is read whole.
            let mut response = session.clone().max_body(1000).get(&format!("{url}/{path}")).await?;
            response.chunk().await?;
            assert!(response.read().await.unwrap_err().is::<ValueError>());
        }
        // One was closed with a body that was not read to its end, and the other is kept.
        assert_eq!(connections.get(), 2);
        Ok(())
    });
}

#[test]
fn a_body_that_is_cut_or_packed_otherwise_is_an_error() {
    run_with(respond, async |url, _| {
        let session = ClientSession::new();
        let cut = session.get(&format!("{url}/cut")).await?.collect::<Vec<Bytes>>().await;
        assert!(cut.unwrap_err().is::<io::Error>());
        let error = session.get(&format!("{url}/brotli")).await?.chunk().await.unwrap_err();
        assert_eq!(error.to_string(), r#"the body is packed by "br""#);
        Ok(())
    });
}

#[test]
fn a_response_can_be_the_body_of_a_request() {
    run_with(respond, async |url, connections| {
        let session = ClientSession::new();
        let source = session.get(&format!("{url}/gzip")).await?;
        let copy = session.post(&format!("{url}/echo")).body_stream(source).await?.text().await?;
        assert!(copy == format!("chunked - {}", text()));
        assert_eq!(connections.get(), 2);
        Ok(())
    });
}
