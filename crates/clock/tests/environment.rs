//! The clock that the environment names: this program starts itself as a child, which prints what it finds.

#[macro_use]
extern crate asyncio_testing;

use std::process::Command;

use asyncio_clock::Clock;

const CHILD: &str = "ASYNCIO_CLOCK_CHILD";

/// The clock of a process with these variables, as it prints it.
fn clock(variables: &[(&str, &str)]) -> String {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "the_environment_names_the_clock", "--nocapture"]);
    child.env_remove("ASYNCIO_CLOCK").env_remove("ASYNCIO_SCHEDULE").env(CHILD, "1");
    let output = child.envs(variables.iter().copied()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let (_, found) = text.split_once("clock: ").unwrap_or_else(|| panic!("{text}"));
    found.lines().next().unwrap().to_owned()
}

#[test]
fn the_environment_names_the_clock() {
    if std::env::var_os(CHILD).is_some() {
        return println!("clock: {:?}", Clock::from_env());
    }
    assert_eq!(clock(&[]), "Ok(Real)");
    assert_eq!(clock(&[("ASYNCIO_CLOCK", "real")]), "Ok(Real)");
    assert_eq!(clock(&[("ASYNCIO_CLOCK", "virtual")]), "Ok(Virtual)");
    assert!(clock(&[("ASYNCIO_CLOCK", "slow")]).starts_with("Err(ValueError("));
    // A schedule is repeated on the virtual clock, unless the environment names the other one.
    let schedule = ("ASYNCIO_SCHEDULE", "1:fence:walk:7");
    assert_eq!(clock(&[schedule]), "Ok(Virtual)");
    assert_eq!(clock(&[schedule, ("ASYNCIO_CLOCK", "real")]), "Ok(Real)");
}
