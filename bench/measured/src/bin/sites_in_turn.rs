//! Ten sites that answer after 30 to 140 milliseconds, asked one after another and all at once.
//!
//! Shows: concurrent_is_four_times_faster

use std::time::Instant;

use asyncio::{Result, StreamReader, StreamWriter, gather, open_connection, run, sleep, start_server};
use measured::report;

const MILLISECONDS: [u32; 10] = [50, 40, 60, 30, 140, 60, 50, 80, 40, 50];

async fn site(mut reader: StreamReader, writer: StreamWriter) -> Result<()> {
    let milliseconds: f64 = String::from_utf8(reader.readline().await?)?.trim().parse()?;
    sleep(milliseconds / 1000.0).await?;
    writer.write("HTTP/1.1 200 OK\r\n")?;
    writer.drain().await
}

async fn ask(port: u16, milliseconds: u32) -> Result<Vec<u8>> {
    let (mut reader, writer) = open_connection("127.0.0.1", port).await?;
    writer.write(format!("{milliseconds}\n"))?;
    reader.readline().await
}

async fn program() -> Result<()> {
    let server = start_server(site, "127.0.0.1", 0).await?;
    let port = server.sockets()[0].port().unwrap_or_default();

    let start = Instant::now();
    for milliseconds in MILLISECONDS {
        ask(port, milliseconds).await?;
    }
    report("ten sites, one after another", start.elapsed().as_secs_f64(), "s");

    let start = Instant::now();
    gather(MILLISECONDS.map(|milliseconds| ask(port, milliseconds))).await?;
    report("ten sites, all at once", start.elapsed().as_secs_f64(), "s");
    Ok(())
}

fn main() -> Result<()> {
    run(program())
}
