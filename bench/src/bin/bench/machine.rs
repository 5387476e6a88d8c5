//! The machine: which processor a run is held on, and how quiet it was.

use std::error::Error;
use std::num::NonZero;

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;

/// The scheduler places workloads with several threads or processes; all others are pinned to the last processor, and the TCP
/// client to the first.
pub struct Pins {
    all: CpuSet,
    one: CpuSet,
    client: usize,
    one_cpu: bool,
}

impl Pins {
    pub fn new(one_cpu: bool) -> Result<Pins, Box<dyn Error>> {
        let all = sched_getaffinity(Pid::from_raw(0))?;
        let ours: Vec<usize> = (0..CpuSet::count()).filter(|&i| all.is_set(i) == Ok(true)).collect();
        let (&first, &last) = ours.first().zip(ours.last()).ok_or("no processor to run on")?;
        let mut one = CpuSet::new();
        one.set(last)?;
        Ok(Pins { all, one, client: if one_cpu { last } else { first }, one_cpu })
    }

    /// The processor for the client of a TCP workload.
    pub fn client(&self) -> usize {
        self.client
    }

    /// Moves this process to where `workload` is to run, because a child starts on the processors of its parent.
    pub fn apply(&self, workload: &str) -> nix::Result<()> {
        let several =
            ["xthread", "to_thread", "loops_", "subprocess", "startup"].iter().any(|name| workload.starts_with(name));
        let set = if several && !self.one_cpu { &self.all } else { &self.one };
        sched_setaffinity(Pid::from_raw(0), set)
    }
}

/// The state of the machine at the start of a measurement.
pub struct Machine {
    load: f64,
    ticks: [u64; 2],
    processors: usize,
}

impl Machine {
    /// Reads it. This has to come before the first [`Pins::apply`], which leaves this process fewer
    /// processors.
    pub fn now() -> Machine {
        let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
        Machine { load: load_average(), ticks: stolen_and_all(), processors }
    }

    /// What a later reader of the figures needs to know.
    pub fn describe(&self) -> String {
        let (load, stolen) = self.unrest();
        let [before, after] = load;
        format!(
            "{}, {} processors; load average {before} and {after} before and after, {stolen:.1} % stolen",
            processor(),
            self.processors
        )
    }

    /// The load averages before and after, and the percentage of processor time that the hypervisor gave to others.
    pub fn unrest(&self) -> ([f64; 2], f64) {
        let [stolen, all] = stolen_and_all();
        let share = (stolen - self.ticks[0]) as f64 / (all - self.ticks[1]).max(1) as f64;
        ([self.load, load_average()], 100.0 * share)
    }
}

/// The name that the processor gives itself.
pub fn processor() -> String {
    let information = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = information.lines().find(|line| line.starts_with("model name"));
    model.and_then(|line| line.split(": ").nth(1)).unwrap_or("unknown processor").to_owned()
}

/// That of the last minute.
fn load_average() -> f64 {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().and_then(|number| number.parse().ok()).unwrap_or(f64::NAN)
}

/// Ticks that a hypervisor gave to others, and all ticks.
fn stolen_and_all() -> [u64; 2] {
    let text = std::fs::read_to_string("/proc/stat").unwrap_or_default();
    let line = text.lines().next().unwrap_or_default();
    let ticks: Vec<u64> = line.split_whitespace().skip(1).take(8).flat_map(str::parse).collect();
    [ticks.get(7).copied().unwrap_or(0), ticks.iter().sum()]
}
