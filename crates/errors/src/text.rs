//! A text for reports that is formatted only when it is shown.
//!
//! At each step an observer asks what a task waits on, and at each callback what it runs, but it rarely shows the answer.

use std::borrow::Cow;
use std::fmt;

/// The text of something in a report.
#[derive(Clone, Debug)]
pub enum Text {
    /// Words.
    Words(Cow<'static, str>),
    /// A name, and a number of waiters: `<Lock waiters=2>`.
    Waiters(&'static str, usize),
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Words(words) => f.write_str(words),
            Self::Waiters(name, count) => write!(f, "<{name} waiters={count}>"),
        }
    }
}

impl From<&'static str> for Text {
    fn from(words: &'static str) -> Self {
        Self::Words(words.into())
    }
}

impl From<String> for Text {
    fn from(words: String) -> Self {
        Self::Words(words.into())
    }
}

impl From<Text> for Cow<'static, str> {
    fn from(text: Text) -> Self {
        match text {
            Text::Words(words) => words,
            Text::Waiters(..) => text.to_string().into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sort_of_text_is_shown() {
        let texts = [Text::from("a timer"), Text::Waiters("Lock", 2), Text::from("a group".to_owned())];
        let expected = ["a timer", "<Lock waiters=2>", "a group"];
        assert_eq!(texts.clone().map(|text| text.to_string()), expected);
        assert_eq!(texts.map(Cow::from), expected);
    }
}
