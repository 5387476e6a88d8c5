//! What is sent over a connection to a web server: a request is lines of text that
//! end in CR LF, with an empty line at the end, and the first line of the response
//! is the status. A server of our own shows what it gets.
//!
//! Run it: `cargo run --example http_request_text`
//!
//! Shows: http_request_text, http_request_strings, encode_request,
//! write_request_and_drain, read_status_line, decode_status_line,
//! close_http_connection

use asyncio::{
    Result, StreamReader, StreamWriter, open_connection, run, start_server,
};

async fn answer(mut reader: StreamReader, writer: StreamWriter) -> Result<()> {
    let request = String::from_utf8(reader.readuntil("\r\n\r\n").await?)?;
    for line in request.lines() {
        println!("the server reads {line:?}");
    }
    writer.write(
        "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\
         Content-Type: text/plain\r\n\r\nhello\n",
    )?;
    writer.drain().await
}

// ANCHOR: ask
async fn ask(port: u16) -> Result<()> {
    let (mut reader, writer) = open_connection("127.0.0.1", port).await?;

    let request = "GET / HTTP/1.1\r\n\
                   Host: www.google.com\r\n\
                   \r\n";
    let bytes = request.as_bytes();
    println!("{} characters are {} bytes", request.chars().count(), bytes.len());
    writer.write(bytes)?;
    writer.drain().await?;

    let line = reader.readline().await?;
    let status = String::from_utf8(line)?;
    println!("{status:?}, or {:?} without the line end", status.trim());

    writer.close();
    Ok(())
}
// ANCHOR_END: ask

async fn program() -> Result<()> {
    let server = start_server(answer, "127.0.0.1", 0).await?;
    ask(server.sockets()[0].port().expect("it is an address of the Internet")).await
}

fn main() -> Result<()> {
    run(program())
}
