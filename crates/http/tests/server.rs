//! A server among clients that do too much, too little or too slowly.

#[macro_use]
extern crate asyncio_testing;

use std::cell::{Cell, RefCell};
use std::os::unix::net::UnixStream;
use std::rc::Rc;

use asyncio_http::{Body, HttpServer};
use asyncio_runtime::{Clock, Result, Runner, Task, ValueError, create_task, get_running_loop, sleep};
use asyncio_streams::{StreamReader, StreamWriter, open_connection_on};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::{Request, Response};

fn run<T: 'static>(main: impl Future<Output = Result<T>> + 'static) -> T {
    Runner::new().clock(Clock::Real).run(main).unwrap()
}

type Answer = Result<Response<Full<Bytes>>>;

/// Answers with the length of the body.
async fn count(request: Request<Body>) -> Answer {
    let body = request.into_body().collect().await?.to_bytes();
    Ok(Response::new(Full::from(format!("{} bytes", body.len()))))
}

/// A client of a server, and the task that serves it.
struct Client {
    reader: StreamReader,
    writer: StreamWriter,
    serving: Task<()>,
}

impl Client {
    fn of(http: &HttpServer, respond: impl AsyncFn(Request<Body>) -> Answer + 'static) -> Result<Self> {
        let (near, far) = UnixStream::pair()?;
        let (reader, writer) = open_connection_on(near)?;
        let http = http.clone();
        let serving = create_task(async move {
            let (reader, writer) = open_connection_on(far)?;
            http.serve(reader, writer, respond).await
        });
        Ok(Self { reader, writer, serving })
    }

    fn send(&self, text: &str) -> Result<()> {
        Ok(self.writer.write(text.replace('\n', "\r\n"))?)
    }

    /// The status of a response, and its body, which has a length.
    async fn response(&mut self) -> Result<(String, String)> {
        let head = String::from_utf8(self.reader.readuntil("\r\n\r\n").await?)?;
        let length = head.split_once("content-length: ").unwrap().1.split_once('\r').unwrap().0.parse()?;
        let body = String::from_utf8(self.reader.readexactly(length).await?)?;
        Ok((head[9..12].to_owned(), body))
    }

    async fn assert_response(&mut self, status: &str, body: &str) -> Result<()> {
        assert_eq!(self.response().await?, (status.to_owned(), body.to_owned()));
        Ok(())
    }

    /// The server has closed the connection.
    async fn assert_end(&mut self) -> Result<()> {
        assert_eq!(self.reader.read_to_end().await?, b"");
        Ok(())
    }
}

#[test]
fn a_connection_serves_many_requests() {
    run(async {
        let mut client = Client::of(&HttpServer::new(), count)?;
        for n in [0, 1, 100_000] {
            client.send(&format!("POST / HTTP/1.1\nHost: here\nContent-Length: {n}\n\n"))?;
            client.writer.write(vec![b'x'; n])?;
            client.assert_response("200", &format!("{n} bytes")).await?;
        }
        client.writer.close();
        client.serving.await
    });
}

#[test]
fn a_body_that_says_it_is_too_large_is_refused_before_the_handler() {
    run(async {
        let asked = Rc::new(Cell::new(0));
        let noting = Rc::clone(&asked);
        let respond = async move |request| {
            noting.set(noting.get() + 1);
            count(request).await
        };
        let mut client = Client::of(&HttpServer::new().max_body(10), respond)?;
        client.send("POST / HTTP/1.1\nHost: here\nContent-Length: 10\n\n0123456789")?;
        client.assert_response("200", "10 bytes").await?;
        client.send("POST / HTTP/1.1\nHost: here\nContent-Length: 11\n\n0123456789a")?;
        client.assert_response("413", "Payload Too Large\n").await?;
        client.assert_end().await?;
        assert_eq!(asked.get(), 1);
        client.writer.close();
        client.serving.await
    });
}

