//! A Redis client that sends the requests of many tasks on one connection, in order, and repeats them if the connection breaks.
//!
//! `redis-protocol` encodes and decodes; the connection is one of our streams. A task reads the replies and hands each to the
//! oldest waiting request. Each request must be repeatable: if its reply was lost, it is sent again, and the scripts recognise
//! that.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::rc::Rc;

use asyncio::{
    Future, Lock, Result, RuntimeError, StreamReader, StreamWriter, Task, create_task, get_running_loop,
    open_connection, sleep, timeout,
};
use percent_encoding::percent_decode_str;
use redis_protocol::resp2::decode::decode;
use redis_protocol::resp2::encode::encode;
use redis_protocol::resp2::types::{OwnedFrame, Resp2Frame as _};
use url::Url;

/// For how long Redis may be unavailable, in seconds.
const PATIENCE: f64 = 60.0;
/// How long one reply may take.
const REPLY: f64 = 20.0;

/// The first words of errors of Redis that are temporary.
const PASSING: [&str; 6] = ["LOADING", "BUSY", "TRYAGAIN", "CLUSTERDOWN", "MASTERDOWN", "NOSCRIPT"];

pub(super) struct Client {
    host: String,
    port: u16,
    tls: bool,
    /// Sent first on each connection: `AUTH`, `SELECT`.
    greeting: Vec<Vec<Vec<u8>>>,
    /// Loaded on each connection; `EVALSHA` is called with what `SCRIPT LOAD` returned.
    scripts: &'static [(&'static str, &'static str)],
    connection: RefCell<Option<Rc<Connection>>>,
    connecting: Lock,
    requests: Cell<u64>,
}

struct Connection {
    writer: StreamWriter,
    waiting: Rc<Waiting>,
    hashes: RefCell<Vec<String>>,
    reading: Task<()>,
}

#[derive(Default)]
struct Waiting {
    replies: RefCell<VecDeque<Future<OwnedFrame>>>,
    broken: Cell<bool>,
}

/// An error that Redis answered with.
#[derive(Debug)]
struct Refused(String);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Redis says: {}", self.0)
    }
}

impl std::error::Error for Refused {}

/// The connection is broken or silent.
#[derive(Debug)]
struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection to Redis is broken")
    }
}

impl std::error::Error for Broken {}

impl Client {
    /// For `redis://user:password@host:port/database`, or `rediss://` over TLS.
    pub(super) fn new(url: &Url, scripts: &'static [(&'static str, &'static str)]) -> Result<Self> {
        let tls = match url.scheme() {
            "redis" => false,
            "rediss" => true,
            other => return Err(RuntimeError::new(format!("a frontier is no {other}:")).into()),
        };
        let words = |words: &[&str]| words.iter().map(|word| word.as_bytes().to_vec()).collect::<Vec<_>>();
        let decoded = |part: &str| percent_decode_str(part).collect::<Vec<u8>>();
        let mut greeting = Vec::new();
        match (url.username(), url.password()) {
            (_, None) => {}
            ("", Some(password)) => greeting.push(vec![b"AUTH".to_vec(), decoded(password)]),
            (name, Some(password)) => greeting.push(vec![b"AUTH".to_vec(), decoded(name), decoded(password)]),
        }
        // A scheme that `url` does not know may have no host.
        let host = url.host_str().filter(|host| !host.is_empty()).unwrap_or("127.0.0.1");
        let database = url.path().trim_matches('/');
        if !database.is_empty() {
            greeting.push(words(&["SELECT", database]));
        }
        Ok(Self {
            host: host.trim_matches(['[', ']']).to_owned(),
            port: url.port().unwrap_or(6379),
            tls,
            greeting,
            scripts,
            connection: RefCell::default(),
            connecting: Lock::new(),
            requests: Cell::new(0),
        })
    }

    pub(super) fn requests(&self) -> u64 {
        self.requests.get()
    }

    /// Calls a script, which must be repeatable.
    pub(super) async fn script(&self, name: &str, key: &str, arguments: &[&[u8]]) -> Result<Vec<u8>> {
        let index = self.scripts.iter().position(|script| script.0 == name);
        let index = index.ok_or_else(|| RuntimeError::new("there is no such script"))?;
        let reply = self.persist(async |connection: &Connection| {
            let hash = connection.hashes.borrow()[index].clone();
            let words = [&[b"EVALSHA", hash.as_bytes(), b"1", key.as_bytes()], arguments].concat();
            connection.call(&words).await
        });
        text(reply.await?)
    }

    /// Calls a command, which must be repeatable.
    pub(super) async fn command(&self, words: &[&[u8]]) -> Result<OwnedFrame> {
        self.persist(async |connection: &Connection| connection.call(words).await).await
    }

    /// Tries again while Redis is unavailable or not ready.
    async fn persist(&self, call: impl AsyncFn(&Connection) -> Result<OwnedFrame>) -> Result<OwnedFrame> {
        let event_loop = get_running_loop()?;
        let deadline = event_loop.time() + PATIENCE;
        let mut pause = 0.02;
        loop {
            self.requests.set(self.requests.get() + 1);
            let connected = self.connected().await;
            let reply = match &connected {
                Ok(connection) => timeout(REPLY).run(async |_| call(connection).await).await,
                Err(error) => Err(error.clone()),
            };
            let error = match reply {
                Err(error) if !error.is_cancelled() => error,
                reply => return reply,
            };
            let refused = error.downcast_ref::<Refused>();
            let passes = refused.is_none_or(|refused| PASSING.iter().any(|word| refused.0.starts_with(word)));
            if !passes || event_loop.time() > deadline {
                return Err(error);
            }
            let is_loaded = refused.is_some_and(|refused| !refused.0.starts_with("NOSCRIPT"));
            if let Ok(connection) = connected
                && !is_loaded
            {
                connection.abandon();
            }
            sleep(pause * (0.5 + fastrand::f64())).await?;
            pause = (pause * 2.0_f64).min(1.0);
        }
    }

