//! Descriptors, streams, children and threads: what the loop waits for in the system. Sockets are real.

use std::cell::{Cell, RefCell};
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::rc::Rc;

use asyncio::io::AsyncFd;
use asyncio::simulation::afterwards;
use asyncio::streams::{NI_NUMERICHOST, NI_NUMERICSERV};
use asyncio::subprocess::PIPE;
use asyncio::{
    StreamReader, create_datagram_endpoint_on, create_subprocess_exec, create_task, get_running_loop, getnameinfo,
    open_connection, open_connection_on, sleep, start_server, to_thread,
};

use crate::blocks::AtEnd;
use crate::{Row, Seen, Sight, counting, probe, with_threads};

pub(crate) fn rows() -> Vec<Row> {
    vec![
        readable(),
        read_with(),
        thread(),
        addresses(),
        names(),
        connection(),
        datagrams(),
        reader(),
        drain(),
        server(),
        child(),
        end_of_child(),
        communicate("communicate", ""),
        communicate("communicate_with", "abc"),
    ]
}

/// A socket on which five bytes arrive: two, and then three.
fn socket() -> UnixStream {
    let (near, mut far) = UnixStream::pair().unwrap();
    create_task(async move {
        for bytes in [b"he".as_slice(), b"llo"] {
            sleep(0.001).await?;
            // The other end may be closed: then nothing of it can be lost.
            let _ = far.write_all(bytes);
        }
        Ok(())
    });
    near
}

fn readable() -> Row {
    Row::new("runtime/asyncio/io/mod readable", "Loses nothing: what was learnt is remembered for the next wait.")
        .clean("a socket", || {
            probe(|| {
                let socket = Rc::new(AsyncFd::new(socket()).unwrap());
                let again = Rc::clone(&socket);
                let (at_end, event) = AtEnd::new();
                create_task(async move {
                    event.wait().await?;
                    again.readable().await
                });
                async move {
                    let _at_end = at_end;
                    // Only a refused read tells it that it has to wait.
                    let refused = socket.try_read_with(|mut socket| socket.read(&mut [0; 8]));
                    assert_eq!(refused.unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
                    socket.readable().await
                }
            })
        })
}

fn read_with() -> Row {
    Row::new("runtime/asyncio/io/mod read_with", "Only while it waits, never after an operation has succeeded.").clean(
        "a socket",
        || {
            probe(|| {
                let socket = Rc::new(AsyncFd::new(socket()).unwrap());
                let count = Rc::new(Cell::new(0));
                let (rest, counted, left) = (Rc::clone(&socket), Rc::clone(&count), Rc::clone(&count));
                let (at_end, event) = AtEnd::new();
                create_task(async move {
                    event.wait().await?;
                    while counted.get() < 5 {
                        counted.set(counted.get() + rest.read_with(|mut socket| socket.read(&mut [0; 8])).await?);
                    }
                    Ok(())
                });
                afterwards(move || assert_eq!(left.get(), 5, "bytes are lost"));
                async move {
                    let _at_end = at_end;
                    while count.get() < 5 {
                        count.set(count.get() + socket.read_with(|mut socket| socket.read(&mut [0; 8])).await?);
                    }
                    Ok(())
                }
            })
        },
    )
}

fn thread() -> Row {
    Row::new(
        "runtime/asyncio/threads/mod to_thread",
        "A function that has not begun never runs; one that is running continues, and its end is ignored.",
    )
    .clean("a function", || {
        with_threads(|| async {
            sleep(0).await?; // the thread may be fast: this one waits in any case
            to_thread(|| 42).await
        })
        .run()
    })
}

fn addresses() -> Row {
    Row::new(
        "runtime/asyncio/threads/resolve getaddrinfo",
        "The resolver may keep running in its thread; its end is ignored.",
    )
    .clean("a name", || {
        with_threads(|| async {
            sleep(0).await?;
            get_running_loop()?.getaddrinfo("localhost", 80).await
        })
        .run()
    })
}

fn names() -> Row {
    Row::new("streams/names getnameinfo", "Ends the wait. The resolver may keep running in its thread.").clean(
        "an address",
        || {
            with_threads(|| async {
                sleep(0).await?;
                getnameinfo("127.0.0.1:80".parse()?, NI_NUMERICHOST | NI_NUMERICSERV).await
            })
            .run()
        },
    )
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

fn datagrams() -> Row {
    Row::new(
        "streams/datagram DatagramEndpoint",
        "If receiving is cancelled, no message is lost. If sending is cancelled, the message was not sent.",
    )
    .clean("receiving", || {
        probe(|| {
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
                near.recv(10).await
            })
        })
    })
}

