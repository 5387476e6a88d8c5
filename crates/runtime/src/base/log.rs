//! Where reports and log lines go: standard error, written so that a report can never harm the program (`asyncio.log`).
//!
//! The core idea: one function writes them all. It does not panic when standard error is full or closed, it escapes what could
//! play tricks on a terminal, and it counts a report that repeats instead of writing it again. There are no levels and no
//! handlers here; programs that want them set an exception handler.

use std::fmt::{self, Write as _};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write as _;
use std::sync::{Mutex, PoisonError};

/// Writes a line to standard error, as asyncio's logger of last resort does: `asyncio.log.logger.warning`.
///
/// Never panics and never fails: where standard error cannot be written, the line is lost. Control characters are escaped,
/// except line ends. A message that repeats one of the last few is written a few times and then counted: its eighth, sixteenth,
/// … time is a line with the count, and so is what was left over when a loop closes.
///
/// # Examples
///
/// ```
/// use asyncio::log;
///
/// log::warning("the cache is cold"); // written
/// log::warning(format_args!("peer {} said goodbye", "\u{1b}[2J")); // with a harmless \x1b
/// ```
pub fn warning(message: impl fmt::Display) {
    let mut text = String::new();
    // Only a `Display` that fails of its own accord gives an error: then what it wrote has to do.
    let _ = write!(Escape(&mut text, Lines::Keep), "{message}");
    let mut repeats = REPEATS.lock().unwrap_or_else(PoisonError::into_inner);
    match note(&mut repeats, &text) {
        Noted::New(settled) => write(&(settled + &text + "\n")),
        Noted::Again => write(&(text + "\n")),
        Noted::Told(line) => write(&line),
        Noted::Counted => {}
    }
}

/// Tells how often reports were repeated since they were last written or counted.
pub(crate) fn settle() {
    let mut repeats = REPEATS.lock().unwrap_or_else(PoisonError::into_inner);
    let lines: String = repeats.iter_mut().map(Repeat::settle).collect();
    if !lines.is_empty() {
        write(&lines);
    }
}

/// In one piece, so that lines of several threads do not mix. An error means that nobody can read it.
pub(crate) fn write(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}

static REPEATS: Mutex<Vec<Repeat>> = Mutex::new(Vec::new());

/// How many different reports are remembered.
const REMEMBERED: usize = 16;

/// How often the same report is written in full.
const WRITTEN: u64 = 5;

/// A report that was written, without its text, which may be long.
struct Repeat {
    hash: u64,
    /// The beginning of its first line.
    title: String,
    /// How often it was reported, and how often by the last line about it.
    count: u64,
    told: u64,
}

enum Noted {
    /// It is to be written, after these lines on one that is forgotten for it.
    New(String),
    /// It is to be written once more.
    Again,
    /// This line is to be written instead.
    Told(String),
    Counted,
}

impl Repeat {
    fn settle(&mut self) -> String {
        if self.told == self.count {
            return String::new();
        }
        self.told = self.count;
        format!("(reported {} times) {}\n", self.count, self.title)
    }
}

fn note(repeats: &mut Vec<Repeat>, text: &str) -> Noted {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    let hash = hasher.finish();
    let Some(known) = repeats.iter().position(|repeat| repeat.hash == hash) else {
        let settled = if repeats.len() == REMEMBERED { repeats.remove(0).settle() } else { String::new() };
        let title = text.lines().next().unwrap_or_default().chars().take(200).collect();
        repeats.push(Repeat { hash, title, count: 1, told: 1 });
        return Noted::New(settled);
    };
    let mut repeat = repeats.remove(known);
    repeat.count += 1;
    let noted = match repeat.count {
        ..=WRITTEN => {
            repeat.told = repeat.count;
            Noted::Again
        }
        count if count.is_power_of_two() => Noted::Told(repeat.settle()),
        _ => Noted::Counted,
    };
    repeats.push(repeat);
    noted
}

/// What becomes of line ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lines {
    Keep,
    Escape,
}

