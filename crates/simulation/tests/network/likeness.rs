//! Runs the same scripted scenario on the simulated network and on real sockets. What each end reads, the errors that it gets,
//! and what its writers report must be the same.

use std::cell::RefCell;
use std::fmt::Debug;
use std::rc::Rc;

use asyncio_runtime::{Clock, Result, Runner, create_task, gather, sleep, wait_for};
use asyncio_simulation::Network;
use asyncio_streams::{
    Address, Server, StreamReader, StreamWriter, create_datagram_endpoint, open_connection, open_unix_connection,
    start_server, start_unix_server,
};
use tempfile::TempDir;

/// The ways to connect a client and a server, and what they did.
#[derive(Clone)]
struct Scene {
    folder: Rc<TempDir>,
    unix: bool,
    log: Rc<RefCell<Vec<String>>>,
}

type Ends = (StreamReader, StreamWriter);

impl Scene {
    fn note(&self, what: &str, result: impl Debug) {
        self.log.borrow_mut().push(format!("{what}: {result:?}"));
    }

    fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("server")
    }

    async fn serve<F>(&self, connected: F) -> Result<(Server, u16)>
    where
        F: AsyncFn(StreamReader, StreamWriter) -> Result<()> + 'static,
    {
        if self.unix {
            return Ok((start_unix_server(connected, self.path()).await?, 0));
        }
        let server = start_server(connected, "127.0.0.1", 0).await?;
        let port = server.sockets()[0].port().expect("a port");
        Ok((server, port))
    }

    async fn connect(&self, port: u16) -> Result<Ends> {
        if self.unix { open_unix_connection(self.path()).await } else { open_connection("127.0.0.1", port).await }
    }

    /// Both ends of a connection, whose server is already closed.
    async fn pair(&self) -> Result<(Ends, Ends)> {
        let accepted = asyncio_runtime::get_running_loop()?.create_future();
        let hand_over = accepted.clone();
        let (server, port) = self
            .serve(async move |reader, writer| {
                hand_over.set_result((reader, writer))?;
                // The server must not close the connection.
                sleep(1e9).await
            })
            .await?;
        let client = self.connect(port).await?;
        let accepted = wait_for(async move { accepted.await }, 10.0).await?;
        server.close();
        Ok((client, accepted))
    }
}

/// A result as it prints, an error with its kind. Ports are the system's choice.
fn said<T: Debug>(result: Result<T>) -> String {
    let error = match result {
        Ok(value) => return format!("{value:?}"),
        Err(error) => error,
    };
    let kind = error.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
    let text = error.to_string();
    let is_port = |word: &str| word.len() > 3 && word.bytes().all(|byte| byte.is_ascii_digit());
    let words = text.split_inclusive([' ', ')']).map(|word| match word.trim_end_matches([' ', ')']) {
        number if is_port(number) => word.replace(number, "PORT"),
        _ => word.to_owned(),
    });
    format!("{} {kind:?}", words.collect::<String>())
}

/// Runs a scenario on both networks, over TCP and Unix sockets, and compares what it notes.
fn alike<F, M>(scenario: F)
where
    F: Fn(Scene) -> M + Copy + 'static,
    M: Future<Output = Result<()>> + 'static,
{
    for unix in [false, true] {
        let play = |simulated: bool| {
            let scene = Scene { folder: Rc::new(TempDir::new().expect("a folder")), unix, log: Rc::default() };
            let log = Rc::clone(&scene.log);
            // Tasks that are left over wait for ever: the end of the run cancels them.
            let main = async move { wait_for(scenario(scene), 60.0).await };
            let ended = if simulated { Network::new().run(main) } else { Runner::new().clock(Clock::Real).run(main) };
            ended.unwrap_or_else(|error| panic!("simulated: {simulated}, unix: {unix}: {error}"));
            log.take()
        };
        let (real, simulated) = (play(false), play(true));
        assert!(!real.is_empty());
        assert_eq!(simulated, real, "unix: {unix}; the simulated network is at the left");
    }
}

/// Waits until everything in transit has arrived.
async fn settle() -> Result<()> {
    for _ in 0..20 {
        sleep(0.001).await?;
    }
    Ok(())
}

#[test]
fn what_is_written_is_read_and_then_the_end() {
    alike(async |scene| {
        let ((mut reader, writer), (mut far_reader, far_writer)) = scene.pair().await?;
        writer.write("one\ntwo\nthree")?;
        scene.note("line", said(far_reader.readline().await));
        scene.note("exactly", said(far_reader.readexactly(2).await));
        writer.close();
        scene.note("closing", writer.is_closing());
        scene.note("rest", said(far_reader.read_to_end().await));
        scene.note("again", said(far_reader.read(10).await));
        scene.note("at end", far_reader.at_eof());
        scene.note("own", said(reader.read(10).await));
        scene.note("closed", said(writer.wait_closed().await));
        far_writer.close();
        Ok(())
    });
}

