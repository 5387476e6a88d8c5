//! Bytes that arrive are read in the units in which a program wants them: a line,
//! up to a separator, an exact number, what is there, or everything to the end. A
//! line that is longer than the reader's limit is an error.
//!
//! Run it: `cargo run --example stream_readline`
//!
//! Shows: stream_readline, stream_readuntil, stream_readexactly, stream_read_n,
//! stream_read_to_eof

use asyncio::{
    Result, StreamReader, StreamWriter, open_connection, run, start_server,
};
use guide::repr::{Repr, raised};

async fn letter(_: StreamReader, writer: StreamWriter) -> Result<()> {
    writer.write("Dear reader,\nlength: 5\r\n\r\nhello to you, and a long life")?;
    writer.drain().await
}

// ANCHOR: read
async fn read(mut reader: StreamReader) -> Result<()> {
    println!("a line:      {}", reader.readline().await?.repr());
    println!("a head:      {}", reader.readuntil("\r\n\r\n").await?.repr());
    println!("exactly 5:   {}", reader.readexactly(5).await?.repr());
    println!("at most 8:   {}", reader.read(8).await?.repr());
    println!("to the end:  {}", reader.read_to_end().await?.repr());
    println!(
        "at the end:  {} {} {}",
        reader.read(8).await?.repr(),
        reader.readline().await?.repr(),
        reader.at_eof().repr()
    );
    for failed in [reader.readexactly(5).await, reader.readuntil("\r\n\r\n").await]
    {
        println!("{}", raised(&failed.expect_err("there is nothing left")));
    }
    Ok(())
}
// ANCHOR_END: read

// ANCHOR: limit
async fn read_with_a_limit(mut reader: StreamReader) -> Result<()> {
    let error = reader.readuntil("\n").await.expect_err("the line is too long");
    println!("{}", raised(&error));
    // The bytes are still there. `readline` drops the line, so that the program can
    // continue with the next one.
    let error = reader.readline().await.expect_err("it still is");
    println!("{}", raised(&error));
    println!("the next:    {}", reader.readline().await?.repr());
    Ok(())
}
// ANCHOR_END: limit

async fn program() -> Result<()> {
    let server = start_server(letter, "127.0.0.1", 0).await?;
    let port =
        server.sockets()[0].port().expect("it is an address of the Internet");
    let (reader, _writer) = open_connection("127.0.0.1", port).await?;
    read(reader).await?;
    let (reader, _writer) = open_connection("127.0.0.1", port).limit(10).await?;
    read_with_a_limit(reader).await
}

fn main() -> Result<()> {
    run(program())
}
