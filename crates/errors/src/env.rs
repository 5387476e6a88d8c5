//! Environment variables: those that choose between two settings of a loop, such as `ASYNCIO_DEBUG`, and those that make errors
//! say where they were raised.

use std::env::var_os;

use crate::ValueError;

/// Is the variable `name` set to the second of its two `known` values? Unset and empty mean the first.
///
/// # Errors
///
/// `ValueError` naming the variable and its possible values.
pub fn is_second(name: &str, known: [&str; 2]) -> Result<bool, ValueError> {
    let value = var_os(name).unwrap_or_default();
    match value.to_str() {
        Some(value) if value.is_empty() || value == known[0] => Ok(false),
        Some(value) if value == known[1] => Ok(true),
        _ => {
            let value = value.to_string_lossy();
            Err(ValueError::new(format!("{name} is {value:?}: it must be \"{}\" or \"{}\"", known[0], known[1])))
        }
    }
}

/// Is the variable set to anything?
#[must_use]
pub fn is_set(name: &str) -> bool {
    var_os(name).is_some_and(|value| !value.is_empty())
}

/// Do errors say where they were raised? With `ASYNCIO_DEBUG=1`, or if the standard library would make backtraces of errors:
/// with `RUST_BACKTRACE`, unless `RUST_LIB_BACKTRACE` says otherwise.
#[must_use]
pub fn shows_locations() -> bool {
    let backtrace = var_os("RUST_LIB_BACKTRACE").or_else(|| var_os("RUST_BACKTRACE"));
    var_os("ASYNCIO_DEBUG").is_some_and(|value| value == "1") || backtrace.is_some_and(|value| value != "0")
}
