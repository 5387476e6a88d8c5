//! `cargo xtask guide`: runs the programs of the guide and shows each beside the text it must print.
//!
//! A program whose row has a text of the guide is compared with that, any other with its snapshot.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Result, bail};
use clap::ValueEnum;
use console::{Style, Term, measure_text_width, pad_str, style};
use guide_tests::catalogue::{Row, rows};
use guide_tests::examples::{Example, examples};
use guide_tests::guide_text::{Differences, compare, differences};
use guide_tests::program::{Programs, build};
use guide_tests::{program, root, snapshots, unknown};
use indicatif::{ProgressBar, ProgressStyle};
use similar::{ChangeTag, TextDiff};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The programs to run: a section (8, or the name of its folder), a program, or a row of the catalogue; by default,
    /// all
    #[arg(value_name = "SECTION|ID")]
    names: Vec<String>,
    /// The clock that the programs run on
    #[arg(long, value_enum, default_value = "virtual")]
    clock: Clock,
    /// Show the output of each program beside the expected one, as is done for a single program
    #[arg(long)]
    show: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Clock {
    /// Sleeps take real time
    Real,
    /// Sleeps take no time
    Virtual,
}

impl From<Clock> for program::Clock {
    fn from(clock: Clock) -> Self {
        match clock {
            Clock::Real => Self::Real,
            Clock::Virtual => Self::Virtual,
        }
    }
}

/// The required and the actual output of a program: unchanged, and normalised for comparison.
struct Verdict {
    source: &'static str,
    must_print: String,
    prints: String,
    compared: (String, String),
}

impl Verdict {
    fn is_good(&self) -> bool {
        self.compared.0 == self.compared.1
    }
}

/// The texts that programs are compared with.
struct Judge {
    programs: Programs,
    texts: BTreeMap<String, String>,
    differences: BTreeMap<String, Differences>,
    clock: Clock,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let rows = rows()?;
    let chosen = choose(&arguments.names, examples(root())?, &rows)?;
    let mut texts = BTreeMap::new();
    for row in &rows {
        texts.extend(row.text()?.map(|text| (row.id.clone(), text)));
    }
    let judge = Judge { programs: build(&chosen, &[])?, texts, differences: differences()?, clock: arguments.clock };

    let begun = Instant::now();
    let verdicts = judge.all(&chosen);
    let seconds = begun.elapsed().as_secs_f64();

    let mut bad = 0;
    for (example, verdict) in chosen.iter().zip(verdicts) {
        let good = verdict.as_ref().is_ok_and(Verdict::is_good);
        bad += usize::from(!good);
        report(example, &verdict, arguments.show || chosen.len() == 1);
    }
    let all = chosen.len();
    let programs = if all == 1 { "program" } else { "programs" };
    if bad > 0 {
        bail!(
            "{bad} of {all} {programs} printed something else than expected\n\
             `cargo xtask bless ID` makes what a program prints now its snapshot; the guide's own text stays"
        );
    }
    println!("{all} {programs} printed what is expected, in {seconds:.1} s");
    Ok(())
}

/// The examples that these names mean: sections, programs and rows.
pub(crate) fn choose(names: &[String], examples: Vec<Example>, rows: &[Row]) -> Result<Vec<Example>> {
    let number = |section: &str| section.split('-').next().and_then(|number| number.parse::<u32>().ok());
    let is_number = |name: &str, section: &str| name.parse().is_ok_and(|name: u32| number(section) == Some(name));
    let means = |name: &String, example: &Example| {
        example.name == *name || example.section() == name || is_number(name, example.section())
    };
    let shows = |name: &String, example: &Example| example.shows.contains(name);
    let mut chosen = vec![names.is_empty(); examples.len()];
    for name in names {
        // If a name is that of a program, only that program is meant, and no other that shows the same row.
        let direct = examples.iter().any(|example| means(name, example));
        let mut found = false;
        for (example, chosen) in examples.iter().zip(&mut chosen) {
            if means(name, example) || (!direct && shows(name, example)) {
                (*chosen, found) = (true, true);
            }
        }
        if !found && rows.iter().any(|row| row.id == *name) {
            bail!("no program shows {name} (tests/guide/coverage.md tells what does)");
        }
        if !found {
            let sections: BTreeSet<_> = examples.iter().map(Example::section).collect();
            let names = examples.iter().map(|example| example.name.as_str());
            let known = sections.iter().copied().chain(names).chain(rows.iter().map(|row| row.id.as_str()));
            let problem = unknown("section, program or row", name, known);
            bail!("{problem}\nsections: {}", Vec::from_iter(sections).join(", "));
        }
    }
    Ok(examples.into_iter().zip(chosen).filter_map(|(example, chosen)| chosen.then_some(example)).collect())
}

