//! A chat: what one says is written to all others. The first line of a client is
//! its name. Whoever does not read what the others say is put out before it costs
//! much memory. Ctrl-C ends it.
//!
//! Run it: `cargo run --example chat_server`, then `nc 127.0.0.1 8888` in several
//! terminals.
//!
//! Shows: start_server_handler, stream_write, stream_close,
//! streams_are_protocol_free

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::SocketAddr;

use asyncio::{
    AsyncIterator, KeyboardInterrupt, Result, StreamReader, StreamWriter, run,
    start_server,
};

// ANCHOR: room
/// Who is there, by name.
#[derive(Default)]
struct Room {
    members: RefCell<BTreeMap<String, StreamWriter>>,
}

/// How many bytes may wait for somebody who does not read them.
const PATIENCE: usize = 1024 * 1024;

impl Room {
    /// Tells everybody but the one who says it. Nobody is waited for, so nobody can
    /// hold up the others.
    fn tell(&self, from: &str, what: &str) -> Result<()> {
        println!("{what}");
        for (_, writer) in
            self.members.borrow().iter().filter(|(name, _)| *name != from)
        {
            writer.write(format!("{what}\n"))?;
            if writer.get_write_buffer_size() > PATIENCE {
                writer.abort();
            }
        }
        Ok(())
    }

    fn names(&self) -> String {
        self.members.borrow().keys().cloned().collect::<Vec<_>>().join(", ")
    }
}
// ANCHOR_END: room

// ANCHOR: session
async fn session(
    room: &Room,
    mut reader: StreamReader,
    writer: StreamWriter,
) -> Result<()> {
    let name = String::from_utf8(reader.readline().await?)?.trim().to_owned();
    if name.is_empty() || room.members.borrow().contains_key(&name) {
        writer.write("This name will not do.\n")?;
        return Ok(());
    }
    room.members.borrow_mut().insert(name.clone(), writer.clone());
    writer.write(format!("Welcome! Here are: {}\n", room.names()))?;
    room.tell(&name, &format!("* {name} comes"))?;
    let talked = talk(room, &name, &mut reader).await;
    room.members.borrow_mut().remove(&name);
    room.tell(&name, &format!("* {name} goes"))?;
    talked
}

async fn talk(room: &Room, name: &str, reader: &mut StreamReader) -> Result<()> {
    while let Some(line) = reader.anext().await? {
        room.tell(
            name,
            &format!("{name}: {}", String::from_utf8_lossy(&line).trim()),
        )?;
    }
    Ok(())
}
// ANCHOR_END: session

// ANCHOR: serve
async fn serve(address: SocketAddr) -> Result<()> {
    let room = Room::default();
    let connected =
        async move |reader, writer| session(&room, reader, writer).await;
    let server = start_server(connected, address.ip(), address.port()).await?;
    println!("Serving on {}", server.sockets()[0]);
    server.serve_forever().await
}
// ANCHOR_END: serve

fn main() -> Result<()> {
    match run(serve(guide::arguments::address())) {
        Err(error) if error.is::<KeyboardInterrupt>() => Ok(()),
        result => result,
    }
}
