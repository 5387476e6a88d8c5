//! Name resolution: the system's resolver in a thread (`loop.getaddrinfo`).

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};

use asyncio_errors::{GaiError, Result};

use crate::asyncio::events::EventLoop;
use crate::asyncio::hooks::ResolveHook;

impl EventLoop {
    /// The addresses of a host, in the order in which the system recommends them: `loop.getaddrinfo`.
    ///
    /// The system's resolver blocks, so it runs in the loop's default executor. A host that is an address already is returned
    /// at once. On a network in memory, a task asks that network.
    ///
    /// # Errors
    ///
    /// `std::io::Error` with a [`GaiError`] in it, if the host has no address; the errors of
    /// [`run_in_executor`](EventLoop::run_in_executor); `CancelledError`.
    ///
    /// # Cancellation
    ///
    /// The resolver may keep running in its thread; its end is ignored.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{get_running_loop, run};
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
        if let Some(lookup) = inventory::iter::<ResolveHook>.into_iter().find_map(|hook| (hook.0)(host)) {
            return Ok(lookup.await?.into_iter().map(|address| SocketAddr::new(address, port)).collect());
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
