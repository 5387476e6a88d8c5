//! Asks several sites at once and reports each as soon as it has answered. The
//! sites are a server of our own, which is in no hurry: it takes as long as it is
//! asked to. A response is a status line, header lines, an empty line and a body,
//! whose length a header tells.
//!
//! Run it: `cargo run --example statuses_as_they_arrive`
//!
//! Shows: statuses_as_they_arrive, http_response_layout,
//! request_target_is_more_than_the_path

use asyncio::{
    Result, StreamReader, StreamWriter, as_completed, open_connection, run, sleep,
    start_server,
};
use url::{Position, Url};

// ANCHOR: server
/// Answers `GET /?seconds=2` after that time, and repeats the target.
async fn site(mut reader: StreamReader, writer: StreamWriter) -> Result<()> {
    let request = String::from_utf8(reader.readuntil("\r\n\r\n").await?)?;
    let target = request.split(' ').nth(1).unwrap_or_default();
    let seconds =
        target.rsplit('=').next().unwrap_or_default().parse().unwrap_or(0.0);
    sleep(seconds).await?;
    let body = format!("you asked for\n\n{target}");
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
    writer.writelines([head, body])?;
    writer.drain().await
}
// ANCHOR_END: server

// ANCHOR: ask
async fn ask(url: String) -> Result<(String, String)> {
    let url = Url::parse(&url)?;
    let host = url.host_str().unwrap_or_default();
    let port = url.port_or_known_default().unwrap_or(80);
    let (mut reader, writer) = open_connection(host, port).await?;
    // The target: the path with the query, and `/` if the path is empty.
    let target = &url[Position::BeforePath..Position::AfterQuery];
    writer.write(format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n"))?;

    let status = String::from_utf8(reader.readline().await?)?;
    let mut length = 0;
    loop {
        let header = String::from_utf8(reader.readline().await?)?;
        match header.trim().split_once(": ") {
            Some(("Content-Length", value)) => length = value.parse()?,
            Some(_) => {}
            None => break,
        }
    }
    // The body has an empty line of its own: only its length says where it ends.
    let body = String::from_utf8(reader.readexactly(length).await?)?;
    let last = body.lines().last().unwrap_or_default().to_owned();
    Ok((status.trim().to_owned(), last))
}
// ANCHOR_END: ask

// ANCHOR: program
async fn program() -> Result<()> {
    let server = start_server(site, "127.0.0.1", 0).await?;
    let port =
        server.sockets()[0].port().expect("it is an address of the Internet");
    let urls = ["/?seconds=3", "/?seconds=1", "", "/a/page?seconds=2"];
    let asking = urls.map(|url| ask(format!("http://127.0.0.1:{port}{url}")));
    for next in as_completed(asking) {
        let (status, target) = next.await?;
        println!("{status} for {target}");
    }
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