    /// The connection, or a new one if it is broken.
    async fn connected(&self) -> Result<Rc<Connection>> {
        let usable = || self.connection.borrow().clone().filter(|connection| !connection.waiting.broken.get());
        if let Some(connection) = usable() {
            return Ok(connection);
        }
        let _guard = self.connecting.lock().await?;
        if let Some(connection) = usable() {
            return Ok(connection);
        }
        let limit = timeout(REPLY);
        let connection = limit.run(async |_| self.connect().await).await?;
        let before = self.connection.replace(Some(Rc::clone(&connection)));
        drop(before);
        Ok(connection)
    }

    async fn connect(&self) -> Result<Rc<Connection>> {
        let (reader, writer) = open_connection(&self.host, self.port).ssl(self.tls).await?;
        let waiting = Rc::<Waiting>::default();
        let reading = create_task(read(reader, Rc::clone(&waiting)));
        let connection = Rc::new(Connection { writer, waiting, hashes: RefCell::default(), reading });
        for words in &self.greeting {
            let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
            connection.call(&words).await?;
        }
        for (_, script) in self.scripts {
            let hash = text(connection.call(&[b"SCRIPT", b"LOAD", script.as_bytes()]).await?)?;
            connection.hashes.borrow_mut().push(String::from_utf8_lossy(&hash).into_owned());
        }
        Ok(connection)
    }
}

impl Connection {
    // ANCHOR: call
    async fn call(&self, words: &[&[u8]]) -> Result<OwnedFrame> {
        if self.waiting.broken.get() {
            return Err(Broken.into());
        }
        let words = OwnedFrame::Array(words.iter().map(|word| OwnedFrame::BulkString(word.to_vec())).collect());
        let mut bytes = vec![0; words.encode_len(false)];
        encode(&mut bytes, &words, false).map_err(|error| RuntimeError::new(error.to_string()))?;
        let reply = get_running_loop()?.create_future();
        self.waiting.replies.borrow_mut().push_back(reply.clone());
        self.writer.write(&bytes)?;
        self.writer.drain().await?;
        match reply.await? {
            OwnedFrame::Error(message) => Err(Refused(message).into()),
            frame => Ok(frame),
        }
    }
    // ANCHOR_END: call

    fn abandon(&self) {
        self.waiting.broken.set(true);
        self.writer.abort();
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.reading.cancel();
    }
}

/// Hands each reply to its request, until the connection ends.
async fn read(mut reader: StreamReader, waiting: Rc<Waiting>) -> Result<()> {
    let ended = replies(&mut reader, &waiting).await;
    waiting.broken.set(true);
    loop {
        let next = waiting.replies.borrow_mut().pop_front();
        let Some(reply) = next else { break };
        if !reply.done() {
            reply.set_exception(Broken)?;
        }
    }
    match ended {
        Err(error) if error.is_cancelled() => Err(error),
        // The requests have been told.
        _ => Ok(()),
    }
}

async fn replies(reader: &mut StreamReader, waiting: &Waiting) -> Result<()> {
    let mut buffer: Vec<u8> = Vec::new();
    loop {
        let bytes = reader.read(64 * 1024).await?;
        if bytes.is_empty() {
            return Ok(());
        }
        buffer.extend_from_slice(&bytes);
        let mut used = 0;
        while let Some((frame, size)) = decode(&buffer[used..]).map_err(|error| RuntimeError::new(error.to_string()))? {
            used += size;
            let reply = waiting.replies.borrow_mut().pop_front();
            let reply = reply.ok_or_else(|| RuntimeError::new("Redis answers what nobody has asked"))?;
            // A cancelled request does not need it.
            if !reply.done() {
                reply.set_result(frame)?;
            }
        }
        buffer.drain(..used);
    }
}

/// The text of a reply, if it is text.
pub(super) fn text(frame: OwnedFrame) -> Result<Vec<u8>> {
    match frame {
        OwnedFrame::BulkString(text) | OwnedFrame::SimpleString(text) => Ok(text),
        other => Err(RuntimeError::new(format!("Redis answers {other:?}")).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(url: &str) -> Client {
        Client::new(&Url::parse(url).unwrap(), &[]).unwrap()
    }

    #[test]
    fn names_and_passwords_are_decoded_and_addresses_have_no_brackets() {
        let with_name = client("redis://ada%40home:p%40ss%2Fw%C3%B6rd@[::1]:6380/3");
        let words: Vec<Vec<&[u8]>> =
            with_name.greeting.iter().map(|words| words.iter().map(Vec::as_slice).collect()).collect();
        assert_eq!(words, [vec![b"AUTH", &b"ada@home"[..], "p@ss/w\u{f6}rd".as_bytes()], vec![b"SELECT", b"3"]]);
        assert_eq!((with_name.host.as_str(), with_name.port, with_name.tls), ("::1", 6380, false));
        let without = client("rediss://:a%25b@example.org");
        assert_eq!(without.greeting, [[b"AUTH".to_vec(), b"a%b".to_vec()]]);
        assert_eq!((without.host.as_str(), without.port, without.tls), ("example.org", 6379, true));
        assert_eq!(client("redis:///2").host, "127.0.0.1");
    }
}
