//! The system's resolver.

use std::io;
use std::net::SocketAddr;

use asyncio_runtime::{GaiError, Result, to_thread};

use super::System;

impl System {
    /// The names of an address's host and service.
    pub(crate) async fn getnameinfo(self, address: SocketAddr, flags: i32) -> Result<(String, String)> {
        let found = to_thread(move || dns_lookup::getnameinfo(&address, flags).map_err(io::Error::from)).await?;
        found.map_err(|error| io::Error::from(GaiError::new(address.to_string(), error.to_string())).into())
    }
}
