//! A program that wants to read from a pipe keeps working until there is data.
//! `loop.add_reader` says when the pipe can be read; a future, which the callback
//! completes, makes that something to await.
//!
//! Run it: `cargo run --example nonblocking_io_overlaps_work`
//!
//! Shows: nonblocking_io_overlaps_work

use std::io::{PipeReader, PipeWriter, Read, Write, pipe};

use asyncio::{Result, create_task, get_running_loop, run, sleep};
use guide::repr::Repr;

// ANCHOR: readable
async fn readable(pipe: &PipeReader) -> Result<()> {
    let event_loop = get_running_loop()?;
    let future = event_loop.create_future();
    let ready = future.clone();
    event_loop.add_reader(pipe, move || {
        // It is told again until it has read; only the first time counts.
        let _ = ready.set_result(());
    })?;
    let result = future.await;
    event_loop.remove_reader(pipe)?;
    result
}
// ANCHOR_END: readable

async fn receive(mut pipe: PipeReader) -> Result<String> {
    readable(&pipe).await?;
    let mut reply = String::new();
    // The other end writes everything at once and closes, so this does not block.
    pipe.read_to_string(&mut reply)?;
    Ok(reply)
}

async fn reply_after_a_while(mut pipe: PipeWriter) -> Result<()> {
    sleep(4).await?;
    pipe.write_all(b"42 rows")?;
    Ok(())
}

// ANCHOR: overlap
async fn program() -> Result<()> {
    let (reader, writer) = pipe()?;
    create_task(reply_after_a_while(writer));
    let reply = create_task(receive(reader));
    for part in 1..=3 {
        sleep(1).await?;
        println!("part {part} of other work, reply there: {}", reply.done().repr());
    }
    println!("reply: {}", reply.await?);
    Ok(())
}
// ANCHOR_END: overlap

fn main() -> Result<()> {
    run(program())
}
