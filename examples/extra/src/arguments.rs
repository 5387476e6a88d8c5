//! The one argument of the programs that listen.

use std::net::SocketAddr;

use clap::Parser;

#[derive(Parser)]
struct Arguments {
    /// Where to listen; port 0 lets the system choose one
    #[arg(default_value = "127.0.0.1:8888")]
    address: SocketAddr,
}

/// The address that the program is told to listen at, `127.0.0.1:8888` if it is
/// told none. Ends the program with an explanation if the argument is no address.
pub fn address() -> SocketAddr {
    Arguments::parse().address
}
