//! The other side of a workload: the client process of the TCP workloads, and the thread of the
//! cross-thread ones. They are the same for every peer.

use std::io::Read;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

use crate::measure::{cpu_time, report, thread_time};

/// Connections of the echo workload.
pub const ECHO_CONNECTIONS: usize = 64;

/// Connections of the workloads on several loops.
pub const LOOPS_CONNECTIONS: usize = 32;

/// Bytes in one chunk of the workloads that only send or only receive.
pub const CHUNK: usize = 64 * 1024;

/// The client process that loads this server.
#[derive(Debug)]
#[must_use = "the client's figures are printed when it is `done`"]
pub struct Load {
    client: Child,
    cpu: Duration,
    user_ns: i64,
}

impl Load {
    /// Listens on loopback and starts the client against it.
    pub fn start(mode: &str, count: usize) -> (TcpListener, Load) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        listener.set_nonblocking(true).expect("a listener may be non-blocking");
        let port = listener.local_addr().expect("it is bound").port();
        (listener, Load::against(port, mode, count))
    }

    /// Starts the client against a server that is already listening.
    pub fn against(port: u16, mode: &str, count: usize) -> Load {
        let beside = std::env::current_exe().expect("Linux knows").with_file_name("client");
        let client = Command::new(beside)
            .args([mode, &port.to_string(), &count.to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the client is built beside this program");
        Load { client, cpu: cpu_time(), user_ns: user_ns() }
    }

    /// Prints what the client measured, with the processor time of this server per operation.
    pub fn done(self) {
        let Loaded { operations, wall, cpu, more } = self.end();
        report(operations, wall, cpu, &more);
    }

    /// Waits for the client, and returns what it measured.
    pub fn end(mut self) -> Loaded {
        let mut said = String::new();
        let stdout = self.client.stdout.as_mut().expect("it is piped");
        stdout.read_to_string(&mut said).expect("the client writes text");
        let (cpu, user_ns) = (cpu_time() - self.cpu, user_ns() - self.user_ns);
        assert!(self.client.wait().expect("it is our child").success(), "the client failed: {said}");

        // Operations, operations with those of the warm-up, nanoseconds, pairs for the line.
        let mut fields = said.trim().splitn(4, ' ');
        let mut number = || -> u64 { fields.next().and_then(|f| f.parse().ok()).expect("a number") };
        let (operations, served, wall) = (number(), number(), Duration::from_nanos(number()));
        let cpu = cpu.mul_f64(operations as f64 / served as f64);
        let user = user_ns as f64 / served as f64;
        let more = format!("user_ns={user:.0} {}", fields.next().unwrap_or_default());
        Loaded { operations: operations as usize, wall, cpu, more }
    }
}

/// What a server did under a load.
#[derive(Debug)]
pub struct Loaded {
    operations: usize,
    wall: Duration,
    /// Processor time of this server.
    cpu: Duration,
    more: String,
}

/// Rounds of a server on one loop and on two.
const ROUNDS: usize = 9;

/// Measures a server on one loop and on two, in turns, and prints what an operation took on two. `speedup_percent` is the
/// requests that two loops serve in a second, relative to one loop (200 is twice as many); `cpu_percent` is the same for equal
/// processor time. Both compare neighbouring rounds; the medians are printed.
pub fn one_and_two_loops(serve: impl Fn(usize) -> Loaded) {
    let rounds: Vec<(Loaded, Loaded)> = (0..ROUNDS).map(|_| (serve(1), serve(2))).collect();
    let percent = |time: fn(&Loaded) -> Duration| {
        let each = |loaded: &Loaded| time(loaded).as_secs_f64() / loaded.operations as f64;
        let mut ratios: Vec<f64> = rounds.iter().map(|(one, two)| 100.0 * each(one) / each(two)).collect();
        ratios.sort_unstable_by(f64::total_cmp);
        ratios[ROUNDS / 2]
    };
    let more =
        format!("speedup_percent={:.1} cpu_percent={:.1}", percent(|loaded| loaded.wall), percent(|loaded| loaded.cpu));
    let two = rounds.iter().map(|(_, two)| two);
    let sum = |time: fn(&Loaded) -> Duration| two.clone().map(time).sum();
    report(two.clone().map(|two| two.operations).sum(), sum(|two| two.wall), sum(|two| two.cpu), &more);
}

/// Computes for this long, measured in processor time of this thread, so that other threads on the same processor do not count.
pub fn compute(time: Duration) {
    let end = thread_time() + time;
    while thread_time() < end {}
}

/// Processor time this process has spent outside the kernel.
fn user_ns() -> i64 {
    getrusage(UsageWho::RUSAGE_SELF).expect("one may always ask").user_time().num_nanoseconds()
}

/// A thread that answers each number it is sent by calling `reply` with it, until the sender is
/// dropped.
pub fn echo_thread(mut reply: impl FnMut(u64) + Send + 'static) -> (mpsc::Sender<u64>, thread::JoinHandle<()>) {
    let (sender, receiver) = mpsc::channel();
    (sender, thread::spawn(move || receiver.into_iter().for_each(&mut reply)))
}
