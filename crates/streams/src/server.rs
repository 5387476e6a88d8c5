//! `Server`: listening sockets and the connections accepted from them (`asyncio.Server`).
//!
//! The core idea: accepting is not a task. A callback waits at each listening socket, accepts the connections that are
//! there, and registers itself again. So the loop owns the server, as it does in asyncio, and dropping the handle
//! changes nothing.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::rc::{Rc, Weak};

use asyncio_context_managers::AsyncContextManager;
use asyncio_runtime::io::Registration;
use asyncio_runtime::{
    Context, Error, ExceptionContext, Future as LoopFuture, Result, RuntimeError, Task, TaskOptions, WaitQueue,
    copy_context, get_running_loop, sleep,
};

use crate::address::Address;
use crate::caller::called;
use crate::connection::{Connection, ConnectionHandle};
use crate::errno::{self, EMFILE, ENFILE, ENOBUFS, ENOMEM};
use crate::error::is_not_now;
use crate::listen::Serving;
use crate::network::{NetworkListener, accepted};
use crate::reader::StreamReader;
use crate::ssl::Layer;
use crate::transport::Transport;
use crate::writer::StreamWriter;

/// The pause in accepting when the system is out of descriptors, in seconds.
const ACCEPT_RETRY_DELAY: f64 = 1.0;

/// Starts the task for a new connection.
pub(crate) type Connected = dyn Fn(StreamReader, StreamWriter) -> Task<()>;

/// Listening sockets and the connections accepted from them: `asyncio.Server`. Returned by
/// [`start_server`](crate::start_server) and [`start_unix_server`](crate::start_unix_server).
///
/// A clone is a handle of the same server. The loop owns the server, so dropping every handle does not stop it;
/// [`close`](Self::close) does, and so does the end of the loop. As a context manager it is closed after the block, and the
/// block's end waits for its connections.
///
/// # Examples
///
/// ```
/// use asyncio::{async_with, open_connection, run, start_server};
///
/// run(async {
///     let server = start_server(async |_, writer| {
///         writer.write("bye\n")?;
///         Ok(())
///     }, "127.0.0.1", 0).await?;
///     async_with(server.clone(), async |server| {
///         let port = server.sockets()[0].port().unwrap();
///         let (mut reader, _writer) = open_connection("127.0.0.1", port).await?;
///         assert_eq!(reader.read_to_end().await?, b"bye\n");
///         Ok(())
///     })
///     .await?;
///     assert!(!server.is_serving());
///     Ok(())
/// })
/// .unwrap();
/// ```
#[doc(alias("AbstractServer", "base_events.Server"))]
#[derive(Clone)]
pub struct Server {
    inner: Rc<Inner>,
}

struct Inner {
    /// `None` after `close`.
    listeners: RefCell<Option<Vec<Rc<Listener>>>>,
    serving: Cell<bool>,
    backlog: i32,
    limit: usize,
    max_connections: Option<usize>,
    idle_timeout: Option<f64>,
    connected: Box<Connected>,
    /// The context in which the server was made. Each connection has a copy of it.
    context: Context,
    /// The layer that is put over a connection before `connected` gets it.
    layer: Option<Layer>,
    /// The connections that are not lost, by a running number.
    clients: RefCell<BTreeMap<u64, Weak<Connection>>>,
    accepted: Cell<u64>,
    /// The number of clients, as `max_connections` counts them.
    seats: Cell<usize>,
    forever: RefCell<Option<LoopFuture<()>>>,
    ended: WaitQueue,
}

/// A listening socket.
pub(crate) struct Listener {
    incoming: Box<dyn Incoming>,
    name: Address,
    /// Has it been reported that the system is out of descriptors?
    complained: Cell<bool>,
    /// The server is full: this socket accepts again when a client leaves.
    waits: Cell<bool>,
}

/// Where connections come in.
pub(crate) trait Incoming {
    fn registration(&self) -> &Registration;

    fn listen(&self, backlog: i32) -> io::Result<()>;

    /// The next connection, and its peer. The inner error is that of a connection that was accepted and cannot be used.
    fn accept(&self) -> io::Result<(Result<Rc<dyn Transport>>, Address)>;
}

impl Incoming for Box<dyn NetworkListener> {
    fn registration(&self) -> &Registration {
        self.announcer().registration()
    }

    fn listen(&self, backlog: i32) -> io::Result<()> {
        (**self).listen(backlog.try_into().unwrap_or_default())
    }

    fn accept(&self) -> io::Result<(Result<Rc<dyn Transport>>, Address)> {
        let (transport, peer) = accepted(self.announcer().try_read_with(|| (**self).accept())?);
        Ok((Ok(transport), peer))
    }
}

