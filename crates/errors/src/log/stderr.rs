//! Standard error.

use std::io::Write as _;

/// Writes in one piece, so that the lines of several threads do not mix.
pub fn write(text: &str) {
    // There is no other place to report an error of standard error.
    let _ = std::io::stderr().write_all(text.as_bytes());
}
