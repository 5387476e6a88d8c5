//! Writing never waits: what the system does not take at once is kept. `drain` is
//! where a writer waits for a slow reader, and it waits only while more is kept
//! than the high water mark says.
//!
//! Run it: `cargo run --example stream_write`
//!
//! Shows: stream_write, stream_writelines, stream_drain

use asyncio::{
    Event, Future, Result, StreamReader, StreamWriter, create_task,
    get_running_loop, open_connection, run, sleep, start_server,
};
use guide::repr::Repr;

const MIB: usize = 1024 * 1024;

/// A server that reads nothing before `begin` and everything afterwards. The future
/// says how much it read.
async fn slow_reader(begin: Event) -> Result<(u16, Future<usize>)> {
    let received = get_running_loop()?.create_future();
    let result = received.clone();
    let peer = async move |mut reader: StreamReader, _writer| {
        begin.wait().await?;
        received.set_result(reader.read_to_end().await?.len())
    };
    let server = start_server(peer, "127.0.0.1", 0).await?;
    Ok((
        server.sockets()[0].port().expect("it is an address of the Internet"),
        result,
    ))
}

// ANCHOR: write
/// Returns how many bytes it wrote.
async fn write(writer: &StreamWriter) -> Result<usize> {
    writer.write("a line\n")?;
    writer.writelines(["another\n", "and another\n"])?;
    println!("kept: {} bytes", writer.get_write_buffer_size());
    writer.drain().await?;
    println!("drained without waiting");

    let (mut written, block) = (27, vec![b'.'; MIB]);
    while writer.get_write_buffer_size() < MIB {
        writer.write(&block)?;
        written += block.len();
    }
    Ok(written)
}
// ANCHOR_END: write

// ANCHOR: drain
async fn program() -> Result<()> {
    let begin = Event::new();
    let (port, received) = slow_reader(begin.clone()).await?;
    let (_reader, writer) = open_connection("127.0.0.1", port).await?;
    let written = write(&writer).await?;

    let (_low, high) = writer.get_write_buffer_limits();
    println!(
        "more is kept than {high} bytes: {}",
        (writer.get_write_buffer_size() > high).repr()
    );
    let draining = create_task({
        let writer = writer.clone();
        async move { writer.drain().await }
    });
    sleep(0.05).await?;
    println!("drain waits: {}", (!draining.done()).repr());
    begin.set();
    draining.await?;

    println!("drained");
    writer.close();
    println!("everything arrived: {}", (received.await? == written).repr());
    Ok(())
}
// ANCHOR_END: drain

fn main() -> Result<()> {
    run(program())
}