#[test]
fn an_end_that_comes_early_is_an_incomplete_read() {
    alike(async |scene| {
        let ((_reader, writer), (mut far_reader, _far_writer)) = scene.pair().await?;
        writer.write("abc")?;
        writer.close();
        scene.note("exactly", said(far_reader.readexactly(5).await));
        scene.note("line", said(far_reader.readline().await));
        Ok(())
    });
}

#[test]
fn a_half_closed_connection_answers() {
    alike(async |scene| {
        let ((mut reader, writer), (mut far_reader, far_writer)) = scene.pair().await?;
        writer.write("question")?;
        writer.write_eof()?;
        scene.note("question", said(far_reader.read_to_end().await));
        far_writer.write("answer")?;
        scene.note("answer", said(reader.readexactly(6).await));
        scene.note("write after write_eof", writer.write("more").map_err(|error| error.to_string()));
        far_writer.close();
        scene.note("end", said(reader.read(1).await));
        Ok(())
    });
}

#[test]
fn a_connection_that_is_closed_with_unread_bytes_is_reset() {
    alike(async |scene| {
        let ((mut reader, writer), (far_reader, far_writer)) = scene.pair().await?;
        writer.write("never read")?;
        settle().await?;
        far_writer.abort();
        drop((far_reader, far_writer));
        settle().await?;
        // What was there was taken out at the end, so this is an end.
        scene.note("read", said(reader.read(100).await));
        writer.write("more")?;
        settle().await?;
        writer.write("and more")?;
        settle().await?;
        scene.note("drain", said(writer.drain().await));
        scene.note("closed", said(writer.wait_closed().await));
        Ok(())
    });
}

#[test]
fn a_flood_that_is_not_read_is_reset() {
    alike(async |scene| {
        let ((mut reader, writer), (far_reader, far_writer)) = scene.pair().await?;
        far_writer.write("before")?;
        settle().await?;
        // More than is taken out when the other end closes.
        writer.write(vec![7; 8 << 20])?;
        settle().await?;
        far_writer.close();
        drop((far_reader, far_writer));
        settle().await?;
        scene.note("read", said(reader.read(100).await));
        scene.note("read again", said(reader.read(100).await));
        scene.note("closed", said(writer.wait_closed().await));
        Ok(())
    });
}

#[test]
fn writes_after_the_peer_has_closed_are_lost_and_then_fail() {
    alike(async |scene| {
        let ((mut reader, writer), (far_reader, far_writer)) = scene.pair().await?;
        far_writer.close();
        drop((far_reader, far_writer));
        scene.note("end", said(reader.read(1).await));
        for number in 0..4 {
            scene.note("write", writer.write("x").map_err(|error| error.to_string()));
            settle().await?;
            scene.note(&format!("drain {number}"), said(writer.drain().await));
        }
        scene.note("closing", writer.is_closing());
        Ok(())
    });
}

#[test]
fn writes_after_closing_are_dropped() {
    alike(async |scene| {
        let ((_reader, writer), (mut far_reader, _far_writer)) = scene.pair().await?;
        writer.write("one")?;
        writer.close();
        scene.note("write", writer.write("two").map_err(|error| error.to_string()));
        scene.note("drain", said(writer.drain().await));
        scene.note("read", said(far_reader.read_to_end().await));
        Ok(())
    });
}

#[test]
fn a_reset_reaches_a_reader_that_waits() {
    alike(async |scene| {
        let ((mut reader, writer), (far_reader, far_writer)) = scene.pair().await?;
        let reading = create_task(async move { reader.read(100).await });
        settle().await?;
        far_writer.write("last words")?;
        settle().await?;
        scene.note("read", said(reading.await));
        drop(far_reader);
        far_writer.abort();
        scene.note("is lost", said(far_writer.wait_closed().await));
        drop(writer);
        Ok(())
    });
}

#[test]
fn drain_waits_for_a_slow_reader() {
    alike(async |scene| {
        let ((_reader, writer), (mut far_reader, _far_writer)) = scene.pair().await?;
        const ALL: usize = 16 << 20;
        writer.write(vec![1; ALL])?;
        scene.note("kept", writer.get_write_buffer_size() > 64 * 1024);
        scene.note("drain in vain", said(wait_for(async { writer.drain().await }, 0.05).await));
        let reading = create_task(async move {
            let mut n = 0;
            while n < ALL {
                n += far_reader.read(1 << 16).await?.len();
            }
            Ok(n)
        });
        scene.note("drain", said(writer.drain().await));
        writer.close();
        scene.note("closed", said(writer.wait_closed().await));
        scene.note("read", said(reading.await));
        Ok(())
    });
}

