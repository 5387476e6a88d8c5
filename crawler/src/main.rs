//! `areq`: crawls sites, and writes what it has found. The arguments are in `cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    areq::cli::main()
}
