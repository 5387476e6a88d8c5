//! Streams, datagrams and servers. Sockets are real.

use std::cell::{Cell, RefCell};
use std::net::TcpListener;
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::rc::Rc;

use asyncio::simulation::afterwards;
use asyncio::{
    Address, DatagramEndpoint, Server, StreamReader, create_datagram_endpoint, create_datagram_endpoint_on,
    create_task, open_connection, open_connection_on, open_unix_connection, sleep, start_server, start_server_on,
    start_unix_server, start_unix_server_on,
};

use crate::blocks::AtEnd;
use crate::outside::socket;
use crate::{Row, Seen, Sight, counted, counting, probe, with_threads};

pub(crate) fn rows() -> Vec<Row> {
    let mut rows =
        vec![connection(), unix_connection(), endpoint(), datagrams(), reader(), drain(), closed(), server()];
    rows.extend([starts(), ended()]);
    rows.extend(messages());
    rows.extend(reads());
    rows.extend(started());
    rows
}

fn connection() -> Row {
    Row::new("streams/connect open_connection", "Ends the attempt. No descriptor stays open.").clean(
        "a listener",
        || {
            with_threads(|| {
                let listener = TcpListener::bind("127.0.0.1:0").unwrap();
                let port = listener.local_addr().unwrap().port();
                afterwards(move || drop(listener));
                async move { open_connection("127.0.0.1", port).await }
            })
            .run()
        },
    )
}

const ATTEMPT: &str = "Ends the attempt. No descriptor stays open.";

fn unix_connection() -> Row {
    Row::new("streams/unix open_unix_connection", ATTEMPT).clean("a listener", || {
        probe(|| {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("socket");
            let listener = UnixListener::bind(&path).unwrap();
            afterwards(move || drop((listener, folder)));
            async move { open_unix_connection(path).await }
        })
    })
}

fn endpoint() -> Row {
    Row::new("streams/datagram CreateDatagramEndpoint", ATTEMPT).clean("a name", || {
        with_threads(|| async {
            sleep(0).await?; // the thread may be fast: this one waits in any case
            create_datagram_endpoint().local_addr("localhost", 0).await
        })
        .run()
    })
}

fn datagrams() -> Row {
    Row::new(
        "streams/datagram DatagramEndpoint",
        "If receiving is cancelled, no message is lost. If sending is cancelled, the message was not sent.",
    )
    .clean("receiving", || probe(|| received(async |near| near.recv(10).await)))
}

/// The target waits for a message, and a companion receives the message if the target has not.
fn received<R>(receive: R) -> impl Future<Output = asyncio::Result<()>>
where
    R: AsyncFn(&DatagramEndpoint) -> asyncio::Result<Vec<u8>> + 'static,
{
    let (near, far) = UnixDatagram::pair().unwrap();
    let near = Rc::new(create_datagram_endpoint_on(near).unwrap());
    let (rest, seen) = (Rc::clone(&near), Seen::default());
    let (at_end, event) = AtEnd::new();
    let noted = seen.clone();
    create_task(async move {
        sleep(0.001).await?;
        far.send(b"hello")?;
        event.wait().await?;
        if seen.get() != Sight::Returned {
            assert_eq!(rest.recv(10).await?, b"hello", "a message is lost");
        }
        Ok(())
    });
    noted.note(async move {
        let _at_end = at_end;
        receive(&near).await
    })
}

