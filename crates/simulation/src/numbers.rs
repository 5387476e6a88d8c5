//! Numbers of tasks in texts. Task numbers count over the whole process, so a search reaches millions. In a text, tasks are
//! renumbered from one, in the order of their creation, as in a program that runs once. So texts of different runs can be
//! compared.

use std::borrow::Cow;
use std::collections::BTreeSet;

const NAME: &str = "Task-";

/// The numbers of tasks that are mentioned, in order.
#[derive(Debug, Default)]
pub(crate) struct Numbers(BTreeSet<u32>);

impl Numbers {
    pub(crate) fn add(&mut self, text: &str) {
        self.0.extend(split(text).filter_map(|(_, number)| number));
    }

    pub(crate) fn apply<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if !text.contains(NAME) {
            return Cow::Borrowed(text);
        }
        let mut out = String::with_capacity(text.len());
        for (before, number) in split(text) {
            out.push_str(before);
            if let Some(number) = number {
                out.push_str(&format!("{NAME}{}", self.0.range(..=number).count()));
            }
        }
        Cow::Owned(out)
    }
}

/// A text with its tasks renumbered.
pub(crate) fn renumber(text: &str) -> Cow<'_, str> {
    let mut numbers = Numbers::default();
    numbers.add(text);
    numbers.apply(text)
}

/// The pieces of a text, each with the number of the task whose default name follows it.
fn split(mut text: &str) -> impl Iterator<Item = (&str, Option<u32>)> {
    std::iter::from_fn(move || {
        if text.is_empty() {
            return None;
        }
        let mut from = 0;
        while let Some(at) = text[from..].find(NAME).map(|at| from + at) {
            let digits = &text[at + NAME.len()..];
            let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
            if let Ok(number) = digits[..end].parse() {
                let before = &text[..at];
                text = &digits[end..];
                return Some((before, Some(number)));
            }
            from = at + NAME.len();
        }
        Some((std::mem::take(&mut text), None))
    })
}

#[cfg(test)]
mod tests {
    use super::renumber;

    #[test]
    fn tasks_count_from_one_in_the_order_of_their_numbers() {
        assert_eq!(renumber("Task-70 waits for Task-7, Task-70 too"), "Task-2 waits for Task-1, Task-2 too");
        assert_eq!(renumber("Task-x, Task-99999999999 and a Task"), "Task-x, Task-99999999999 and a Task");
        assert_eq!(renumber("Task-3"), "Task-1");
        assert_eq!(renumber(""), "");
    }
}
