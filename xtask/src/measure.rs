//! `cargo xtask measure`: measures the figures that the book states, in both languages.
//!
//! A program of `bench/measured` and its Python twin print a line for each figure. Each runs several times, in turn, and the
//! medians become a table in `bench/figures/measured`, which a page includes. The table names the machine.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use guide_tests::python::Python;
use guide_tests::{root, unknown};

use crate::{cargo, finish};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The programs of bench/measured to run; by default, all
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// The number of runs of each program
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// The CPython for the twins; by default, the first one found on this machine
    #[arg(long, value_name = "PATH")]
    python: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let python = Python::find(arguments.python.as_deref())?;
    let folder = root().join("bench/measured/src/bin");
    let known = programs(&folder)?;
    if let Some(name) = arguments.names.iter().find(|name| !known.contains(name)) {
        bail!("{}", unknown("program", name, known.iter().map(String::as_str)));
    }
    let built = ["build", "--quiet", "--release", "--manifest-path", "bench/Cargo.toml", "--package", "measured"];
    finish(&mut cargo(&built))?;
    for name in if arguments.names.is_empty() { &known } else { &arguments.names } {
        let (mut ours, mut twin) = (Figures::default(), Figures::default());
        for _ in 0..arguments.runs.max(1) {
            ours.add(&mut Command::new(root().join("bench/target/release").join(name)))?;
            let path = folder.join(format!("{name}.py"));
            if path.exists() {
                let module = root().join("bench/measured");
                twin.add(Command::new(&python.path).arg(path).env("PYTHONPATH", module))?;
            }
        }
        let text = table(&ours, &twin, &python.version) + "\n" + &conditions(name, arguments.runs, &python)?;
        let path = root().join(format!("bench/figures/measured/{name}.md"));
        std::fs::create_dir_all(path.parent().context("a file is in a folder")?)?;
        std::fs::write(&path, &text)?;
        println!("{}\n\n{text}", path.display());
    }
    Ok(())
}

fn programs(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            names.extend(path.file_stem().map(|name| name.to_string_lossy().into_owned()));
        }
    }
    names.sort();
    Ok(names)
}

/// The figures of several runs: in the order in which they were first printed.
#[derive(Default)]
struct Figures {
    order: Vec<String>,
    found: BTreeMap<String, (Vec<f64>, String)>,
}

impl Figures {
    /// Runs a program and keeps what it prints.
    fn add(&mut self, command: &mut Command) -> Result<()> {
        let output = command.output().with_context(|| format!("cannot run {command:?}"))?;
        ensure!(output.status.success(), "{command:?} failed:\n{}", String::from_utf8_lossy(&output.stderr));
        self.read(&String::from_utf8(output.stdout)?)
    }

    fn read(&mut self, text: &str) -> Result<()> {
        for line in text.lines() {
            let [what, number, unit] = line.split('\t').collect::<Vec<_>>()[..] else { bail!("{line:?} is no figure") };
            let number = number.parse().with_context(|| format!("in {line:?}"))?;
            if !self.found.contains_key(what) {
                self.order.push(what.to_owned());
            }
            self.found.entry(what.to_owned()).or_insert_with(|| (Vec::new(), unit.to_owned())).0.push(number);
        }
        Ok(())
    }

    /// The median of a figure, as it is shown.
    fn shown(&self, what: &str) -> Option<String> {
        let (numbers, unit) = self.found.get(what)?;
        let mut numbers = numbers.clone();
        numbers.sort_by(f64::total_cmp);
        Some(shown(numbers[numbers.len() / 2], unit))
    }
}

/// Three digits and a suitable unit: `1.23 ms`.
fn shown(number: f64, unit: &str) -> String {
    let scales: &[(f64, &str)] = match unit {
        "s" => &[(1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns")],
        "bytes" => &[(1e6, "MB"), (1e3, "KB"), (1.0, "bytes")],
        unit => &[(1.0, unit)],
    };
    let &(scale, unit) = scales.iter().find(|(scale, _)| number >= *scale).unwrap_or(&scales[scales.len() - 1]);
    let number = number / scale;
    let digits = if number >= 100.0 || number.fract() == 0.0 { 0 } else { usize::from(number < 10.0) + 1 };
    format!("{number:.digits$} {unit}").trim_end().to_owned()
}

/// A line for each figure of ours, with the twin's beside it.
fn table(ours: &Figures, twin: &Figures, python: &str) -> String {
    let has_twin = !twin.order.is_empty();
    let mut table = String::from("| | Rust |");
    let _ = writeln!(
        table,
        "{}\n| --- | ---: |{}",
        if has_twin { format!(" CPython {python} |") } else { String::new() },
        if has_twin { " ---: |" } else { "" }
    );
    let only_twin = twin.order.iter().filter(|what| !ours.found.contains_key(*what));
    for what in ours.order.iter().chain(only_twin) {
        let cell = |figures: &Figures| figures.shown(what).unwrap_or_else(|| "–".to_owned());
        let _ = write!(table, "| {what} | {} |", cell(ours));
        if has_twin {
            let _ = write!(table, " {} |", cell(twin));
        }
        table.push('\n');
    }
    table
}

/// The line below the table with the origin of the figures.
fn conditions(name: &str, runs: usize, python: &Python) -> Result<String> {
    let here = date_and_machine()?;
    Ok(format!("*Medians of {runs} runs of `cargo xtask measure {name}` on {here}, CPython {}.*\n", python.version))
}

/// The date, the processors and the compiler.
pub(crate) fn date_and_machine() -> Result<String> {
    let date = told(Command::new("date").args(["-u", "+%Y-%m-%d"]))?;
    let rustc = told(Command::new("rustc").arg("--version"))?;
    let rustc = rustc.split_whitespace().nth(1).unwrap_or_default();
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let processor = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let processor = processor.map_or("an unknown processor", |(_, name)| name);
    let count = std::thread::available_parallelism().map_or(1, usize::from);
    Ok(format!("{date}: {processor}, {count} processors, rustc {rustc}"))
}

/// What a command prints.
pub(crate) fn told(command: &mut Command) -> Result<String> {
    Ok(String::from_utf8(command.output()?.stdout)?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_a_unit_that_suits() {
        assert_eq!(shown(0.001_234, "s"), "1.23 ms");
        assert_eq!(shown(2.0, "s"), "2 s");
        assert_eq!(shown(45.67e-9, "s"), "45.7 ns");
        assert_eq!(shown(109.0, "bytes"), "109 bytes");
        assert_eq!(shown(1.96, "times"), "1.96 times");
    }

    #[test]
    fn a_table_has_medians_of_both() {
        let (mut ours, mut twin) = (Figures::default(), Figures::default());
        ours.read("a nap\t3\ts\na nap\t1\ts\na nap\t2\ts\n").unwrap();
        twin.read("a nap\t4\ts\nthe interpreter\t5\ts\n").unwrap();
        let expected = "| | Rust | CPython 3.15.0 |\n| --- | ---: | ---: |\n| a nap | 2 s | 4 s |\n| the interpreter | – | 5 s |\n";
        assert_eq!(table(&ours, &twin, "3.15.0"), expected);
        assert!(ours.read("a nap\n").is_err());
    }
}
