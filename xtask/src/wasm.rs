//! `cargo xtask wasm`: builds for WebAssembly, and runs every program that can run there under Node.
//!
//! Without the compiler for it, or without Node, this prints a message and does nothing more.

use anyhow::{Result, ensure};
use guide_tests::live::node::How;
use guide_tests::live::toolchain::Toolchain;
use guide_tests::live::{module, node};
use guide_tests::root;

use crate::finish;

/// The crates that must build there.
const CRATES: [&str; 10] = [
    "asyncio",
    "asyncio-context-managers",
    "asyncio-generators",
    "asyncio-iterators",
    "asyncio-locks",
    "asyncio-queues",
    "asyncio-runtime",
    "asyncio-scope",
    "asyncio-simulation",
    "asyncio-streams",
];

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Run only these programs
    #[arg(value_name = "PROGRAM")]
    programs: Vec<String>,
}

/// The whole check.
pub(crate) fn all() -> Result<()> {
    run(&Arguments { programs: Vec::new() })
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let toolchain = match Toolchain::fetch(root()) {
        Ok(toolchain) => toolchain,
        Err(error) => {
            println!("not built for WebAssembly: {error:#}");
            return Ok(());
        }
    };
    let warnings = ["-Dwarnings"];
    finish(toolchain.cargo("check", &warnings).args(CRATES.iter().flat_map(|name| ["--package", name])))?;
    let module = module::build(root(), &toolchain)?;
    let size = std::fs::metadata(&module.path)?.len();
    println!("{}: {} programs, {} KB", module.path.display(), module.programs.len(), size / 1000);
    let Some(node) = node::node() else {
        println!("not run: there is no Node on this machine");
        return Ok(());
    };
    let mut found = 0;
    let mut tell = |how: &str, (count, differences): (usize, Vec<String>)| {
        for difference in &differences {
            println!("{how}, {difference}");
        }
        println!("{} of {count} programs print what they must {how}", count - differences.len());
        found += differences.len();
    };
    let names = &arguments.programs;
    for (how, words) in [
        (How::Virtual, "on the virtual clock"),
        (How::Hosted, "hosted by Node"),
        (How::Scheduled, "by the schedule of asyncio's own order"),
    ] {
        tell(words, node::differences(root(), &module, &node, names, how)?);
    }
    tell("about the reach of streams", node::reach(root(), &module, &node)?);
    tell("in another order", node::other_orders(root(), &module, &node, names)?);
    ensure!(found == 0, "programs that print something else: {found}");
    Ok(())
}
