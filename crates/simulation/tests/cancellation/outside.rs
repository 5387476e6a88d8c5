//! Descriptors, children and threads: what the loop waits for in the system. Sockets are real.

use std::cell::{Cell, RefCell};
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use asyncio::io::AsyncFd;
use asyncio::simulation::afterwards;
use asyncio::streams::{NI_NUMERICHOST, NI_NUMERICSERV};
use asyncio::subprocess::PIPE;
use asyncio::{create_subprocess_exec, create_task, get_running_loop, getnameinfo, sleep, to_thread};

use crate::blocks::AtEnd;
use crate::{Row, Seen, Sight, probe, with_threads};

pub(crate) fn rows() -> Vec<Row> {
    vec![
        readable(),
        writable(),
        read_with(),
        write_with(),
        executor(),
        thread(),
        addresses(),
        names(),
        child(),
        end_of_child(),
        communicate("communicate", ""),
        communicate("communicate_with", "abc"),
    ]
}

/// A socket on which five bytes arrive: two, and then three.
pub(crate) fn socket() -> UnixStream {
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
    Row::new(
        "runtime/asyncio/io/descriptors/mod readable",
        "Loses nothing: what was learnt is remembered for the next wait.",
    )
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
    Row::new(
        "runtime/asyncio/io/descriptors/mod read_with",
        "Only while it waits, never after an operation has succeeded.",
    )
    .clean("a socket", || {
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
    })
}

/// A socket that is full, and its other end.
fn full() -> (Rc<AsyncFd<UnixStream>>, AsyncFd<UnixStream>, usize) {
    let (mut near, far) = UnixStream::pair().unwrap();
    near.set_nonblocking(true).unwrap();
    let mut count = 0;
    while let Ok(n) = near.write(&[0; 4096]) {
        count += n;
    }
    (Rc::new(AsyncFd::new(near).unwrap()), AsyncFd::new(far).unwrap(), count)
}

/// Makes room in the socket, and counts what arrives until it is closed.
async fn count(far: AsyncFd<UnixStream>) -> asyncio::Result<usize> {
    sleep(0.001).await?;
    let mut count = 0;
    loop {
        match far.read_with(|mut socket| socket.read(&mut [0; 4096])).await? {
            0 => return Ok(count),
            n => count += n,
        }
    }
}

fn writable() -> Row {
    Row::new(
        "runtime/asyncio/io/descriptors/mod writable",
        "Loses nothing: what was learnt is remembered for the next wait.",
    )
    .clean("a full socket", || {
        probe(|| {
            let (near, far, _) = full();
            let again = Rc::clone(&near);
            let (at_end, event) = AtEnd::new();
            create_task(count(far));
            create_task(async move {
                event.wait().await?;
                again.writable().await
            });
            async move {
                let _at_end = at_end;
                // Only a refused write tells it that it has to wait.
                let refused = near.try_write_with(|mut socket| socket.write(&[0; 8]));
                assert_eq!(refused.unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
                near.writable().await
            }
        })
    })
}

fn write_with() -> Row {
    Row::new(
        "runtime/asyncio/io/descriptors/mod write_with",
        "Only while it waits, never after an operation has succeeded.",
    )
    .clean("a full socket", || {
        probe(|| {
            let (near, far, before) = full();
            let seen = Seen::default();
            let noted = seen.clone();
            create_task(async move {
                let more = count(far).await? - before;
                assert_eq!(
                    more,
                    if seen.get() == Sight::Returned { 5 } else { 0 },
                    "a write has happened nevertheless"
                );
                Ok(())
            });
            noted.note(async move { near.write_with(|mut socket| socket.write(b"hello")).await })
        })
    })
}

fn executor() -> Row {
    Row::new(
        "runtime/asyncio/threads/mod shutdown_default_executor",
        "Ends the wait. The executor is shut down nevertheless; a second call waits for the rest.",
    )
    .clean("a function that takes time", || {
        with_threads(|| {
            let (at_end, event) = AtEnd::new();
            let (began, ended) = (Rc::new(Cell::new(false)), Arc::new(AtomicBool::new(false)));
            let (begins, ends) = (Rc::clone(&began), Arc::clone(&ended));
            create_task(async move {
                event.wait().await?;
                if began.get() {
                    assert!(to_thread(|| ()).await.is_err(), "it takes a job");
                    get_running_loop()?.shutdown_default_executor(None).await?;
                    assert!(ended.load(Ordering::SeqCst), "its job has not ended");
                }
                Ok(())
            });
            async move {
                let _at_end = at_end;
                let event_loop = get_running_loop()?;
                let job = event_loop.run_in_executor(None, move || {
                    std::thread::sleep(std::time::Duration::from_millis(1));
                    ends.store(true, Ordering::SeqCst);
                })?;
                begins.set(true);
                event_loop.shutdown_default_executor(None).await?;
                job.await
            }
        })
        .run()
    })
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
