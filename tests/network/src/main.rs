//! Runs a stream program of the guide on the simulated network, with whom it needs to talk to in the same loop.
//!
//! The program is the guide's own text, and its arguments are this program's. `NETWORK_PROGRAM` says which one; without it, the names
//! of all programs are printed. `company` reads with whom: a talk to be played with it, an echo server, or sites.
//! `guide_tests::on_network` sets these variables.

mod company;

use std::cell::Cell;
use std::process::ExitCode;

use asyncio::simulation::Network;
use asyncio_runtime::{LoopHook, TaskOptions};

/// The `main` of a program.
type Program = fn() -> asyncio::Result<()>;

include!(concat!(env!("OUT_DIR"), "/programs.rs"));

thread_local! {
    /// Is the company still to come?
    static AWAITED: Cell<bool> = const { Cell::new(false) };
}

// The program makes its loop itself.
inventory::submit! {
    LoopHook(|event_loop| {
        if AWAITED.take() {
            event_loop.call_soon(company_comes).expect("the loop is new");
        }
    })
}

/// A function, because a trace shows its name.
fn company_comes() {
    drop(TaskOptions::new().name("company").create_task(company::come()));
}

fn main() -> ExitCode {
    let Ok(name) = std::env::var("NETWORK_PROGRAM") else {
        PROGRAMS.iter().for_each(|(name, _)| println!("{name}"));
        return ExitCode::SUCCESS;
    };
    let Some((_, program)) = PROGRAMS.iter().find(|(known, _)| *known == name) else {
        eprintln!("there is no program {name:?}");
        return ExitCode::FAILURE;
    };
    // So long that a server which starts with the program is there before its clients.
    let network = Network::new().latency(0.001);
    let _entered = network.enter();
    company::prepare(&network);
    AWAITED.set(true);
    match program() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("Error: {error:?}");
            ExitCode::FAILURE
        }
    }
}
