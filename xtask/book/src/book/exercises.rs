//! Puts an exercise where a page says `<!-- exercise: NAME -->`, and a list of all where one says `<!-- all exercises -->`.
//!
//! The task is the comment that opens the file. The initial code, the hint and the solution are folded.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::Result;
use exercises::list::Exercise;
use exercises::source::{Version, code, task};
use guide_tests::words::Words;

use crate::translation::markdown;

/// The marker for a list of all exercises.
pub(super) const ALL: &str = "<!-- all exercises -->";

/// The marker for an exercise in a page. The heading above it has the id `exercise-NAME`.
pub(super) fn marker(exercise: &Exercise) -> String {
    format!("<!-- exercise: {} -->", exercise.name)
}

/// An exercise, as Markdown and HTML.
pub(super) fn section(exercise: &Exercise, root: &Path, words: &Words) -> Result<String> {
    let (start, solution) = (exercise.version(root, Version::Start)?, exercise.version(root, Version::Solution)?);
    let name = &exercise.name;
    let fold = |summary: &str, body: &str| {
        format!("<details>\n<summary>{}</summary>\n\n{body}\n\n</details>\n", words.say(summary))
    };
    let rust = |code: &str| format!("```rust,ignore\n{code}```");
    Ok(format!(
        "<div class=\"exercise\">\n<p class=\"command\">{}</p>\n\n{}\n\n{}{}{}</div>\n",
        words.fill(
            "{level}, {command}",
            &[
                ("level", &words.say(exercise.level_in_words())),
                ("command", &format!("<code>cargo xtask exercise start {name}</code>")),
            ],
        ),
        markdown::translated(task(&solution).trim(), words)?,
        fold("The code to begin with", &rust(&code(&start))),
        fold("Hint", &markdown::translated(exercise.hint.trim(), words)?),
        fold("Solution", &rust(&code(&solution)))
    ))
}

/// A table of all exercises, by page; `titles` has those of the pages and of the exercises, by their links.
pub(super) fn table(exercises: &[Exercise], titles: &BTreeMap<String, String>, words: &Words) -> Result<String> {
    let mut text = format!("| {} | {} | |\n| --- | --- | --- |\n", words.say("Page"), words.say("Exercise"));
    let mut page = String::new();
    for exercise in exercises {
        let link = |to: &str| format!("[{}]({to})", titles.get(to).map_or(to, String::as_str));
        let its = format!("{}.md", exercise.page);
        let shown = if page == its { String::new() } else { link(&its) };
        let name = link(&format!("{its}#exercise-{}", exercise.name));
        writeln!(text, "| {shown} | {name} | {} |", words.say(exercise.level_in_words()))?;
        page = its;
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exercise_has_its_solution_folded() {
        let root = exercises::root();
        let list = exercises::list::exercises(root).unwrap();
        let text = section(&list[0], root, &Words::english()).unwrap();
        assert_eq!(text.matches("<details>").count(), 3, "{text}");
        assert!(!text.contains("// SOLUTION") && !text.contains("#[cfg(test)]"), "{text}");
        let before = text.split("<details>").next().unwrap();
        assert!(!before.contains("```"), "what is not folded holds no code: {before}");
    }

    #[test]
    fn the_table_names_a_page_once() {
        let exercise = |name: &str| Exercise {
            name: name.to_owned(),
            page: "07-tasks".to_owned(),
            level: 1,
            hint: String::new(),
            compiler: None,
        };
        let title = |link: &str, words: &str| (link.to_owned(), words.to_owned());
        let titles = [title("07-tasks.md", "7. Tasks"), title("07-tasks.md#exercise-two_cups", "Two cups")];
        let table = table(&[exercise("two_cups"), exercise("a_nap")], &titles.into(), &Words::english()).unwrap();
        assert_eq!(table.matches("[7. Tasks](07-tasks.md)").count(), 1, "{table}");
        assert!(table.contains("| [Two cups](07-tasks.md#exercise-two_cups) | easy |"), "{table}");
    }
}
