//! Random programs in which futures of another crate are mixed with those of this library; see `conform::mixed`.
//!
//! `ASYNCIO_MIXED_PROGRAMS` is the number of programs, and `ASYNCIO_MIXED_SEED` the seed of the first.

use asyncio_testing::begin;
use conform::mixed::{Compared, Program, check, shrink};

fn variable(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

fn main() {
    let programs = variable("ASYNCIO_MIXED_PROGRAMS").unwrap_or(600);
    let first = variable("ASYNCIO_MIXED_SEED").unwrap_or(1);
    let mut equal = 0;
    for seed in first..first + programs {
        let _guard = begin(format!("the program of seed {seed}"));
        let program = Program::random(seed);
        match check(&program) {
            Ok(compared) => equal += u64::from(compared == Compared::Equal),
            Err(rule) => {
                let small = shrink(program);
                let again = check(&small).expect_err("it breaks a rule");
                panic!("the program of seed {seed}: {rule}\na small one: {again}\n{small:#?}");
            }
        }
    }
    println!("{programs} programs, {equal} of them the same with waits of this library");
    assert!(programs < 100 || equal > programs / 4, "most programs can be compared");
}