/// One of the `max_connections`. The connection and the task of a client share it, so it is free again when the
/// connection is lost and the task is done.
struct Seat(Rc<Inner>);

impl Drop for Seat {
    fn drop(&mut self) {
        let inner = &self.0;
        inner.seats.set(inner.seats.get() - 1);
        let listeners = inner.listeners.borrow().clone().unwrap_or_default();
        for listener in listeners.iter().filter(|listener| listener.waits.replace(false)) {
            inner.go_on(listener);
        }
    }
}

impl Listener {
    /// A listener that a network has bound.
    pub(crate) fn on_network(listener: Box<dyn NetworkListener>) -> Self {
        let name = listener.sockname();
        Self::over(Box::new(listener), name)
    }

    pub(crate) fn over(incoming: Box<dyn Incoming>, name: Address) -> Self {
        Self { incoming, name, complained: Cell::new(false), waits: Cell::new(false) }
    }
}

impl Server {
    pub(crate) fn new(listeners: Vec<Listener>, connected: Box<Connected>, serving: Serving) -> Result<Self> {
        let inner = Inner {
            listeners: RefCell::new(Some(listeners.into_iter().map(Rc::new).collect())),
            serving: Cell::new(false),
            backlog: serving.backlog,
            limit: serving.limit,
            max_connections: serving.max_connections,
            idle_timeout: serving.idle_timeout,
            connected,
            context: copy_context(),
            layer: serving.ssl.server()?,
            clients: RefCell::default(),
            accepted: Cell::new(0),
            seats: Cell::new(0),
            forever: RefCell::default(),
            ended: WaitQueue::new("Server.wait_closed"),
        };
        Ok(Self { inner: Rc::new(inner) })
    }

    /// The addresses at which the server listens; none once it is closed. Python's `server.sockets[0].getsockname()` is
    /// `server.sockets()[0]`.
    #[must_use]
    pub fn sockets(&self) -> Vec<Address> {
        let listeners = self.inner.listeners.borrow();
        listeners.iter().flatten().map(|listener| listener.name.clone()).collect()
    }

    /// Does the server accept connections?
    #[must_use]
    pub fn is_serving(&self) -> bool {
        self.inner.serving.get()
    }

    /// Starts accepting connections, if the server was made with `start_serving(false)`.
    ///
    /// # Errors
    ///
    /// `RuntimeError` if the server is closed; any error of the system; `CancelledError`.
    ///
    /// # Cancellation
    ///
    /// The server accepts connections nevertheless, because it starts before the wait.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{open_connection, run, start_server};
    ///
    /// run(async {
    ///     let server = start_server(async |_, _| Ok(()), "127.0.0.1", 0).start_serving(false).await?;
    ///     let port = server.sockets()[0].port().unwrap(); // it is bound
    ///     assert!(!server.is_serving() && open_connection("127.0.0.1", port).await.is_err());
    ///     server.start_serving().await?;
    ///     assert!(server.is_serving() && open_connection("127.0.0.1", port).await.is_ok());
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    #[track_caller]
    pub fn start_serving(&self) -> impl Future<Output = Result<()>> {
        called(async move {
            self.start()?;
            sleep(0).await
        })
    }

    fn start(&self) -> Result<()> {
        let listeners = self.inner.listeners.borrow().clone();
        let Some(listeners) = listeners else { return Err(self.is_closed()) };
        if !self.inner.serving.replace(true) {
            for listener in &listeners {
                listener.incoming.listen(self.inner.backlog)?;
                self.inner.accept_later(listener)?;
            }
        }
        Ok(())
    }

    fn is_closed(&self) -> Error {
        RuntimeError::new(format!("server {self:?} is closed")).into()
    }

    /// Starts accepting connections and continues until it is cancelled, by Ctrl-C for example. Then it closes the
    /// server and the connections of its clients, so that their handlers read the end of the stream, and waits until
    /// these are closed, which is when everything written to them has been sent.
    ///
    /// # Errors
    ///
    /// `CancelledError`, also when another task closes the server; `RuntimeError` if the server is closed already, or
    /// if another task awaits this.
    ///
    /// # Cancellation
    ///
    /// A cancellation closes the server, as described. A second one, while this waits for the connections, ends that
    /// wait. If the future is dropped instead, the server keeps serving.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{create_task, run, sleep, start_server};
    ///
    /// run(async {
    ///     let server = start_server(async |_, _| Ok(()), "127.0.0.1", 0).await?;
    ///     let serving = create_task({
    ///         let server = server.clone();
    ///         async move { server.serve_forever().await }
    ///     });
    ///     sleep(0).await?;
    ///     serving.cancel();
    ///     assert!(serving.await.unwrap_err().is_cancelled());
    ///     assert!(!server.is_serving() && server.sockets().is_empty()); // it is closed
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    #[track_caller]
    pub fn serve_forever(&self) -> impl Future<Output = Result<()>> {
        called(async move {
            let inner = &self.inner;
            if inner.forever.borrow().is_some() {
                let message = format!("server {self:?} is already being awaited on serve_forever()");
                return Err(RuntimeError::new(message).into());
            }
            self.start()?;
            let forever = get_running_loop()?.create_future::<()>();
            inner.forever.replace(Some(forever.clone()));
            let awaited = Awaited(inner);
            let result = (&forever).await;
            drop(awaited);
            if let Err(cancelled) = &result
                && cancelled.is_cancelled()
            {
                self.close();
                self.close_clients();
                // The cancellation is the error that is returned, whatever else fails.
                let _ = self.wait_closed().await;
            }
            result
        })
    }

