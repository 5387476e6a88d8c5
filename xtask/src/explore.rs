//! `cargo xtask explore ID`: an example under many schedules, and what it can print.
//!
//! Each schedule is a process of its own, because an example is a whole program. Its choices come back in a file, so that the token of
//! an output lists them. (`asyncio::explore` searches a function, a thousand times as fast, and shrinks.)

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use guide_tests::catalogue::rows;
use guide_tests::examples::examples;
use guide_tests::program::{Clock, Programs, build};
use guide_tests::root;

use crate::guide::choose;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The example
    #[arg(value_name = "ID")]
    name: String,
    /// How many schedules to run
    #[arg(long, default_value_t = 200)]
    schedules: u64,
    /// The seed of the first random walk, the next one has the next
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

/// An output, how often it came, and the schedule to it with the fewest deviations.
struct Outcome {
    count: u64,
    deviations: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let chosen = choose(std::slice::from_ref(&arguments.name), examples(root())?, &rows()?)?;
    ensure!(chosen.len() == 1, "{} is more than one program", arguments.name);
    let programs = build(&chosen, &["--quiet"])?;
    let mut outcomes: BTreeMap<String, Outcome> = BTreeMap::new();
    for number in 0..arguments.schedules {
        // The first one is first in, first out.
        let schedule = match number {
            0 => "1:fence:dev:".to_owned(),
            _ => format!("1:fence:walk:{}", arguments.seed.wrapping_add(number - 1)),
        };
        let (output, deviations) = one(&programs, &chosen[0].name, &schedule)?;
        let known = outcomes.entry(output).or_insert_with(|| Outcome { count: 0, deviations: deviations.clone() });
        known.count += 1;
        if deviations.len() < known.deviations.len() {
            known.deviations = deviations;
        }
    }
    let mut outcomes: Vec<_> = outcomes.into_iter().collect();
    for (output, outcome) in &mut outcomes {
        // What came before a deviation does not depend on those after it, so each beginning is a schedule, too.
        let shorter = (0..).map(|exponent| (1_usize << exponent) - 1);
        for count in shorter.take_while(|count| *count < outcome.deviations.len()) {
            let beginning = &outcome.deviations[..count];
            let schedule = format!("1:fence:dev:{}", beginning.join(","));
            if one(&programs, &chosen[0].name, &schedule)?.0 == *output {
                outcome.deviations.truncate(count);
                break;
            }
        }
    }
    outcomes.sort_by_key(|(_, outcome)| (outcome.deviations.len(), std::cmp::Reverse(outcome.count)));
    println!("{} outputs in {} schedules", outcomes.len(), arguments.schedules);
    for (output, Outcome { count, deviations }) in outcomes {
        println!("\n{count} times, ASYNCIO_SCHEDULE=1:fence:dev:{}", deviations.join(","));
        output.lines().for_each(|line| println!("    {line}"));
    }
    Ok(())
}

/// What the program prints under a schedule, and the deviations of that.
fn one(programs: &Programs, name: &str, schedule: &str) -> Result<(String, Vec<String>)> {
    let folder = tempfile::tempdir()?;
    let trace = folder.path().join("trace");
    let mut command = programs.command(name, Clock::Virtual)?;
    command.env("ASYNCIO_SCHEDULE", schedule).env("ASYNCIO_SCHEDULE_TRACE", &trace).current_dir(folder.path());
    let output = command.output().with_context(|| format!("cannot run {name}"))?;
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        text.push_str(&String::from_utf8_lossy(&output.stderr));
    }
    let choices = std::fs::read_to_string(trace).context("the program has followed no schedule")?;
    let deviation = |(step, line): (usize, &str)| {
        let (len, index) = line.split_once(' ')?;
        (index != "0").then(|| format!("{step}={index}/{len}"))
    };
    Ok((text, choices.lines().enumerate().filter_map(deviation).collect()))
}
