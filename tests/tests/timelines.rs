//! Compares the stored timelines with those of the programs, and checks that a program prints the same with a trace and
//! without, in one trial for each.
//!
//! `cargo xtask timeline --bless` updates them.

use std::sync::Arc;

use anyhow::Result;
use guide_tests::on_network::OnNetwork;
use guide_tests::program::build;
use guide_tests::timeline::{self, Timeline};
use guide_tests::{root, snapshots};
use libtest_mimic::{Arguments, Trial};

fn main() -> Result<()> {
    let arguments = Arguments::from_args();
    let mut names = timeline::names(root());
    // Who asks for one program does not wait for all of them to be built.
    names.retain(|name| arguments.filter.as_ref().is_none_or(|filter| name.contains(filter)));
    let examples = names.iter().map(|name| timeline::example(name)).collect::<Result<Vec<_>>>()?;
    let (on_network, alone): (Vec<_>, Vec<_>) = examples.iter().cloned().partition(timeline::is_on_network);
    let programs = Arc::new(build(&alone, &["--quiet"])?);
    let network = if on_network.is_empty() { None } else { Some(OnNetwork::build(&["--quiet"])?) };
    let network = Arc::new(network);

    let mut trials = Vec::new();
    for example in examples {
        let (programs, network) = (Arc::clone(&programs), Arc::clone(&network));
        trials.push(Trial::test(example.name.clone(), move || {
            let (run, output) = match &*network {
                Some(network) if timeline::is_on_network(&example) => timeline::record_on_network(network, &example)?,
                _ => timeline::record(&programs, &example)?,
            };
            let run = run.shortened();
            let kept = Timeline::kept(root(), &example.name)?;
            if run != kept {
                let difference = similar::TextDiff::from_lines(kept.text(), run.text()).unified_diff().to_string();
                let hint = format!("`cargo xtask timeline --bless {}` if it is right:", example.name);
                return Err(format!("it does not run as it did; {hint}\n{difference}").into());
            }
            let (printed, expected) = (snapshots::text(&example, &output)?, snapshots::saved(&example)?);
            if printed.trim_end() != expected.trim_end() {
                return Err(format!("with a trace it prints something else:\n{printed}").into());
            }
            Ok(())
        }));
    }
    libtest_mimic::run(&arguments, trials).exit()
}
