//! A crate that needs tokio's reactor: reqwest, and tokio's own sockets and timers,
//! through `async-compat`.
//!
//! `cargo run --manifest-path examples/ecosystem/Cargo.toml --bin needs_tokio`

use std::time::Duration;

use async_compat::{Compat, CompatExt};
use asyncio::{
    Result, TimeoutError, cancellable, create_task, gather, run, sleep,
    start_server, wait, wait_for,
};
use asyncio_http::{Body, HttpServer};
use futures::{AsyncReadExt, AsyncWriteExt};
use hyper::{Request, Response};
use tokio::net::{TcpListener, TcpStream};

async fn respond(request: Request<Body>) -> Result<Response<String>> {
    sleep(if request.uri().path() == "/slow" { 10.0 } else { 0.01 }).await?;
    Ok(Response::new(format!("you asked for {}", request.uri().path())))
}

// ANCHOR: reqwest
/// `Compat` polls the future inside the context of a tokio runtime, which runs in a
/// thread of its own. The future stays part of our task.
async fn pages(url: &str) -> Result<()> {
    let client = reqwest::Client::new();
    let get = |path: &str| {
        let request = client.get(format!("{url}{path}"));
        Compat::new(async move { Ok(request.send().await?.text().await?) })
    };
    println!("{:?}", gather([get("/tea"), get("/cake")]).await?);

    // A time limit drops it, as tokio does.
    match wait_for(async { cancellable(get("/slow")).await? }, 0.1).await {
        Err(error) if error.is::<TimeoutError>() => println!("too slow"),
        text => println!("{}", text?),
    }
    Ok(())
}
// ANCHOR_END: reqwest

// ANCHOR: sockets
/// tokio's sockets have tokio's traits. `compat()` turns them into those of
/// `futures-io`.
async fn sockets() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").compat().await?;
    let address = listener.local_addr()?;
    let echo = create_task(Compat::new(async move {
        let (stream, _) = listener.accept().await?;
        let (reader, mut writer) = stream.compat().split();
        Ok(futures::io::copy(reader, &mut writer).await?)
    }));
    let mut stream = TcpStream::connect(address).compat().await?.compat();
    stream.write_all(b"an echo").await?;
    stream.close().await?;
    let mut text = String::new();
    stream.read_to_string(&mut text).await?;
    println!("{text:?}, {} bytes were copied", echo.await?);
    Ok(())
}
// ANCHOR_END: sockets

// ANCHOR: bare
/// Without `Compat` there is no reactor, and the task panics. A hint says what to
/// do.
async fn bare() -> Result<()> {
    let task = create_task(async {
        tokio::time::sleep(Duration::from_millis(1)).await;
        Ok(())
    });
    wait([&task]).await?;
    println!("{}", task.exception()?.unwrap());

    // The timer asks for the reactor when it is created, so it is created inside.
    Compat::new(async { tokio::time::sleep(Duration::from_millis(1)).await }).await;
    println!("slept");
    Ok(())
}
// ANCHOR_END: bare

async fn program() -> Result<()> {
    let http = HttpServer::new();
    let connected = async move |reader, writer| {
        match http.serve(reader, writer, respond).await {
            // The client has hung up, because it did not want to wait.
            Err(error) if error.is::<hyper::Error>() => Ok(()),
            served => served,
        }
    };
    let server = start_server(connected, "127.0.0.1", 0).await?;
    pages(&format!("http://127.0.0.1:{}", server.sockets()[0].port().unwrap()))
        .await?;
    sockets().await?;
    bare().await
}

fn main() -> Result<()> {
    run(program())
}
