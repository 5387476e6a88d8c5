//! The thread that answers: clients of the socket, and SIGQUIT.
//!
//! The core idea: one thread, which waits in `poll` for all of them and does nothing that a client could block. Only a few clients
//! are served at once, each for a short time, and one snapshot serves all clients that ask at the same time. A pause follows, so
//! that the loops have most of their time for themselves. So the worst that a client can do is to keep other clients of the same
//! user waiting.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use asyncio_runtime::log;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::SendFlags;
use signal_hook::consts::SIGQUIT;
use signal_hook::low_level::pipe;

use crate::program::{loops, published};
use crate::snapshot::{Snapshot, VERSION};
use crate::tools::{findings, report};

/// How long a loop may take to answer.
const PATIENCE: Duration = Duration::from_secs(1);

/// How many clients are served at once. A further client displaces the oldest.
const CLIENTS: usize = 16;

/// How long a client may take to ask, and how long to read.
const TIME_LIMIT: Duration = Duration::from_secs(5);

/// The longest request.
const LONGEST: usize = 64;

/// After a snapshot, there is a pause of this many times the time that the loops took for it.
const PAUSE: u32 = 4;

/// Starts the thread, unless it runs, and returns the path of the socket.
pub(crate) fn start() -> io::Result<PathBuf> {
    static STARTED: Mutex<bool> = Mutex::new(false);
    let mut started = STARTED.lock().unwrap_or_else(PoisonError::into_inner);
    if *started {
        return loops::listen(|_| ());
    }
    let (ring, bell) = UnixStream::pair()?;
    ring.set_nonblocking(true)?;
    bell.set_nonblocking(true)?;
    let (signal, signalled) = UnixStream::pair()?;
    signalled.set_nonblocking(true)?;
    let (give, given) = mpsc::channel();
    let (clients, resume, writer) = (Vec::new(), Instant::now(), None);
    let server = AnswerServer { listener: None, given, bell, signalled, clients, resume, writer };
    thread::Builder::new().name("asyncio-inspect".to_owned()).spawn(move || server.run())?;
    pipe::register(SIGQUIT, signal)?;
    *started = true;
    loops::listen(move |listener| {
        // The thread ends with the process only.
        let _ = give.send(listener);
        let _ = (&ring).write(&[0]);
    })
}

struct AnswerServer {
    listener: Option<UnixListener>,
    given: Receiver<UnixListener>,
    /// Readable when a listener has been handed over.
    bell: UnixStream,
    /// Readable after SIGQUIT.
    signalled: UnixStream,
    /// The oldest first.
    clients: Vec<Client>,
    /// When the next snapshot may be made.
    resume: Instant,
    /// Writes to standard error, which may be a pipe that is not read.
    writer: Option<JoinHandle<()>>,
}

struct Client {
    stream: UnixStream,
    stage: Stage,
    /// When it is dropped.
    deadline: Instant,
}

enum Stage {
    Asking(Vec<u8>),
    Asked(Format),
    Reading { reply: Arc<str>, written: usize },
    Gone,
}

#[derive(Clone, Copy, PartialEq)]
enum Format {
    Json,
    Text,
}

impl AnswerServer {
    fn run(mut self) {
        loop {
            self.wait();
            drain(&self.bell);
            if let Some(listener) = self.given.try_iter().last() {
                self.listener = Some(listener);
            }
            if drain(&self.signalled) {
                self.report();
            }
            self.accept();
            self.clients.iter_mut().for_each(Client::read);
            self.answer();
            self.clients.iter_mut().for_each(Client::write);
            let now = Instant::now();
            self.clients.retain(|client| !matches!(client.stage, Stage::Gone) && now < client.deadline);
        }
    }

