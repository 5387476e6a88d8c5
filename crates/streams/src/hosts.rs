//! The types that can be a host and a port, and how they become addresses.

use std::fmt::Display;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use asyncio_runtime::{GaiError, Result, ValueError, get_running_loop};

/// A port: any integer. The range of 0 to 65535 is checked at run time, so that an impossible port in a program's input
/// is an error like others.
///
/// # Examples
///
/// ```
/// use asyncio::streams::Port;
///
/// assert_eq!(8080.port().unwrap(), 8080);
/// assert_eq!(8080_u16.port().unwrap(), 8080);
/// assert_eq!((-1).port().unwrap_err().to_string(), "port must be 0-65535, not -1");
/// ```
pub trait Port {
    /// The port number.
    ///
    /// # Errors
    ///
    /// `ValueError: port must be 0-65535, not …`.
    fn port(self) -> Result<u16, ValueError>;
}

impl<P: TryInto<u16> + Display + Copy> Port for P {
    fn port(self) -> Result<u16, ValueError> {
        self.try_into().map_err(|_| ValueError::new(format!("port must be 0-65535, not {self}")))
    }
}

/// The hosts at which a server listens: one, several, or all addresses of the machine (`None`, or an empty name).
///
/// # Examples
///
/// ```
/// use std::net::Ipv4Addr;
///
/// use asyncio::streams::Hosts;
///
/// assert_eq!("localhost".hosts(), ["localhost"]);
/// assert_eq!([Ipv4Addr::LOCALHOST, Ipv4Addr::new(127, 0, 0, 2)].hosts(), ["127.0.0.1", "127.0.0.2"]);
/// assert!("".hosts().is_empty()); // all addresses
/// assert!(None::<&str>.hosts().is_empty());
/// ```
pub trait Hosts {
    /// The names of the hosts; none means all addresses.
    fn hosts(self) -> Vec<String>;
}

macro_rules! hosts {
    ($($host:ty)*) => {$(
        impl Hosts for $host {
            fn hosts(self) -> Vec<String> {
                let host = self.to_string();
                if host.is_empty() { Vec::new() } else { vec![host] }
            }
        }
    )*};
}

hosts! { &str String &String IpAddr Ipv4Addr Ipv6Addr }

impl<H: Hosts> Hosts for Option<H> {
    fn hosts(self) -> Vec<String> {
        self.map(H::hosts).unwrap_or_default()
    }
}

impl<H: Hosts, const N: usize> Hosts for [H; N] {
    fn hosts(self) -> Vec<String> {
        self.into_iter().flat_map(H::hosts).collect()
    }
}

impl<H: Hosts> Hosts for Vec<H> {
    fn hosts(self) -> Vec<String> {
        self.into_iter().flat_map(H::hosts).collect()
    }
}

/// The kind of addresses to use: `family=`.
///
/// # Examples
///
/// ```
/// use asyncio::{Family, GaiError, run, start_server};
///
/// run(async {
///     let serve = async |_, _| Ok(());
///     let server = start_server(serve, "127.0.0.1", 0).family(Family::Inet).await?;
///     assert!(server.sockets()[0].as_socket().unwrap().is_ipv4());
///     let error = start_server(serve, "127.0.0.1", 0).family(Family::Inet6).await.unwrap_err();
///     assert!(error.downcast_ref::<std::io::Error>().unwrap().get_ref().unwrap().is::<GaiError>());
///     Ok(())
/// })
/// .unwrap();
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Family {
    /// Both: `AF_UNSPEC`.
    #[doc(alias = "AF_UNSPEC")]
    #[default]
    Unspec,
    /// IPv4: `AF_INET`.
    #[doc(alias = "AF_INET")]
    Inet,
    /// IPv6: `AF_INET6`.
    #[doc(alias = "AF_INET6")]
    Inet6,
}

impl Family {
    pub(crate) fn has(self, address: &SocketAddr) -> bool {
        match self {
            Self::Unspec => true,
            Self::Inet => address.is_ipv4(),
            Self::Inet6 => address.is_ipv6(),
        }
    }
}

/// The addresses of a host, of one family; at least one.
pub(crate) async fn resolve(host: &str, port: u16, family: Family) -> Result<Vec<SocketAddr>> {
    let mut addresses = get_running_loop()?.getaddrinfo(host, port).await?;
    addresses.retain(|address| family.has(address));
    if addresses.is_empty() {
        let error = GaiError::new(host, format!("it has no address of family {family:?}"));
        return Err(io::Error::from(error).into());
    }
    Ok(addresses)
}

/// Every address of this machine.
pub(crate) fn any(port: u16) -> [SocketAddr; 2] {
    [(Ipv4Addr::UNSPECIFIED, port).into(), (Ipv6Addr::UNSPECIFIED, port).into()]
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::sync::mpsc::channel;
    use std::task::{Context, Poll, Waker};

    use asyncio_runtime::{ThreadPoolExecutor, run};

    use super::*;

    /// The address, if no name server has to be asked.
    fn at_once(host: &str, family: Family) -> Option<Result<Vec<SocketAddr>>> {
        let resolving = pin!(resolve(host, 1, family));
        match resolving.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(addresses) => Some(addresses),
            Poll::Pending => None,
        }
    }

    // CPython: test_base_events.BaseEventTests.test_ipaddr_info
    #[test]
    fn a_number_is_an_address_of_its_family_and_is_not_looked_up() {
        run(async {
            let (four, six) = (SocketAddr::from(([1, 2, 3, 4], 1)), SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 3], 1)));
            for family in [Family::Unspec, Family::Inet] {
                assert_eq!(at_once("1.2.3.4", family).unwrap()?, [four]);
            }
            for family in [Family::Unspec, Family::Inet6] {
                assert_eq!(at_once("::3", family).unwrap()?, [six]);
            }
            for (host, family) in [("1.2.3.4", Family::Inet6), ("::3", Family::Inet)] {
                assert!(at_once(host, family).unwrap().is_err());
            }
            // Only the system knows the zone, and the thread that would ask it is busy.
            let (event_loop, (free, is_free)) = (get_running_loop()?, channel::<()>());
            event_loop.set_default_executor(ThreadPoolExecutor::new(1)?);
            let busy = event_loop.run_in_executor(None, move || is_free.recv().is_ok())?;
            assert!(at_once("::3%lo0", Family::Unspec).is_none());
            free.send(())?;
            assert!(busy.await?);
            Ok(())
        })
        .unwrap();
    }
}
