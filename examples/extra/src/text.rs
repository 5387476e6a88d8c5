//! Text that comes from others, on its way to a terminal or a log.

use std::borrow::Cow;
use std::io::{self, Write as _};
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// Replaces by escapes whatever a reader would not see as it is: control
/// characters, which a terminal obeys, characters that change the direction of
/// writing, and spaces that are invisible or look like another one.
///
/// ```
/// use guide_extra::text::visible;
///
/// assert_eq!(visible("caf\u{e9} \u{1f600}"), "caf\u{e9} \u{1f600}");
/// assert_eq!(visible("\x1b[2J\0\tno\u{200b}\n"), r"\u{1b}[2J\u{0}\tno\u{200b}\n");
/// ```
pub fn visible(text: &str) -> Cow<'_, str> {
    static INVISIBLE: LazyLock<Regex> = LazyLock::new(|| {
        // The blank of Braille counts as a symbol, but is blank.
        Regex::new(r"[[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u{2800}]--[ ]]")
            .expect("it is well formed")
    });
    INVISIBLE.replace_all(text, |found: &Captures<'_>| {
        found[0].chars().flat_map(char::escape_default).collect::<String>()
    })
}

/// Prints one line of a server's log, with escapes (see [`visible`]). A line that
/// cannot be written is dropped: a full disk, or a reader that has ended, must not
/// end a server for all its clients, as a panic of std's `println!` would.
pub fn print_line(line: &str) {
    let _ = writeln!(io::stdout(), "{}", visible(line));
}

/// std's `println!` for programs that serve others: see
/// [`print_line`](crate::text::print_line).
///
/// ```
/// use guide_extra::println;
///
/// println!("a client says {}", "hello\x07");
/// ```
#[macro_export]
macro_rules! println {
    ($($argument:tt)*) => {
        $crate::text::print_line(&::std::format!($($argument)*))
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_not_seen_is_escaped() {
        let ordinary =
            "h\u{e9}llo \u{4f60}\u{597d} e\u{301} 'quoted' \\ \"twice\" <&>";
        assert_eq!(visible(ordinary), ordinary);
        let hidden = [
            ("\u{9b}31m", r"\u{9b}31m"),
            ("a\u{202e}b", r"a\u{202e}b"),
            ("\u{feff}\u{a0}\u{3000}\u{2028}", r"\u{feff}\u{a0}\u{3000}\u{2028}"),
            (
                "\u{3164}\u{115f}\u{2800}\u{e0041}",
                r"\u{3164}\u{115f}\u{2800}\u{e0041}",
            ),
            ("\r\n\x7f", r"\r\n\u{7f}"),
        ];
        for (text, seen) in hidden {
            assert_eq!(visible(text), seen);
        }
    }
}