    /// Stops accepting: the listening sockets are closed, the connections stay open.
    pub fn close(&self) {
        let inner = &self.inner;
        let Some(listeners) = inner.listeners.take() else { return };
        inner.serving.set(false);
        drop(listeners);
        let forever = inner.forever.take();
        if let Some(forever) = forever {
            forever.cancel();
        }
        inner.wake_if_over();
    }

    /// Closes the open connections. Bytes that were written to them are sent first.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{StreamReader, StreamWriter, open_connection, run, start_server};
    ///
    /// run(async {
    ///     let serve = async |mut reader: StreamReader, writer: StreamWriter| {
    ///         writer.write("welcome\n")?;
    ///         reader.read_to_end().await.map(drop)
    ///     };
    ///     let server = start_server(serve, "127.0.0.1", 0).await?;
    ///     let (mut reader, _writer) = open_connection("127.0.0.1", server.sockets()[0].port().unwrap()).await?;
    ///     assert_eq!(reader.readline().await?, b"welcome\n");
    ///     server.close(); // of this the client notices nothing
    ///     server.close_clients();
    ///     assert_eq!(reader.readline().await?, b"");
    ///     server.wait_closed().await
    /// })
    /// .unwrap();
    /// ```
    pub fn close_clients(&self) {
        self.inner.clients().iter().for_each(Connection::close);
    }

    /// Closes the open connections at once. Bytes that were written and not sent are dropped.
    pub fn abort_clients(&self) {
        self.inner.clients().iter().for_each(Connection::abort);
    }

    /// Waits until the server is closed and its last connection has ended, in either order.
    ///
    /// # Errors
    ///
    /// `CancelledError`.
    ///
    /// # Cancellation
    ///
    /// Ends the wait. The server stays as it is.
    #[track_caller]
    pub fn wait_closed(&self) -> impl Future<Output = Result<()>> {
        called(async move { if self.inner.is_over() { Ok(()) } else { self.inner.ended.wait().await } })
    }
}

/// Exists while a task awaits `serve_forever`.
struct Awaited<'a>(&'a Inner);

impl Drop for Awaited<'_> {
    fn drop(&mut self) {
        let forever = self.0.forever.take();
        drop(forever);
    }
}

impl Inner {
    fn clients(&self) -> Vec<Rc<Connection>> {
        self.clients.borrow().values().filter_map(Weak::upgrade).collect()
    }

    fn is_over(&self) -> bool {
        self.listeners.borrow().is_none() && self.clients.borrow().is_empty()
    }

    fn wake_if_over(&self) {
        if self.is_over() {
            self.ended.wake_all();
        }
    }

    fn accept_later(self: &Rc<Self>, listener: &Rc<Listener>) -> Result<()> {
        // The registration of the listener's descriptor owns the callback, so the callback must not own the listener.
        let (inner, weak) = (Rc::clone(self), Rc::downgrade(listener));
        listener.incoming.registration().call_when_readable(move || {
            if let Some(listener) = weak.upgrade() {
                inner.accept(&listener);
            }
        })
    }

    fn is_full(&self) -> bool {
        self.max_connections.is_some_and(|most| self.seats.get() >= most)
    }

