//! Streams, servers and datagrams on a network whose every outcome the test chooses, also those that no system gives when asked:
//! the cases of CPython's `test_selector_events.py` that replace the socket by a mock.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::rc::Rc;

use asyncio_runtime::io::Announcer;
use asyncio_runtime::{Error, Result, TimeoutError, create_task, sleep, wait_for};
use asyncio_streams::{
    Address, Network, NetworkDatagrams, NetworkHandle, NetworkListener, NetworkStream, StreamReader, StreamWriter,
    create_datagram_endpoint, open_connection, start_server,
};

use crate::common::run;

/// The outcomes of the next operations, oldest first. Without one an operation would have to wait.
type Outcomes<T> = RefCell<VecDeque<io::Result<T>>>;

fn next<T>(outcomes: &Outcomes<T>) -> io::Result<T> {
    outcomes.borrow_mut().pop_front().unwrap_or_else(|| Err(ErrorKind::WouldBlock.into()))
}

/// The error of a mock: the system has none like it.
fn broken() -> io::Error {
    io::Error::other("no peer can cause this")
}

fn is_broken(error: &Error) -> bool {
    error.to_string() == broken().to_string()
}

fn somewhere() -> Address {
    Address::from(std::net::SocketAddr::from(([127, 0, 0, 1], 80)))
}

/// A network on which all connections, listeners and endpoints are the same one.
#[derive(Debug, Default)]
struct Fake {
    announcer: Announcer,
    received: Outcomes<Vec<u8>>,
    /// How many bytes a write takes.
    taken: Outcomes<usize>,
    sent: RefCell<Vec<u8>>,
    /// How often a listener was asked for a connection.
    accepts: Cell<usize>,
    /// If not 0, every call whose number is a multiple of this fails, because the client has gone.
    aborts: Cell<usize>,
    /// The call after which there is no connection.
    clients: Cell<usize>,
    /// Connections are never made.
    silent: Cell<bool>,
}

/// A handle of a [`Fake`].
#[derive(Clone, Debug)]
struct Shared(Rc<Fake>);

impl Network for Shared {
    fn connect(&self, _to: &Address, _from: Option<&Address>) -> io::Result<Box<dyn NetworkStream>> {
        Ok(Box::new(self.clone()))
    }

    fn bind(&self, _at: &Address, _reuse_port: bool) -> io::Result<Box<dyn NetworkListener>> {
        Ok(Box::new(self.clone()))
    }

    fn datagrams(&self, _local: Option<&Address>, _reuse_port: bool) -> io::Result<Box<dyn NetworkDatagrams>> {
        Ok(Box::new(self.clone()))
    }
}

impl NetworkStream for Shared {
    fn announcer(&self) -> &Announcer {
        &self.0.announcer
    }

    fn connected(&self) -> io::Result<()> {
        if self.0.silent.get() { Err(ErrorKind::WouldBlock.into()) } else { Ok(()) }
    }

    fn receive(&self, _most: usize) -> io::Result<Vec<u8>> {
        next(&self.0.received)
    }

    fn send(&self, bytes: &[u8]) -> io::Result<usize> {
        let n = next(&self.0.taken)?.min(bytes.len());
        self.0.sent.borrow_mut().extend(&bytes[..n]);
        Ok(n)
    }

    fn shut_down(&self) -> io::Result<()> {
        Ok(())
    }

    fn peername(&self) -> Address {
        somewhere()
    }

    fn sockname(&self) -> Address {
        somewhere()
    }
}

impl NetworkListener for Shared {
    fn announcer(&self) -> &Announcer {
        &self.0.announcer
    }

    fn listen(&self, _backlog: usize) -> io::Result<()> {
        Ok(())
    }

    fn accept(&self) -> io::Result<Box<dyn NetworkStream>> {
        let calls = self.0.accepts.get() + 1;
        self.0.accepts.set(calls);
        match calls {
            _ if calls > self.0.clients.get() => Err(ErrorKind::WouldBlock.into()),
            _ if self.0.aborts.get() > 0 && calls.is_multiple_of(self.0.aborts.get()) => {
                Err(ErrorKind::ConnectionAborted.into())
            }
            _ => Ok(Box::new(Self(Rc::default()))),
        }
    }

