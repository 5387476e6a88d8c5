//! One connection, whose other end says and does what the program says.

use std::cell::RefCell;
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::rc::Rc;

use asyncio::{Result, StreamReader, StreamWriter, open_connection, open_unix_connection};
use fastrand::Rng;
use serde::{Deserialize, Serialize};
use socket2::Socket;

use super::peer::Peer;
use super::player::{Begun, Lines, bytes, error, run, settle, truth};

/// A program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Program {
    /// TCP, or else a pair of unix sockets.
    pub tcp: bool,
    /// The reader's limit.
    pub limit: usize,
    /// What the coroutine and the peer do.
    pub steps: Vec<Step>,
}

/// A step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    PeerSend { text: String },
    PeerReceive {},
    PeerShutdown {},
    PeerClose {},
    Read { how: How, number: usize },
    CancelRead {},
    Write { size: usize },
    Drain {},
    WriteEof {},
    Close {},
    Abort {},
    WaitClosed {},
    IsClosing {},
    Kept {},
    Limits { high: usize, low: usize },
}

/// The methods of a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    Read,
    Readexactly,
    Readline,
    Readuntil,
}

/// Writes a program.
pub(super) fn generate(rng: &mut Rng) -> Program {
    let tcp = rng.u32(0..3) == 0;
    let limit = *rng.choice(&[8, 16, 65536]).expect("three");
    let (mut steps, mut closed, mut sent, mut read) = (Vec::new(), false, 0, false);
    for _ in 0..rng.usize(3..16) {
        let step = match rng.u32(0..26) {
            0..=5 => Step::PeerSend { text: text(rng) },
            6 | 7 => Step::PeerReceive {},
            8 => Step::PeerShutdown {},
            9 => Step::PeerClose {},
            // In asyncio, which receives in the background, data that arrived before the end can be read after it.
            10..=15 if closed => Step::IsClosing {},
            10..=15 => {
                let how = *rng.choice(&[How::Read, How::Readexactly, How::Readline, How::Readuntil]).expect("four");
                Step::Read { how, number: rng.usize(0..12) }
            }
            16 => Step::CancelRead {},
            // The system's TCP buffers grow unpredictably, so no more is written than they surely hold.
            17 | 18 => Step::Write { size: *rng.choice(&[0, 1, 10, if tcp { 100 } else { 1_000_000 }]).expect("four") },
            19 => Step::Drain {},
            20 => Step::WriteEof {},
            21 => Step::Close {},
            22 => Step::Abort {},
            23 => Step::WaitClosed {},
            24 => Step::Kept {},
            _ if rng.bool() => Step::Limits { high: rng.usize(0..3) * 1000, low: rng.usize(0..3) * 1000 },
            _ => Step::IsClosing {},
        };
        closed |= matches!(step, Step::Close {} | Step::Abort {});
        read |= matches!(step, Step::Read { .. });
        if let Step::PeerSend { text } = &step {
            sent += text.len();
            // asyncio stops receiving at twice the limit, and ours receives when a read asks for data. So all data beyond the
            // limit is sent before the first read, and there is no more than twice the limit.
            if sent > 2 * limit || (read && sent > limit) {
                break;
            }
        }
        steps.push(step);
    }
    Program { tcp, limit, steps }
}

/// Some words with the separators in between.
fn text(rng: &mut Rng) -> String {
    let mut text = String::new();
    for _ in 0..rng.usize(1..4) {
        for _ in 0..rng.usize(0..9) {
            text.push(rng.char('a'..='f'));
        }
        text.push_str(["", "\n", ";"][rng.usize(0..3)]);
    }
    if text.is_empty() { "x".to_owned() } else { text }
}

struct Player {
    lines: Lines,
    begun: Begun,
    peer: Option<Peer>,
    /// `None` while a read is in progress.
    reader: Rc<RefCell<Option<StreamReader>>>,
    writer: Rc<StreamWriter>,
}

