//! The echo server, which the page has for the programs that are its clients.
//!
//! It is the guide's `echo_server`, but prints nothing. It begins with the first loop of the program, and ends with it.

use std::cell::Cell;

use asyncio::{Result, StreamReader, StreamWriter, create_task, start_server};
use asyncio_runtime::LoopHook;

thread_local! {
    /// Is it still to begin?
    static AWAITED: Cell<bool> = const { Cell::new(false) };
}

/// Makes it begin with the next loop.
pub(crate) fn come() {
    AWAITED.set(true);
}

// The program makes its loop itself.
inventory::submit! {
    LoopHook(|event_loop| {
        if AWAITED.take() {
            event_loop.call_soon(|| _ = create_task(serve())).expect("the loop is new");
        }
    })
}

async fn serve() -> Result<()> {
    start_server(echo, "127.0.0.1", 8888).await.map(drop)
}

async fn echo(mut reader: StreamReader, writer: StreamWriter) -> Result<()> {
    loop {
        let line = reader.readline().await?;
        if line.is_empty() {
            return Ok(());
        }
        writer.write(line)?;
        writer.drain().await?;
    }
}
