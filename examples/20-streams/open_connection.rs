//! A connection opens as a reader and a writer, `asyncio.open_connection`. They
//! carry bytes and nothing else: what the bytes mean is up to the two programs,
//! here a dictionary that is asked for one word a line.
//!
//! Run it: `cargo run --example open_connection`
//!
//! Shows: open_connection, streams_are_protocol_free

use asyncio::{
    Result, StreamReader, StreamWriter, open_connection, run, start_server,
};

// ANCHOR: server
async fn dictionary(mut reader: StreamReader, writer: StreamWriter) -> Result<()> {
    let word = String::from_utf8(reader.readline().await?)?;
    let meaning = match word.trim() {
        "coroutine" => "a function that can pause",
        "task" => "a coroutine that the loop runs",
        _ => "not in this dictionary",
    };
    writer.write(format!("{meaning}\n"))?;
    writer.drain().await
}
// ANCHOR_END: server

// ANCHOR: client
async fn look_up(word: &str, port: u16) -> Result<String> {
    let (mut reader, writer) = open_connection("127.0.0.1", port).await?;
    writer.write(format!("{word}\n"))?;
    writer.drain().await?;
    let meaning = String::from_utf8(reader.readline().await?)?;
    writer.close();
    writer.wait_closed().await?;
    Ok(meaning.trim().to_owned())
}
// ANCHOR_END: client

async fn program() -> Result<()> {
    let server = start_server(dictionary, "127.0.0.1", 0).await?;
    let port =
        server.sockets()[0].port().expect("it is an address of the Internet");
    for word in ["coroutine", "task", "thread"] {
        println!("{word}: {}", look_up(word, port).await?);
    }
    server.close();
    // ANCHOR: refused
    // Nothing listens on port 1.
    if let Err(error) = open_connection("127.0.0.1", 1).await {
        println!("refused: {error}");
    }
    // ANCHOR_END: refused
    Ok(())
}

fn main() -> Result<()> {
    run(program())
}
