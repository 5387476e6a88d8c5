//! Chinese typography: full-width punctuation, one blank between a Chinese letter and a Latin letter, a digit or code, and no
//! blank between Chinese letters or beside a punctuation mark.

/// The placeholder for a piece of code.
pub(super) const CODE: char = '\u{e000}';

pub(super) fn is_han(letter: char) -> bool {
    matches!(letter, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}')
}

fn is_wide(letter: char) -> bool {
    "，。；：？！（）、《》“”‘’…—".contains(letter)
}

fn is_latin(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == CODE
}

/// The typographic errors of a text, each with the letters around it. In a sketch, blanks form columns.
pub(super) fn misprints(text: &str, is_sketch: bool) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let mut note = |what: &str, at: usize| {
        let around: String = letters[at.saturating_sub(6)..(at + 8).min(letters.len())].iter().collect();
        found.push(format!("{what}: “{}”", around.replace(CODE, "`…`").replace('\n', " ")));
    };
    for (at, pair) in letters.windows(2).enumerate() {
        let [left, right] = [pair[0], pair[1]];
        if (is_han(left) && is_latin(right)) || (is_latin(left) && is_han(right)) {
            note("a blank is missing", at);
        }
        if is_han(left) && ",;:?!.(\"".contains(right) {
            note("it needs a mark of full width", at);
        }
        if ",;:?!)\"".contains(left) && is_han(right) {
            note("it needs a mark of full width", at);
        }
        if (is_han(left) || is_wide(left)) && "*_".contains(right)
            || "*_".contains(left) && (is_han(right) || is_wide(right))
        {
            note("emphasis that Markdown does not see", at);
        }
        let beside_blank = |letter: char| letter == ' ' || letter == '\n';
        if !is_sketch && ((is_wide(left) && beside_blank(right)) || (beside_blank(left) && is_wide(right))) {
            note("a blank beside a mark of full width", at);
        }
        if !is_sketch && left == ' ' && right == ' ' {
            note("two blanks", at);
        }
    }
    if !is_sketch {
        for (at, triple) in letters.windows(3).enumerate() {
            let [left, middle, right] = [triple[0], triple[1], triple[2]];
            // A single letter is the name of a key.
            let is_alone = at == 0 || letters[at - 1] == ' ';
            if is_han(left) && middle == ' ' && is_han(right) {
                note("a blank between Chinese letters", at);
            }
            if ",;:?!".contains(left) && !is_alone && middle == ' ' && is_han(right) {
                note("it needs a mark of full width", at);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_set_chinese_has_no_misprints() {
        for text in [
            "用 \u{e000} 等待 3 个任务（见第 4 章）。",
            "“任务”——协程，Rust 与 Python。",
            "asyncio: one, two.",
            "\u{e000}，\u{e000} 和 B。",
        ] {
            assert_eq!(misprints(text, false), Vec::<String>::new(), "{text}");
        }
        assert_eq!(misprints("甲    =  乙", true), Vec::<String>::new());
    }

    #[test]
    fn each_misprint_is_found() {
        for (text, what) in [
            ("用\u{e000}等待", "a blank is missing"),
            ("3个", "a blank is missing"),
            ("任务,协程", "full width"),
            ("任务(协程)", "full width"),
            ("如此.", "full width"),
            ("A: 任务", "full width"),
            ("\"任务\"", "full width"),
            ("任务， 协程", "beside a mark"),
            ("任务 。", "beside a mark"),
            ("任务  A", "two blanks"),
            ("任务 协程", "between Chinese letters"),
            ("这是_异步_的", "emphasis"),
            ("**取消。**任务", "emphasis"),
        ] {
            let found = misprints(text, false);
            assert!(found.iter().any(|problem| problem.contains(what)), "{text}: {found:?}");
        }
    }
}
