//! The limits of the session, as arguments of the program.

use asyncio::Result;
use asyncio_http::ClientSession;
use clap::builder::RangedU64ValueParser;

type Count = RangedU64ValueParser<usize>;

/// The limits of a session.
#[derive(clap::Args)]
pub(crate) struct Limits {
    /// Connections at once
    #[arg(long, default_value_t = 100, value_parser = Count::new().range(1..))]
    connections: usize,
    /// Connections to one host at once
    #[arg(long, default_value_t = 10, value_parser = Count::new().range(1..))]
    per_host: usize,
    /// Seconds for one request
    #[arg(long, default_value_t = 10.0)]
    timeout: f64,
    /// Redirects to follow
    #[arg(long, default_value_t = 10)]
    redirects: u32,
}

// ANCHOR: session
impl Limits {
    /// The session that all requests share.
    pub(crate) fn session(&self) -> Result<ClientSession> {
        ClientSession::new()
            .limit(self.connections)
            .limit_per_host(self.per_host)
            .timeout(self.timeout)
            .max_redirects(self.redirects)
            .user_agent("areq")
    }
}
// ANCHOR_END: session
