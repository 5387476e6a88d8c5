//! Puts the questions of a page where it says `<!-- questions -->`.
//!
//! The result is HTML that needs no script: radio buttons, and the answer folded below them. `book/pages.js` adds a button
//! that checks a choice. Nothing is run here: `cargo test -p questions` has computed the answers.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use guide_tests::words::Words;
use questions::{By, Choice, Question, part, with_only};

use super::practice::{escape, inline};
use crate::translation::markdown;

/// The marker for a page's questions.
pub(super) const MARKER: &str = "<!-- questions -->";

/// The questions of a page, as Markdown and HTML.
pub(super) fn section(questions: &[&Question], root: &Path, words: &Words) -> Result<String> {
    let mut text = String::new();
    for (index, question) in questions.iter().enumerate() {
        let program = std::fs::read_to_string(root.join(question.program()))?;
        text +=
            &one(index + 1, question, &program, words).with_context(|| format!("in the question {}", question.name))?;
    }
    Ok(text)
}

fn one(number: usize, question: &Question, program: &str, words: &Words) -> Result<String> {
    let id = format!("question-{}", question.name);
    let choices = question.shown();
    let ask = inline(&question.ask, words);
    let legend = words.fill("Question {number}. {question}", &[("number", &number.to_string()), ("question", &ask)]);
    let mut text = format!(
        "<div class=\"question\" id=\"{id}\">\n<fieldset>\n<legend>{legend}</legend>\n\n```rust,ignore\n{}```\n\n",
        code(question, program, words)?
    );
    for (index, choice) in choices.iter().enumerate() {
        let (letter, label) = (letter(index), label(question, choice, program, words)?);
        let right = if choice.right { " data-right" } else { "" };
        writeln!(
            text,
            "<div class=\"choice\"><input type=\"radio\" name=\"{id}\" id=\"{id}-{index}\" value=\"{index}\"{right}>\
             <label for=\"{id}-{index}\"><span class=\"letter\">{letter}</span> {label}</label></div>"
        )?;
    }
    let answer = words.say("Answer");
    writeln!(text, "</fieldset>\n<details class=\"answer\">\n<summary>{answer}</summary>")?;
    // The right choice first, because it is what the reader looks for.
    let mut order: Vec<usize> = (0..choices.len()).collect();
    order.sort_by_key(|index| !choices[*index].right);
    for index in order {
        let (letter, choice) = (letter(index), choices[index]);
        let verdict = if choice.right { "{choice} is right. {why}" } else { "{choice} is wrong. {why}" };
        let why = markdown::translated(choice.why.trim(), words)?;
        let verdict = words.fill(verdict, &[("choice", &format!("**{letter}**")), ("why", why.trim())]);
        let class = if choice.right { "why right" } else { "why" };
        writeln!(text, "<div class=\"{class}\" data-choice=\"{index}\">\n\n{verdict}\n\n</div>")?;
    }
    text += "</details>\n</div>\n\n";
    Ok(text)
}

/// The code of the question, with a gap in place of the parts that the reader must choose.
fn code(question: &Question, program: &str, words: &Words) -> Result<String> {
    if question.by != By::Parts {
        return part(program, "program");
    }
    let parts: Vec<&str> = question.choice.iter().map(|choice| choice.answer.as_str()).collect();
    let first = parts.iter().min_by_key(|name| program.find(&format!("// ANCHOR: {name}\n"))).context("a choice")?;
    let one = part(&with_only(program, first, &parts), "program")?;
    let chosen = part(program, first)?;
    let indent = &chosen[..chosen.len() - chosen.trim_start().len()];
    Ok(one.replacen(&chosen, &format!("{indent}// {}\n", words.say("which line belongs here?")), 1))
}

/// The text of a choice, for the label of its radio button.
fn label(question: &Question, choice: &Choice, program: &str, words: &Words) -> Result<String> {
    if let Some(text) = &choice.text {
        return Ok(inline(text, words));
    }
    let code = if question.by == By::Parts { part(program, &choice.answer)? } else { choice.answer.clone() };
    let indent = code.lines().map(|line| line.len() - line.trim_start().len()).min().unwrap_or(0);
    let lines: Vec<&str> = code.trim_end().lines().map(|line| line.get(indent..).unwrap_or_default()).collect();
    Ok(format!("<code class=\"lines\">{}</code>", escape(&lines.join("\n"))))
}

fn letter(index: usize) -> char {
    char::from(b'A' + u8::try_from(index).unwrap_or(25))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(by: By, answers: [&str; 2]) -> Question {
        let choice = |answer: &str| Choice {
            answer: answer.to_owned(),
            text: None,
            right: answer == answers[0],
            error: None,
            why: format!("Because of `{answer}`."),
        };
        let (name, ask) = ("nap".to_owned(), "Is `a < b`?".to_owned());
        Question { name, page: String::new(), ask, by, choice: answers.map(choice).to_vec() }
    }

    const PROGRAM: &str = "// ANCHOR: program\nfn f() {\n    // ANCHOR: a\n    a();\n    // ANCHOR_END: a\n    // ANCHOR: b\n    b();\n    \
                           // ANCHOR_END: b\n}\n// ANCHOR_END: program\n";

    #[test]
    fn a_question_needs_no_script() {
        let text = one(3, &question(By::Running, ["1\n2", "2\n1"]), PROGRAM, &Words::english()).unwrap();
        assert!(text.contains("<legend>Question 3. Is <code>a &lt; b</code>?</legend>"), "{text}");
        assert_eq!(text.matches("<input type=\"radio\" name=\"question-nap\"").count(), 2, "{text}");
        assert_eq!(text.matches(" data-right>").count(), 1, "{text}");
        assert!(text.contains("<details class=\"answer\">"), "{text}");
        let (right, wrong) = (text.find("is right. Because").unwrap(), text.find("is wrong. Because").unwrap());
        assert!(right < wrong, "{text}");
    }

    #[test]
    fn parts_leave_a_gap() {
        let text = one(1, &question(By::Parts, ["a", "b"]), PROGRAM, &Words::english()).unwrap();
        assert!(text.contains("fn f() {\n    // which line belongs here?\n}\n"), "{text}");
        assert!(text.contains("<code class=\"lines\">a();</code>"), "{text}");
    }
}