fn reader() -> Row {
    Row::new(
        "streams/reader/mod StreamReader",
        "No read loses a byte. Bytes that have arrived are there for the next read.",
    )
    .clean("readexactly", || probe(|| read(async |reader| reader.readexactly(5).await)))
    .clean("read", || probe(|| read(async |reader| reader.read(5).await)))
    .clean("readline", || probe(|| read(async |reader| reader.readline().await)))
    .clean("read_to_end", || probe(|| read(async |reader| reader.read_to_end().await)))
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

fn child() -> Row {
    Row::new("subprocesses/create create_subprocess_exec", "Kills the child, and completes when the child has ended.")
        .clean("a child that would go on", || {
            with_threads(|| async {
                let process = create_subprocess_exec("sleep").arg("60").await?;
                process.kill()?;
                process.wait().await.map(drop)
            })
            .run()
        })
}

fn end_of_child() -> Row {
    Row::new("subprocesses/process wait", "Ends the wait. The child keeps running.").clean("a short child", || {
        with_threads(|| {
            let (at_end, event) = AtEnd::new();
            let process: Rc<RefCell<Option<asyncio::subprocess::Process>>> = Rc::default();
            let left = Rc::clone(&process);
            create_task(async move {
                event.wait().await?;
                let Some(process) = left.take() else { return Ok(()) };
                assert_eq!(process.wait().await?, 0, "it was killed");
                Ok(())
            });
            async move {
                let _at_end = at_end;
                let child = create_subprocess_exec("true").await?;
                let ended = child.wait();
                process.replace(Some(child));
                ended.await.map(drop)
            }
        })
        .run()
    })
}

fn communicate(name: &'static str, input: &'static str) -> Row {
    let (item, says) = if name == "communicate" {
        (
            "subprocesses/process communicate",
            "The child keeps running. What was read so far stays in the streams, for a second call.",
        )
    } else {
        (
            "subprocesses/process communicate_with",
            "The child keeps running. What was read so far stays in the streams, and `stdin` keeps what was not written yet and \
             writes it as the child reads.",
        )
    };
    let run =
        if input.is_empty() { || with_threads(|| twice("")).run() } else { || with_threads(|| twice("abc")).run() };
    Row::new(item, says).clean("a second call has all", run)
}

/// The target communicates with a child, and afterwards a companion does.
fn twice(input: &'static str) -> impl Future<Output = asyncio::Result<()>> {
    let (at_end, event) = AtEnd::new();
    let process: Rc<RefCell<Option<asyncio::subprocess::Process>>> = Rc::default();
    let (left, seen) = (Rc::clone(&process), Seen::default());
    let noted = seen.clone();
    create_task(async move {
        event.wait().await?;
        let Some(mut process) = left.take() else { return Ok(()) };
        if seen.get() != Sight::Returned {
            let (output, _) = process.communicate().await?;
            assert_eq!(output.as_deref(), Some(format!("{input}.\n").as_bytes()), "bytes are lost");
            assert_eq!(process.returncode(), Some(0), "it was killed");
        }
        Ok(())
    });
    noted.note(async move {
        let _at_end = at_end;
        let child = create_subprocess_exec("sh").args(["-c", "cat; echo ."]).stdin(PIPE).stdout(PIPE).await?;
        let mut child = Lent { child: Some(child), home: process };
        child.child.as_mut().expect("it is here").communicate_with(input).await
    })
}

/// A child that, when the future using it ends or is dropped, is put where a companion finds it.
struct Lent {
    child: Option<asyncio::subprocess::Process>,
    home: Rc<RefCell<Option<asyncio::subprocess::Process>>>,
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.home.replace(self.child.take());
    }
}
