//! `Layer`: encryption, which a handshake puts over a connection.

use std::future::poll_fn;
use std::io;
use std::rc::{Rc, Weak};
use std::sync::Arc;

use asyncio_runtime::{Error, Result, RuntimeError, TimeoutError, cancellable, timeout};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, Connection as Session, ServerConfig, ServerConnection};

use super::error::SSLError;
use super::object::SSLObject;
use super::tls::{Handshake, Tls};
use crate::connection::Connection;

pub(crate) struct Layer {
    pub(super) side: Side,
    pub(super) ignore_unexpected_eof: bool,
    /// Both limits are in seconds.
    pub(super) handshake_timeout: f64,
    pub(super) shutdown_timeout: f64,
}

pub(super) enum Side {
    Client(Arc<ClientConfig>, ServerName<'static>),
    Server(Arc<ServerConfig>),
}

impl Side {
    fn session(&self) -> Result<Session, rustls::Error> {
        Ok(match self {
            Self::Client(config, name) => ClientConnection::new(Arc::clone(config), name.clone())?.into(),
            Self::Server(config) => ServerConnection::new(Arc::clone(config))?.into(),
        })
    }
}

impl Layer {
    /// Encrypts a connection from now on. Bytes written before are sent unencrypted. Received bytes that were not read
    /// yet belong to the handshake: read later, they would pass for encrypted ones. If this fails, the connection is
    /// closed.
    pub(crate) async fn put_over(&self, connection: &Rc<Connection>) -> Result<()> {
        cancellable(poll_fn(|cx| connection.poll_flushed(cx))).await??;
        let Some(under) = connection.transport() else { return Err(lost(connection)) };
        let session = self.side.session().map_err(|error| SSLError::from(error).into_io())?;
        let Some(received) = connection.take_unread() else {
            let message = "start_tls() called while what was received is being looked at: consume it or read it first";
            return Err(RuntimeError::new(message).into());
        };
        let tls = Rc::new(Tls::new(under, session, received, self.shutdown_timeout, self.ignore_unexpected_eof));
        connection.replace_transport(Rc::clone(&tls) as _);
        let tls = Rc::downgrade(&{ tls });
        let mut agreed = timeout(self.handshake_timeout).run(async |_| handshake(connection, tls).await).await;
        if let Err(error) = &agreed
            && error.is::<TimeoutError>()
        {
            let seconds = self.handshake_timeout;
            let message = format!("SSL handshake is taking longer than {seconds:?} seconds: aborting the connection");
            agreed = Err(io::Error::new(io::ErrorKind::ConnectionAborted, message).into());
        }
        match agreed {
            Ok(object) => connection.set_extra(Rc::new(object)),
            Err(error) if error.is_cancelled() => {
                connection.abort();
                return Err(error);
            }
            Err(error) => {
                connection.fail(error.clone());
                return Err(error);
            }
        }
        Ok(())
    }
}

/// Does not hold the transport during a wait: that would keep the descriptor open.
async fn handshake(connection: &Connection, tls: Weak<Tls>) -> Result<SSLObject> {
    loop {
        let Some(tls) = tls.upgrade() else { return Err(lost(connection)) };
        let registration = crate::transport::Transport::registration(&*tls).clone();
        let next = tls.try_handshake();
        drop(tls);
        match next? {
            Handshake::Done(object) => return Ok(object),
            Handshake::Readable => registration.readable().await?,
            Handshake::Writable => registration.writable().await?,
        }
    }
}

/// The reason why the connection is lost.
fn lost(connection: &Connection) -> Error {
    connection.error().unwrap_or_else(|| io::Error::new(io::ErrorKind::ConnectionReset, "Connection lost").into())
}
