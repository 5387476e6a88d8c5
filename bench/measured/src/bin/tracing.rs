//! What a trace costs: a server that sends back what it gets, with `ASYNCIO_TRACE` and without.
//!
//! Sixty-four connections have one message of 64 bytes each under way. In turn, a round is not observed, observed by an observer
//! that does nothing, and traced. A figure is the processor time of the server's thread per message, the median of the rounds.
//! So all three are measured on the same machine at the same time, whatever else it does.

use std::rc::Rc;

use asyncio::trace::Trace;
use asyncio::{LoopEvent, Observer};
use measured::echo::{CONNECTIONS, MESSAGES, serve};
use measured::median;

const ROUNDS: usize = 21;

struct Nothing;

impl Observer for Nothing {
    fn event(&self, _event: LoopEvent<'_>) {}
}

fn main() {
    let file = std::env::temp_dir().join(format!("trace-{}.json", std::process::id()));
    let mut costs = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        costs[0].push(serve(|_| ()));
        costs[1].push(serve(|event_loop| event_loop.add_observer(Rc::new(Nothing))));
        let trace = Trace::create(&file).expect("the trace can be written");
        costs[2].push(serve(|event_loop| trace.watch(event_loop)));
    }
    let bytes = std::fs::metadata(&file).map_or(0, |file| file.len());
    let _ = std::fs::remove_file(&file);
    let [without, observed, traced] = costs.map(median);
    let more = |time: f64| (time / without - 1.0) * 100.0;
    measured::report("a message that is sent back", without, "s");
    measured::report("the same with an observer that does nothing", observed, "s");
    measured::report("the same with a trace", traced, "s");
    measured::report("more for the observer", more(observed), "%");
    measured::report("more for the trace", more(traced), "%");
    measured::report("a trace of a message", bytes as f64 / (CONNECTIONS * MESSAGES) as f64, "bytes");
}
