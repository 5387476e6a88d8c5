//! `Machine`: a group of tasks with addresses of their own, which crash together.

use std::fmt;
use std::net::IpAddr;
use std::rc::{Rc, Weak};

use asyncio_errors::Result;
use asyncio_runtime::{AnyTask, Task, all_tasks, create_task, current_task};
use asyncio_streams::{NetworkHandle, NetworkScope};

use super::Network;
use super::host::{Host, bound};
use super::shared::after;

/// A machine on a [`Network`]: a name, an address, and the tasks that were created on it, directly or by its other tasks.
///
/// # Examples
///
/// A server that crashes, and its client:
///
/// ```
/// use asyncio::{open_connection, simulation::Network, sleep, start_server};
///
/// let network = Network::new();
/// let server = network.machine("server");
/// network
///     .run(async move {
///         server.start(async || {
///             let server = start_server(async |_, _| sleep(3600).await, "server", 80).await?;
///             server.serve_forever().await
///         });
///         sleep(1).await?;
///         let (mut reader, writer) = open_connection("server", 80).await?;
///         server.crash(); // of which the client hears nothing
///         assert!(!server.is_up());
///         server.restart();
///         writer.write("are you there?")?;
///         let error = reader.readline().await.unwrap_err();
///         assert_eq!(error.to_string(), "Connection reset by peer (os error 104)");
///         Ok(())
///     })
///     .unwrap();
/// ```
#[derive(Clone)]
pub struct Machine {
    pub(super) network: Network,
    pub(super) host: Rc<Host>,
}

impl Machine {
    /// The name under which other machines find it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.host.name
    }

    /// Its address in the network. The machine can also reach itself at `127.0.0.1` and `::1`.
    #[must_use]
    pub fn address(&self) -> IpAddr {
        self.host.address
    }

    /// Puts the current context on the machine until the guard is dropped.
    #[must_use = "the context leaves the machine when this is dropped"]
    pub fn enter(&self) -> NetworkGuard {
        let view = self.network.view(&self.host);
        NetworkGuard { _scope: view.enter(), _view: view, _network: self.network.clone() }
    }

    /// Creates a task on the machine.
    ///
    /// # Panics
    ///
    /// If no loop is running.
    #[track_caller]
    pub fn create_task<T: 'static>(&self, coroutine: impl Future<Output = Result<T>> + 'static) -> Task<T> {
        let _entered = self.enter();
        create_task(coroutine)
    }

    /// Starts a program on the machine, as a task, and again at each [`restart`](Self::restart). Its error is not retrieved, so the
    /// loop reports it.
    ///
    /// # Panics
    ///
    /// If no loop is running.
    pub fn start<F: AsyncFn() -> Result<()> + 'static>(&self, program: F) {
        let program = Rc::new(program);
        self.host.boot.replace(Some(Rc::new(move || {
            let program = Rc::clone(&program);
            Box::pin(async move { program().await })
        })));
        let network = Rc::downgrade(&self.network.inner);
        let host = Rc::downgrade(&self.host);
        self.host.crash.replace(Some(Rc::new(move |down| {
            if let (Some(inner), Some(host)) = (network.upgrade(), host.upgrade()) {
                Machine { network: Network { inner }, host }.crash_for(down);
            }
        })));
        self.boot();
    }

    fn boot(&self) {
        let boot = self.host.boot.borrow().clone();
        if let Some(boot) = boot {
            self.create_task(boot()).set_name(&self.host.name);
        }
    }

    /// Is it running?
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.host.is_up.get()
    }

    /// The tasks of the machine that are not done.
    ///
    /// # Panics
    ///
    /// If no loop is running.
    #[must_use]
    pub fn tasks(&self) -> Vec<AnyTask> {
        let (view, current) = (self.network.view(&self.host), current_task().expect("a loop is running"));
        let is_here = |task: &AnyTask| match &current {
            Some(current) if task == current => view.is_current(),
            _ => task.in_context(|| view.is_current()),
        };
        all_tasks().expect("a loop is running").into_iter().filter(is_here).collect()
    }

    /// Stops the machine at once, like a loss of power: its tasks are [aborted](AnyTask::abort), and no byte leaves it any more.
    /// Its peers notice only when a wait of theirs is in vain, or when the machine runs again and does not know their connections.
    ///
    /// # Panics
    ///
    /// If no loop is running.
    pub fn crash(&self) {
        let (host, tasks) = (&self.host, self.tasks());
        host.is_up.set(false);
        bound(&host.ends).iter().for_each(|end| end.close(true));
        bound(&host.listeners).iter().for_each(|listener| listener.forget());
        // Everything from this life is dead, and its addresses are free.
        host.life.set(host.life.get() + 1);
        host.dead.borrow_mut().extend(host.ends.take());
        host.listeners.take();
        host.datagrams.take();
        tasks.iter().for_each(|task| _ = task.abort());
    }

    /// Crashes the machine, unless it is down already, and starts it again after `seconds`.
    fn crash_for(self, seconds: f64) {
        if self.is_up() {
            self.crash();
            let life = self.host.life.get();
            after(seconds, move || {
                if !self.is_up() && self.host.life.get() == life {
                    self.restart();
                }
            });
        }
    }

    /// Starts the machine again after a [`crash`](Self::crash), with its program, if it has one. A machine that is running crashes
    /// first.
    ///
    /// # Panics
    ///
    /// If no loop is running.
    pub fn restart(&self) {
        if self.is_up() {
            self.crash();
        }
        self.host.is_up.set(true);
        // What was sent meanwhile arrives, and is answered.
        self.host.dead.take().iter().filter_map(Weak::upgrade).for_each(|end| end.deliver());
        self.boot();
    }
}

/// As long as the guard exists, the context in which it was made is on a machine of a [`Network`].
pub struct NetworkGuard {
    _scope: NetworkScope,
    _view: Rc<NetworkHandle>,
    _network: Network,
}

impl fmt::Debug for NetworkGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<NetworkGuard of {:?}>", self._network)
    }
}

impl fmt::Debug for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.is_up() { "" } else { " down" };
        write!(f, "<Machine {} {}{state}>", self.host.name, self.host.address)
    }
}
