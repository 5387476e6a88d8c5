//! The options of encryption: `ssl` and its companions on everything that opens connections, and
//! `StreamWriter::start_tls`.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::LazyLock;
use std::task::{Context, Poll};

use asyncio_runtime::{Result, Seconds, ValueError};
use rustls::pki_types::ServerName;

use super::context::{SSLContext, create_default_context};
use super::layer::{Layer, Side};
use super::object::SSLObject;
use crate::caller::{Caller, called_at};
use crate::connect::OpenConnection;
use crate::connection::Phase;
use crate::listen::StartServer;
use crate::unix::{OpenUnixConnection, StartUnixServer};
use crate::writer::StreamWriter;

/// The limits in seconds by default: for a handshake, and for the wait for the peer's goodbye.
const HANDSHAKE_TIMEOUT: f64 = 60.0;
const SHUTDOWN_TIMEOUT: f64 = 30.0;

/// What `ssl=` can be: a context, or `true` for [`create_default_context`].
///
/// # Examples
///
/// ```
/// use asyncio::ssl::{Protocol, SSLContext, Ssl, VerifyMode};
///
/// assert!(false.context().is_none());
/// assert_eq!(true.context().unwrap().verify_mode(), VerifyMode::Required);
/// let own = SSLContext::new(Protocol::TlsServer);
/// assert_eq!((&own).context().unwrap().verify_mode(), VerifyMode::None);
/// ```
pub trait Ssl {
    /// The context, or `None` for no encryption.
    fn context(&self) -> Option<&SSLContext>;
}

impl Ssl for &SSLContext {
    fn context(&self) -> Option<&SSLContext> {
        Some(self)
    }
}

impl Ssl for bool {
    fn context(&self) -> Option<&SSLContext> {
        // One for all connections, so that sessions can be resumed.
        static DEFAULT: LazyLock<SSLContext> = LazyLock::new(create_default_context);
        if *self { Some(&DEFAULT) } else { None }
    }
}

/// The options of encryption, of any builder.
#[derive(Default)]
pub(crate) struct Settings {
    context: Option<SSLContext>,
    server_hostname: Option<String>,
    handshake_timeout: Option<f64>,
    shutdown_timeout: Option<f64>,
}

impl Settings {
    fn set_context(&mut self, ssl: &impl Ssl) {
        self.context = ssl.context().cloned();
    }

    /// The layer over connections to a host; `None` if they are not encrypted.
    pub(crate) fn client(self, host: Option<&str>) -> Result<Option<Layer>> {
        let Some(context) = &self.context else { return self.nothing_set() };
        let name = match self.server_hostname.as_deref().or(host.filter(|host| !host.is_empty())) {
            Some("") if context.check_hostname() => {
                return Err(ValueError::new("check_hostname requires server_hostname").into());
            }
            // The name is not checked, and for an address nothing is sent to the server.
            Some("") => ServerName::from(IpAddr::from(Ipv4Addr::UNSPECIFIED)),
            Some(name) if !name.starts_with('.') => ServerName::try_from(name.to_owned()).map_err(|_| {
                ValueError::new(format!("'{name}' is no name of a server that a certificate can be for"))
            })?,
            Some(_) => {
                let message = "server_hostname cannot be an empty string or start with a leading dot.";
                return Err(ValueError::new(message).into());
            }
            None => return Err(ValueError::new("you have to pass server_hostname when using ssl").into()),
        };
        let side = Side::Client(context.client()?, name);
        self.layer(side).map(Some)
    }

    /// The layer over connections from clients; `None` if they are not encrypted.
    pub(crate) fn server(self) -> Result<Option<Layer>> {
        let Some(context) = &self.context else { return self.nothing_set() };
        let side = Side::Server(context.server()?);
        self.layer(side).map(Some)
    }

    fn layer(self, side: Side) -> Result<Layer> {
        Ok(Layer {
            side,
            ignore_unexpected_eof: self.context.is_some_and(|context| context.ignores_unexpected_eof()),
            handshake_timeout: positive("ssl_handshake_timeout", self.handshake_timeout, HANDSHAKE_TIMEOUT)?,
            shutdown_timeout: positive("ssl_shutdown_timeout", self.shutdown_timeout, SHUTDOWN_TIMEOUT)?,
        })
    }

    fn nothing_set<T>(&self) -> Result<Option<T>> {
        let set = [
            ("server_hostname", self.server_hostname.is_some()),
            ("ssl_handshake_timeout", self.handshake_timeout.is_some()),
            ("ssl_shutdown_timeout", self.shutdown_timeout.is_some()),
        ];
        match set.iter().find(|(_, is_set)| *is_set) {
            Some((name, _)) => Err(ValueError::new(format!("{name} is only meaningful with ssl")).into()),
            None => Ok(None),
        }
    }
}

fn positive(name: &str, seconds: Option<f64>, default: f64) -> Result<f64, ValueError> {
    match seconds {
        Some(seconds) if seconds > 0.0 => Ok(seconds),
        Some(seconds) => Err(ValueError::new(format!("{name} should be a positive number, got {seconds}"))),
        None => Ok(default),
    }
}

macro_rules! timeouts {
    () => {
        /// Sets the limit for the handshake in seconds; 60 by default.
        pub fn ssl_handshake_timeout(mut self, timeout: impl Seconds) -> Self {
            self.ssl_settings().handshake_timeout = Some(timeout.seconds());
            self
        }

        /// Sets the limit in seconds for everything after [`StreamWriter::close`]: sending the written bytes, saying
        /// goodbye, and receiving the peer's. 30 by default. When it expires, the connection is closed without, and
        /// [`StreamWriter::wait_closed`] fails with `TimeoutError('SSL shutdown timed out')`. A peer that answers the
        /// goodbye with more data ends the wait at once, with an [`SSLError`](crate::ssl::SSLError)
        /// (`APPLICATION_DATA_AFTER_CLOSE_NOTIFY`).
        pub fn ssl_shutdown_timeout(mut self, timeout: impl Seconds) -> Self {
            self.ssl_settings().shutdown_timeout = Some(timeout.seconds());
            self
        }
    };
}

