//! `cargo xtask explore ID`: an example under many schedules, and what it can print. With `--all`, every example, and whether that
//! is what `tests/guide/orders.toml` says.
//!
//! Each schedule is a process of its own, because an example is a whole program. Its choices come back in a file, so that the token of
//! an output lists them. (`asyncio::explore` searches a function, a thousand times as fast, and shrinks.)

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use guide_tests::catalogue::rows;
use guide_tests::examples::examples;
use guide_tests::orders::{FIFO, Orders, Run, explore, orders, ruled, under};
use guide_tests::program::build;
use guide_tests::root;

use crate::guide::choose;

/// Under how many schedules each program runs for the table.
const SCHEDULES: u64 = 20;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The example
    #[arg(value_name = "ID", required_unless_present = "all")]
    name: Option<String>,
    /// How many schedules to run
    #[arg(long, default_value_t = 200)]
    schedules: u64,
    /// The seed of the first random walk, the next one has the next
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Every example that meets nothing outside of its loop, compared with the table of those whose output depends on the order
    #[arg(long, conflicts_with_all = ["name", "seed", "schedules"])]
    all: bool,
    /// Write the table anew
    #[arg(long, requires = "all")]
    bless: bool,
}

/// An output, how often it came, and the schedule to it with the fewest deviations.
struct Outcome {
    count: u64,
    deviations: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    match &arguments.name {
        Some(name) => one(name, arguments),
        None => all(arguments.bless),
    }
}

/// Every program, for the table.
pub(crate) fn all(bless: bool) -> Result<()> {
    let chosen = ruled()?;
    let programs = build(&chosen, &["--quiet"])?;
    let mut found = Orders { schedules: SCHEDULES, programs: chosen.len(), depends: Vec::new() };
    for example in &chosen {
        let depends = explore(&programs, &example.name, SCHEDULES);
        found.depends.extend(depends.with_context(|| format!("cannot explore {}", example.name))?);
    }
    if bless {
        let head = "# The programs that print something else in another order: made by `cargo xtask explore --all --bless`.\n\n";
        std::fs::write(root().join("tests/guide/orders.toml"), head.to_owned() + &toml::to_string(&found)?)?;
        println!("{} of {} programs depend on the order", found.depends.len(), found.programs);
        return Ok(());
    }
    let expected = orders()?;
    for depends in found.depends.iter().filter(|depends| !expected.depends.contains(depends)) {
        println!("not in the table: {depends:?}");
    }
    for depends in expected.depends.iter().filter(|depends| !found.depends.contains(depends)) {
        println!("only in the table: {depends:?}");
    }
    ensure!(found == expected, "the table is another one: look at it, and `cargo xtask explore --all --bless`");
    println!("{} of {} programs depend on the order, as the table says", found.depends.len(), found.programs);
    Ok(())
}

fn one(name: &str, arguments: &Arguments) -> Result<()> {
    let chosen = choose(&[name.to_owned()], examples(root())?, &rows()?)?;
    ensure!(chosen.len() == 1, "{name} is more than one program");
    let programs = build(&chosen, &["--quiet"])?;
    let name = &chosen[0].name;
    let mut outcomes: BTreeMap<String, Outcome> = BTreeMap::new();
    for number in 0..arguments.schedules {
        // The first one is first in, first out.
        let schedule = match number {
            0 => FIFO.to_owned(),
            _ => format!("1:fence:walk:{}", arguments.seed.wrapping_add(number - 1)),
        };
        let Run { text: output, deviations, .. } = under(&programs, name, &schedule)?;
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
            if under(&programs, name, &format!("{FIFO}{}", beginning.join(",")))?.text == *output {
                outcome.deviations.truncate(count);
                break;
            }
        }
    }
    outcomes.sort_by_key(|(_, outcome)| (outcome.deviations.len(), std::cmp::Reverse(outcome.count)));
    println!("{} outputs in {} schedules", outcomes.len(), arguments.schedules);
    for (output, Outcome { count, deviations }) in outcomes {
        println!("\n{count} times, ASYNCIO_SCHEDULE={FIFO}{}", deviations.join(","));
        output.lines().for_each(|line| println!("    {line}"));
    }
    Ok(())
}