    fn sockname(&self) -> Address {
        somewhere()
    }
}

impl NetworkDatagrams for Shared {
    fn announcer(&self) -> &Announcer {
        &self.0.announcer
    }

    fn connect(&self, _to: &Address) -> io::Result<()> {
        Ok(())
    }

    fn send(&self, message: &[u8], _to: Option<&Address>) -> io::Result<()> {
        next(&self.0.taken)?;
        self.0.sent.borrow_mut().extend(message);
        Ok(())
    }

    fn receive(&self) -> io::Result<(Vec<u8>, Address)> {
        next(&self.0.received).map(|message| (message, somewhere()))
    }

    fn sockname(&self) -> Address {
        somewhere()
    }
}

/// Runs `main` on a fake network.
fn on_fake<F: Future<Output = Result<()>>>(main: impl FnOnce(Rc<Fake>) -> F + 'static) {
    run(async {
        let fake = Rc::new(Fake::default());
        let network = NetworkHandle::new(Rc::new(Shared(Rc::clone(&fake))));
        let _entered = network.enter();
        main(fake).await
    });
}

/// How often a server asks for a connection in each of the next iterations, and how many clients it serves.
async fn accepting(fake: &Fake, backlog: u32) -> Result<(Vec<usize>, usize)> {
    let served = Rc::new(Cell::new(0));
    let serve = {
        let served = Rc::clone(&served);
        async move |_: StreamReader, _: StreamWriter| {
            served.set(served.get() + 1);
            Ok(())
        }
    };
    fake.accepts.set(0);
    let server = start_server(serve, "127.0.0.1", 80).backlog(backlog).start_serving(false).await?;
    fake.announcer.announce_readable();
    sleep(0).await?;
    server.start_serving().await?;
    let (mut asked, mut before) = (Vec::new(), 0);
    for _ in 0..10 {
        let accepts = fake.accepts.get();
        asked.push(accepts - before);
        before = accepts;
        sleep(0).await?;
    }
    server.close();
    asked.retain(|asked| *asked > 0);
    Ok((asked, served.get()))
}

// CPython: test_selector_events.BaseSelectorEventLoopTests.test_accept_connection_zero_one,
// test_accept_connection_multiple
#[test]
fn backlog_and_one_connections_are_accepted_in_an_iteration() {
    on_fake(async |fake| {
        for backlog in [0, 1, 100] {
            let at_once = backlog as usize + 1;
            fake.clients.set(2 * at_once);
            assert_eq!(accepting(&fake, backlog).await?, (vec![at_once, at_once, 1], 2 * at_once));
        }
        Ok(())
    });
}

// CPython: test_selector_events.BaseSelectorEventLoopTests.test_accept_connection_skip_connectionabortederror
#[test]
fn a_client_that_has_gone_before_it_was_accepted_is_passed_over() {
    on_fake(async |fake| {
        fake.clients.set(101);
        fake.aborts.set(2);
        assert_eq!(accepting(&fake, 100).await?, (vec![101, 1], 51));
        Ok(())
    });
}

// CPython: test_base_events.BaseEventLoopWithSelectorTests.test_create_connection_timeout
#[test]
fn a_connection_that_takes_too_long_is_dropped() {
    on_fake(async |fake| {
        fake.silent.set(true);
        let handles = Rc::strong_count(&fake);
        let connecting = create_task(async { wait_for(open_connection("127.0.0.1", 80), 0.002).await });
        sleep(0).await?;
        assert_eq!(Rc::strong_count(&fake), handles + 1);
        assert!(connecting.await.unwrap_err().is::<TimeoutError>());
        assert_eq!(Rc::strong_count(&fake), handles);
        Ok(())
    });
}

