//! Name resolution: the system's resolver in a thread (`loop.getaddrinfo`).

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};

use crate::error::Result;
use crate::events::EventLoop;

impl EventLoop {
    /// The addresses of a host, in the order in which the system recommends them: `loop.getaddrinfo`.
    ///
    /// The system's resolver blocks, so it runs in the loop's default executor. A host that is an address already is
    /// returned at once.
    ///
    /// # Errors
    ///
    /// `std::io::Error` with a [`GaiError`] in it, if the host has no address; what
    /// [`run_in_executor`](EventLoop::run_in_executor) can fail with; `CancelledError`.
    ///
    /// # Cancellation
    ///
    /// The resolver may run on in its thread; nobody hears of its end.
    ///
    /// ```
    /// use asyncio_runtime::{get_running_loop, run};
    ///
    /// run(async {
    ///     let addresses = get_running_loop()?.getaddrinfo("127.0.0.1", 80).await?;
    ///     assert_eq!(addresses, ["127.0.0.1:80".parse()?]);
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    pub async fn getaddrinfo(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>> {
        if let Ok(address) = host.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(address, port)]);
        }
        let name = host.to_owned();
        let resolve = move || (name.as_str(), port).to_socket_addrs().map(Vec::from_iter);
        match self.run_in_executor(None, resolve)?.await? {
            Ok(addresses) if !addresses.is_empty() => Ok(addresses),
            Ok(_) => Err(io::Error::from(GaiError::new(host, "it has no address")).into()),
            Err(error) => Err(io::Error::from(GaiError::new(host, error.to_string())).into()),
        }
    }
}

/// A host that has no address: Python's `socket.gaierror`, and printed under that name.
///
/// It is inside of an `std::io::Error`, as Python's is an `OSError`; its kind is `NotFound`.
///
/// ```
/// use std::io;
///
/// use asyncio_runtime::{Error, GaiError};
///
/// let error = io::Error::from(GaiError::new("nowhere.test", "it has no address"));
/// assert_eq!(error.kind(), io::ErrorKind::NotFound);
/// assert_eq!(error.to_string(), "cannot resolve 'nowhere.test': it has no address");
/// assert!(error.get_ref().unwrap().is::<GaiError>());
/// assert!(format!("{:?}", Error::from(error)).starts_with("gaierror("));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GaiError {
    host: String,
    reason: String,
}

impl GaiError {
    /// The host, and why it has none.
    #[must_use]
    pub fn new(host: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { host: host.into(), reason: reason.into() }
    }
}

impl fmt::Display for GaiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What the standard library puts before the system's own words.
        let reason = self.reason.strip_prefix("failed to lookup address information: ").unwrap_or(&self.reason);
        write!(f, "cannot resolve '{}': {reason}", self.host)
    }
}

impl StdError for GaiError {}

impl From<GaiError> for io::Error {
    fn from(error: GaiError) -> Self {
        Self::new(io::ErrorKind::NotFound, error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Clock, Runner, get_running_loop};

    #[test]
    fn a_name_is_resolved_in_a_thread_and_one_without_an_address_is_named() {
        Runner::new()
            .clock(Clock::Virtual)
            .run(async {
                let event_loop = get_running_loop()?;
                let addresses = event_loop.getaddrinfo("localhost", 7).await?;
                assert!(addresses.iter().all(|address| address.ip().is_loopback() && address.port() == 7));
                assert!(!addresses.is_empty());
                let error = event_loop.getaddrinfo("no-such-host.invalid", 7).await.unwrap_err();
                assert!(error.is::<io::Error>());
                assert!(error.to_string().starts_with("cannot resolve 'no-such-host.invalid': "), "{error}");
                assert!(!error.to_string().contains("failed to lookup"), "{error}");
                assert!(format!("{error:?}").starts_with("gaierror(\"cannot resolve 'no-such"), "{error:?}");
                Ok(())
            })
            .unwrap();
    }
}
