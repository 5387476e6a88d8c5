//! A network in memory, for tests without sockets.
//!
//! The core idea: [`Network::enter`] puts the current context on the network, and with it every task and loop that is made
//! meanwhile. There, `open_connection`, `start_server`, their Unix counterparts, datagrams and names work as they do elsewhere,
//! between the tasks of one loop, under any clock, and in the same order each time. It implements `asyncio_streams::Network`, so
//! everything built on streams runs on it, including TLS and HTTP.
//!
//! By default the network is perfect: nothing takes time, is lost or broken. [`latency`](Network::latency) and
//! [`bandwidth`](Network::bandwidth) always apply; [`faults`](Network::faults) happen only in a program that is
//! [explored](crate::explore()), where they are choices on the tape, like orders.
//!
//! # For authors of macros
//!
//! A test only has to enter the network in the thread of the loop, before the loop is made:
//!
//! ```
//! use asyncio::{Clock, Runner, open_connection, simulation::Network, start_server};
//!
//! let _network = Network::new().enter();
//! Runner::new()
//!     .clock(Clock::Virtual)
//!     .run(async {
//!         let server = start_server(async |_, writer| Ok(writer.write("hello")?), "127.0.0.1", 80).await?;
//!         let (mut reader, _writer) = open_connection("127.0.0.1", 80).await?;
//!         assert_eq!(reader.read_to_end().await?, b"hello");
//!         server.close();
//!         Ok(())
//!     })
//!     .unwrap();
//! ```
//!
//! Missing are files (a Unix socket has a path, but `Path::exists` does not see it), `add_reader` and `AsyncFd`, which work on
//! descriptors, socket options, and broadcasts. Processes and threads are not covered.
//!
//! | file | what is in it |
//! | --- | --- |
//! | `mod`, `machine` | the types that users hold |
//! | `view` | the network as one machine sees it, for the streams |
//! | `shared`, `host` | which machines can reach each other, and which address each has |
//! | `stream`, `listener`, `datagram` | connections and messages |
//! | `faults` | what may go wrong |

mod datagram;
mod faults;
mod host;
mod listener;
mod machine;
mod shared;
mod stream;
mod view;

use std::cell::RefCell;
use std::fmt;
use std::net::IpAddr;
use std::rc::{Rc, Weak};

use asyncio_clock::{Clock, Seconds};
use asyncio_errors::Result;
use asyncio_runtime::Runner;
use asyncio_streams::NetworkHandle;

use faults::Faults;
use host::Host;
use shared::Shared;
use view::View;

use crate::fault::Fault;
use crate::invariant;

pub use machine::{Machine, NetworkGuard};

/// A network in memory, with machines on it.
///
/// A program that needs no machines [`run`](Self::run)s on the network, or [`enter`](Self::enter)s it. It then has one machine for
/// itself, where its servers and clients meet at `127.0.0.1` and `localhost`. Other programs make [machines](Self::machine) with
/// names and addresses. A clone is a handle of the same network. When the last handle and the last [`NetworkGuard`] have been
/// dropped, tasks that are still on the network get errors.
///
/// # Examples
///
/// A server, and a client that gives up after 30 virtual seconds:
///
/// ```
/// use asyncio::{Result, StreamReader, StreamWriter, open_connection, sleep, start_server, wait_for};
/// use asyncio::simulation::Network;
///
/// async fn lazy(mut reader: StreamReader, writer: StreamWriter) -> Result<()> {
///     let name = reader.readline().await?;
///     sleep(60).await?;
///     Ok(writer.write([b"hello, ", &name[..]].concat())?)
/// }
///
/// Network::new()
///     .latency(0.05)
///     .run(async {
///         let server = start_server(lazy, "127.0.0.1", 7000).await?;
///         let (mut reader, writer) = open_connection("127.0.0.1", 7000).await?;
///         writer.write("Ada\n")?;
///         assert!(wait_for(reader.readline(), 30).await.is_err());
///         assert_eq!(reader.readline().await?, b"hello, Ada\n");
///         server.close();
///         Ok(())
///     })
///     .unwrap();
/// ```
#[derive(Clone)]
pub struct Network {
    inner: Rc<Inner>,
}

