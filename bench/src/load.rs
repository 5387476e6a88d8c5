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

use crate::measure::{cpu_time, report};

/// Connections of the echo workload.
pub const ECHO_CONNECTIONS: usize = 64;

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
        let beside = std::env::current_exe().expect("Linux knows").with_file_name("client");
        let client = Command::new(beside)
            .args([mode, &port.to_string(), &count.to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the client is built beside this program");
        (listener, Load { client, cpu: cpu_time(), user_ns: user_ns() })
    }

    /// Prints what the client measured, with the processor time of this server per operation.
    pub fn done(mut self) {
        let (cpu, user_ns) = (cpu_time() - self.cpu, user_ns() - self.user_ns);
        let mut said = String::new();
        let stdout = self.client.stdout.as_mut().expect("it is piped");
        stdout.read_to_string(&mut said).expect("the client writes text");
        assert!(self.client.wait().expect("it is our child").success(), "the client failed: {said}");

        // Operations, operations with those of the warm-up, nanoseconds, pairs for the line.
        let mut fields = said.trim().splitn(4, ' ');
        let mut number = || -> u64 { fields.next().and_then(|f| f.parse().ok()).expect("a number") };
        let (operations, served, wall) = (number(), number(), Duration::from_nanos(number()));
        let cpu = cpu.mul_f64(operations as f64 / served as f64);
        let user = user_ns as f64 / served as f64;
        let more = format!("user_ns={user:.0} {}", fields.next().unwrap_or_default());
        report(operations as usize, wall, cpu, &more);
    }
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
