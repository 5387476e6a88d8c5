//! The questions of the book: what is asked, the choices, and why each is right or wrong.
//!
//! `PAGE.toml` holds the questions of a page, and the folder `PAGE` a program for each. The program, or the compiler, decides
//! which choice is right: `tests/answers.rs` runs it and compares. The book only reads these files.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

/// One question.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Its name, which is that of its program.
    pub name: String,
    /// The page of the book that it belongs to. Set from the name of the file.
    #[serde(skip)]
    pub page: String,
    /// What is asked, in a line of Markdown.
    pub ask: String,
    /// What decides.
    #[serde(default)]
    pub by: By,
    /// What can be chosen.
    pub choice: Vec<Choice>,
}

/// What computes the answer.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum By {
    /// The program is run on the virtual clock: the answer is what it prints.
    #[default]
    Running,
    /// The compiler checks the program: the answer is the code of its first error, or `compiles`.
    Compiling,
    /// The compiler checks each choice's part of the program: the answer is the part that compiles.
    Parts,
}

/// One choice of a question.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// What the program would print if this were right, or the compiler's verdict, or the part of the program.
    pub answer: String,
    /// What the reader sees, if not the answer itself: a line of Markdown.
    pub text: Option<String>,
    /// Is it right?
    #[serde(default)]
    pub right: bool,
    /// Of a part that does not compile: the compiler's error.
    pub error: Option<String>,
    /// Why it is right or wrong, as Markdown.
    pub why: String,
}

impl Question {
    /// Its program below the root of the repository.
    pub fn program(&self) -> PathBuf {
        Path::new("questions").join(&self.page).join(format!("{}.rs", self.name))
    }

    /// The choices in the order in which a reader sees them: numbers by size, others mixed, always in the same way.
    pub fn shown(&self) -> Vec<&Choice> {
        let mut shown: Vec<&Choice> = self.choice.iter().collect();
        let numbers = shown
            .iter()
            .map(|choice| choice.answer.trim().parse().ok())
            .collect::<Option<Vec<u64>>>();
        match numbers {
            Some(_) => shown.sort_by_key(|choice| {
                choice.answer.trim().parse::<u64>().unwrap_or_default()
            }),
            None => shown.sort_by_key(|choice| mixed(&self.name, &choice.answer)),
        }
        shown
    }

    /// The choice that is right.
    pub fn right(&self) -> &Choice {
        self.choice
            .iter()
            .find(|choice| choice.right)
            .expect("`questions` looks that there is one")
    }
}

/// A number that says nothing of what it is made from (FNV-1a).
fn mixed(name: &str, answer: &str) -> u64 {
    let step = |hash: u64, byte: &u8| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    };
    [name, answer]
        .iter()
        .flat_map(|text| text.as_bytes())
        .fold(0xcbf2_9ce4_8422_2325, step)
}

/// All questions, by page and in the order of the files.
///
/// # Errors
///
/// Fails when a file cannot be read, or when a question has not exactly one right choice among several, or a program not
/// exactly one question.
pub fn questions(root: &Path) -> Result<Vec<Question>> {
    #[derive(Deserialize)]
    struct Page {
        question: Vec<Question>,
    }
    let folder = root.join("questions");
    let mut all: Vec<Question> = Vec::new();
    let entries = std::fs::read_dir(&folder)?.collect::<Result<Vec<_>, _>>()?;
    let mut paths: Vec<PathBuf> =
        entries.iter().map(std::fs::DirEntry::path).collect();
    paths.sort();
    let is_page = |path: &&PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.ends_with(".toml") && name != "Cargo.toml" && name != "rustfmt.toml"
    };
    for path in paths.iter().filter(is_page) {
        let text = std::fs::read_to_string(path)?;
        let page: Page = toml::from_str(&text)
            .with_context(|| format!("in {}", path.display()))?;
        let name =
            path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        for question in page.question {
            all.push(Question { page: name.clone(), ..question });
        }
    }
    for (index, question) in all.iter().enumerate() {
        let right = question.choice.iter().filter(|choice| choice.right).count();
        ensure!(
            right == 1,
            "the question {} has {right} right choices",
            question.name
        );
        ensure!(
            question.choice.len() > 1,
            "the question {} has nothing to choose",
            question.name
        );
        let twin = |choice: &Choice| {
            question
                .choice
                .iter()
                .filter(|other| other.answer.trim() == choice.answer.trim())
                .count()
        };
        ensure!(
            question.choice.iter().all(|choice| twin(choice) == 1),
            "two choices of {} are the same",
            question.name
        );
        let is_twice = all[..index].iter().any(|other| other.name == question.name);
        ensure!(!is_twice, "there are two questions {}", question.name);
        let program = root.join(question.program());
        ensure!(
            program.is_file(),
            "the question {} has no program {}",
            question.name,
            program.display()
        );
    }
    Ok(all)
}

/// The part of a program between its anchors, without other anchors.
///
/// # Errors
///
/// Fails when there is no such part.
pub fn part(text: &str, name: &str) -> Result<String> {
    let begins = format!("// ANCHOR: {name}");
    let ends = format!("// ANCHOR_END: {name}");
    let lines = text.lines().skip_while(|line| line.trim() != begins);
    let lines: Vec<&str> =
        lines.skip(1).take_while(|line| line.trim() != ends).collect();
    ensure!(!lines.is_empty(), "there is no part {name:?}");
    let kept =
        lines.into_iter().filter(|line| !line.trim().starts_with("// ANCHOR"));
    Ok(kept.map(|line| format!("{line}\n")).collect())
}

/// A program with one of these parts, and without the others.
pub fn with_only(text: &str, kept: &str, parts: &[&str]) -> String {
    let (mut program, mut inside) = (String::new(), None);
    for line in text.lines() {
        let marker = line.trim();
        if let Some(name) =
            marker.strip_prefix("// ANCHOR: ").filter(|name| parts.contains(name))
        {
            inside = Some(name);
        }
        if inside.is_none_or(|name| name == kept) {
            program = program + line + "\n";
        }
        if marker
            .strip_prefix("// ANCHOR_END: ")
            .is_some_and(|name| inside == Some(name))
        {
            inside = None;
        }
    }
    program
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The root of the repository.
    fn root() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
    }

    #[test]
    fn the_place_of_a_choice_does_not_betray_it() {
        let all = questions(root()).unwrap();
        let of_three: Vec<_> =
            all.iter().filter(|question| question.choice.len() == 3).collect();
        for place in 0..3 {
            let right = of_three
                .iter()
                .filter(|question| question.shown()[place].right)
                .count();
            let share = right * 100 / of_three.len();
            assert!(
                (20..=47).contains(&share),
                "{share} of a hundred right answers are in place {place}"
            );
        }
    }

    const PROGRAM: &str = "use x;\n// ANCHOR: program\n// ANCHOR: a\na();\n// ANCHOR_END: a\n// ANCHOR: b\nb();\n// ANCHOR_END: b\n\
                           rest();\n// ANCHOR_END: program\n";

    #[test]
    fn a_part_has_no_markers() {
        assert_eq!(part(PROGRAM, "program").unwrap(), "a();\nb();\nrest();\n");
        assert!(part(PROGRAM, "c").is_err());
    }

    #[test]
    fn a_program_can_have_one_part_of_several() {
        let program = with_only(PROGRAM, "b", &["a", "b"]);
        assert_eq!(part(&program, "program").unwrap(), "b();\nrest();\n");
    }
}
