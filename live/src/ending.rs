//! What a program's `main` returns, as the status of a process.

use std::fmt::Debug;

/// The status of a process that returned an error from `main`.
const FAILURE: i32 = 1;

/// What `main` may return.
pub(crate) trait End {
    /// Reports an error as the standard library does, and returns the exit status.
    fn end(self) -> i32;
}

impl End for () {
    fn end(self) -> i32 {
        0
    }
}

impl<E: Debug> End for Result<(), E> {
    fn end(self) -> i32 {
        match self {
            Ok(()) => 0,
            Err(error) => {
                eprintln!("Error: {error:?}");
                FAILURE
            }
        }
    }
}
