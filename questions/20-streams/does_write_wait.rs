//! A question of the page 20-streams: The peer does not read. What does this
//! program print?

use asyncio::{
    Result, StreamReader, StreamWriter, TimeoutError, open_connection, sleep,
    start_server, wait_for,
};

// ANCHOR: program
async fn program() -> Result<()> {
    let server = start_server(silent, "127.0.0.1", 0).await?;
    let port = server.sockets()[0].port().expect("it has a port");
    let (_reader, writer) = open_connection("127.0.0.1", port).await?;

    writer.write(vec![b'x'; 50_000_000])?;
    println!("written");
    match wait_for(writer.drain(), 1).await {
        Err(error) if error.is::<TimeoutError>() => println!("drain waits"),
        _ => println!("drained"),
    }
    Ok(())
}
// ANCHOR_END: program

async fn silent(_reader: StreamReader, _writer: StreamWriter) -> Result<()> {
    sleep(3600).await
}

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
