//! A server calls a coroutine for each client, `asyncio.start_server`, and each
//! call is a task of its own: three clients are served at the same time. Port 0
//! lets the system choose a free one.
//!
//! Run it: `cargo run --example start_server`
//!
//! Shows: start_server, start_server_handler

use asyncio::{
    Result, StreamReader, StreamWriter, gather, open_connection, run, sleep,
    start_server,
};
use guide::repr::Repr;

// ANCHOR: handler
async fn greet(mut reader: StreamReader, writer: StreamWriter) -> Result<()> {
    let name = String::from_utf8(reader.readline().await?)?;
    sleep(0.1).await?;
    writer.write(format!("Welcome, {}!\n", name.trim()))?;
    writer.drain().await
}
// ANCHOR_END: handler

async fn visit(name: &str, port: u16) -> Result<String> {
    let (mut reader, writer) = open_connection("127.0.0.1", port).await?;
    writer.write(format!("{name}\n"))?;
    Ok(String::from_utf8(reader.read_to_end().await?)?.trim().to_owned())
}

// ANCHOR: server
async fn program() -> Result<()> {
    let server = start_server(greet, "127.0.0.1", 0).await?;
    println!("{server:?}");
    println!("serving: {}", server.is_serving().repr());

    let port =
        server.sockets()[0].port().expect("it is an address of the Internet");
    for answer in
        gather(["Ada", "Blaise", "Charles"].map(|name| visit(name, port))).await?
    {
        println!("{answer}");
    }

    server.close();
    server.wait_closed().await?;
    println!("serving: {}", server.is_serving().repr());
    Ok(())
}
// ANCHOR_END: server

fn main() -> Result<()> {
    run(program())
}
