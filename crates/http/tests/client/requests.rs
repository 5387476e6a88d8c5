//! Methods, headers, and how they change after a redirect or on a connection that was closed.

use std::cell::Cell;
use std::rc::Rc;

use asyncio_http::{Body, ClientSession};
use asyncio_runtime::{Clock, Result, Runner, TimeoutError, ValueError, sleep};
use asyncio_streams::ssl::{Protocol, SSLContext};
use asyncio_streams::{StreamReader, StreamWriter, start_server};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::{Method, Request, Response};

use crate::run_with;

/// Says what came: the method, the path, some headers and the body. `/303/x` redirects to `/x` by this status.
async fn describe(request: Request<Body>) -> Result<Response<Full<Bytes>>> {
    let (head, body) = request.into_parts();
    if let Some((status, target)) = head.uri.path().trim_start_matches('/').split_once('/') {
        // Read to its end, so that the connection can be kept.
        body.collect().await?;
        let target = head.uri.query().map_or(format!("/{target}"), |origin| format!("{origin}/{target}"));
        return Ok(Response::builder().status(status).header("Location", target).body(Full::default())?);
    }
    let value = |name: &str| head.headers.get(name).map_or("-", |value| value.to_str().unwrap()).to_owned();
    let values = ["content-type", "content-length", "authorization", "cookie", "x-own"].map(value).join(" ");
    let body = String::from_utf8(body.collect().await?.to_bytes().to_vec())?;
    Ok(Response::new(Full::from(format!("{} {} {values} {body:?}", head.method, head.uri.path()))))
}

/// The text of the response to a `POST` with headers of all kinds.
async fn post(session: &ClientSession, url: &str) -> Result<String> {
    let request = session.post(url).header("Content-Type", "text/plain").header("X-Own", "mine");
    request.header("Authorization", "Bearer x").header("Cookie", "a=b").body("tea").await?.text().await
}