struct Inner {
    shared: Rc<Shared>,
    /// The network as each host sees it, by the host's number.
    views: RefCell<Vec<Rc<NetworkHandle>>>,
}

thread_local! {
    /// The networks of the program that is explored in this thread.
    static MADE: RefCell<Vec<Weak<Inner>>> = const { RefCell::new(Vec::new()) };
}

/// Removes the programs from the machines of all networks that were made in this thread. This breaks cycles: a program may own its
/// network, which owns the program.
pub(crate) fn forget_programs() {
    MADE.take().iter().filter_map(Weak::upgrade).for_each(|network| network.forget_programs());
}

impl Inner {
    fn forget_programs(&self) {
        let hosts = self.shared.hosts.borrow().clone();
        for host in hosts {
            drop((host.boot.take(), host.crash.take()));
        }
    }
}

impl Network {
    /// Creates a perfect network: nothing takes time, and nothing goes wrong.
    #[must_use]
    pub fn new() -> Self {
        let inner = Rc::new(Inner { shared: Rc::new(Shared::new()), views: RefCell::default() });
        if invariant::is_searching() {
            MADE.with_borrow_mut(|made| made.push(Rc::downgrade(&inner)));
        }
        let network = Self { inner };
        let _localhost = network.machine("localhost");
        network
    }

    /// Sets how long bytes and messages take to arrive, in seconds. It is 0 by default. (Unix sockets take no time.)
    ///
    /// # Panics
    ///
    /// If it is negative or not a number.
    #[must_use]
    pub fn latency(self, seconds: impl Seconds) -> Self {
        let seconds = seconds.seconds();
        assert!(seconds >= 0.0, "a latency cannot be {seconds}");
        self.inner.shared.latency.set(seconds);
        self
    }

    /// Sets how many bytes per second a connection transfers in each direction. There is no limit by default.
    ///
    /// # Panics
    ///
    /// If it is 0.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{get_running_loop, open_connection, simulation::Network, start_server};
    ///
    /// Network::new()
    ///     .bandwidth(1000)
    ///     .run(async {
    ///         let server = start_server(async |_, writer| Ok(writer.write([0; 5000])?), "127.0.0.1", 80).await?;
    ///         let event_loop = get_running_loop()?;
    ///         let begun = event_loop.time();
    ///         let (mut reader, _writer) = open_connection("127.0.0.1", 80).await?;
    ///         assert_eq!(reader.read_to_end().await?.len(), 5000);
    ///         assert!((event_loop.time() - begun - 5.0).abs() < 0.001);
    ///         server.close();
    ///         Ok(())
    ///     })
    ///     .unwrap();
    /// ```
    #[must_use]
    pub fn bandwidth(self, bytes_per_second: u64) -> Self {
        assert!(bytes_per_second > 0, "a network that lets nothing pass");
        self.inner.shared.bandwidth.set(bytes_per_second as f64);
        self
    }

    /// Sets how many bytes fit between a writer and a reader that does not read, for each direction of a connection: 512 KiB by
    /// default. The writer keeps the rest, and `drain` waits.
    ///
    /// # Panics
    ///
    /// If it is 0.
    #[must_use]
    pub fn buffer(self, bytes: usize) -> Self {
        assert!(bytes > 0, "a network that lets nothing pass");
        self.inner.shared.buffer.set(bytes);
        self
    }

    /// Sets what may go wrong when a program is [explored](crate::explore()) on this network. By default, and outside of an
    /// exploration, nothing does.
    #[must_use]
    pub fn faults(self, faults: impl IntoIterator<Item = Fault>) -> Self {
        self.inner.shared.faults.set(Faults::of(faults));
        self
    }