#[test]
fn a_chunked_body_is_refused_when_it_is_too_large_and_the_client_reads_why() {
    run(async {
        let mut client = Client::of(&HttpServer::new().max_body(100_000), count)?;
        client.send("POST / HTTP/1.1\nHost: here\nTransfer-Encoding: chunked\n\n")?;
        let writer = client.writer.clone();
        let sending = create_task(async move {
            // Far more than the system buffers, so the server must read it.
            for _ in 0..500 {
                writer.write("4000\r\n")?;
                writer.write(vec![b'x'; 0x4000])?;
                writer.write("\r\n")?;
                writer.drain().await?;
            }
            writer.write("0\r\n\r\n")?;
            Ok(writer.write_eof()?)
        });
        client.assert_response("413", "Payload Too Large\n").await?;
        sending.await?;
        client.assert_end().await?;
        client.serving.await
    });
}

/// A piece of one byte takes thirty times its memory.
#[test]
fn a_body_in_very_many_pieces_is_refused() {
    run(async {
        let mut client = Client::of(&HttpServer::new(), count)?;
        let request = "POST / HTTP/1.1\nhost: h\ntransfer-encoding: chunked\n\n";
        client.send(request)?;
        client.send(&"1\nx\n".repeat(30_000))?;
        client.send("0\n\n")?;
        client.assert_response("200", "30000 bytes").await?;

        client.send(request)?;
        client.send(&"1\nx\n".repeat(40_000))?;
        client.assert_response("413", "Payload Too Large\n").await
    });
}

#[test]
fn a_body_that_is_none_is_answered_by_400_and_not_reported() {
    run(async {
        get_running_loop()?.set_exception_handler(Some(Box::new(|context| panic!("{}", context.message))));
        let mut client = Client::of(&HttpServer::new(), count)?;
        client.send("POST / HTTP/1.1\nhost: h\ntransfer-encoding: chunked\n\nno number\n")?;
        client.assert_response("400", "Bad Request\n").await
    });
}

#[test]
fn a_client_that_is_silent_or_never_ends_its_head_is_put_out() {
    run(async {
        let http = HttpServer::new().header_timeout(0.1);
        let mut silent = Client::of(&http, count)?;
        let mut drips = Client::of(&http, count)?;
        drips.send("GET / HTTP/1.1\n")?;
        let writer = drips.writer.clone();
        let dripping = create_task(async move {
            while !writer.is_closing() {
                writer.write("x: y\r\n")?;
                sleep(0.01).await?;
            }
            Ok(())
        });
        silent.assert_end().await?;
        silent.serving.await?;
        assert_eq!(drips.reader.read_to_end().await.unwrap_or_default(), b"");
        drips.serving.await?;
        drips.writer.close();
        dripping.await
    });
}

#[test]
fn a_kept_connection_without_a_request_is_closed() {
    run(async {
        let mut client = Client::of(&HttpServer::new().header_timeout(0.1), count)?;
        client.send("GET / HTTP/1.1\nHost: here\n\n")?;
        client.assert_response("200", "0 bytes").await?;
        client.assert_end().await?;
        client.serving.await
    });
}

#[test]
fn a_body_that_drips_is_answered_by_408() {
    run(async {
        let mut client = Client::of(&HttpServer::new().body_timeout(0.5), count)?;
        client.send("POST / HTTP/1.1\nHost: here\nContent-Length: 100000\n\n")?;
        let writer = client.writer.clone();
        let dripping = create_task(async move {
            while !writer.is_closing() {
                writer.write("x")?;
                sleep(0.01).await?;
            }
            Ok(())
        });
        client.assert_response("408", "Request Timeout\n").await?;
        client.writer.close();
        dripping.await?;
        client.serving.await
    });
}

#[test]
fn a_client_that_does_not_take_the_response_is_put_out() {
    run(async {
        let respond = async |_| Ok(Response::new(Full::from(vec![b'x'; 32 << 20])));
        let client = Client::of(&HttpServer::new().idle_timeout(0.1), respond)?;
        client.send("GET / HTTP/1.1\nHost: here\n\n")?;
        // The limit ends the connection under hyper, which finds it broken.
        assert!(client.serving.await.is_err());
        Ok(())
    });
}