/// The target sends a message on a socket that is full, and a companion counts what arrives.
fn sent(to_address: bool) -> impl Future<Output = asyncio::Result<()>> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let far = create_datagram_endpoint_on(UnixDatagram::bind(&path).unwrap()).unwrap();
    let near = UnixDatagram::unbound().unwrap();
    near.set_nonblocking(true).unwrap();
    near.connect(&path).unwrap();
    let mut full = 0;
    while near.send(b"full").is_ok() {
        full += 1;
    }
    let address = Address::Unix(path.clone());
    let near = create_datagram_endpoint_on(near).unwrap();
    let (at_end, event) = AtEnd::new();
    let seen = Seen::default();
    let noted = seen.clone();
    create_task(async move {
        sleep(0.001).await?;
        for _ in 0..full {
            assert_eq!(far.recv(10).await?, b"full");
        }
        event.wait().await?;
        let seen = seen.get();
        let last = async {
            create_datagram_endpoint().remote_path(&path).await?.send("end").await?;
            far.recv(10).await
        };
        let expected: &[u8] = if seen == Sight::Returned { b"hello" } else { b"end" };
        assert_eq!(last.await?, expected, "a message is lost or sent nevertheless");
        drop(folder);
        Ok(())
    });
    noted.note(async move {
        let _at_end = at_end;
        if to_address { near.sendto("hello", &address).await } else { near.send("hello").await }
    })
}

fn messages() -> Vec<Row> {
    let lost = "No message is lost: the next call returns it.";
    vec![
        Row::new("streams/datagram recv", lost)
            .clean("a socket", || probe(|| received(async |near| near.recv(10).await))),
        Row::new("streams/datagram recvfrom", lost)
            .clean("a socket", || probe(|| received(async |near| near.recvfrom(10).await.map(|(message, _)| message)))),
        Row::new("streams/datagram send", "The message was not sent.").clean("a full socket", || probe(|| sent(false))),
        Row::new("streams/datagram sendto", "The message was not sent.")
            .clean("a full socket", || probe(|| sent(true))),
    ]
}

fn reader() -> Row {
    Row::new(
        "streams/reader/mod StreamReader",
        "No read loses a byte. Bytes that have arrived are there for the next read.",
    )
    .clean("readexactly", || probe(|| read(async |reader| reader.readexactly(5).await)))
}

fn reads() -> Vec<Row> {
    fn row(item: &'static str, run: fn() -> asyncio::simulation::CancellationReport) -> Row {
        Row::new(item, "No byte is lost: the next read returns those that have arrived.").clean("a socket", run)
    }
    vec![
        row("streams/reader/mod read", || probe(|| read(async |reader| reader.read(5).await))),
        row("streams/reader/mod readinto", || {
            probe(|| {
                read(async |reader| {
                    let mut out = [0; 5];
                    let n = reader.readinto(&mut out).await?;
                    Ok(out[..n].to_vec())
                })
            })
        }),
        row("streams/reader/mod read_to_end", || probe(|| read(async |reader| reader.read_to_end().await))),
        row("streams/reader/mod readexactly", || probe(|| read(async |reader| reader.readexactly(5).await))),
        row("streams/reader/mod readline", || probe(|| read(async |reader| reader.readline().await))),
        row("streams/reader/mod readuntil", || probe(|| read(async |reader| reader.readuntil("lo").await))),
        row("streams/reader/mod readuntil_any", || {
            probe(|| read(async |reader| reader.readuntil_any(&[b"lo", b"!"]).await))
        }),
    ]
}

/// The target reads something, and a companion reads the rest.
fn read<R>(read: R) -> impl Future<Output = asyncio::Result<()>>
where
    R: AsyncFn(&mut StreamReader) -> asyncio::Result<Vec<u8>> + 'static,
{
    let (reader, writer) = open_connection_on(socket()).unwrap();
    let reader = Rc::new(RefCell::new(reader));
    let bytes: Rc<RefCell<Vec<u8>>> = Rc::default();
    let (rest, all, left) = (Rc::clone(&reader), Rc::clone(&bytes), Rc::clone(&bytes));
    let (at_end, event) = AtEnd::new();
    create_task(async move {
        event.wait().await?;
        let read = rest.take_reader().read_to_end().await?;
        all.borrow_mut().extend(read);
        writer.close();
        writer.wait_closed().await
    });
    afterwards(move || assert_eq!(*left.borrow(), b"hello", "bytes are lost"));
    async move {
        let _at_end = at_end;
        let mut reader = Borrowed { reader: Some(reader.take_reader()), home: reader };
        let read = read(reader.reader.as_mut().expect("it is here")).await?;
        bytes.borrow_mut().extend(read);
        Ok(())
    }
}