    /// The machine with this name, which is its host name as well. It is made when it is first asked for, with the next free address
    /// of `10.0.0.0/16`.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{open_connection, simulation::Network, sleep, start_server};
    ///
    /// let network = Network::new();
    /// let (server, client) = (network.machine("server"), network.machine("client"));
    /// network
    ///     .run(async move {
    ///         let serving = server.create_task(async {
    ///             start_server(async |_, writer| Ok(writer.write(writer.peername().to_string())?), None::<&str>, 80).await
    ///         });
    ///         let served = client.create_task(async {
    ///             sleep(1).await?;
    ///             let (mut reader, _writer) = open_connection("server", 80).await?;
    ///             reader.read_to_end().await
    ///         });
    ///         assert_eq!(served.await?, format!("('{}', 49152)", client.address()).as_bytes());
    ///         Ok(serving.await?.close())
    ///     })
    ///     .unwrap();
    /// ```
    #[must_use = "it is for this that a machine is asked for"]
    pub fn machine(&self, name: &str) -> Machine {
        let host = self.inner.shared.host_named(name).unwrap_or_else(|| {
            let mut hosts = self.inner.shared.hosts.borrow_mut();
            let host = Rc::new(Host::new(hosts.len(), name));
            let view = View::new(&self.inner.shared, &host);
            self.inner.views.borrow_mut().push(Rc::new(NetworkHandle::new(Rc::new(view))));
            hosts.push(Rc::clone(&host));
            host
        });
        Machine { network: self.clone(), host }
    }

    /// Puts the current context on the network, as the machine `localhost`, until the guard is dropped. This covers the
    /// connections and servers that it makes meanwhile, and everything that the tasks, timers and runners which it makes meanwhile
    /// do.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{open_connection, run, simulation::Network};
    ///
    /// run(async {
    ///     let _network = Network::new().enter();
    ///     assert!(open_connection("127.0.0.1", 80).await.is_err()); // whatever listens on this machine
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    #[must_use = "the context leaves the network when this is dropped"]
    pub fn enter(&self) -> NetworkGuard {
        self.machine("localhost").enter()
    }

    /// Runs a coroutine on the network, as the machine `localhost`, on a loop of its own with the virtual clock.
    ///
    /// # Errors
    ///
    /// That of the coroutine; `RuntimeError` if a loop is running, or if no task can go on.
    pub fn run<T: 'static>(&self, main: impl Future<Output = Result<T>> + 'static) -> Result<T> {
        let _network = self.enter();
        let result = Runner::new().clock(Clock::Virtual).run(main);
        self.inner.forget_programs();
        result
    }

    /// Cuts two machines off from each other. Bytes that are sent meanwhile arrive after [`heal`](Self::heal); without it, a
    /// connection breaks with `ETIMEDOUT` after 924 seconds, and an attempt to connect fails after 127. Datagrams are lost.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{open_connection, simulation::Network, start_server, wait_for};
    ///
    /// let network = Network::new();
    /// let (here, there) = (network.machine("here"), network.machine("there"));
    /// network
    ///     .clone()
    ///     .run(async move {
    ///         let _there = there.enter();
    ///         let server = start_server(async |_, writer| Ok(writer.write("hello")?), "there", 80).await?;
    ///         let _here = here.enter();
    ///         network.partition(&here, &there);
    ///         assert!(wait_for(open_connection("there", 80), 10).await.is_err());
    ///         network.heal(&here, &there);
    ///         let (mut reader, _writer) = open_connection("there", 80).await?;
    ///         assert_eq!(reader.read_to_end().await?, b"hello");
    ///         Ok(server.close())
    ///     })
    ///     .unwrap();
    /// ```
    pub fn partition(&self, one: &Machine, other: &Machine) {
        self.inner.shared.cut(&one.host, &other.host);
    }

    /// Lets two machines reach each other again.
    pub fn heal(&self, one: &Machine, other: &Machine) {
        self.inner.shared.heal(&one.host, &other.host);
    }

    /// Ends all partitions.
    pub fn heal_all(&self) {
        self.inner.shared.heal_all();
    }

    fn view(&self, host: &Host) -> Rc<NetworkHandle> {
        Rc::clone(&self.inner.views.borrow()[host.index])
    }

    /// The address of a machine by its name, if there is one.
    #[must_use]
    pub fn address_of(&self, name: &str) -> Option<IpAddr> {
        self.inner.shared.host_named(name).map(|host| host.address)
    }
}

impl Default for Network {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hosts = self.inner.shared.hosts.borrow();
        f.debug_list().entries(hosts.iter().map(|host| format!("{} {}", host.name, host.address))).finish()
    }
}
