//! One measurement for each size, from ten to a million, in one run.

use std::time::Duration;

use crate::measure::{cpu_time, report};
use crate::scaled;

/// The minimum of operations for each size: fewer would end before the clock has moved.
const OPERATIONS: usize = 200_000;

/// The sizes one after the other. What happens between two calls of [`next`](Sizes::next) is measured. It must be
/// [`rounds`](Sizes::rounds) rounds, each with as many operations as the size. The last call prints the line.
#[derive(Debug)]
pub struct Sizes {
    size: usize,
    most_rounds: usize,
    start: Duration,
    line: String,
    operations: usize,
    all: Duration,
}

impl Sizes {
    /// Ten, a hundred, and so on to a million times `SCALE`.
    #[expect(clippy::new_without_default, reason = "its end prints, so nobody should make one in passing")]
    pub fn new() -> Sizes {
        Sizes {
            size: 1,
            most_rounds: usize::MAX,
            start: Duration::ZERO,
            line: String::new(),
            operations: 0,
            all: Duration::ZERO,
        }
    }

    /// The same for rounds that wait for real time to pass. There can be only a few of them.
    pub fn waiting() -> Sizes {
        Sizes { most_rounds: 50, ..Sizes::new() }
    }

    /// Ends the measurement of the last size and begins that of the next.
    #[expect(clippy::should_implement_trait, reason = "an iterator could not be asked for its rounds inside the loop")]
    pub fn next(&mut self) -> Option<usize> {
        let now = cpu_time();
        if self.size > 1 {
            let operations = self.size * self.rounds();
            let each = (now - self.start).as_nanos() as f64 / operations as f64;
            self.line += &format!("cpu_ns_{}={each:.2} ", self.size);
            self.operations += operations;
            self.all += now - self.start;
        }
        self.size *= 10;
        if self.size > scaled(1_000_000) {
            report(self.operations, self.all, self.all, &self.line);
            return None;
        }
        self.start = cpu_time();
        Some(self.size)
    }

    /// How often to do everything at this size.
    pub fn rounds(&self) -> usize {
        (OPERATIONS / self.size).clamp(1, self.most_rounds)
    }
}