#[test]
fn the_time_of_the_handler_does_not_count() {
    run(async {
        let respond = async |request| {
            sleep(0.3).await?;
            count(request).await
        };
        let http = HttpServer::new().idle_timeout(0.05).header_timeout(0.1).body_timeout(0.1);
        let mut client = Client::of(&http, respond)?;
        client.send("GET / HTTP/1.1\nHost: here\n\n")?;
        client.assert_response("200", "0 bytes").await
    });
}

#[test]
fn an_error_of_the_handler_is_answered_by_500_and_reported() {
    run(async {
        let reports = Rc::new(RefCell::new(Vec::new()));
        let sink = Rc::clone(&reports);
        let handler = move |context: &asyncio_runtime::ExceptionContext| {
            sink.borrow_mut().push((context.message.clone(), context.exception.as_ref().map(ToString::to_string)));
        };
        get_running_loop()?.set_exception_handler(Some(Box::new(handler)));
        let mut client = Client::of(&HttpServer::new(), async |_| Err(ValueError::new("no such page").into()))?;
        for _ in 0..2 {
            client.send("GET / HTTP/1.1\nHost: here\n\n")?;
            client.assert_response("500", "Internal Server Error\n").await?;
        }
        let expected = ("Unhandled exception in an HTTP handler".to_owned(), Some("no such page".to_owned()));
        assert_eq!(*reports.borrow(), [expected.clone(), expected]);
        Ok(())
    });
}

#[test]
fn what_is_no_http_is_an_error_of_the_connection() {
    run(async {
        let mut client = Client::of(&HttpServer::new(), count)?;
        client.send("What is this?\n\n")?;
        client.assert_response("400", "").await?;
        let error = client.serving.await.unwrap_err();
        assert!(error.is::<hyper::Error>(), "{error}");
        Ok(())
    });
}

#[test]
fn finishing_closes_idle_connections_and_waits_for_busy_ones() {
    run(async {
        let http = HttpServer::new();
        let (begun, go) = (get_running_loop()?.create_future::<()>(), get_running_loop()?.create_future::<()>());
        let (beginning, going) = (begun.clone(), go.clone());
        let mut idle = Client::of(&http, count)?;
        idle.send("GET / HTTP/1.1\nHost: here\n\n")?;
        idle.assert_response("200", "0 bytes").await?;
        let mut silent = Client::of(&http, count)?;
        let mut busy = Client::of(&http, async move |request| {
            beginning.set_result(())?;
            (&going).await?;
            count(request).await
        })?;
        busy.send("GET / HTTP/1.1\nHost: here\n\n")?;
        (&begun).await?;

        let finish = || {
            let http = http.clone();
            create_task(async move { http.finish().await })
        };
        let cancelled = finish();
        sleep(0).await?;
        cancelled.cancel();
        assert!(cancelled.await.unwrap_err().is_cancelled());
        // The connections still end.
        idle.assert_end().await?;
        let finishing = finish();
        silent.assert_end().await?;
        assert!(!finishing.done());
        go.set_result(())?;
        busy.assert_response("200", "0 bytes").await?;
        busy.assert_end().await?;
        finishing.await?;
        assert_eq!(format!("{http:?}"), "<HttpServer connections=0>");

        // A connection that is accepted afterwards is closed at once.
        let mut late = Client::of(&http, count)?;
        late.assert_end().await
    });
}

#[test]
fn a_cancellation_comes_out_in_the_handler() {
    run(async {
        let cleaned = Rc::new(Cell::new(false));
        let begun = get_running_loop()?.create_future::<()>();
        let (cleaning, beginning) = (Rc::clone(&cleaned), begun.clone());
        let client = Client::of(&HttpServer::new(), async move |_| {
            beginning.set_result(())?;
            let ended = sleep(3600).await;
            cleaning.set(ended.as_ref().is_err_and(asyncio_runtime::Error::is_cancelled));
            ended?;
            unreachable!()
        })?;
        client.send("GET / HTTP/1.1\nHost: here\n\n")?;
        (&begun).await?;
        client.serving.cancel();
        assert!((&client.serving).await.unwrap_err().is_cancelled());
        assert!(cleaned.get());

        let idle = Client::of(&HttpServer::new(), count)?;
        sleep(0.01).await?;
        idle.serving.cancel();
        assert!((&idle.serving).await.unwrap_err().is_cancelled());
        Ok(())
    });
}
