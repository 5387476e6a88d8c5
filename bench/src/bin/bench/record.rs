//! `--record`: the measurements, as data that is kept in the repository, one file for each workload.
//!
//! A file has all the data for the tables and charts of the book and the README, and describes the machine. Measuring a
//! workload again replaces its file, so two files may come from different days, but the figures of one file never do.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Serialize;

use crate::args::Args;
use crate::machine::{Machine, processor};
use crate::peers::Peer;
use crate::python;
use crate::results::Results;

const HERE: &str = env!("CARGO_MANIFEST_DIR");

/// The packages whose versions identify the peers.
const PACKAGES: &[&str] =
    &["tokio", "async-executor", "async-io", "async-lock", "async-channel", "futures-channel", "monoio", "local-sync"];

/// Values of each round, by measure, by peer.
type Values<'a> = BTreeMap<&'a str, BTreeMap<&'a str, Vec<f64>>>;

#[derive(Serialize)]
struct File<'a> {
    workload: String,
    date: String,
    commit: &'a str,
    machine: &'a str,
    /// Load averages before and after.
    load: [f64; 2],
    stolen_percent: f64,
    rounds: usize,
    scale: f64,
    one_cpu: bool,
    versions: &'a BTreeMap<String, String>,
    peers: Values<'a>,
}

/// What all files of one run have in common.
pub struct Recorder {
    folder: PathBuf,
    commit: String,
    machine: String,
    rounds: usize,
    scale: f64,
    one_cpu: bool,
    versions: BTreeMap<String, String>,
}

impl Recorder {
    pub fn new(args: &Args, python: Option<&Path>) -> Result<Recorder, Box<dyn Error>> {
        let changed = !said("git", &["-C", HERE, "status", "--porcelain", "--", "../crates"])?.is_empty();
        let commit = said("git", &["-C", HERE, "rev-parse", "--short=10", "HEAD"])?;
        let kernel = said("uname", &["-sr"])?.split("-").next().unwrap_or_default().to_owned();
        let processors = std::thread::available_parallelism()?;
        let mut versions = locked()?;
        versions.insert("rustc".into(), said("rustc", &["-V"])?.split(' ').nth(1).unwrap_or_default().into());
        if let Some(python) = python {
            versions.extend(python::versions(python)?);
        }
        Ok(Recorder {
            folder: Path::new(HERE).join("results"),
            commit: if changed { format!("{commit} and changes") } else { commit },
            machine: format!("{}, {processors} processors, {kernel}", processor()),
            rounds: args.rounds(),
            scale: args.scale(),
            one_cpu: args.one_cpu,
            versions,
        })
    }

    /// Writes the file of one workload. A peer that failed in a later round has fewer values.
    pub fn write(&self, workload: &str, all: &Results, peers: &[Peer], quiet: &Machine) -> Result<(), Box<dyn Error>> {
        let mut values = Values::new();
        for &peer in peers {
            for measure in all.measures(workload) {
                let rounds: Vec<f64> = all.rounds(workload, peer, measure).into_values().collect();
                if !rounds.is_empty() {
                    values.entry(peer.name).or_default().insert(measure, rounds);
                }
            }
        }
        let (load, stolen) = quiet.unrest();
        let name = if self.one_cpu { format!("{workload}-one-cpu") } else { workload.to_owned() };
        let path = self.folder.join(format!("{name}.toml"));
        let file = File {
            workload: name,
            date: said("date", &["-u", "+%Y-%m-%d %H:%M UTC"])?,
            commit: &self.commit,
            machine: &self.machine,
            load,
            stolen_percent: (stolen * 10.0).round() / 10.0,
            rounds: self.rounds,
            scale: self.scale,
            one_cpu: self.one_cpu,
            versions: &self.versions,
            peers: values,
        };
        fs::create_dir_all(&self.folder)?;
        Ok(fs::write(path, format!("# Written by `cargo xtask bench --record`.\n\n{}", toml::to_string(&file)?))?)
    }
}

/// The versions of the peers' packages in the lock file, whether they were built or not.
fn locked() -> Result<BTreeMap<String, String>, Box<dyn Error>> {
    let lock: toml::Table = fs::read_to_string(Path::new(HERE).join("Cargo.lock"))?.parse()?;
    let packages = lock["package"].as_array().into_iter().flatten();
    let pair =
        |package: &toml::Value| Some((package["name"].as_str()?.to_owned(), package["version"].as_str()?.to_owned()));
    Ok(packages.filter_map(pair).filter(|(name, _)| PACKAGES.contains(&name.as_str())).collect())
}

/// What a program prints.
fn said(program: &str, arguments: &[&str]) -> Result<String, Box<dyn Error>> {
    let output = Command::new(program).args(arguments).output().map_err(|e| format!("{program}: {e}"))?;
    match output.status.success() {
        true => Ok(String::from_utf8(output.stdout)?.trim().to_owned()),
        false => Err(format!("{program}: {}", String::from_utf8_lossy(&output.stderr).trim()).into()),
    }
}