macro_rules! server_hostname {
    () => {
        /// Sets the name that the server's certificate must be for; the host by default.
        pub fn server_hostname(mut self, name: impl Into<String>) -> Self {
            self.ssl_settings().server_hostname = Some(name.into());
            self
        }
    };
}

macro_rules! client {
    ($type:ty) => {
        #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
        impl $type {
            /// Encrypts the connection: with `true` by default settings, or with those of an
            /// [`SSLContext`](crate::ssl::SSLContext).
            ///
            /// # Errors
            ///
            /// Awaiting returns an `std::io::Error` that holds the [`SSLError`](crate::ssl::SSLError);
            /// `ConnectionAborted` if the handshake takes too long; `ValueError` for impossible settings.
            pub fn ssl(mut self, ssl: impl Ssl) -> Self {
                self.ssl_settings().set_context(&ssl);
                self
            }

            server_hostname!();

            timeouts!();
        }
    };
}

macro_rules! server {
    ($type:ty) => {
        #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
        impl $type {
            /// Encrypts the connections. The context must be for servers and have a certificate. The callback gets a
            /// client after its handshake. A client whose handshake fails never reaches it; in debug mode the failure
            /// is reported to the loop's exception handler.
            ///
            /// # Errors
            ///
            /// Awaiting returns `ValueError` for impossible settings.
            pub fn ssl(mut self, ssl: impl Ssl) -> Self {
                self.ssl_settings().set_context(&ssl);
                self
            }

            timeouts!();
        }
    };
}

client! { OpenConnection }
client! { OpenUnixConnection }
server! { StartServer }
server! { StartUnixServer }

impl StreamWriter {
    /// Encrypts the connection from now on, after what was written so far: `StreamWriter.start_tls`. On a connection
    /// that a server accepted our side is the server, otherwise the client. The reader reads the decrypted data from
    /// then on. No task should be reading in the meantime.
    ///
    /// Received bytes that were not read yet belong to the handshake. So unencrypted bytes, sent by a peer or by an
    /// attacker in the middle, make the handshake fail instead of being read as if they had been encrypted. (CPython
    /// does this on the server's side.)
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use asyncio::ssl::create_default_context;
    /// use asyncio::{open_connection, run};
    ///
    /// run(async {
    ///     let (mut reader, writer) = open_connection("mail.example.org", 587).await?;
    ///     reader.readline().await?;
    ///     writer.write("STARTTLS\r\n")?;
    ///     reader.readline().await?;
    ///     writer.start_tls(&create_default_context()).server_hostname("mail.example.org").await?;
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
    #[track_caller]
    pub fn start_tls(&self, ssl: impl Ssl) -> StartTls {
        let mut settings = Settings::default();
        settings.set_context(&ssl);
        let options = Some((self.clone(), settings, self.connection.is_server_side()));
        StartTls { options, starting: None, at: Location::caller() }
    }

    /// The result of the handshake, if the connection is encrypted: `get_extra_info('ssl_object')`.
    #[doc(alias = "get_extra_info")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
    #[must_use]
    pub fn ssl_object(&self) -> Option<Rc<SSLObject>> {
        self.connection.extra()?.downcast().ok()
    }
}

/// Encryption that is about to start: options are methods, and `await` starts it. Returned by
/// [`StreamWriter::start_tls`].
///
/// # Errors
///
/// Those of [`OpenConnection::ssl`]; the connection is closed then. `ConnectionReset` if the connection was closed
/// before. `RuntimeError` between `poll_fill_buf` and `consume` of the reader, which use the received bytes.
///
/// # Cancellation
///
/// Closes the connection, unless nothing of the handshake was sent.
#[must_use = "futures do nothing unless awaited"]
pub struct StartTls {
    /// `None` after the first poll. The last part: is our side the server?
    options: Option<(StreamWriter, Settings, bool)>,
    starting: Option<Pin<Box<dyn Future<Output = Result<()>>>>>,
    at: Caller,
}

impl StartTls {
    fn ssl_settings(&mut self) -> &mut Settings {
        &mut self.options.as_mut().expect("options are set before it is awaited").1
    }

    server_hostname!();

    timeouts!();

    /// Sets whether our side is the server, if that differs from the side that accepted the connection.
    pub fn server_side(mut self, server_side: bool) -> Self {
        self.options.as_mut().expect("options are set before it is awaited").2 = server_side;
        self
    }
}

impl Future for StartTls {
    type Output = Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        if let Some((writer, settings, server_side)) = self.options.take() {
            self.starting = Some(Box::pin(called_at(start_tls(writer, settings, server_side), self.at)));
        }
        self.starting.as_mut().expect("made at the first poll").as_mut().poll(cx)
    }
}

impl fmt::Debug for StartTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StartTls").field("started", &self.starting.is_some()).finish_non_exhaustive()
    }
}

async fn start_tls(writer: StreamWriter, mut settings: Settings, server_side: bool) -> Result<()> {
    let layer = if server_side {
        settings.server()?
    } else {
        settings.server_hostname.get_or_insert_default();
        settings.client(None)?
    };
    if writer.connection.phase() != Phase::Open {
        return Err(io::Error::new(io::ErrorKind::ConnectionReset, "Connection lost").into());
    }
    match layer {
        Some(layer) => layer.put_over(&writer.connection).await,
        None => Ok(()),
    }
}
