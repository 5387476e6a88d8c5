//! What a program's environment may say of its loops: variables with a few known values.

use crate::error::exceptions::ValueError;

/// What the variable `name` says: one of the two values that `known` names, and the first of them if it is not set or empty.
///
/// # Errors
///
/// `ValueError` naming the variable and what it may be.
pub(crate) fn is_second(name: &str, known: [&str; 2]) -> Result<bool, ValueError> {
    let value = std::env::var_os(name).unwrap_or_default();
    match value.to_str() {
        Some(value) if value.is_empty() || value == known[0] => Ok(false),
        Some(value) if value == known[1] => Ok(true),
        _ => {
            let value = value.to_string_lossy();
            Err(ValueError::new(format!("{name} is {value:?}: it must be \"{}\" or \"{}\"", known[0], known[1])))
        }
    }
}
