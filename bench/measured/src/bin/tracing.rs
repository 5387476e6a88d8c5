//! What a trace costs: a server that sends back what it gets, with `ASYNCIO_TRACE` and without.
//!
//! Sixty-four connections have one message of 64 bytes each under way. In turn, a round is not observed, observed by an observer
//! that does nothing, and traced. So all three are measured on the same machine at the same time, whatever else it does. A time is
//! the median of the rounds, a percentage the median of what neighbouring rounds say. The processor time of all threads has that of
//! the thread that writes the file; nothing has the client's.

use std::rc::Rc;

use asyncio::trace::Trace;
use asyncio::{LoopEvent, Observer};
use measured::echo::{CONNECTIONS, Cost, MESSAGES, serve};
use measured::{median, report};

const ROUNDS: usize = 21;

struct Nothing;

impl Observer for Nothing {
    fn event(&self, _event: LoopEvent<'_>) {}
}

fn main() {
    let file = std::env::temp_dir().join(format!("trace-{}.json", std::process::id()));
    let rounds: Vec<[Cost; 3]> = (0..ROUNDS)
        .map(|_| {
            let without = serve(|_| ());
            let observed = serve(|event_loop| event_loop.add_observer(Rc::new(Nothing)));
            let trace = Trace::create(&file).expect("the trace can be written");
            [without, observed, serve(|event_loop| trace.watch(event_loop))]
        })
        .collect();
    let bytes = std::fs::metadata(&file).map_or(0, |file| file.len());
    let _ = std::fs::remove_file(&file);
    let time = |which: usize| median(rounds.iter().map(|round| round[which].server).collect());
    report("a message that is sent back", time(0), "s");
    report("the same with an observer that does nothing", time(1), "s");
    report("the same with a trace", time(2), "s");
    let more = |which: usize, of: fn(&Cost) -> f64| {
        median(rounds.iter().map(|round| (of(&round[which]) / of(&round[0]) - 1.0) * 100.0).collect())
    };
    report("more for the observer", more(1, |cost| cost.server), "%");
    report("more for the trace, in the loop's thread", more(2, |cost| cost.server), "%");
    report("more for the trace, in all threads", more(2, |cost| cost.threads), "%");
    report("more for the trace, on the clock", more(2, |cost| cost.wall), "%");
    report("a trace of a message", bytes as f64 / (CONNECTIONS * MESSAGES) as f64, "bytes");
}
