//! The tasks of a running program as a tree: `asyncio-pstree PID`.

use std::process::ExitCode;

use asyncio_inspect::cli::{Tool, main as run};
use asyncio_inspect::tools::report;

fn main() -> ExitCode {
    let about = "Shows which task of a running program on asyncio for Rust waits for which, as a tree";
    run(&Tool { name: "asyncio-pstree", about, print: |snapshot, _| report::pstree(snapshot), has_long: false })
}
