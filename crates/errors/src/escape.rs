//! Text from outside, written so that a terminal shows it instead of obeying it.
//!
//! The core idea: an adapter around anything that is written to. What passes through it keeps its letters and loses its control
//! characters, which are written as Python's `repr` writes them.

use std::fmt;

/// What happens to line ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lines {
    /// They stay.
    Keep,
    /// They are escaped, so that the text is one line.
    Escape,
}

/// Passes text on with control characters escaped, and others that a terminal obeys instead of showing them.
#[expect(missing_debug_implementations, reason = "what it writes to has none")]
pub struct Escape<'a>(pub &'a mut dyn fmt::Write, pub Lines);

impl fmt::Write for Escape<'_> {
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
        // Spaces of all kinds are harmless, except two that some programs take for line ends.
        c if c.is_whitespace() && !c.is_control() => matches!(c, '\u{2028}' | '\u{2029}'),
        c => !is_printable(c),
    }
}

/// Writes a character that is not printable as Python's `repr` writes it.
pub fn escaped(f: &mut dyn fmt::Write, c: char) -> fmt::Result {
    match (c, u32::from(c)) {
        ('\n', _) => f.write_str("\\n"),
        ('\r', _) => f.write_str("\\r"),
        ('\t', _) => f.write_str("\\t"),
        (_, code @ 0..=0xff) => write!(f, "\\x{code:02x}"),
        (_, code @ 0..=0xffff) => write!(f, "\\u{code:04x}"),
        (_, code) => write!(f, "\\U{code:08x}"),
    }
}

/// False for control characters, for spaces other than the ASCII one, and for characters that are invisible or change the
/// direction of text.
#[must_use]
pub fn is_printable(c: char) -> bool {
    if c.is_ascii() {
        return !c.is_ascii_control();
    }
    let is_format = matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}');
    !(is_format || c.is_control() || c.is_whitespace())
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

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
}