    /// Accepts the connections that are there, up to a limit, and registers itself for more.
    fn accept(self: &Rc<Self>, listener: &Rc<Listener>) {
        for _ in 0..=self.backlog {
            if self.is_full() {
                // Accepting continues when a client leaves (`Seat::drop`).
                return listener.waits.set(true);
            }
            match listener.incoming.accept() {
                Ok((transport, peer)) => {
                    listener.complained.set(false);
                    if let Err(error) = transport.and_then(|transport| self.connect(transport, peer)) {
                        report("Error on transport creation for incoming connection", error, listener);
                    }
                }
                Err(error) if is_not_now(&error) => break,
                // The client has disconnected already.
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) => return self.pause(listener, error),
            }
        }
        self.go_on(listener);
    }

    fn go_on(self: &Rc<Self>, listener: &Rc<Listener>) {
        if let Err(error) = self.accept_later(listener) {
            report("cannot go on accepting connections", error, listener);
        }
    }

    /// Pauses after an error. Being out of descriptors is reported once, until a connection is accepted again.
    fn pause(self: &Rc<Self>, listener: &Rc<Listener>, error: io::Error) {
        let out_of_resources = matches!(errno::number(&error), Some(EMFILE | ENFILE | ENOBUFS | ENOMEM));
        if !out_of_resources {
            report("socket.accept() failed", error.into(), listener);
        } else if !listener.complained.replace(true) {
            report("socket.accept() out of system resource", error.into(), listener);
        }
        let Ok(event_loop) = get_running_loop() else { return };
        let (inner, weak) = (Rc::clone(self), Rc::downgrade(listener));
        // Fails only on a closed loop, where nothing is accepted any more.
        let _ = event_loop.call_later(ACCEPT_RETRY_DELAY, move || {
            if let Some(listener) = weak.upgrade() {
                inner.go_on(&listener);
            }
        });
    }

    /// Makes a connection of an accepted one.
    fn connect(self: &Rc<Self>, transport: Rc<dyn Transport>, peer: Address) -> Result<()> {
        let connection = Connection::over(transport, Some(peer));
        self.seats.set(self.seats.get() + 1);
        let seat = Rc::new(Seat(Rc::clone(self)));
        let number = self.accepted.get();
        self.accepted.set(number + 1);
        self.clients.borrow_mut().insert(number, Rc::downgrade(&connection));
        let share = Rc::clone(&seat);
        connection.on_lost(move || {
            share.0.clients.borrow_mut().remove(&number);
            share.0.wake_if_over();
        });
        connection.set_server_side();
        let context = self.context.run(copy_context)?;
        TaskOptions::new().context(context).create_task(Rc::clone(self).welcome(connection, seat))?;
        Ok(())
    }

    /// Runs before the task of a client. It is a task, too, and takes as many iterations as in asyncio, because both
    /// are visible: in the names of tasks and in the order of output.
    async fn welcome(self: Rc<Self>, connection: ConnectionHandle, seat: Rc<Seat>) -> Result<()> {
        if let Some(layer) = &self.layer {
            match layer.put_over(&connection).await {
                Ok(()) => {}
                Err(error) if error.is_cancelled() => return Err(error),
                // Any client may connect, and its mistakes are not worth a report.
                Err(error) => {
                    let event_loop = get_running_loop()?;
                    if event_loop.get_debug() {
                        let context = ExceptionContext::new("SSL handshake failed").exception(error);
                        event_loop.call_exception_handler(&context);
                    }
                    return Ok(());
                }
            }
        }
        sleep(0).await?;
        self.start(connection, seat)?;
        sleep(0).await
    }

    /// Starts the task for a connection.
    fn start(&self, connection: ConnectionHandle, seat: Rc<Seat>) -> Result<()> {
        connection.set_idle_timeout(self.idle_timeout)?;
        let reader = StreamReader::over(connection.clone(), self.limit);
        let task = (self.connected)(reader, StreamWriter::over(connection.clone()));
        let connection = Rc::clone(&connection);
        let _ = task.add_done_callback(move |task| {
            drop(seat);
            let Ok(error) = task.exception() else { return connection.close() };
            if let Some(error) = error {
                if let Ok(event_loop) = get_running_loop() {
                    event_loop.call_exception_handler(&ExceptionContext {
                        message: "Unhandled exception in client_connected_cb".to_owned(),
                        exception: Some(error),
                        object: Some(("transport", format!("{connection:?}"))),
                    });
                }
                connection.close();
            } else {
                connection.handled();
            }
        });
        Ok(())
    }
}

fn report(message: &str, error: Error, listener: &Listener) {
    if let Ok(event_loop) = get_running_loop() {
        event_loop.call_exception_handler(&ExceptionContext {
            message: message.to_owned(),
            exception: Some(error),
            object: Some(("socket", format!("{:?}", listener.name))),
        });
    }
}

impl AsyncContextManager for Server {
    type Value = Server;

    async fn enter(&mut self) -> Result<Server> {
        Ok(self.clone())
    }

    async fn exit(&mut self, _error: Option<&Error>) -> Result<bool> {
        self.close();
        self.wait_closed().await?;
        Ok(false)
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sockets = self.sockets();
        // A closed one has Python's empty tuple.
        if sockets.is_empty() { f.write_str("<Server sockets=()>") } else { write!(f, "<Server sockets={sockets:?}>") }
    }
}