/// A reader that is put back when the future that is using it ends or is dropped.
struct Borrowed {
    reader: Option<StreamReader>,
    home: Rc<RefCell<StreamReader>>,
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        self.home.replace(self.reader.take().expect("it is here"));
    }
}

trait TakeReader {
    fn take_reader(&self) -> StreamReader;
}

impl TakeReader for Rc<RefCell<StreamReader>> {
    fn take_reader(&self) -> StreamReader {
        self.replace(StreamReader::new(1).unwrap())
    }
}

fn drain() -> Row {
    Row::new("streams/writer drain", "The written bytes stay written.").clean("more than a socket takes", || {
        probe(|| {
            const SIZE: usize = 1 << 20;
            let (near, far) = UnixStream::pair().unwrap();
            let (near, far) = (open_connection_on(near).unwrap(), open_connection_on(far).unwrap());
            let count = Rc::new(Cell::new(0));
            let began = Rc::new(Cell::new(false));
            let (counted, left, did) = (Rc::clone(&count), Rc::clone(&began), Rc::clone(&began));
            let (at_end, event) = AtEnd::new();
            let (reader, writer) = near;
            let writes = writer.clone();
            create_task(async move {
                let (mut peer, _writer) = far;
                sleep(0.001).await?;
                while did.get() && count.get() < SIZE {
                    count.set(count.get() + peer.read(SIZE).await?.len());
                }
                event.wait().await?;
                writer.close();
                let closed = writer.wait_closed().await;
                drop(reader);
                closed
            });
            afterwards(move || assert!(!left.get() || counted.get() == SIZE, "{} bytes", counted.get()));
            async move {
                let _at_end = at_end;
                writes.write(vec![0; SIZE])?;
                began.set(true);
                writes.drain().await
            }
        })
    })
}

fn closed() -> Row {
    Row::new("streams/writer wait_closed", "Ends the wait. The connection still sends the written bytes and closes.")
        .clean("more than a socket takes", || {
            probe(|| {
                const SIZE: usize = 1 << 20;
                let (near, far) = UnixStream::pair().unwrap();
                let (near, far) = (open_connection_on(near).unwrap(), open_connection_on(far).unwrap());
                let (reader, writer) = near;
                writer.write(vec![0; SIZE]).unwrap();
                writer.close();
                let count = Rc::new(Cell::new(0));
                let counted = Rc::clone(&count);
                create_task(async move {
                    let (mut peer, _writer) = far;
                    sleep(0.001).await?;
                    count.set(peer.read_to_end().await?.len());
                    drop(reader);
                    Ok(())
                });
                afterwards(move || assert_eq!(counted.get(), SIZE, "bytes are lost"));
                async move { writer.wait_closed().await }
            })
        })
}

/// Makes a server that does not serve yet.
async fn stopped() -> asyncio::Result<Server> {
    start_server(async |_, _| Ok(()), "127.0.0.1", 0).start_serving(false).await
}

fn starts() -> Row {
    Row::new(
        "streams/server start_serving",
        "The server accepts connections nevertheless, because it starts before the wait.",
    )
    .clean("a server that does not serve", || {
        probe(|| {
            let seen = Seen::default();
            async move {
                let server = stopped().await?;
                let left = (server.clone(), Rc::new(Cell::new(false)));
                let began = Rc::clone(&left.1);
                afterwards(move || {
                    assert!(left.0.is_serving() == left.1.get(), "it does not serve");
                    left.0.close();
                });
                began.set(true);
                seen.note(server.start_serving()).await
            }
        })
    })
}

