//! Python's `repr`, as far as the guide's programs print values: `True`, `None`, a
//! list in which values and exceptions stand side by side.

use std::fmt::{Debug, Display};

use asyncio::{Error, Result};

/// A value that can be printed as Python prints it.
pub trait Repr {
    /// The text of `repr(value)`.
    fn repr(&self) -> String;
}

impl Repr for bool {
    fn repr(&self) -> String {
        if *self { "True".to_owned() } else { "False".to_owned() }
    }
}

/// What a function without a value returns is `None` in Python.
impl Repr for () {
    fn repr(&self) -> String {
        "None".to_owned()
    }
}

impl Repr for i32 {
    fn repr(&self) -> String {
        self.to_string()
    }
}

impl Repr for f64 {
    fn repr(&self) -> String {
        format!("{self:?}")
    }
}

/// Text of ordinary letters, without anything that would have to be escaped.
impl Repr for &str {
    fn repr(&self) -> String {
        format!("'{self}'")
    }
}

/// Bytes, without quotes among them.
impl Repr for Vec<u8> {
    fn repr(&self) -> String {
        format!("b'{}'", self.escape_ascii())
    }
}

impl<T: Repr> Repr for Option<T> {
    fn repr(&self) -> String {
        self.as_ref().map_or_else(|| ().repr(), Repr::repr)
    }
}

impl Repr for Error {
    fn repr(&self) -> String {
        Error::repr(self)
    }
}

/// A list that `gather` fills with `return_exceptions=True` holds values and
/// exceptions alike.
impl<T: Repr> Repr for Result<T> {
    fn repr(&self) -> String {
        match self {
            Ok(value) => value.repr(),
            Err(error) => error.repr(),
        }
    }
}

impl<T: Repr> Repr for [T] {
    fn repr(&self) -> String {
        let items: Vec<String> = self.iter().map(Repr::repr).collect();
        format!("[{}]", items.join(", "))
    }
}

/// The line with which Python ends a traceback: the class of the exception, and its
/// message if it has one.
pub fn raised(error: &(impl Debug + Display)) -> String {
    let repr = format!("{error:?}");
    let class = repr.split('(').next().unwrap_or_default();
    match format!("{error:-}") {
        message if message.is_empty() => class.to_owned(),
        message => format!("{class}: {message}"),
    }
}

#[cfg(test)]
mod tests {
    use asyncio::{ValueError, ZeroDivisionError};

    use super::*;

    #[test]
    fn values_and_exceptions_stand_side_by_side() {
        let outcomes: [Result<f64>; 2] =
            [Err(ZeroDivisionError::default().into()), Ok(2.0)];
        assert_eq!(outcomes.repr(), "[ZeroDivisionError(), 2.0]");
        assert_eq!([Some("a"), None].repr(), "['a', None]");
        assert_eq!(
            (true.repr(), ().repr(), 3.repr()),
            ("True".into(), "None".into(), "3".into())
        );
        assert_eq!(b"naps: 3\r\n\xff".to_vec().repr(), r"b'naps: 3\r\n\xff'");
    }

    #[test]
    fn an_exception_is_raised_with_its_class_and_its_message() {
        assert_eq!(
            raised(&ValueError::new("no such row")),
            "ValueError: no such row"
        );
        assert_eq!(raised(&ZeroDivisionError::default()), "ZeroDivisionError");
    }
}