/// Writes on with control characters escaped, and others that a terminal does not show but obeys.
pub(crate) struct Escape<'a, W>(pub(crate) &'a mut W, pub(crate) Lines);

impl<W: fmt::Write> fmt::Write for Escape<'_, W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let lines = self.1;
        for piece in text.split_inclusive(|c| is_special(c, lines)) {
            match piece.chars().next_back() {
                Some(last) if is_special(last, lines) => {
                    self.0.write_str(&piece[..piece.len() - last.len_utf8()])?;
                    escaped(self.0, last)?;
                }
                _ => self.0.write_str(piece)?,
            }
        }
        Ok(())
    }
}

fn is_special(c: char, lines: Lines) -> bool {
    match c {
        '\n' => lines == Lines::Escape,
        // Spaces are spaces, but line ends that only some know are none.
        c if c.is_whitespace() && !c.is_control() => matches!(c, '\u{2028}' | '\u{2029}'),
        c => !is_printable(c),
    }
}

/// Writes a character as Python's `repr` writes one that cannot be printed.
pub(crate) fn escaped(f: &mut impl fmt::Write, c: char) -> fmt::Result {
    match (c, u32::from(c)) {
        ('\n', _) => f.write_str("\\n"),
        ('\r', _) => f.write_str("\\r"),
        ('\t', _) => f.write_str("\\t"),
        (_, code @ 0..=0xff) => write!(f, "\\x{code:02x}"),
        (_, code @ 0..=0xffff) => write!(f, "\\u{code:04x}"),
        (_, code) => write!(f, "\\U{code:08x}"),
    }
}

/// Control characters, spaces but the plain one, and what has no shape of its own or turns the direction of the text.
pub(crate) fn is_printable(c: char) -> bool {
    if c.is_ascii() {
        return !c.is_ascii_control();
    }
    let is_format = matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}');
    !(is_format || c.is_control() || c.is_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, lines: Lines) -> String {
        let mut shown = String::new();
        write!(Escape(&mut shown, lines), "{text}").unwrap();
        shown
    }

    #[test]
    fn what_a_terminal_obeys_is_escaped_and_line_ends_stay() {
        let text = "a\u{1b}[2J\r\nb\u{9b}c\u{7f}\u{202e}d\u{2028}e\u{e0041} é\u{3000}日";
        let expected = "a\\x1b[2J\\r\nb\\x9bc\\x7f\\u202ed\\u2028e\\U000e0041 é\u{3000}日";
        assert_eq!(shown(text, Lines::Keep), expected);
        assert_eq!(shown("one\ntwo\0", Lines::Escape), "one\\ntwo\\x00");
    }

    #[test]
    fn a_report_that_repeats_is_counted() {
        let mut repeats = Vec::new();
        let mut lines = Vec::new();
        for _ in 0..100 {
            match note(&mut repeats, "socket.send() raised\nand more") {
                Noted::New(settled) => lines.push(settled + "all"),
                Noted::Again => lines.push("again".to_owned()),
                Noted::Told(line) => lines.push(line),
                Noted::Counted => {}
            }
            // Another one in between does not begin a new count.
            note(&mut repeats, "other");
        }
        let times = |count| format!("(reported {count} times) socket.send() raised\n");
        let mut expected = vec!["all".to_owned()];
        expected.resize(5, "again".to_owned());
        expected.extend([8, 16, 32, 64].map(times));
        assert_eq!(lines, expected);
        assert_eq!(repeats.iter_mut().find(|repeat| repeat.title != "other").unwrap().settle(), times(100));
    }

    #[test]
    fn a_report_that_is_forgotten_for_others_is_settled() {
        let mut repeats = Vec::new();
        (0..7).for_each(|_| drop(note(&mut repeats, "first")));
        let settled: String = (0..REMEMBERED)
            .map(|i| match note(&mut repeats, &i.to_string()) {
                Noted::New(settled) => settled,
                _ => panic!("each is new"),
            })
            .collect();
        assert_eq!((settled.as_str(), repeats.len()), ("(reported 7 times) first\n", REMEMBERED));
    }
}
