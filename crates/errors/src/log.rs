//! Reports and log lines on standard error, written so that they cannot harm the program or the terminal (`asyncio.log`).
//!
//! The core idea: one function writes them all. It does not panic if standard error is full or closed, it escapes control
//! characters, and it counts a report that repeats instead of writing it again. There are no levels and no handlers; a program
//! that wants them sets an exception handler.

#[cfg_attr(unix, path = "log/stderr.rs")]
#[cfg_attr(not(unix), path = "log/host.rs")]
mod output;

use std::fmt::{self, Write as _};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, PoisonError};

use crate::escape::{Escape, Lines};

#[cfg(not(unix))]
pub use output::set_output;
#[doc(hidden)]
pub use output::{stdout, write};

/// Writes a line to standard error, like asyncio's logger of last resort: `asyncio.log.logger.warning`.
///
/// Never panics and never fails: if standard error cannot be written, the line is lost. Control characters are escaped, except
/// line ends. If the message repeats one of the last sixteen, it is written four more times and then only counted. The eighth,
/// sixteenth and thirty-second time, and so on, one line states the count; the rest is reported when a loop closes.
///
/// # Examples
///
/// ```
/// use asyncio::log;
///
/// log::warning("the cache is cold");
/// log::warning(format_args!("peer {} said goodbye", "\u{1b}[2J")); // written with a harmless \x1b
/// ```
pub fn warning(message: impl fmt::Display) {
    warn(format_args!("{message}"));
}

fn warn(message: fmt::Arguments<'_>) {
    let mut text = String::new();
    // An error can only come from the `Display` itself; what it has written until then is reported.
    let _ = write!(Escape(&mut text, Lines::Keep), "{message}");
    let mut repeats = REPEATS.lock().unwrap_or_else(PoisonError::into_inner);
    write(&note(&mut repeats, &text));
}

/// Writes the counts of those reports that were repeated since their last line.
#[doc(hidden)]
pub fn settle() {
    let mut repeats = REPEATS.lock().unwrap_or_else(PoisonError::into_inner);
    write(&repeats.iter_mut().map(Repeat::settle).collect::<String>());
}

static REPEATS: Mutex<Vec<Repeat>> = Mutex::new(Vec::new());

/// The number of different reports that are remembered.
const REMEMBERED: usize = 16;

/// How often the same report is written in full.
const WRITTEN: u64 = 5;

/// A report that was written. Its text may be long and is not kept.
struct Repeat {
    hash: u64,
    /// The beginning of its first line.
    title: String,
    /// How often it was reported, and the count when it was last written.
    count: u64,
    written: u64,
}

impl Repeat {
    /// The line with the count, or nothing if all has been written.
    fn settle(&mut self) -> String {
        if self.written == self.count {
            return String::new();
        }
        self.written = self.count;
        format!("(reported {} times) {}\n", self.count, self.title)
    }
}

/// Counts a report and returns what must be written: all of it, a line with its count, or nothing.
fn note(repeats: &mut Vec<Repeat>, text: &str) -> String {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    let hash = hasher.finish();
    let Some(known) = repeats.iter().position(|repeat| repeat.hash == hash) else {
        let oldest = if repeats.len() == REMEMBERED { repeats.remove(0).settle() } else { String::new() };
        let title = text.lines().next().unwrap_or_default().chars().take(200).collect();
        repeats.push(Repeat { hash, title, count: 1, written: 1 });
        return format!("{oldest}{text}\n");
    };
    // The last one seen is the last one to be forgotten.
    repeats[known..].rotate_left(1);
    let repeat = repeats.last_mut().expect("it is known");
    repeat.count += 1;
    if repeat.count <= WRITTEN {
        repeat.written = repeat.count;
        format!("{text}\n")
    } else if repeat.count.is_power_of_two() {
        repeat.settle()
    } else {
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_that_repeats_is_counted() {
        let mut repeats = Vec::new();
        let mut lines = Vec::new();
        for _ in 0..100 {
            lines.push(note(&mut repeats, "socket.send() raised\nand more"));
            // A different report in between does not start a new count.
            note(&mut repeats, "other");
        }
        let times = |count| format!("(reported {count} times) socket.send() raised\n");
        lines.retain(|line| !line.is_empty());
        let mut expected = vec!["socket.send() raised\nand more\n".to_owned(); 5];
        expected.extend([8, 16, 32, 64].map(times));
        assert_eq!(lines, expected);
        assert_eq!(repeats.iter_mut().find(|repeat| repeat.title != "other").unwrap().settle(), times(100));
    }

    #[test]
    fn a_report_that_is_forgotten_for_others_is_settled() {
        let mut repeats = Vec::new();
        (0..7).for_each(|_| drop(note(&mut repeats, "first")));
        let written: Vec<String> = (0..REMEMBERED).map(|i| note(&mut repeats, &i.to_string())).collect();
        let (last, others) = written.split_last().unwrap();
        assert!(others.iter().enumerate().all(|(i, written)| *written == format!("{i}\n")), "{others:?}");
        assert_eq!((last.as_str(), repeats.len()), ("(reported 7 times) first\n15\n", REMEMBERED));
    }
}
