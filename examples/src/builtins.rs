//! Python's `type`, for the programs that print what kind of object they hold.

use std::any::type_name;

/// The class of a value, as `print(type(value))` shows those that are built into Python: the bare name of its type, in
/// lower case.
pub fn type_of<T>(_value: &T) -> String {
    let name = type_name::<T>();
    let path = name.split('<').next().unwrap_or(name);
    let class = path.rsplit("::").next().unwrap_or(path);
    format!("<class '{}'>", class.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_is_named_without_its_path_and_parameters() {
        assert_eq!(type_of(&asyncio::coroutine(async { Ok(vec![1]) })), "<class 'coroutine'>");
        assert_eq!(type_of(&1.5_f32), "<class 'f32'>");
    }
}