#[test]
fn a_request_has_a_method_headers_and_a_body() {
    run_with(describe, async |url, connections| {
        let session = ClientSession::new();
        let [root, here] = ["", "here"].map(|path| format!("{url}/{path}"));
        assert_eq!(post(&session, &here).await?, r#"POST /here text/plain 3 Bearer x a=b mine "tea""#);
        assert_eq!(session.put(&here).body(vec![b'x'; 3]).await?.text().await?, r#"PUT /here - 3 - - - "xxx""#);
        assert_eq!(session.patch(&here).body(String::from("x")).await?.text().await?, r#"PATCH /here - 1 - - - "x""#);
        assert_eq!(session.delete(&root).await?.text().await?, r#"DELETE / - - - - - """#);
        assert_eq!(session.request(Method::OPTIONS, &root).await?.text().await?, r#"OPTIONS / - - - - - """#);
        let head = session.head(&here).await?;
        assert_eq!(head.headers()["content-length"], r#"HEAD /here - - - - - """#.len().to_string());
        assert_eq!(head.text().await?, "");
        assert_eq!(connections.get(), 1);
        Ok(())
    });
}

#[test]
fn a_header_that_is_none_is_an_error_of_the_request() {
    run_with(describe, async |url, connections| {
        let session = ClientSession::new();
        assert!(session.get(&url).header("X Own", "x").await.unwrap_err().is::<hyper::http::Error>());
        assert!(session.get(&url).header("X-Own", "a\nb").await.unwrap_err().is::<hyper::http::Error>());
        let twice = session.get(&url.replace("//", "//ada:x@")).header("Authorization", "x").await;
        assert!(twice.unwrap_err().is::<ValueError>());
        assert_eq!(connections.get(), 0);
        Ok(())
    });
}

#[test]
fn a_redirect_repeats_the_request_or_makes_it_a_get() {
    run_with(describe, async |url, connections| {
        let session = ClientSession::new();
        for (status, expected) in [
            ("301", r#"GET /here - - Bearer x a=b mine """#),
            ("302", r#"GET /here - - Bearer x a=b mine """#),
            ("303", r#"GET /here - - Bearer x a=b mine """#),
            ("307", r#"POST /here text/plain 3 Bearer x a=b mine "tea""#),
            ("308", r#"POST /here text/plain 3 Bearer x a=b mine "tea""#),
        ] {
            assert_eq!(post(&session, &format!("{url}/{status}/here")).await?, expected, "{status}");
        }
        let put = session.put(&format!("{url}/302/here")).body("tea").await?.text().await?;
        assert_eq!(put, r#"PUT /here - 3 - - - "tea""#, "only a POST becomes a GET");
        assert_eq!(connections.get(), 1);
        Ok(())
    });
}

#[test]
fn another_origin_is_told_no_secrets() {
    run_with(describe, async |url, _| {
        let elsewhere = url.replace("127.0.0.1", "localhost");
        let text = post(&ClientSession::new(), &format!("{url}/307/here?{elsewhere}")).await?;
        assert_eq!(text, r#"POST /here text/plain 3 - - mine "tea""#);
        Ok(())
    });
}

/// Answers one request, says nothing of it, and closes the connection.
async fn answer_once(mut reader: StreamReader, writer: StreamWriter) -> Result<()> {
    let mut length = 0;
    loop {
        let line = String::from_utf8(reader.readline().await?)?;
        if let Some(value) = line.to_lowercase().strip_prefix("content-length: ") {
            length = value.trim().parse()?;
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let body = reader.readexactly(length).await?;
    writer.write(format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n"))?;
    writer.write(body)?;
    writer.drain().await?;
    writer.close();
    writer.wait_closed().await
}

#[test]
fn a_post_is_sent_again_if_its_connection_was_closed_before_it() {
    let main = async {
        let connections = Rc::new(Cell::new(0));
        let count = Rc::clone(&connections);
        let connected = async move |reader, writer| {
            count.set(count.get() + 1);
            answer_once(reader, writer).await
        };
        let server = start_server(connected, "127.0.0.1", 0).await?;
        let url = format!("http://127.0.0.1:{}/", server.sockets()[0].port().unwrap());
        let session = ClientSession::new();
        for body in ["one", "two", "three"] {
            assert_eq!(session.post(&url).body(body).await?.text().await?, body);
            // The end of the connection arrives.
            sleep(0.05).await?;
        }
        assert_eq!(connections.get(), 3);
        Ok(())
    };
    Runner::new().clock(Clock::Real).run(main).unwrap();
}

#[test]
fn a_session_trusts_the_certificates_of_its_context() {
    let key = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (certificate, private) = (key.cert.pem(), key.signing_key.serialize_pem());
    let main = async move {
        let mut ours = SSLContext::new(Protocol::TlsServer);
        ours.load_cert_chain_data(&certificate, &private)?;
        let server = start_server(answer_once, "127.0.0.1", 0).ssl(&ours).await?;
        let url = format!("https://localhost:{}/", server.sockets()[0].port().unwrap());
        let mut theirs = SSLContext::new(Protocol::TlsClient);
        theirs.load_verify_data(&certificate)?;

        let session = ClientSession::new();
        let error = session.get(&url).await.unwrap_err();
        assert!(error.to_string().contains("certificate verify failed"), "{error}");
        assert_eq!(session.ssl(&theirs).post(&url).body("tea").await?.text().await?, "tea");
        Ok(())
    };
    Runner::new().clock(Clock::Real).run(main).unwrap();
}

#[test]
fn a_connection_that_is_not_opened_in_time_is_an_error() {
    let main = async {
        // It accepts, and says nothing: there is no handshake.
        let silent = async |mut reader: StreamReader, _writer: StreamWriter| reader.read_to_end().await.map(|_| ());
        let server = start_server(silent, "127.0.0.1", 0).await?;
        let url = format!("https://127.0.0.1:{}/", server.sockets()[0].port().unwrap());
        let session = ClientSession::new().connect_timeout(0.05).timeout(None);
        assert!(session.get(&url).await.unwrap_err().is::<TimeoutError>());
        assert_eq!(format!("{session:?}"), "<ClientSession connections=0>");
        Ok(())
    };
    Runner::new().clock(Clock::Real).run(main).unwrap();
}