impl Judge {
    /// Runs the programs and judges each.
    fn all(&self, examples: &[Example]) -> Vec<Result<Verdict>> {
        if self.clock == Clock::Virtual {
            return for_each(examples, 2, |example| self.one(example));
        }
        // Nearly all programs do nothing but sleep, so they run at once.
        await_full_second();
        let mut verdicts = for_each(examples, examples.len(), |example| self.one(example));
        // Many programs at once delay each other, and a busy machine delays them all. A real failure also occurs when the
        // program runs alone.
        for (example, verdict) in examples.iter().zip(&mut verdicts) {
            if !verdict.as_ref().is_ok_and(Verdict::is_good) {
                await_full_second();
                *verdict = self.one(example);
            }
        }
        verdicts
    }

    fn one(&self, example: &Example) -> Result<Verdict> {
        let output = self.programs.run(example, self.clock.into())?;
        let prints = output.to_string();
        if let Some(text) = self.texts.get(&example.name) {
            let none = Differences::default();
            let comparison = compare(text, &output, self.differences.get(&example.name).unwrap_or(&none))?;
            return Ok(Verdict {
                source: "the guide",
                must_print: text.clone(),
                prints,
                compared: (comparison.guide.to_string(), comparison.ours.to_string()),
            });
        }
        let (saved, ours) = (snapshots::saved(example)?, snapshots::text(example, &output)?);
        let (source, compared) = match self.clock {
            Clock::Virtual => ("its snapshot", (saved.trim_end().to_owned(), ours.trim_end().to_owned())),
            // A snapshot has virtual times, so on the real clock only the end of the program can be compared.
            Clock::Real => ("the end of its snapshot", (ending(&saved), ending(&ours))),
        };
        Ok(Verdict { source, must_print: saved, prints: ours, compared })
    }
}

/// Many programs print the time in whole seconds, and a sleep that is slightly too long must not change the second.
fn await_full_second() {
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    thread::sleep(Duration::from_secs(1) - Duration::from_nanos(since_epoch.subsec_nanos().into()));
}

