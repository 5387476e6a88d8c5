//! What streams reach in a page, for `cargo xtask wasm`: on no network nothing, and on a simulated one what the guide's programs do
//! not use, such as Unix sockets and datagrams. `live/reach.txt` has what this prints.

use std::fmt::Display;

use asyncio::simulation::Network;
use asyncio::streams::Address;
use asyncio::{
    Result, StreamReader, StreamWriter, create_datagram_endpoint, getnameinfo, open_connection, open_unix_connection,
    run, start_server, start_unix_server,
};

pub(crate) fn main() -> Result<()> {
    println!("on no network");
    run(everything())?;
    println!("on a simulated network");
    let _network = Network::new().enter();
    run(everything())
}

async fn everything() -> Result<()> {
    show("connect", open_connection("127.0.0.1", 1).await.map(|_| "connected"));
    show("connect to a name", open_connection("localhost", 1).await.map(|_| "connected"));
    show("connect to an unknown name", open_connection("example.invalid", 1).await.map(|_| "connected"));
    show("connect from afar", open_connection("127.0.0.1", 1).local_addr("192.0.2.1", 0).await.map(|_| "connected"));
    show("serve", start_server(greet, "127.0.0.1", 80).await.map(|server| format!("{server:?}")));
    show("serve at the same port", start_server(greet, "127.0.0.1", 80).await.map(|_| "served"));
    show("serve at a path", start_unix_server(greet, "/run/greet").await.map(|server| format!("{server:?}")));
    show("connect to the path", open_unix_connection("/run/greet").await.map(|_| "connected"));
    show("connect to a long path", open_unix_connection("x".repeat(120)).await.map(|_| "connected"));
    show("what the server says", heard().await);
    show(
        "the names of an address",
        getnameinfo("127.0.0.1:80".parse()?, 0).await.map(|(host, port)| host + ":" + &port),
    );
    show("datagrams", messages().await);
    Ok(())
}

/// Prints a result, with the class of an error.
fn show(what: &str, result: Result<impl Display>) {
    match result {
        Ok(value) => println!("{what}: {value}"),
        Err(error) => println!("{what}: {error:?}"),
    }
}

async fn greet(_: StreamReader, writer: StreamWriter) -> Result<()> {
    Ok(writer.write("hello")?)
}

async fn heard() -> Result<String> {
    let (mut reader, _writer) = open_unix_connection("/run/greet").await?;
    Ok(String::from_utf8(reader.read_to_end().await?)?)
}

async fn messages() -> Result<String> {
    let server = create_datagram_endpoint().local_addr("127.0.0.1", 7).await?;
    let client = create_datagram_endpoint().remote_addr("localhost", 7).await?;
    client.send("ping").await?;
    let (message, from) = server.recvfrom(100).await?;
    let message = String::from_utf8(message)?;
    server.sendto("pong", &from).await?;
    let answer = String::from_utf8(client.recv(100).await?)?;
    let nowhere = server.sendto("pong", &Address::Unnamed).await.expect_err("it is no address");
    Ok(format!("{message} and {answer}, but {nowhere:?}"))
}
