//! A codec of tokio-util over our streams: frames instead of bytes, as a `Stream`
//! and a `Sink`.
//!
//! `cargo run --manifest-path examples/ecosystem/Cargo.toml --bin codecs`

use asyncio::streams::Duplex;
use asyncio::{
    Result, StreamReader, StreamWriter, open_connection, run, start_server,
};
use futures::{SinkExt, StreamExt};
use tokio_util::codec::{Framed, LengthDelimitedCodec, LinesCodec};
use tokio_util::compat::{Compat, FuturesAsyncReadCompatExt};

// ANCHOR: framed
/// Lines of at most 80 bytes in both directions. `Duplex` has the traits of
/// `futures-io`, and `compat` turns these into tokio's.
fn lines(
    reader: StreamReader,
    writer: StreamWriter,
) -> Framed<Compat<Duplex>, LinesCodec> {
    let bytes = Duplex::new(reader, writer).compat();
    Framed::new(bytes, LinesCodec::new_with_max_length(80))
}

async fn shout(reader: StreamReader, writer: StreamWriter) -> Result<()> {
    let mut lines = lines(reader, writer);
    while let Some(line) = lines.next().await {
        match line {
            Ok(line) => lines.send(line.to_uppercase()).await?,
            Err(error) => {
                lines.send(format!("no: {error}")).await?;
                break;
            }
        }
    }
    Ok(())
}
// ANCHOR_END: framed

// ANCHOR: client
async fn client(port: u16) -> Result<()> {
    let (reader, writer) = open_connection("127.0.0.1", port).await?;
    let mut lines = lines(reader, writer);
    // Both lines are sent together.
    lines.feed("hello").await?;
    lines.send("is there an echo?").await?;
    println!("{}", lines.next().await.unwrap()?);
    println!("{}", lines.next().await.unwrap()?);

    lines.get_mut().get_ref().writer().write("x".repeat(100) + "\n")?;
    println!("{}", lines.next().await.unwrap()?);
    assert!(lines.next().await.is_none());
    Ok(())
}
// ANCHOR_END: client

// ANCHOR: length
/// Each frame is preceded by its length. The codec cuts it off, wherever the
/// network has divided the bytes.
async fn frames(port: u16) -> Result<()> {
    let (reader, writer) = open_connection("127.0.0.1", port).await?;
    let bytes = Duplex::new(reader, writer).compat();
    let mut frames = LengthDelimitedCodec::builder()
        .length_field_type::<u16>()
        .new_framed(bytes);
    while let Some(frame) = frames.next().await.transpose()? {
        println!("{} bytes: {}", frame.len(), String::from_utf8_lossy(&frame));
    }
    Ok(())
}
// ANCHOR_END: length

async fn send_frames(_reader: StreamReader, writer: StreamWriter) -> Result<()> {
    for piece in [&b"\0"[..], b"\x05ca", b"fe\xc3\0\x03tea"] {
        writer.write(piece)?;
        writer.drain().await?;
    }
    writer.close();
    writer.wait_closed().await
}

async fn program() -> Result<()> {
    let port = |server: &asyncio::Server| server.sockets()[0].port().unwrap();
    let shouting = start_server(shout, "127.0.0.1", 0).await?;
    client(port(&shouting)).await?;
    let sending = start_server(send_frames, "127.0.0.1", 0).await?;
    frames(port(&sending)).await
}

fn main() -> Result<()> {
    run(program())
}
