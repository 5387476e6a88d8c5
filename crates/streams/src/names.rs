//! `getnameinfo`: from an address to the names of its host and service.

use std::io;
use std::net::SocketAddr;

use asyncio_runtime::{GaiError, Result};

use crate::network::{self, Carrier};
use crate::system;

/// Returns the host as a number: no name is looked up.
pub const NI_NUMERICHOST: i32 = system::NI_NUMERICHOST;
/// Returns the port as a number.
pub const NI_NUMERICSERV: i32 = system::NI_NUMERICSERV;
/// A host without a name is an error instead of being returned as a number.
pub const NI_NAMEREQD: i32 = system::NI_NAMEREQD;
/// The service is one of datagrams.
pub const NI_DGRAM: i32 = system::NI_DGRAM;

/// Returns the names of an address's host and service: `loop.getnameinfo`. One without a name is returned as a number.
/// The flags are those of Python's `socket`, joined by `|`.
///
/// The system's resolver blocks, so it runs in the loop's default executor.
///
/// # Errors
///
/// `std::io::Error` with a `GaiError` in it; the errors of `to_thread`; `CancelledError`.
///
/// # Cancellation
///
/// Ends the wait. The resolver may keep running in its thread.
///
/// # Examples
///
/// ```
/// use asyncio::streams::{NI_NUMERICHOST, NI_NUMERICSERV};
/// use asyncio::{getnameinfo, run};
///
/// run(async {
///     let names = getnameinfo("127.0.0.1:80".parse()?, NI_NUMERICHOST | NI_NUMERICSERV).await?;
///     assert_eq!(names, ("127.0.0.1".to_owned(), "80".to_owned()));
///     Ok(())
/// })
/// .unwrap();
/// ```
pub async fn getnameinfo(address: SocketAddr, flags: i32) -> Result<(String, String)> {
    let network = match network::current()? {
        Carrier::Network(network) => network,
        Carrier::System(system) => return system.getnameinfo(address, flags).await,
    };
    let name = if flags & NI_NUMERICHOST == 0 { network.getnameinfo(address.ip()).await? } else { None };
    if name.is_none() && flags & NI_NAMEREQD != 0 {
        return Err(io::Error::from(GaiError::new(address.to_string(), "Name or service not known")).into());
    }
    Ok((name.unwrap_or_else(|| address.ip().to_string()), address.port().to_string()))
}
