//! The exception with which a generator is closed.

use std::error::Error;
use std::fmt;

/// A generator is to end: Python's `GeneratorExit`, raised at the `yield` where it stands.
///
/// Let it through with `?`, or clean up and return. Whoever yields again instead has ignored it, and the closing fails.
///
/// ```
/// use asyncio_generators::{Generator, GeneratorExit};
///
/// let lines: Generator<u32, (), &str> = Generator::new(async |mut y| {
///     let error = y.yield_(1).await.unwrap_err();
///     assert!(error.is::<GeneratorExit>());
///     Ok("cleaned up")
/// });
/// lines.resume().unwrap();
/// assert_eq!(lines.close().unwrap(), Some("cleaned up"));
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct GeneratorExit;

impl fmt::Display for GeneratorExit {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

impl fmt::Debug for GeneratorExit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GeneratorExit()")
    }
}

impl Error for GeneratorExit {}