pub(super) fn play(program: Program) -> String {
    run(move |lines| async move {
        let ((reader, writer), far) = if program.tcp {
            let listener = TcpListener::bind("127.0.0.1:0")?;
            let near = open_connection("127.0.0.1", listener.local_addr()?.port()).limit(program.limit);
            (near.await?, Socket::from(listener.accept()?.0))
        } else {
            let folder = tempfile::tempdir()?;
            let path = folder.path().join("socket");
            let listener = UnixListener::bind(&path)?;
            let near = open_unix_connection(&path).limit(program.limit);
            (near.await?, Socket::from(listener.accept()?.0))
        };
        let peer = Peer::new(&lines, "peer", far)?;
        let begun = Begun::new(&lines);
        let (reader, writer) = (Rc::new(RefCell::new(Some(reader))), Rc::new(writer));
        let mut player = Player { lines, begun, peer: Some(peer), reader, writer };
        for step in program.steps {
            player.step(step).await?;
        }
        player.begun.cancel_all();
        player.writer.abort();
        settle().await
    })
}

impl Player {
    async fn step(&mut self, step: Step) -> Result<()> {
        match step {
            Step::PeerSend { text } => self.with_peer("sends", |peer| peer.send(&text)),
            Step::PeerReceive {} => self.with_receiving_peer(),
            Step::PeerShutdown {} => self.with_peer("shuts down", Peer::shutdown),
            Step::PeerClose {} => {
                if let Some(peer) = self.peer.take() {
                    peer.close().await?;
                }
            }
            Step::Read { how, number } => return self.read(how, number).await,
            Step::CancelRead {} => return self.begun.give_up("read").await,
            Step::Write { size } => {
                if let Err(raised) = self.writer.write(vec![b'w'; size]) {
                    self.lines.add(format!("write {raised:?}"));
                }
            }
            Step::Drain {} => {
                let writer = Rc::clone(&self.writer);
                return self
                    .begun
                    .proceed("drain", || async move { writer.drain().await.map(|()| "None".to_owned()) })
                    .await;
            }
            Step::WriteEof {} => {
                if let Err(raised) = self.writer.write_eof() {
                    self.lines.add(format!("write_eof {raised:?}"));
                }
            }
            Step::Close {} => self.writer.close(),
            Step::Abort {} => self.writer.abort(),
            Step::WaitClosed {} => {
                let writer = Rc::clone(&self.writer);
                let wait = || async move { writer.wait_closed().await.map(|()| "None".to_owned()) };
                return self.begun.proceed("wait_closed", wait).await;
            }
            Step::IsClosing {} => {
                self.lines.add(format!("is_closing {}", truth(self.writer.is_closing())));
                return Ok(());
            }
            Step::Kept {} => {
                self.lines.add(format!("kept {}", truth(self.writer.get_write_buffer_size() > 0)));
                return Ok(());
            }
            Step::Limits { high, low } => {
                if let Err(raised) = self.writer.set_write_buffer_limits(Some(high), Some(low)) {
                    self.lines.add(format!("limits {raised:?}"));
                }
                let (low, high) = self.writer.get_write_buffer_limits();
                self.lines.add(format!("limits {low} {high}"));
                return Ok(());
            }
        }
        settle().await
    }

    /// A closed peer fails as a closed socket in Python does.
    fn with_peer(&self, what: &str, f: impl FnOnce(&Peer)) {
        match &self.peer {
            Some(peer) => f(peer),
            None => self.lines.add(format!("peer {what} OSError")),
        }
    }

    fn with_receiving_peer(&self) {
        match &self.peer {
            Some(peer) => peer.receive(),
            None => self.lines.add("peer receives b'' OSError"),
        }
    }

    async fn read(&self, how: How, number: usize) -> Result<()> {
        let place = Rc::clone(&self.reader);
        let read = || async move {
            let taken = place.borrow_mut().take();
            let mut reader = taken.expect("one read at a time");
            let result = match how {
                // A read of some bytes gets what has arrived by then, which differs because asyncio receives in the background.
                How::Read if number > 0 => reader.read(0).await,
                How::Read => reader.read_to_end().await,
                How::Readexactly => reader.readexactly(number).await,
                How::Readline => reader.readline().await,
                How::Readuntil => reader.readuntil(";").await,
            };
            *place.borrow_mut() = Some(reader);
            // The text of an error is compared, too.
            result
                .map(|read| bytes(&read))
                .or_else(|raised| if raised.is_cancelled() { Err(raised) } else { Ok(error(&raised)) })
        };
        self.begun.proceed("read", read).await
    }
}
