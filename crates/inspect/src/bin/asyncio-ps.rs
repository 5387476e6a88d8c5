//! A table of the tasks of a running program: `asyncio-ps PID`.

use std::process::ExitCode;

use asyncio_inspect::cli::{Tool, main as run};
use asyncio_inspect::tools::report;

fn main() -> ExitCode {
    let about = "Shows the tasks of a running program on asyncio for Rust: what each waits for, where, and since when";
    run(&Tool { name: "asyncio-ps", about, print: report::ps, has_long: true })
}