// CPython: test_selector_events.SelectorSocketTransportTests.test_read_ready_err,
// SelectorSocketTransportBufferedProtocolTests.test_read_ready_err
#[test]
fn an_error_of_a_read_breaks_the_connection() {
    on_fake(async |fake| {
        for into in [false, true] {
            fake.received.borrow_mut().extend([Ok(b"x".to_vec()), Err(broken())]);
            let (mut reader, writer) = open_connection("127.0.0.1", 80).await?;
            fake.announcer.announce_readable();
            assert_eq!(reader.read(1).await?, b"x");
            // Each read returns it, not only the first.
            for _ in 0..2 {
                let error = if into { reader.readinto(&mut [0; 8]).await.err() } else { reader.read(1).await.err() };
                assert!(is_broken(&error.expect("the connection is broken")));
            }
            assert!(writer.is_closing());
            sleep(0).await?; // until the connection is lost
            assert!(is_broken(&writer.drain().await.unwrap_err()));
            assert!(is_broken(&writer.wait_closed().await.unwrap_err()));
        }
        Ok(())
    });
}

// CPython: test_selector_events.SelectorSocketTransportTests.test_write_partial_none, test_write_ready_partial_none
#[test]
fn a_write_that_takes_nothing_is_tried_again() {
    on_fake(async |fake| {
        let (_reader, writer) = open_connection("127.0.0.1", 80).await?;
        fake.taken.borrow_mut().extend([Ok(0), Ok(0), Ok(2), Ok(10)]);
        writer.write("data")?;
        assert_eq!((&fake.sent.borrow()[..], writer.get_write_buffer_size()), (&b""[..], 4));
        writer.close();
        writer.wait_closed().await?;
        assert_eq!(&fake.sent.borrow()[..], b"data");
        Ok(())
    });
}

// CPython: test_selector_events.SelectorDatagramTransportTests.test_read_ready_err
#[test]
fn an_error_of_an_endpoint_comes_out_of_the_wait_for_a_message() {
    on_fake(async |fake| {
        let endpoint = Rc::new(create_datagram_endpoint().await?);
        let receiving = create_task({
            let endpoint = Rc::clone(&endpoint);
            async move { endpoint.recvfrom(10).await }
        });
        sleep(0).await?;
        assert!(!receiving.done());
        fake.received.borrow_mut().extend([Err(broken()), Ok(b"kept".to_vec())]);
        fake.announcer.announce_readable();
        assert!(is_broken(&receiving.await.unwrap_err()));
        assert_eq!(endpoint.recv(10).await?, b"kept");
        Ok(())
    });
}

// CPython: test_selector_events.SelectorDatagramTransportTests.test_sendto_exception, test_sendto_ready_exception
#[test]
fn an_error_of_an_endpoint_comes_out_of_sendto() {
    on_fake(async |fake| {
        let endpoint = Rc::new(create_datagram_endpoint().await?);
        fake.taken.borrow_mut().extend([Err(broken()), Err(broken())]);
        for _ in 0..2 {
            assert!(is_broken(&endpoint.sendto("data", &somewhere()).await.unwrap_err()));
        }
        // Also out of one that had to wait for room.
        let sending = create_task({
            let endpoint = Rc::clone(&endpoint);
            async move { endpoint.sendto("data", &somewhere()).await }
        });
        sleep(0).await?;
        assert!(!sending.done());
        fake.taken.borrow_mut().push_back(Err(broken()));
        fake.announcer.announce_writable();
        assert!(is_broken(&sending.await.unwrap_err()));
        assert_eq!(&fake.sent.borrow()[..], b"");
        Ok(())
    });
}

// CPython: test_selector_events.SelectorDatagramTransportTests.test_sendto_tryagain, test_sendto_sendto_ready,
// test_sendto_sendto_ready_blocked, test_sendto_ready, test_sendto_ready_tryagain
#[test]
fn messages_wait_for_room_and_are_sent_in_their_order() {
    on_fake(async |fake| {
        let endpoint = create_datagram_endpoint().await?;
        let sending = create_task(async move {
            endpoint.sendto("data1", &somewhere()).await?;
            endpoint.sendto("data2", &somewhere()).await
        });
        // Without room, with a readiness that was wrong, with room for one message, and for the next.
        for (room, sent, done) in [(0, "", false), (0, "", false), (1, "data1", false), (1, "data1data2", true)] {
            fake.taken.borrow_mut().extend((0..room).map(|_| Ok(0)));
            fake.announcer.announce_writable();
            for _ in 0..4 {
                sleep(0).await?;
            }
            assert_eq!((&fake.sent.borrow()[..], sending.done()), (sent.as_bytes(), done));
        }
        sending.await
    });
}
