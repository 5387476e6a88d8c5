//! Python's `type`, for the programs that print what kind of object they hold.

use std::any::type_name;

/// The class of a value, as `print(type(value))` shows it: the bare name of its
/// type, in lower case as of what is built into Python; tasks and futures with the
/// module of asyncio in which CPython has them.
pub fn type_of<T>(_value: &T) -> String {
    let name = type_name::<T>();
    let path = name.split('<').next().unwrap_or(name);
    let class = path.rsplit("::").next().unwrap_or(path);
    match class {
        "Task" | "Future" => format!("<class '_asyncio.{class}'>"),
        _ => format!("<class '{}'>", class.to_lowercase()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_is_named_without_its_path_and_parameters() {
        assert_eq!(
            type_of(&asyncio::coroutine(async { Ok(vec![1]) })),
            "<class 'coroutine'>"
        );
        assert_eq!(type_of(&1.5_f32), "<class 'f32'>");
        let event_loop = asyncio::new_event_loop();
        assert_eq!(
            type_of(&event_loop.create_future::<String>()),
            "<class '_asyncio.Future'>"
        );
    }
}
