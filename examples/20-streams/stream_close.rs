//! Closing does not wait. What was written is still sent; `wait_closed` waits until
//! that is done.
//!
//! Run it: `cargo run --example stream_close`
//!
//! Shows: stream_close, stream_wait_closed, stream_is_closing, fire_and_forget_io

use asyncio::{Queue, Result, StreamReader, open_connection, run, start_server};
use guide::repr::Repr;

async fn program() -> Result<()> {
    let received = Queue::new(0);
    let queue = received.clone();
    let peer = async move |mut reader: StreamReader, _writer| {
        Ok(queue.put(reader.read_to_end().await?).await?)
    };
    let server = start_server(peer, "127.0.0.1", 0).await?;
    let port =
        server.sockets()[0].port().expect("it is an address of the Internet");

    // ANCHOR: close
    let (mut reader, writer) = open_connection("127.0.0.1", port).await?;
    println!("closing: {}", writer.is_closing().repr());
    writer.write("farewell")?;
    writer.close();
    println!("closing: {}", writer.is_closing().repr());
    writer.wait_closed().await?;
    println!("the peer read {}", received.get().await?.repr());
    // ANCHOR_END: close

    // ANCHOR: after
    println!("we read {}", reader.read(100).await?.repr());
    writer.write("one more thing")?;
    if let Err(error) = writer.drain().await {
        println!("and cannot write: {error}");
    }
    // ANCHOR_END: after
    Ok(())
}

fn main() -> Result<()> {
    run(program())
}
