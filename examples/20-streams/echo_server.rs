//! A server that sends back each line that a client sends. Several clients are
//! served at once. Ctrl-C ends it.
//!
//! Run it: `cargo run --example echo_server`, or with an address of your own: `--
//! 127.0.0.1:0`. Then talk to it from another terminal, with `cargo run --example
//! echo_client` or with `nc 127.0.0.1 8888`. With `--loops 2` it serves on two
//! processors.
//!
//! Shows: start_server_handler, stream_readline, stream_drain

use std::net::SocketAddr;

use asyncio::{
    AsyncIterator, KeyboardInterrupt, Result, StreamReader, StreamWriter,
    start_server,
};
use guide_extra::{loops, println};

// ANCHOR: echo
async fn echo(mut reader: StreamReader, writer: StreamWriter) -> Result<()> {
    println!("a client came");
    while let Some(line) = reader.anext().await? {
        writer.write(&line)?;
        writer.drain().await?;
    }
    println!("a client left");
    Ok(())
}
// ANCHOR_END: echo

// ANCHOR: serve
async fn serve(address: SocketAddr, shares_port: bool) -> Result<()> {
    let server = start_server(echo, address.ip(), address.port())
        .reuse_port(shares_port)
        .await?;
    println!("Serving on {}", server.sockets()[0]);
    server.serve_forever().await
}

fn main() -> Result<()> {
    match loops::run(serve) {
        Err(error) if error.is::<KeyboardInterrupt>() => Ok(()),
        result => result,
    }
}
// ANCHOR_END: serve
