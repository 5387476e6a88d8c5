//! A chat: what one member says is sent to all others. The first line of a client
//! is its name. A client that does not read what the others say is disconnected
//! before it costs much memory. Ctrl-C ends it.
//!
//! Run it: `cargo run --example chat_server`, then `nc 127.0.0.1 8888` in several
//! terminals.
//!
//! Shows: start_server_handler, stream_write, stream_close,
//! streams_are_protocol_free

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::LazyLock;

use asyncio::{
    AsyncIterator, KeyboardInterrupt, Result, StreamReader, StreamWriter,
    TimeoutError, ValueError,
};
use asyncio::{run, start_server, wait_for};
use guide_extra::println;
use guide_extra::text::visible;
use regex::Regex;

// ANCHOR: room
/// The members, by name.
#[derive(Default)]
struct Room {
    members: RefCell<BTreeMap<String, StreamWriter>>,
}

/// How many bytes may wait for a client that does not read them.
const PATIENCE: usize = 1024 * 1024;

impl Room {
    /// Writes to every member except the sender. It waits for no client, so none
    /// can hold up the others.
    fn tell(&self, from: &str, what: &str) -> Result<()> {
        println!("{what}");
        for (name, writer) in self.members.borrow().iter() {
            // A member that is leaving gets no more lines.
            if name == from || writer.is_closing() {
                continue;
            }
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

// ANCHOR: names
/// A name is a few letters and digits of any language: nothing that is not seen, or
/// that is seen as something else.
static NAME: LazyLock<Regex> = LazyLock::new(|| {
    let (first, rest) = (r"\p{L}\p{N}", r"\p{L}\p{M}\p{N}._'-");
    let pattern = format!(r"^[[{first}]--\p{{DI}}][[{rest}]--\p{{DI}}]{{0,19}}$");
    Regex::new(&pattern).expect("it is well formed")
});

async fn ask_name(
    room: &Room,
    reader: &mut StreamReader,
) -> Result<Option<String>> {
    let line = wait_for(reader.readline(), 60).await?;
    let name = String::from_utf8_lossy(&line).trim().to_owned();
    let will_do =
        NAME.is_match(&name) && !room.members.borrow().contains_key(&name);
    Ok(will_do.then_some(name))
}
// ANCHOR_END: names

// ANCHOR: session
async fn session(
    room: &Room,
    mut reader: StreamReader,
    writer: StreamWriter,
) -> Result<()> {
    let Some(name) = ask_name(room, &mut reader).await? else {
        writer.write("This name will not do.\n")?;
        return Ok(());
    };
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
        let line = String::from_utf8_lossy(&line);
        room.tell(name, &format!("{name}: {}", visible(line.trim())))?;
    }
    Ok(())
}
// ANCHOR_END: session

// ANCHOR: serve
/// What clients do wrong is not reported: they hang up, send a line without an end,
/// or send no name.
async fn connected(
    room: &Room,
    reader: StreamReader,
    writer: StreamWriter,
) -> Result<()> {
    match session(room, reader, writer).await {
        Err(error)
            if error.is::<io::Error>()
                || error.is::<ValueError>()
                || error.is::<TimeoutError>() =>
        {
            Ok(())
        }
        ended => ended,
    }
}

async fn serve(address: SocketAddr) -> Result<()> {
    let room = Room::default();
    let connected =
        async move |reader, writer| connected(&room, reader, writer).await;
    let server =
        start_server(connected, address.ip(), address.port()).limit(1024).await?;
    println!("Serving on {}", server.sockets()[0]);
    server.serve_forever().await
}
// ANCHOR_END: serve

fn main() -> Result<()> {
    match run(serve(guide_extra::arguments::address())) {
        Err(error) if error.is::<KeyboardInterrupt>() => Ok(()),
        result => result,
    }
}