fn ended() -> Row {
    Row::new("streams/server wait_closed", "Ends the wait. The server stays as it is.").clean(
        "one that is closed later",
        || {
            probe(|| {
                let server: Rc<RefCell<Option<Server>>> = Rc::default();
                let closes = Rc::clone(&server);
                create_task(async move {
                    sleep(0.01).await?;
                    if let Some(server) = closes.take() {
                        assert!(server.is_serving(), "it does not serve");
                        server.close();
                        server.wait_closed().await?;
                    }
                    Ok(())
                });
                async move {
                    let made = start_server(async |_, _| Ok(()), "127.0.0.1", 0).await?;
                    server.replace(Some(made.clone()));
                    made.wait_closed().await
                }
            })
        },
    )
}

/// A server is started. Unless the target gets it, it must not keep a descriptor open.
fn starting<M>(start: impl FnOnce() -> M + 'static) -> impl Future<Output = asyncio::Result<()>>
where
    M: Future<Output = asyncio::Result<Server>>,
{
    let (seen, before) = (Seen::default(), Rc::new(Cell::new(0)));
    let (noted, counts) = (seen.clone(), Rc::clone(&before));
    afterwards(move || {
        let is_open = before.get() != 0 && counted::descriptors() > before.get();
        assert!(seen.get() == Sight::Returned || !is_open, "a descriptor stays open");
    });
    noted.note(async move {
        // With one server the loop has all descriptors of its own.
        let first = start_server(async |_, _| Ok(()), "127.0.0.1", 0).await?;
        afterwards(move || assert!(first.is_serving()));
        counts.set(counted::descriptors());
        start().await
    })
}

fn started() -> Vec<Row> {
    vec![
        Row::new("streams/listen start_server", ATTEMPT).clean("a port", || {
            with_threads(|| starting(async || start_server(async |_, _| Ok(()), "127.0.0.1", 0).await)).run()
        }),
        Row::new("streams/system/listen start_server_on", ATTEMPT).clean("a port", || {
            probe(|| starting(async || start_server_on(async |_, _| Ok(()), TcpListener::bind("127.0.0.1:0")?).await))
        }),
        Row::new("streams/unix start_unix_server", ATTEMPT).clean("a path", || {
            probe(|| {
                let folder = tempfile::tempdir().unwrap();
                let path = folder.path().join("socket");
                let start = starting(move || async move { start_unix_server(async |_, _| Ok(()), path).await });
                afterwards(move || drop(folder));
                start
            })
        }),
        Row::new("streams/system/unix start_unix_server_on", ATTEMPT).clean("a path", || {
            probe(|| {
                let folder = tempfile::tempdir().unwrap();
                let path = folder.path().join("socket");
                let start = starting(move || async move {
                    start_unix_server_on(async |_, _| Ok(()), UnixListener::bind(path)?).await
                });
                afterwards(move || drop(folder));
                start
            })
        }),
    ]
}

fn server() -> Row {
    Row::new(
        "streams/server serve_forever",
        "A cancellation closes the server, as described. A second one, while this waits for the connections, ends that wait. If \
         the future is dropped instead, the server keeps serving.",
    )
    .clean("without a client", || {
            counting(|| {
                let (seen, serves) = (Seen::default(), Rc::new(Cell::new(None)));
                let (noted, left) = (seen.clone(), Rc::clone(&serves));
                afterwards(move || {
                    let Some(server): Option<asyncio::Server> = left.take() else { return };
                    assert!(server.is_serving() && seen.get() == Sight::Nothing, "dropped, it does not serve");
                });
                // So that the undisturbed run ends.
                let stops = Rc::clone(&serves);
                create_task(async move {
                    sleep(0.002).await?;
                    if let Some(server) = stops.take() {
                        server.close();
                    }
                    Ok(())
                });
                async move {
                    let server = start_server(async |_, _| Ok(()), "127.0.0.1", 0).await?;
                    serves.set(Some(server.clone()));
                    let ended = noted.note(server.serve_forever()).await;
                    // It also ends with a cancellation if `close` ended it.
                    let Some(server) = serves.take() else { return Ok(()) };
                    assert!(!server.is_serving(), "cancelled, it serves");
                    ended
                }
            })
            // `close` may have come first.
            .allow_suppression()
            .run()
        })
}