    /// Waits until there is something to do.
    fn wait(&self) {
        let mut waits = vec![PollFd::new(&self.bell, PollFlags::IN), PollFd::new(&self.signalled, PollFlags::IN)];
        waits.extend(self.listener.iter().map(|listener| PollFd::new(listener, PollFlags::IN)));
        let mut deadlines: Vec<Instant> = Vec::new();
        for client in &self.clients {
            deadlines.push(client.deadline);
            match client.stage {
                Stage::Asking(_) => waits.push(PollFd::new(&client.stream, PollFlags::IN)),
                // A client that has gone is noticed when its turn comes.
                Stage::Asked(_) => deadlines.push(self.resume),
                Stage::Reading { .. } | Stage::Gone => waits.push(PollFd::new(&client.stream, PollFlags::OUT)),
            }
        }
        let timeout = deadlines.iter().min().map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let timeout = timeout.map(|timeout| Timespec {
            tv_sec: timeout.as_secs().cast_signed(),
            tv_nsec: timeout.subsec_nanos().into(),
        });
        if poll(&mut waits, timeout.as_ref()).is_err() {
            // A signal, or no memory: wait a little instead of spinning.
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Writes all to standard error, unless the last report is still being written.
    fn report(&mut self) {
        if self.writer.as_ref().is_none_or(JoinHandle::is_finished) {
            let text = report::text(&snapshot());
            let writer = thread::Builder::new().name("asyncio-inspect".to_owned());
            self.writer = writer.spawn(move || log::write(&text)).ok();
        }
    }

    fn accept(&mut self) {
        let Some(listener) = &self.listener else { return };
        for _ in 0..CLIENTS {
            match listener.accept() {
                Ok((stream, _)) if stream.set_nonblocking(true).is_ok() => {
                    let stage = Stage::Asking(Vec::new());
                    self.clients.push(Client { stream, stage, deadline: Instant::now() + TIME_LIMIT });
                }
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(_) => {
                    // For example, the process has no descriptors left: the client waits until it has.
                    thread::sleep(Duration::from_millis(10));
                    break;
                }
            }
        }
        self.clients.drain(..self.clients.len().saturating_sub(CLIENTS));
    }

    /// Makes one snapshot for all clients that have asked.
    fn answer(&mut self) {
        if Instant::now() < self.resume {
            return;
        }
        self.clients.retain(|client| !matches!(client.stage, Stage::Asked(_)) || !client.is_gone());
        if !self.clients.iter().any(|client| matches!(client.stage, Stage::Asked(_))) {
            return;
        }
        let snapshot = snapshot();
        let replies = [Format::Json, Format::Text].map(|format| {
            let is_wanted = |client: &Client| matches!(client.stage, Stage::Asked(wanted) if wanted == format);
            let reply: Arc<str> = match format {
                _ if !self.clients.iter().any(is_wanted) => "".into(),
                Format::Json => (snapshot.to_json() + "\n").into(),
                Format::Text => report::text(&snapshot).into(),
            };
            (format, reply)
        });
        let deadline = Instant::now() + TIME_LIMIT;
        for client in &mut self.clients {
            if let Stage::Asked(wanted) = client.stage {
                let reply = replies.iter().find(|(format, _)| *format == wanted).map(|(_, reply)| Arc::clone(reply));
                client.reply(reply.unwrap_or_default());
                client.deadline = deadline;
            }
        }
        let took = snapshot.loops.iter().filter_map(|event_loop| event_loop.answered_after).fold(0.0, f64::max);
        self.resume = Instant::now() + (Duration::from_secs_f64(took) * PAUSE).min(PATIENCE);
    }
}

impl Client {
    /// Has the client closed the connection? (It may have closed only its writing half, and still read.)
    fn is_gone(&self) -> bool {
        let mut waits = [PollFd::new(&self.stream, PollFlags::empty())];
        poll(&mut waits, Some(&Timespec::default())).is_ok_and(|events| events > 0)
    }

    fn reply(&mut self, reply: Arc<str>) {
        self.stage = Stage::Reading { reply, written: 0 };
    }

    fn read(&mut self) {
        let Stage::Asking(request) = &mut self.stage else { return };
        let mut buffer = [0; LONGEST];
        match self.stream.read(&mut buffer) {
            Ok(0) => self.stage = Stage::Gone,
            Ok(count) => {
                request.extend_from_slice(&buffer[..count]);
                let line = request.split(|byte| *byte == b'\n').next().filter(|line| line.len() < request.len());
                match line {
                    Some(b"json") => self.stage = Stage::Asked(Format::Json),
                    Some(b"text") => self.stage = Stage::Asked(Format::Text),
                    None if request.len() <= LONGEST => {}
                    _ => self.reply("error: a request is the line `json` or `text`\n".into()),
                }
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
            Err(_) => self.stage = Stage::Gone,
        }
    }

    fn write(&mut self) {
        while let Stage::Reading { reply, written } = &mut self.stage {
            match send(&self.stream, &reply.as_bytes()[*written..]) {
                Ok(count) if *written + count < reply.len() => *written += count,
                Ok(_) => self.stage = Stage::Gone,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(_) => self.stage = Stage::Gone,
            }
        }
    }
}

/// Writes as much as there is room for. If the client has gone, the program does not end, even if SIGPIPE has its default
/// action.
fn send(stream: &UnixStream, bytes: &[u8]) -> io::Result<usize> {
    #[cfg(not(target_vendor = "apple"))]
    let flags = SendFlags::NOSIGNAL;
    #[cfg(target_vendor = "apple")]
    let flags = SendFlags::empty();
    #[cfg(target_vendor = "apple")]
    rustix::net::sockopt::set_socket_nosigpipe(stream, true)?;
    Ok(rustix::net::send(stream, bytes, flags)?)
}

/// Reads all bytes of a stream that serves only to wake; returns false if there were none.
fn drain(mut stream: &UnixStream) -> bool {
    let mut buffer = [0; 64];
    let mut found = false;
    while stream.read(&mut buffer).is_ok_and(|count| count > 0) {
        found = true;
    }
    found
}

/// The state of the program now.
fn snapshot() -> Snapshot {
    let program = std::env::current_exe().unwrap_or_default();
    let program = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let loops = published::ask_all(&loops::all(), PATIENCE);
    let mut snapshot = Snapshot { version: VERSION, pid: std::process::id(), program, loops, ..Snapshot::default() };
    snapshot.findings = findings::of(&snapshot);
    snapshot
}
