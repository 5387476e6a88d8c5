//! The repository is in shape: each check of `cargo xtask tidy` as a trial of its own.

use guide_tests::root;
use guide_tests::tidy::CHECKS;
use libtest_mimic::{Arguments, Trial};

fn main() {
    let trial = |&(name, check): &(&'static str, guide_tests::tidy::Check)| {
        Trial::test(name, move || match check(root())?.as_slice() {
            [] => Ok(()),
            problems => Err(problems.join("\n").into()),
        })
    };
    libtest_mimic::run(&Arguments::from_args(), CHECKS.iter().map(trial).collect()).exit();
}
