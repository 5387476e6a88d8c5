//! Every program prints what the guide prints: one trial per example whose row has a text.
//!
//! Beside them stand the trials that keep `differences.toml` short: what it lists must be needed.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Result, bail};
use guide_tests::catalogue::rows;
use guide_tests::examples::{Example, examples};
use guide_tests::guide_text::{Differences, compare, differences, unneeded};
use guide_tests::normalise::RULES;
use guide_tests::program::{Clock, Programs, build};
use guide_tests::root;
use libtest_mimic::{Arguments, Trial};
use similar::TextDiff;

fn main() -> Result<()> {
    let arguments = Arguments::from_args();
    let (rows, differences) = (rows()?, differences()?);
    let mut texts = BTreeMap::new();
    for row in &rows {
        texts.extend(row.text()?.map(|text| (row.id.clone(), text)));
    }
    let mut examples = examples(root())?;
    examples.retain(|example| texts.contains_key(&example.name));
    let mut idle: Vec<String> = differences.keys().cloned().collect();
    idle.retain(|id| !examples.iter().any(|example| example.name == *id));
    // Who asks for one program does not wait for all of them to be built.
    examples.retain(|example| arguments.filter.as_ref().is_none_or(|filter| example.name.contains(filter)));
    let programs = Arc::new(build(&examples, &["--quiet"])?);

    let mut trials = Vec::new();
    for example in examples {
        let text = texts.remove(&example.name).unwrap_or_default();
        let differences = differences.get(&example.name).cloned().unwrap_or_default();
        let programs = Arc::clone(&programs);
        let name = example.name.clone();
        trials.push(Trial::test(name, move || {
            prints(&programs, &example, &text, &differences).map_err(|error| format!("{error:#}").into())
        }));
    }
    trials.push(Trial::test("every_difference_is_of_a_program_with_a_text", move || match idle.as_slice() {
        [] => Ok(()),
        idle => Err(format!("differences.toml: nothing is compared for {}", idle.join(", ")).into()),
    }));
    trials.push(Trial::test("every_rule_is_used", move || {
        let used = |name: &str| differences.values().any(|entry| entry.rules.iter().any(|rule| rule == name));
        match RULES.iter().find(|rule| !used(rule.name)) {
            None => Ok(()),
            Some(rule) => Err(format!("no row needs the rule {:?}", rule.name).into()),
        }
    }));
    libtest_mimic::run(&arguments, trials).exit()
}

fn prints(programs: &Programs, example: &Example, text: &str, differences: &Differences) -> Result<()> {
    let output = programs.run(example, Clock::Virtual)?;
    let comparison = compare(text, &output, differences)?;
    if !comparison.is_same() {
        let (guide, ours) = (comparison.guide.to_string(), comparison.ours.to_string());
        let diff = TextDiff::from_lines(&guide, &ours);
        bail!("it prints another text:\n{}", diff.unified_diff().header("the guide", "the program"));
    }
    match unneeded(text, &output, differences)?.as_slice() {
        [] => Ok(()),
        unneeded => bail!("differences.toml: not needed: {}", unneeded.join(", ")),
    }
}