#[test]
fn a_line_beyond_the_limit_is_an_error_and_stays() {
    alike(async |scene| {
        let ((_reader, writer), (mut far_reader, _far_writer)) = scene.pair().await?;
        writer.write([vec![b'x'; 100_000], b"\n".to_vec()].concat())?;
        scene.note("until", said(far_reader.readuntil("\n").await.map(|line| line.len())));
        scene.note("line", said(far_reader.readline().await.map(|line| line.len())));
        writer.write("next\n")?;
        writer.close();
        scene.note("rest", said(far_reader.read_to_end().await.map(|rest| rest.len() % 2)));
        Ok(())
    });
}

#[test]
fn nobody_listens() {
    alike(async |scene| {
        let (server, port) = scene.serve(async |_, _| Ok(())).await?;
        server.close();
        sleep(0).await?;
        let error = said(scene.connect(port).await.map(drop));
        scene.note("refused", error.replace(&scene.path().display().to_string(), "PATH"));
        Ok(())
    });
}

#[test]
fn an_address_that_is_taken() {
    alike(async |scene| {
        let (server, port) = scene.serve(async |_, _| Ok(())).await?;
        if scene.unix {
            scene.note("a path is replaced", ());
            return Ok(());
        }
        let other = start_server(async |_, _| Ok(()), "127.0.0.1", port).await;
        scene.note("taken", said(other.map(drop)));
        let away = start_server(async |_, _| Ok(()), "192.0.2.1", 0).await;
        scene.note("not ours", said(away.map(drop)).split('(').next().map(str::to_owned));
        server.close();
        let free = start_server(async |_, _| Ok(()), "127.0.0.1", port).await;
        scene.note("free again", free.is_ok());
        Ok(())
    });
}

#[test]
fn closing_a_server_leaves_its_connections() {
    alike(async |scene| {
        let log = scene.clone();
        let (server, port) = scene
            .serve(async move |mut reader: StreamReader, writer: StreamWriter| {
                loop {
                    let line = reader.readline().await?;
                    log.note("server read", &line);
                    if line.is_empty() {
                        return Ok(());
                    }
                    writer.write(&line)?;
                    writer.drain().await?;
                }
            })
            .await?;
        let (mut reader, writer) = scene.connect(port).await?;
        writer.write("one\n")?;
        scene.note("client", said(reader.readline().await));
        server.close();
        scene.note("serving", server.is_serving());
        writer.write("two\n")?;
        scene.note("client", said(reader.readline().await));
        server.close_clients();
        scene.note("end", said(reader.readline().await));
        scene.note("closed", said(server.wait_closed().await));
        Ok(())
    });
}

#[test]
fn three_clients_in_turn() {
    alike(async |scene| {
        let log = scene.clone();
        let (server, port) = scene
            .serve(async move |mut reader: StreamReader, writer: StreamWriter| {
                let name = reader.readline().await?;
                log.note("came", String::from_utf8_lossy(&name));
                writer.write([b"hello ", &name[..]].concat())?;
                writer.drain().await
            })
            .await?;
        for name in ["Ada", "Blaise", "Charles"] {
            let (mut reader, writer) = scene.connect(port).await?;
            writer.write(format!("{name}\n"))?;
            let answer = reader.read_to_end().await?;
            scene.note(name, String::from_utf8_lossy(&answer));
        }
        server.close();
        scene.note("closed", said(server.wait_closed().await));
        Ok(())
    });
}

#[test]
fn a_backlog_that_is_full_makes_clients_wait() {
    alike(async |scene| {
        let served = Rc::new(RefCell::new(0));
        let count = Rc::clone(&served);
        let serve = async move |mut reader: StreamReader, writer: StreamWriter| {
            *count.borrow_mut() += 1;
            writer.write(reader.readline().await?)?;
            writer.drain().await
        };
        let (server, port) = if scene.unix {
            (start_unix_server(serve, scene.path()).backlog(1).max_connections(1).await?, 0)
        } else {
            let server = start_server(serve, "127.0.0.1", 0).backlog(1).max_connections(1).await?;
            let port = server.sockets()[0].port().expect("a port");
            (server, port)
        };
        let visit = |number: u32| {
            let scene = scene.clone();
            async move {
                let (mut reader, writer) = scene.connect(port).await?;
                writer.write(format!("{number}\n"))?;
                reader.readline().await
            }
        };
        let answers = gather([0, 1, 2].map(visit)).await?;
        scene.note("answers", answers);
        scene.note("served", served.borrow());
        server.close();
        Ok(())
    });
}

