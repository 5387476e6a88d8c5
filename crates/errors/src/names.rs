//! The names of functions, locations and groups for reports. Those of functions are read off the names of types.

use std::panic::Location;

/// The last part of a type's path, generics included: `alloc::string::String` is `String`.
#[must_use]
pub fn short_name(type_name: &'static str) -> &'static str {
    let end = type_name.find('<').unwrap_or(type_name.len());
    let start = type_name[..end].rfind(':').map_or(0, |at| at + 1);
    &type_name[start..]
}

/// The name of the function that a future or closure comes from: `demo::main::{{closure}}` is `main`. A hand-written future
/// type gets the name of its module if that is the type's name in snake case: `tasks::wait_for::WaitFor` is `wait_for`.
#[must_use]
pub fn function_name(type_name: &'static str) -> &'static str {
    let end = type_name.find('<').unwrap_or(type_name.len());
    let path = &type_name[..end];
    // Split at `:`, not at `::`: searching for a string adds a kilobyte to every program.
    let mut parts = path.rsplit(':').filter(|part| !part.is_empty() && !part.starts_with('{'));
    match (parts.next(), parts.next()) {
        (Some(name), Some(module)) if is_named_after(name, module) => module,
        (Some(name), _) => name,
        (None, _) => type_name,
    }
}

/// Is this the name of a type that begins with the module's name, such as `SleepResult` in `sleep`?
fn is_named_after(name: &str, module: &str) -> bool {
    let mut letters = name.bytes();
    name.starts_with(|first: char| first.is_ascii_uppercase())
        && module
            .bytes()
            .filter(|letter| *letter != b'_')
            .all(|letter| letters.next().is_some_and(|of_name| of_name.eq_ignore_ascii_case(&letter)))
}

/// Is `part` in the text? (`str::contains`, which is faster in long texts, adds two kilobytes to every program.)
pub(crate) fn has(text: &str, part: &str) -> bool {
    text.as_bytes().windows(part.len()).any(|window| window == part.as_bytes())
}

/// A location in a source file as `FILE:LINE`.
#[must_use]
pub fn place(location: &Location<'_>) -> String {
    format!("{}:{}", location.file(), location.line())
}

/// The text for tasks with these names that complete one future, if there are any. It shows the first five.
#[must_use]
pub fn group_of(names: impl IntoIterator<Item = String>) -> Option<String> {
    let names: Vec<String> = names.into_iter().collect();
    let shown = names.get(..5).unwrap_or(&names).join(", ");
    (!names.is_empty()).then(|| format!("a group of {} ({shown})", names.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_from_types() {
        assert_eq!(short_name("alloc::vec::Vec<alloc::string::String>"), "Vec<alloc::string::String>");
        assert_eq!(function_name("demo::main::{{closure}}::{{closure}}"), "main");
        assert_eq!(function_name("demo::worker<u32>::{{closure}}"), "worker");
        assert_eq!(function_name("demo::client::Fetch"), "Fetch");
        assert_eq!(function_name("asyncio_runtime::tasks::wait_for::WaitFor<i32>"), "wait_for");
    }
}
