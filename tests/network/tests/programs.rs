//! Every stream program of the guide prints on the simulated network what it prints on sockets.

#[macro_use]
extern crate asyncio_testing;

use std::path::Path;

use guide_tests::examples::{examples, programs};
use guide_tests::on_network::{OnNetwork, uses_sockets};
use guide_tests::{root, snapshots};
use regex::Regex;

fn on_network() -> OnNetwork {
    OnNetwork::at(Path::new(env!("CARGO_BIN_EXE_on-network"))).unwrap()
}

/// A server has another port on the network than on sockets, where the system chooses it.
fn without_ports(text: &str) -> String {
    let port = Regex::new(r"\('127\.0\.0\.1', (?:\d{4,5}|PORT)\)").unwrap();
    port.replace_all(text, "('127.0.0.1', PORT)").into_owned()
}

#[test]
fn every_stream_program_prints_what_it_prints_on_sockets() {
    let network = on_network();
    let mut programs = 0;
    for example in examples(root()).unwrap().iter().filter(|example| network.names().contains(&example.name)) {
        let printed = snapshots::text(example, &network.run(example).unwrap()).unwrap();
        assert_eq!(without_ports(&printed), without_ports(&snapshots::saved(example).unwrap()), "{}", example.name);
        programs += 1;
    }
    assert!(programs >= 20 && programs == network.names().len(), "{programs} programs");
}

/// The programs that cannot run there: those that leave the loop, and one that makes its own network.
const NOT_THERE: [&str; 2] = [
    // Its loops are in several threads and share one socket; a simulated network belongs to one thread.
    "several_loops",
    // It makes a network of its own, and has no other program to talk to.
    "without_a_socket",
];

#[test]
fn every_program_that_connects_or_serves_is_there_or_has_a_reason() {
    let network = on_network();
    let mut missing: Vec<String> = Vec::new();
    for program in programs(root()).unwrap() {
        let (connects, is_there) = (uses_sockets(&program).unwrap(), network.names().contains(&program.name));
        if connects && !is_there {
            missing.push(program.name);
        }
    }
    missing.sort();
    assert_eq!(missing, NOT_THERE);
}
