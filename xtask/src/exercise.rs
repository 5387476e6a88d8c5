//! `cargo xtask exercise`: the exercises of the book, for a reader at the terminal.
//!
//! The package `exercises` handles the files and the list of solved exercises; this has the texts.

use std::io::IsTerminal as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result, bail};
use clap::Subcommand;
use console::style;
use exercises::compiler::Compiler;
use exercises::desk::{Desk, Outcome, State};
use exercises::list::{Exercise, find};
use exercises::report::Report;
use exercises::{root, source};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Subcommand)]
enum What {
    /// List the exercises, and mark those that are solved
    List {
        /// The pages to list, such as `07`; by default, all
        pages: Vec<String>,
    },
    /// Show the next exercise, and open its file in $VISUAL or $EDITOR
    Next,
    /// Start this exercise, and open its file in $VISUAL or $EDITOR
    Start { name: String },
    /// Run the tests of an exercise; by default, those of the next one
    Check { name: Option<String> },
    /// Print a hint
    Hint { name: Option<String> },
    /// Check an exercise each time its file is saved
    Watch { name: Option<String> },
    /// Reset an exercise to its initial state; your file is kept as `.rs.old`
    Reset { name: String },
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let desk = Desk::new(root())?;
    match &arguments.what {
        None => list(&desk, &[]),
        Some(What::List { pages }) => list(&desk, pages),
        Some(What::Next) => match desk.next()? {
            Some(exercise) => begin(&desk, exercise),
            None => all_solved(),
        },
        Some(What::Start { name }) => begin(&desk, find(&desk.exercises, name)?),
        Some(What::Check { name }) => {
            let Some(exercise) = chosen(&desk, name.as_deref())? else { return all_solved() };
            if !check(&desk, exercise)? {
                bail!("{} is not solved yet", exercise.name);
            }
            if let Some(next) = desk.after(exercise)? {
                println!("\nNext: {}", style(format!("cargo xtask exercise start {}", next.name)).bold());
            }
            Ok(())
        }
        Some(What::Hint { name }) => {
            let Some(exercise) = chosen(&desk, name.as_deref())? else { return all_solved() };
            println!("{}: {}", style(&exercise.name).bold(), exercise.hint.trim());
            println!("The solution is folded in the book, on the page {}.", exercise.page);
            Ok(())
        }
        Some(What::Watch { name }) => watch(&desk, name.as_deref()),
        Some(What::Reset { name }) => {
            let exercise = find(&desk.exercises, name)?;
            if let Some(old) = desk.reset(exercise)? {
                println!("your file is kept as {}", short(&old));
            }
            println!("{} is as it was", short(&desk.path(exercise)));
            Ok(())
        }
    }
}

fn all_solved() -> Result<()> {
    println!("All exercises are solved.");
    Ok(())
}

/// The exercise that is named, or the next one.
fn chosen<'a>(desk: &'a Desk, name: Option<&str>) -> Result<Option<&'a Exercise>> {
    name.map_or_else(|| desk.next(), |name| find(&desk.exercises, name).map(Some))
}

fn list(desk: &Desk, pages: &[String]) -> Result<()> {
    let (mut page, mut solved) = ("", 0);
    for exercise in &desk.exercises {
        let state = desk.state(exercise)?;
        solved += usize::from(state == State::Solved);
        if !pages.is_empty() && !pages.iter().any(|wanted| exercise.page.starts_with(wanted.as_str())) {
            continue;
        }
        if page != exercise.page {
            page = &exercise.page;
            println!("{}", style(page).bold());
        }
        let mark = match state {
            State::Solved => style("✓").green(),
            State::Begun => style("…").yellow(),
            State::New => style(" "),
        };
        println!("  {mark} {:<28} {}", exercise.name, style(exercise.level_in_words()).dim());
    }
    println!("\n{solved} of {} solved. Begin: cargo xtask exercise next", desk.exercises.len());
    Ok(())
}