/// Calls `work` for each example, `threads` at a time, and shows the progress; the results are in the order of the examples.
pub(crate) fn for_each<T: Send>(examples: &[Example], threads: usize, work: impl Fn(&Example) -> T + Sync) -> Vec<T> {
    let bar = ProgressBar::new(examples.len() as u64)
        .with_style(ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}").expect("the template is well formed"));
    let next = AtomicUsize::new(0);
    let answers = Mutex::new(Vec::new());
    let work = || {
        while let Some((index, example)) = {
            let index = next.fetch_add(1, Ordering::Relaxed);
            examples.get(index).map(|example| (index, example))
        } {
            bar.set_message(example.name.clone());
            let answer = work(example);
            answers.lock().expect("no work panics").push((index, answer));
            bar.inc(1);
        }
    };
    thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
    bar.finish_and_clear();
    let mut answers = answers.into_inner().expect("no work panics");
    answers.sort_by_key(|(index, _)| *index);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

/// The line about the end of a program, if it ended with an error.
fn ending(transcript: &str) -> String {
    let last = transcript.lines().last().unwrap_or_default();
    if last.starts_with('[') && last.ends_with(']') { last.to_owned() } else { String::new() }
}

fn report(example: &Example, verdict: &Result<Verdict>, show: bool) {
    let name = &example.name;
    match verdict {
        Ok(verdict) => {
            let mark = if verdict.is_good() { style("ok     ").green() } else { style("DIFFERS").red().bold() };
            println!("{mark} {name}  {}", style(verdict.source).dim());
            if show {
                beside(verdict);
            }
            if !verdict.is_good() {
                difference(&verdict.compared.0, &verdict.compared.1);
            }
        }
        Err(error) => println!("{} {name}\n    {error:#}", style("FAILED ").red().bold()),
    }
}

/// Shows the two texts in two columns, or one below the other if the terminal is too narrow.
fn beside(verdict: &Verdict) {
    let (left, right): (Vec<_>, Vec<_>) = (verdict.must_print.lines().collect(), verdict.prints.lines().collect());
    let widest = |lines: &[&str]| lines.iter().map(|line| measure_text_width(line)).max().unwrap_or(0);
    let column = widest(&left).max(verdict.source.len());
    let terminal = Term::stdout().size_checked().map_or(120, |(_, columns)| columns.into());
    let head = |text: &'static str| style(text).underlined().to_string();
    if column + 3 + widest(&right) > terminal {
        println!("{}\n{}\n{}\n{}", head(verdict.source), left.join("\n"), head("the program"), right.join("\n"));
        return;
    }
    let row = |left: &str, right: &str| println!("{} | {right}", pad_str(left, column, console::Alignment::Left, None));
    row(&head(verdict.source), &head("the program"));
    for line in 0..left.len().max(right.len()) {
        row(left.get(line).copied().unwrap_or(""), right.get(line).copied().unwrap_or(""));
    }
}

/// The lines that differ after normalisation, with some around them.
pub(crate) fn difference(must_print: &str, prints: &str) {
    let diff = TextDiff::from_lines(must_print, prints);
    for change in diff.grouped_ops(3).iter().flatten().flat_map(|op| diff.iter_changes(op)) {
        let (sign, colour) = match change.tag() {
            ChangeTag::Delete => ('-', Style::new().red()),
            ChangeTag::Insert => ('+', Style::new().green()),
            ChangeTag::Equal => (' ', Style::new().dim()),
        };
        println!("    {}", colour.apply_to(format!("{sign}{}", change.value().trim_end())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(names: &[&str]) -> Result<Vec<String>> {
        let example = |name: &str, section: &str, shows: &[&str]| Example {
            name: name.into(),
            path: format!("{section}/{name}.rs"),
            args: Vec::new(),
            shows: shows.iter().map(|row| (*row).to_owned()).collect(),
        };
        let examples = vec![
            example("hello_world", "05-coroutines", &["hello_world", "run_returns_main_value"]),
            example("cancel_me", "08-tasks", &["cancel_me", "hello_world"]),
            example("task_names", "08-tasks", &["task_set_name"]),
        ];
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        Ok(choose(&names, examples, &rows()?)?.into_iter().map(|example| example.name).collect())
    }

    #[test]
    fn names_choose_programs_sections_and_rows() {
        assert_eq!(chosen(&[]).unwrap(), ["hello_world", "cancel_me", "task_names"]);
        assert_eq!(chosen(&["8"]).unwrap(), ["cancel_me", "task_names"]);
        assert_eq!(chosen(&["08-tasks", "hello_world"]).unwrap(), ["hello_world", "cancel_me", "task_names"]);
        assert_eq!(chosen(&["hello_world"]).unwrap(), ["hello_world"], "a program's own name means that program");
        assert_eq!(chosen(&["task_set_name"]).unwrap(), ["task_names"], "a row means what shows it");
    }

    #[test]
    fn unknown_names_get_a_hint_and_known_rows_a_reason() {
        let error = |name: &str| chosen(&[name]).unwrap_err().to_string();
        assert!(error("cancelme").contains("did you mean \"cancel_me\"?"));
        assert!(error("8-tasks").contains("did you mean \"08-tasks\"?"), "{}", error("8-tasks"));
        assert!(error("async_iterator").contains("no program shows async_iterator"));
        assert!(error("77").ends_with("sections: 05-coroutines, 08-tasks"), "{}", error("77"));
    }
}
