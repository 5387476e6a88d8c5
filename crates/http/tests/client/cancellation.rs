//! Cancellations of requests and of reads, as their documentation describes them. The server is a stream.

use asyncio_http::{ClientResponse, ClientSession};
use asyncio_runtime::{Clock, Future, Result, Runner, create_task, get_running_loop, sleep, wait_for};
use asyncio_streams::start_server;

const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n";

/// What the server does, besides reading a request and, at last, the end of the connection.
#[derive(Clone)]
struct Script {
    /// The answer so far.
    sends: String,
    /// Set when the request has been read and answered.
    answered: Future<()>,
    /// Then the server sends the rest of the body.
    go: Future<()>,
    /// Set when the client has closed the connection.
    closed: Future<()>,
}

fn run(sends: String, main: impl AsyncFnOnce(String, Script) -> Result<()> + 'static) {
    let session = async {
        let create_future = || Ok::<_, asyncio_runtime::Error>(get_running_loop()?.create_future());
        let script = Script { sends, answered: create_future()?, go: create_future()?, closed: create_future()? };
        let plays = script.clone();
        let server = start_server(
            async move |mut reader, writer| {
                let Script { sends, answered, go, closed } = plays.clone();
                reader.readuntil(b"\r\n\r\n").await?;
                writer.write(sends)?;
                writer.drain().await?;
                answered.set_result(())?;
                create_task(async move {
                    (&go).await?;
                    writer.write("world")?;
                    writer.drain().await
                });
                reader.read_to_end().await?;
                closed.set_result(())
            },
            "127.0.0.1",
            0,
        );
        let url = format!("http://127.0.0.1:{}", server.await?.sockets()[0].port().unwrap());
        main(url, script.clone()).await
    };
    Runner::new().clock(Clock::Real).run(session).unwrap();
}

#[test]
fn a_request_that_is_cancelled_closes_its_connection() {
    run(String::new(), async |url, script| {
        let session = ClientSession::new();
        let request = create_task(async move { session.get(&url).await.map(drop) });
        (&script.answered).await?;
        request.cancel();
        assert!(request.await.unwrap_err().is_cancelled());
        script.closed.await
    });
}

fn the_connection_is_closed(read: impl AsyncFnOnce(ClientResponse) -> Result<()> + 'static) {
    run(format!("{HEAD}hello"), async |url, script| {
        let session = ClientSession::new();
        let response = session.get(&url).await?;
        let reading = create_task(async move { read(response).await });
        (&script.answered).await?;
        sleep(0).await?;
        assert!(!reading.done() && !script.closed.done());
        reading.cancel();
        assert!(reading.await.unwrap_err().is_cancelled());
        script.closed.await
    });
}

#[test]
fn a_read_of_half_a_body_that_is_cancelled_closes_the_connection() {
    the_connection_is_closed(async |response| response.text().await.map(drop));
    the_connection_is_closed(async |response| response.text_lossy().await.map(drop));
    the_connection_is_closed(async |response| response.read().await.map(drop));
}

#[test]
fn a_piece_that_is_cancelled_is_the_next_one() {
    run(format!("{HEAD}hello"), async |url, script| {
        let mut response = ClientSession::new().get(&url).await?;
        assert_eq!(response.chunk().await?.unwrap(), "hello");
        assert!(wait_for(response.chunk(), 0.01).await.is_err());
        script.go.set_result(())?;
        assert_eq!(response.chunk().await?.unwrap(), "world");
        assert_eq!(response.chunk().await?, None);
        Ok(())
    });
}