/// Makes the reader's copy, prints the task, and opens the file if there is an editor and a terminal.
fn begin(desk: &Desk, exercise: &Exercise) -> Result<()> {
    let path = desk.open(exercise)?;
    let text = std::fs::read_to_string(&path)?;
    let (name, page) = (style(&exercise.name).bold(), &exercise.page);
    println!("{name} ({}, to the page {page} of the book)\n", exercise.level_in_words());
    let is_check = |line: &&str| line.starts_with("Check it: ");
    let task = source::task(&text);
    let task: Vec<&str> = task.lines().take_while(|line| !is_check(line)).collect();
    println!("{}\n", task.join("\n").trim());
    println!("Your file:  {}", short(&path));
    println!("Check it:   cargo xtask exercise check {}", exercise.name);
    let editor = ["VISUAL", "EDITOR"].iter().find_map(|name| std::env::var(name).ok().filter(|it| !it.is_empty()));
    if let (Some(editor), true) = (editor, std::io::stdout().is_terminal()) {
        // An editor may have options: `code --wait`.
        let mut words = editor.split_whitespace();
        let program = words.next().context("the editor has no name")?;
        Command::new(program).args(words).arg(&path).status().with_context(|| format!("cannot run {program}"))?;
    }
    Ok(())
}

/// Checks an exercise and prints the result. Returns whether it is solved.
fn check(desk: &Desk, exercise: &Exercise) -> Result<bool> {
    let compiler = Compiler::find(root())?;
    let path = short(&desk.path(exercise));
    let outcome = desk.check(exercise, &compiler, std::io::stdout().is_terminal())?;
    match &outcome {
        Outcome::Solved(report, warnings) => {
            print!("{warnings}");
            passed(report);
            let solved = if warnings.is_empty() { "is solved" } else { "is solved, with a warning" };
            println!("{} {}", style(&exercise.name).bold(), style(solved).green());
        }
        Outcome::Failed(report, warnings) => {
            print!("{warnings}");
            passed(report);
            for (test, why) in &report.failed {
                println!("{} {test}", style("✗").red());
                why.lines().for_each(|line| println!("    {line}"));
            }
            println!("\nYour file: {path}");
            println!("A hint:    cargo xtask exercise hint {}", exercise.name);
        }
        Outcome::DoesNotCompile(words) => {
            println!("{words}{path} does not compile. A hint: cargo xtask exercise hint {}", exercise.name);
        }
        Outcome::TooLong => println!(
            "{} the tests do not end. On the virtual clock sleeping costs nothing: is there a loop that never waits?",
            style("✗").red()
        ),
        Outcome::Broken(words) => println!("{words}\n{} the tests broke off", style("✗").red()),
        Outcome::OtherTests => println!(
            "The tests at the end of {path} are no longer those of the exercise.\nPut them back from exercises/{}, or start anew: \
             cargo xtask exercise reset {}",
            exercise.path().display(),
            exercise.name
        ),
    }
    Ok(matches!(outcome, Outcome::Solved(..)))
}

fn passed(report: &Report) {
    report.passed.iter().for_each(|test| println!("{} {test}", style("✓").green()));
}

/// Checks an exercise whenever its file changes; continues with the next one if none was named.
fn watch(desk: &Desk, name: Option<&str>) -> Result<()> {
    loop {
        let Some(exercise) = chosen(desk, name)? else { return all_solved() };
        let path = desk.open(exercise)?;
        begin_watching(exercise, &path);
        let mut seen = None;
        loop {
            let changed = changed(&path);
            if changed != seen {
                seen = changed;
                println!("\n{}", style(format!("── {} ──", exercise.name)).dim());
                if check(desk, exercise)? {
                    break;
                }
            }
            std::thread::sleep(Duration::from_millis(300));
        }
        if name.is_some() {
            return Ok(());
        }
    }
}

fn begin_watching(exercise: &Exercise, path: &Path) {
    println!("\nWatching {} ({}). Save it to check it; Ctrl-C ends this.", short(path), exercise.level_in_words());
}

fn changed(path: &Path) -> Option<SystemTime> {
    path.metadata().ok()?.modified().ok()
}

/// A path as it is typed from the root of the repository.
fn short(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}