#[test]
fn a_server_that_has_not_started() {
    alike(async |scene| {
        let serve = async |_, writer: StreamWriter| Ok(writer.write("hello")?);
        let (server, port) = if scene.unix {
            (start_unix_server(serve, scene.path()).start_serving(false).await?, 0)
        } else {
            let server = start_server(serve, "127.0.0.1", 0).start_serving(false).await?;
            let port = server.sockets()[0].port().expect("a port");
            (server, port)
        };
        let error = said(scene.connect(port).await.map(drop));
        scene.note("not yet", error.replace(&scene.path().display().to_string(), "PATH"));
        server.start_serving().await?;
        let (mut reader, _writer) = scene.connect(port).await?;
        scene.note("now", said(reader.read_to_end().await));
        server.close();
        Ok(())
    });
}

#[test]
fn names_of_the_ends() {
    alike(async |scene| {
        let ((_reader, writer), (_far_reader, far_writer)) = scene.pair().await?;
        if !scene.unix {
            scene
                .note("same", (writer.sockname() == far_writer.peername(), writer.peername() == far_writer.sockname()));
            scene.note("ip", writer.sockname().as_socket().map(|address| address.ip()));
        } else {
            scene.note("client", (writer.sockname(), far_writer.peername()));
            scene.note("server", writer.peername() == Address::Unix(scene.path()));
        }
        Ok(())
    });
}

#[test]
fn a_client_that_leaves_before_it_is_served() {
    alike(async |scene| {
        let log = scene.clone();
        let (server, port) = scene
            .serve(async move |mut reader: StreamReader, writer: StreamWriter| {
                settle().await?;
                log.note("read", said(reader.read_to_end().await));
                writer.write("too late")?;
                settle().await?;
                writer.write("much too late")?;
                log.note("drain", said(writer.drain().await));
                Ok(())
            })
            .await?;
        let (reader, writer) = scene.connect(port).await?;
        writer.write("hello")?;
        writer.close();
        drop(reader);
        for _ in 0..5 {
            settle().await?;
        }
        server.close();
        scene.note("closed", said(server.wait_closed().await));
        Ok(())
    });
}

#[test]
fn datagrams() {
    alike(async |scene| {
        let path = |name: &str| scene.folder.path().join(name);
        let (server, client) = if scene.unix {
            let server = create_datagram_endpoint().local_path(path("d")).await?;
            (server, create_datagram_endpoint().local_path(path("c")).remote_path(path("d")).await?)
        } else {
            let server = create_datagram_endpoint().local_addr("127.0.0.1", 0).await?;
            let port = server.sockname().port().expect("a port");
            (server, create_datagram_endpoint().remote_addr("127.0.0.1", port).await?)
        };
        client.send("one").await?;
        client.send("").await?;
        client.send("three is longer").await?;
        let (message, peer) = server.recvfrom(100).await?;
        scene.note("one", message);
        scene.note("from", peer == client.sockname());
        scene.note("empty", server.recv(100).await?);
        scene.note("cut off", server.recv(5).await?);
        server.sendto("back", &peer).await?;
        scene.note("back", client.recv(100).await?);
        if scene.unix {
            let name = Address::Abstract(vec![b'n'; 108]);
            let error = server.sendto("back", &name).await.unwrap_err().to_string();
            assert!(error.starts_with(r"AF_UNIX path too long: b'\x00nnn"), "{error}");
            scene.note("long name", error);
        }
        drop(server);
        let first = said(client.send("to nobody").await);
        settle().await?;
        let second = said(wait_for(async { client.recv(1).await }, 1.0).await);
        scene.note("nobody", (first, if scene.unix { String::new() } else { second }));
        Ok(())
    });
}

#[test]
fn a_datagram_that_is_too_long() {
    alike(async |scene| {
        if scene.unix {
            scene.note("no limit of this kind", ());
            return Ok(());
        }
        let server = create_datagram_endpoint().local_addr("127.0.0.1", 0).await?;
        let port = server.sockname().port().expect("a port");
        let client = create_datagram_endpoint().remote_addr("127.0.0.1", port).await?;
        scene.note("longest", said(client.send(vec![0; 65_507]).await));
        scene.note("too long", said(client.send(vec![0; 65_508]).await));
        let elsewhere = create_datagram_endpoint().await?;
        scene.note("no peer", said(elsewhere.send("?").await));
        Ok(())
    });
}
