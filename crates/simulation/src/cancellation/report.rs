//! What a check of cancellation found.

use std::fmt;

use super::interruption::Interruption;
use crate::report::Failure;

/// A run in which something was left behind.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CancellationFailure {
    /// Where and how the target was ended; `None` for the undisturbed run.
    pub interruption: Option<Interruption>,
    /// The location of that await, if the loop knows it.
    pub at: Option<String>,
    /// What was wrong.
    pub failure: Failure,
}

impl fmt::Display for CancellationFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.interruption {
            Some(interruption) => write!(f, "{interruption}")?,
            None => f.write_str("undisturbed")?,
        }
        write!(f, ": {}", self.failure)?;
        match &self.at {
            Some(at) => write!(f, "\n    it waited at {at}"),
            None => Ok(()),
        }
    }
}

/// What a check of cancellation found. Its `Display` form is the report.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct CancellationReport {
    /// How often the target suspends if nothing disturbs it.
    pub awaits: u64,
    /// The number of runs.
    pub runs: u64,
    /// The runs that failed.
    pub failures: Vec<CancellationFailure>,
}

impl fmt::Display for CancellationReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { awaits, runs, failures } = self;
        let word = if *awaits == 1 { "await" } else { "awaits" };
        write!(f, "{awaits} {word}, {runs} runs, {} failed", failures.len())?;
        failures.iter().try_for_each(|failure| write!(f, "\n{failure}"))
    }
}
