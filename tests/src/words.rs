//! The words of the book that are in no page, in the language of an edition: labels, captions, generated sentences.
//!
//! The core idea: the code that makes them asks [`Words`] for each, in English, and gets it in the language of the edition.
//! Each request is recorded, with the page for which it was made; the record is the list of messages to translate. Without a
//! translation, a *label* stays English, while *prose* is also marked as English, because it is a whole sentence.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

/// The pseudo-page of labels, which belong to no single page.
pub const LABELS: &str = "labels";

/// The words of one edition.
#[derive(Debug, Default)]
pub struct Words {
    /// The translations by their English; `None` in the English edition.
    translations: Option<BTreeMap<String, String>>,
    page: RefCell<String>,
    asked: RefCell<Vec<Asked>>,
}

/// A message that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The English.
    pub english: String,
    /// The page that it was for, or [`LABELS`].
    pub page: String,
}

impl Words {
    /// The words of the English edition.
    pub fn english() -> Self {
        Self::default()
    }

    /// The words of an edition in another language, by the English ones.
    pub fn translated(translations: BTreeMap<String, String>) -> Self {
        Self { translations: Some(translations), ..Self::default() }
    }

    /// Is this the edition that needs no translation?
    pub fn are_english(&self) -> bool {
        self.translations.is_none()
    }

    /// Sets the page for the following requests.
    pub fn turn_to(&self, page: &str) {
        page.clone_into(&mut self.page.borrow_mut());
    }

    /// A label.
    pub fn say(&self, english: &str) -> String {
        self.note(english, LABELS);
        self.find(english).unwrap_or(english).to_owned()
    }

    /// A label with something in place of each `{name}`.
    ///
    /// ```
    /// let words = guide_tests::words::Words::translated([("file {name}".to_owned(), "文件 {name}".to_owned())].into());
    /// assert_eq!(words.fill("file {name}", &[("name", "nap.rs")]), "文件 nap.rs");
    /// ```
    pub fn fill(&self, english: &str, values: &[(&str, &str)]) -> String {
        let mut text = String::new();
        let template = self.say(english);
        let mut rest = template.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            join(&mut text, before);
            let (name, after) = after.split_once('}').unwrap_or((after, ""));
            let value = values.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value);
            join(&mut text, value);
            rest = after;
        }
        join(&mut text, rest);
        text
    }

    /// A text of the page that cannot be marked: a title, or a sketch in a block of code.
    pub fn plain(&self, english: &str) -> String {
        if is_prose(english) {
            self.note(english, &self.page.borrow());
        }
        self.find(english).unwrap_or(english).to_owned()
    }

    /// A sentence or more, in Markdown or HTML.
    pub fn prose(&self, english: &str) -> String {
        self.told(english).unwrap_or_else(|| english.to_owned())
    }

    /// The translation of a sentence or more, in Markdown or HTML, if this edition has one.
    pub fn told(&self, english: &str) -> Option<String> {
        if !is_prose(english) {
            return None;
        }
        self.note(english, &self.page.borrow());
        match self.find(english) {
            Some(translation) => Some(translation.to_owned()),
            None if self.are_english() => None,
            None => Some(marked(english)),
        }
    }

    /// The messages that were asked for, in this order, each once for each page.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.borrow().clone()
    }

    fn find(&self, english: &str) -> Option<&str> {
        self.translations.as_ref()?.get(english).map(String::as_str)
    }

    fn note(&self, english: &str, page: &str) {
        let asked = Asked { english: english.to_owned(), page: page.to_owned() };
        let mut all = self.asked.borrow_mut();
        if !self.are_english() && !all.contains(&asked) {
            all.push(asked);
        }
    }
}

/// Adds to a text, with the blank that belongs between a Chinese letter and a Latin one or a digit.
fn join(text: &mut String, more: &str) {
    let is_chinese = |letter: char| ('\u{3400}'..='\u{9fff}').contains(&letter);
    if let (Some(left), Some(right)) = (text.chars().last(), more.chars().next()) {
        let latin = |letter: char| letter.is_ascii_alphanumeric() || letter == '(' || letter == ')';
        if (is_chinese(left) && latin(right)) || (latin(left) && is_chinese(right)) {
            text.push(' ');
        }
    }
    *text += more;
}

/// English words in an edition of another language, as inline HTML.
pub fn marked(english: &str) -> String {
    // A drawing is not a text, and its own words are translated inside it.
    if english.starts_with("![") {
        english.to_owned()
    } else {
        format!("<span lang=\"en\" class=\"untranslated\">{english}</span>")
    }
}

/// Does a text in Markdown or HTML have words, outside of code, of the targets of its links, and of measured values?
pub fn is_prose(text: &str) -> bool {
    static SILENT: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?s)``.*?``|`[^`]*`|<code.*?</code>|\]\([^)]*\)|<[^>]*>|&\w+;|https?://\S+|\d[\d.,]* ?(?:ns|µs|ms|s|KB|MB|B|k)\b")
            .expect("the pattern is well formed")
    });
    let text = SILENT.replace_all(text, " ");
    let is_word = |word: &str| word.chars().filter(|letter| letter.is_alphabetic()).count() > 1;
    text.split(|letter: char| !letter.is_alphabetic()).any(is_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words() -> Words {
        Words::translated([("Hint".to_owned(), "提示".to_owned()), ("Run.".to_owned(), "跑。".to_owned())].into())
    }

    #[test]
    fn what_is_asked_for_is_kept_once_a_page() {
        let words = words();
        words.turn_to("07-tasks.md");
        assert_eq!([words.say("Hint"), words.say("Hint"), words.say("Answer")], ["提示", "提示", "Answer"]);
        assert_eq!(words.prose("Run."), "跑。");
        words.turn_to("08-query-tasks.md");
        assert_eq!(words.prose("Run."), "跑。");
        let asked: Vec<_> = words.asked().into_iter().map(|asked| (asked.english, asked.page)).collect();
        let expected = [("Hint", LABELS), ("Answer", LABELS), ("Run.", "07-tasks.md"), ("Run.", "08-query-tasks.md")];
        assert_eq!(asked, expected.map(|(english, page)| (english.to_owned(), page.to_owned())));
    }

    #[test]
    fn prose_without_a_translation_is_marked() {
        assert_eq!(words().prose("Walk."), "<span lang=\"en\" class=\"untranslated\">Walk.</span>");
        assert_eq!(Words::english().prose("Walk."), "Walk.");
        assert_eq!(words().prose("![A loop](figures/loop.svg)"), "![A loop](figures/loop.svg)");
    }

    #[test]
    fn a_blank_is_between_chinese_and_latin_letters() {
        let words = Words::translated([("waits for {thing} now".to_owned(), "等待{thing}完成".to_owned())].into());
        let wait = |thing: &str| words.fill("waits for {thing} now", &[("thing", thing)]);
        assert_eq!(
            [wait("定时器"), wait("Ada"), wait("f()"), wait("“a”")],
            ["等待定时器完成", "等待 Ada 完成", "等待 f() 完成", "等待“a”完成"]
        );
    }

    #[test]
    fn code_numbers_and_links_are_no_prose() {
        for silent in [
            "`run`, `Runner`",
            "50.7 ns",
            "1.59 µs",
            "4 KB",
            "[5](05-run.md)",
            "3.14",
            "<code>a()</code>",
            "",
            "A",
            "— 1 —",
        ] {
            assert!(!is_prose(silent), "{silent}");
        }
        for prose in ["the same", "[locks](locks.md)", "`run` it", "任务"] {
            assert!(is_prose(prose), "{prose}");
        }
    }
}
