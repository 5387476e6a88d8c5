//! The arguments of the programs that listen.

use std::net::SocketAddr;

use clap::Parser;
use clap::builder::RangedI64ValueParser;

type Count = RangedI64ValueParser<u8>;

#[derive(Parser)]
struct Listening {
    /// Where to listen; port 0 lets the system choose one
    #[arg(default_value = "127.0.0.1:8888")]
    address: SocketAddr,
}

#[derive(Parser)]
struct Serving {
    #[command(flatten)]
    listening: Listening,
    /// How many loops serve, each in a thread of its own
    #[arg(long, default_value_t = 1, value_parser = Count::new().range(1..))]
    loops: u8,
}

/// The address that the program is told to listen at, `127.0.0.1:8888` if it is
/// told none. Ends the program with an explanation if the argument is no address.
pub fn address() -> SocketAddr {
    Listening::parse().address
}

/// The same, and the number of loops that the program is told to serve with, 1 if
/// it is told none.
pub fn address_and_loops() -> (SocketAddr, u8) {
    let Serving { listening, loops } = Serving::parse();
    (listening.address, loops)
}
