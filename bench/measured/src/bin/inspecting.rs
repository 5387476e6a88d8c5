//! What it costs that `asyncio-ps` can look into a program: a server that sends back what it gets, and tasks that are made and awaited,
//! with `ASYNCIO_INSPECT=1` and without.
//!
//! Whether a process is looked into is decided once, so each round is a process of its own, in turn with and without. A figure is the
//! processor time of the loop's thread, the median of the rounds. No tool asks during these rounds. The last figures are
//! what one look costs a loop with ten thousand tasks; this process asks for it again and again.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::process::Command;
use std::time::Instant;

use asyncio::{Clock, EventLoop, create_task, gather, inspect, run, sleep, to_thread};
use measured::echo::{processor_time, serve};
use measured::{median, report};

const ROUNDS: usize = 15;
const TASKS: u32 = 200_000;
const LOOKS: u32 = 20;

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("echo") => println!("{}", serve(|_| ()).server),
        Some("spawn") => println!("{}", spawn()),
        _ => measure(),
    }
}

fn measure() {
    for (work, what) in [("echo", "a message that is sent back"), ("spawn", "a task that is made and awaited")] {
        let mut costs = [Vec::new(), Vec::new()];
        for _ in 0..ROUNDS {
            costs[0].push(measured_apart(work, "0"));
            costs[1].push(measured_apart(work, "1"));
        }
        let [without, with] = costs.map(median);
        report(what, without, "s");
        report(&format!("{what}, with ASYNCIO_INSPECT"), with, "s");
        report(&format!("{what}: more"), (with / without - 1.0) * 100.0, "%");
    }
    run(looks()).expect("no errors");
}

/// One round, in a process of its own.
fn measured_apart(work: &str, inspect: &str) -> f64 {
    let program = std::env::current_exe().expect("this program");
    let output = Command::new(program).arg(work).env("ASYNCIO_INSPECT", inspect).output().expect("it runs");
    String::from_utf8(output.stdout).expect("text").trim().parse().expect("a number")
}

/// The processor time for a task, in seconds.
fn spawn() -> f64 {
    let event_loop = EventLoop::with_clock(Clock::Real);
    let start = processor_time();
    let made = event_loop.run_until_complete(async {
        for _ in 0..TASKS {
            create_task(async { Ok(()) }).await?;
        }
        Ok(())
    });
    made.expect("no errors");
    (processor_time() - start).as_secs_f64() / f64::from(TASKS)
}

/// What it takes to look at ten thousand tasks that sleep.
async fn looks() -> asyncio::Result<()> {
    let socket = inspect::start()?;
    let sleepers = create_task(async { gather((0..10_000).map(|_| sleep(3600))).await.map(drop) });
    sleep(0.1).await?;
    let before = processor_time();
    let ask = move || {
        let (start, mut bytes) = (Instant::now(), 0);
        for _ in 0..LOOKS {
            let mut stream = UnixStream::connect(&socket)?;
            stream.write_all(b"json\n")?;
            bytes = stream.read_to_end(&mut Vec::new())?;
        }
        Ok::<_, std::io::Error>((start.elapsed().as_secs_f64(), bytes))
    };
    let (took, bytes) = to_thread(ask).await??;
    let looks = f64::from(LOOKS);
    report("a look at 10,000 tasks, for the loop", (processor_time() - before).as_secs_f64() / looks, "s");
    report("a look at 10,000 tasks, for the client", took / looks, "s");
    report("what it says of a task", bytes as f64 / 10_000.0, "bytes");
    sleepers.cancel();
    Ok(())
}
