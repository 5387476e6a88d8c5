//! The questions and the exercises of each page, placed at the page's markers.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

use ::exercises::list::{Exercise, exercises as all_exercises};
use ::questions::{Question, questions as all_questions};
use anyhow::{Result, ensure};
use guide_tests::words::{Words, is_prose, marked};
use regex::Regex;

use super::{exercises, questions};

static HEADING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?m)^### (?P<title>.+) \{ ?#(?P<id>exercise-\w+) ?\}$").expect("the pattern is well formed")
});

/// All questions and exercises, and the pages that have them already.
pub(super) struct Practice {
    questions: Vec<Question>,
    exercises: Vec<Exercise>,
    titles: BTreeMap<String, String>,
    /// Each page with one of its markers.
    placed: BTreeSet<(String, String)>,
}

impl Practice {
    pub(super) fn load(root: &Path) -> Result<Self> {
        let (questions, exercises) = (all_questions(root)?, all_exercises(root)?);
        Ok(Self { questions, exercises, titles: BTreeMap::new(), placed: BTreeSet::new() })
    }

    /// Notes the titles of a page and of its exercises, for the list of all exercises.
    pub(super) fn titles(&mut self, page: &str, title: &str, text: &str) {
        self.titles.insert(format!("{page}.md"), title.to_owned());
        for found in HEADING.captures_iter(text) {
            self.titles.insert(format!("{page}.md#{}", &found["id"]), found["title"].to_owned());
        }
    }

    /// A page, named without `.md`, with its questions and exercises.
    pub(super) fn place(&mut self, page: &str, text: &str, root: &Path, words: &Words) -> Result<String> {
        let mut text = text.to_owned();
        let its: Vec<&Question> = self.questions.iter().filter(|question| question.page == page).collect();
        if let Some(placed) = replaced(&text, questions::MARKER, || questions::section(&its, root, words))? {
            ensure!(!its.is_empty(), "{page}.md has a place for questions and none belong there");
            self.placed.insert((page.to_owned(), questions::MARKER.to_owned()));
            text = placed;
        }
        for exercise in &self.exercises {
            let marker = exercises::marker(exercise);
            if let Some(placed) = replaced(&text, &marker, || exercises::section(exercise, root, words))? {
                let heading = format!("{page}.md#exercise-{}", exercise.name);
                ensure!(self.titles.contains_key(&heading), "{page}.md has no heading {{#exercise-{}}}", exercise.name);
                self.placed.insert((page.to_owned(), marker));
                text = placed;
            }
        }
        ensure!(!text.contains("\n<!-- exercise: "), "{page}.md has a place for an exercise that there is not");
        let table = || exercises::table(&self.exercises, &self.titles, words);
        Ok(replaced(&text, exercises::ALL, table)?.unwrap_or(text))
    }

    /// Fails when a question or an exercise belongs to a page without the marker for it.
    pub(super) fn all_are_placed(&self) -> Result<()> {
        let questions = self.questions.iter().map(|question| (question.page.clone(), questions::MARKER.to_owned()));
        let exercises = self.exercises.iter().map(|exercise| (exercise.page.clone(), exercises::marker(exercise)));
        let wanted: BTreeSet<_> = questions.chain(exercises).collect();
        let missing: Vec<String> =
            wanted.difference(&self.placed).map(|(page, marker)| format!("{page}.md has no {marker}")).collect();
        ensure!(missing.is_empty(), "{}", missing.join("\n"));
        Ok(())
    }
}

/// Replaces a line of the text, if it has that line.
fn replaced(text: &str, line: &str, with: impl FnOnce() -> Result<String>) -> Result<Option<String>> {
    let line = format!("\n{line}\n");
    if !text.contains(&line) {
        return Ok(None);
    }
    Ok(Some(text.replacen(&line, &format!("\n{}\n", with()?), 1)))
}

/// A line of Markdown as HTML, with code and emphasis, for places where Markdown is not interpreted. Words without a
/// translation are marked.
pub(super) fn inline(text: &str, words: &Words) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let translation = words.plain(&text);
    if translation == text && is_prose(&text) && !words.are_english() {
        return marked(&html(&text));
    }
    html(&translation)
}

fn html(text: &str) -> String {
    let mut html = String::new();
    for (index, piece) in text.split('`').enumerate() {
        if index % 2 == 1 {
            html = html + "<code>" + &escape(piece) + "</code>";
            continue;
        }
        for (index, words) in piece.split('*').enumerate() {
            let words = escape(words);
            html += &if index % 2 == 1 { format!("<em>{words}</em>") } else { words };
        }
    }
    html
}

/// Text, escaped for HTML.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_markdown_becomes_html() {
        assert_eq!(inline("Is `a < *b`\n*not* 5?", &Words::english()), "Is <code>a &lt; *b</code> <em>not</em> 5?");
    }

    #[test]
    fn a_marker_is_a_line_of_its_own() {
        let with = || Ok("it".to_owned());
        assert_eq!(replaced("a\n<!-- x -->\nb\n", "<!-- x -->", with).unwrap().unwrap(), "a\nit\nb\n");
        assert_eq!(replaced("see `<!-- x -->`\n", "<!-- x -->", with).unwrap(), None);
    }
}
