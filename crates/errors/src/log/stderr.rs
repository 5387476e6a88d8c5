//! Standard error, and standard output.

use std::io::{self, Write as _};

/// Writes in one piece, so that the lines of several threads do not mix.
pub fn write(text: &str) {
    // There is no other place to report an error of standard error.
    let _ = io::stderr().write_all(text.as_bytes());
}

/// Standard output.
pub fn stdout() -> impl io::Write {
    io::stdout()
}
