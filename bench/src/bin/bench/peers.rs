//! The peers: which there are, how their programs are built, and how one is run.
//!
//! A peer's crates are a feature of this package, which is turned on when the peer is to run.

use std::collections::BTreeSet;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::args::Args;
use crate::machine::Pins;
use crate::results::Sample;

/// Processes in one measurement of the start-up time.
const STARTUPS: &str = "50";

/// A peer: a program of its own in this package, or an event loop of Python.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Peer {
    pub name: &'static str,
    needs: Needs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Needs {
    Nothing,
    Feature(&'static str),
    Python,
}

impl Peer {
    fn feature(&self) -> Option<&'static str> {
        match self.needs {
            Needs::Feature(name) => Some(name),
            _ => None,
        }
    }
}

const fn peer(name: &'static str, needs: Needs) -> Peer {
    Peer { name, needs }
}

/// All of them, in the order of the tables' columns.
pub const PEERS: &[Peer] = &[
    peer("ours", Needs::Nothing),
    peer("raw", Needs::Nothing),
    peer("tokio_localset", Needs::Feature("tokio")),
    peer("tokio_localrt", Needs::Feature("tokio")),
    peer("smol_local", Needs::Feature("smol")),
    peer("monoio_epoll", Needs::Feature("monoio")),
    peer("asyncio", Needs::Python),
    peer("uvloop", Needs::Python),
];

/// The peers that run by default; the others take longer to build.
const USUAL: &[&str] = &["tokio", "smol"];

/// The peers to run: those asked for, or all the usual ones that are available.
pub fn chosen(args: &Args, python: bool) -> Result<Vec<Peer>, Box<dyn Error>> {
    let asked = args.peers();
    let is_chosen = |peer: &Peer| match (asked.is_empty(), peer.needs) {
        (false, _) => asked.contains(&peer.name),
        (true, Needs::Nothing) => true,
        (true, Needs::Feature(name)) => args.all || USUAL.contains(&name),
        (true, Needs::Python) => python,
    };
    let chosen: Vec<Peer> = PEERS.iter().copied().filter(is_chosen).collect();
    if !python && asked.is_empty() {
        eprintln!("without asyncio and uvloop: no Python with uvloop is here; --make-python makes one in bench/.venv");
    }
    match chosen.iter().find(|peer| peer.needs == Needs::Python && !python) {
        Some(peer) => {
            Err(format!("{} needs a Python with uvloop: --python names one, --make-python makes one", peer.name).into())
        }
        None => Ok(chosen),
    }
}

/// The peers' programs, with their empty mains if those are wanted.
fn programs_of(peers: &[&Peer], startup: bool) -> Vec<String> {
    let empty = peers.iter().filter(|_| startup).map(|peer| format!("empty_{}", peer.name));
    peers.iter().map(|peer| peer.name.to_owned()).chain(empty).collect()
}

/// The programs of the peers, built.
pub struct Programs {
    folder: PathBuf,
    python: Option<PathBuf>,
}

impl Programs {
    /// Builds the programs that `peers` need, next to this one. The programs with an empty `main` are built only for `startup`.
    pub fn build(peers: &[Peer], python: Option<PathBuf>, startup: bool) -> Result<Programs, Box<dyn Error>> {
        let built = Programs::built(python)?;
        let native = peers.iter().filter(|peer| peer.needs != Needs::Python);
        let (alone, others): (Vec<&Peer>, Vec<&Peer>) = native.partition(|peer| peer.needs == Needs::Nothing);
        // Programs without extra features are built separately, as their users build them. Built together with others, they
        // would get the features that those turn on in common dependencies.
        let mut programs = vec!["client".to_owned(), "startup".to_owned()];
        programs.extend(programs_of(&alone, startup));
        built.build_programs(&programs, &BTreeSet::new())?;
        if !others.is_empty() {
            // Always includes the usual features, so that a choice of other peers does not build the rest again.
            let features = others.iter().filter_map(|peer| peer.feature()).chain(USUAL.iter().copied()).collect();
            built.build_programs(&programs_of(&others, startup), &features)?;
        }
        Ok(built)
    }

