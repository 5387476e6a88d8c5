//! A client that sends its arguments to the echo server, one a line, and shows the
//! answers.
//!
//! Run it: `cargo run --example echo_client -- 127.0.0.1:8888 hello world`, while
//! `echo_server` runs.
//!
//! Shows: open_connection, stream_write, stream_wait_closed

use std::net::SocketAddr;

use asyncio::{Result, open_connection, run};
use clap::Parser;

#[derive(Parser)]
struct Arguments {
    /// Where the server listens
    #[arg(default_value = "127.0.0.1:8888")]
    address: SocketAddr,
    /// What to say
    #[arg(default_value = "Hello World!")]
    lines: Vec<String>,
}

// ANCHOR: client
async fn say(address: SocketAddr, lines: Vec<String>) -> Result<()> {
    let (mut reader, writer) =
        open_connection(address.ip(), address.port()).await?;
    for line in lines {
        println!("Send: {line}");
        writer.write(format!("{line}\n"))?;
        writer.drain().await?;
        let answer = String::from_utf8(reader.readline().await?)?;
        println!("Received: {}", answer.trim_end());
    }
    println!("Close the connection");
    writer.close();
    writer.wait_closed().await
}
// ANCHOR_END: client

fn main() -> Result<()> {
    let Arguments { address, lines } = Arguments::parse();
    run(say(address, lines))
}