    fn build_programs(&self, programs: &[String], features: &BTreeSet<&str>) -> Result<(), Box<dyn Error>> {
        let target = self.folder.parent().ok_or("the driver is not in a target folder")?;
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args(["build", "--release", "--no-default-features"]);
        cargo.args(["--manifest-path", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")]);
        cargo.arg("--target-dir").arg(target);
        cargo.args(["--features", &features.iter().copied().collect::<Vec<_>>().join(",")]);
        cargo.args(programs.iter().map(|program| format!("--bin={program}")));
        match cargo.status()?.success() {
            true => Ok(()),
            false => Err("the peers do not build".into()),
        }
    }

    /// The programs next to this one, as they were built last.
    pub fn built(python: Option<PathBuf>) -> Result<Programs, Box<dyn Error>> {
        let driver = std::env::current_exe()?;
        let target = driver.ancestors().nth(2).ok_or("the driver is not in a target folder")?;
        Ok(Programs { folder: target.join("release"), python })
    }

    /// The command that runs a peer, without its argument.
    fn command(&self, peer: Peer, is_empty: bool) -> Command {
        let script = if is_empty { "python/empty.py" } else { "python/peer.py" };
        match &self.python {
            Some(python) if peer.needs == Needs::Python => {
                let mut command = Command::new(python);
                command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join(script)).arg(peer.name);
                command
            }
            _ if is_empty => Command::new(self.folder.join(format!("empty_{}", peer.name))),
            _ => Command::new(self.folder.join(peer.name)),
        }
    }

    /// The names of the workloads that a peer has.
    pub fn workloads(&self, peer: Peer) -> Result<Vec<String>, Box<dyn Error>> {
        let mut command = self.command(peer, false);
        is_built(&command)?;
        let output = command.arg("list").output()?;
        let names = String::from_utf8(output.stdout)?;
        Ok(names.lines().chain(["startup"]).map(str::to_owned).collect())
    }

    /// One run. The error says why there is no result.
    pub fn measure(&self, peer: Peer, workload: &str, pins: &Pins, scale: f64) -> Result<Sample, String> {
        let mut command = if workload == "startup" {
            let empty = self.command(peer, true);
            is_built(&empty)?;
            let mut startup = Command::new(self.folder.join("startup"));
            startup.arg(STARTUPS).arg(empty.get_program()).args(empty.get_args());
            startup
        } else {
            let mut command = self.command(peer, false);
            command.arg(workload).env("BENCH_CLIENT", self.folder.join("client"));
            command.env("CLIENT_CPU", pins.client().to_string());
            command
        };
        is_built(&command)?;
        pins.apply(workload).map_err(|e| format!("cannot pin: {e}"))?;
        let output = command.env("SCALE", scale.to_string()).output().map_err(|e| e.to_string())?;
        if !output.status.success() {
            return Err(format!("{}: {}", output.status, last_words(&String::from_utf8_lossy(&output.stderr))));
        }
        let line = String::from_utf8_lossy(&output.stdout);
        let sample: Option<Sample> = line.split_whitespace().map(pair).collect();
        let mut sample = sample.ok_or_else(|| format!("printed {line:?}"))?;
        if peer.needs == Needs::Python {
            // It would be the size of the interpreter's launcher.
            sample.remove("binary_bytes");
        }
        Ok(sample)
    }
}

/// Does the program of this command exist? Without a build, it may never have been made. A name that is not a path is left to
/// the system.
fn is_built(command: &Command) -> Result<(), String> {
    let program = Path::new(command.get_program());
    match program.is_absolute() && !program.exists() {
        true => Err(format!("{} is not built; run this once without --no-build", program.display())),
        false => Ok(()),
    }
}

/// The last line that a failed program wrote, without the hint that follows the message of a panic.
fn last_words(said: &str) -> &str {
    said.lines().rfind(|line| !line.trim().is_empty() && !line.starts_with("note: ")).unwrap_or("it said nothing")
}

/// `measure=value`
fn pair(text: &str) -> Option<(String, f64)> {
    let (measure, value) = text.split_once('=')?;
    Some((measure.to_owned(), value.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_words_of_a_panic_are_its_message() {
        let panic = "warming up\nthread 'main' panicked at a.rs:1:2:\nthe command runs\n\
                     note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\n";
        assert_eq!(last_words(panic), "the command runs");
        assert_eq!(last_words("\n"), "it said nothing");
    }

    #[test]
    fn a_program_that_was_never_built_is_named() {
        let missing = is_built(&Command::new("/nowhere/empty_ours")).unwrap_err();
        assert_eq!(missing, "/nowhere/empty_ours is not built; run this once without --no-build");
        assert_eq!(is_built(&Command::new("python3")), Ok(()));
    }
}
