//! Puts the drawings of a page into the page itself, where they take on the colours of its theme.
//!
//! In the source, a page shows a drawing as an image, which a code host shows, too, in light or dark colours by the drawing's
//! own style. In the book an image would not follow the reader's theme. So the drawing replaces the image, and the book's style
//! replaces its own.

use std::path::Path;
use std::sync::LazyLock;

use anyhow::{Context as _, Result};
use guide_tests::words::Words;
use regex::Regex;

static IMAGE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?m)^!\[(?P<words>[^\]]*)\]\((?P<file>figures/[\w-]+\.svg)\)$").expect("the pattern is well formed")
});

static STYLE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?s)<style>.*?</style>").expect("the pattern is well formed"));

/// A page of the folder with its drawings in it.
pub(super) fn with_drawings(page: &str, folder: &Path, words: &Words) -> Result<String> {
    let mut text = String::new();
    let mut rest = page;
    while let Some(found) = IMAGE.captures(rest) {
        let (whole, file) = (found.get(0).expect("a match has a whole"), &found["file"]);
        let drawing = std::fs::read_to_string(folder.join(file)).with_context(|| format!("cannot read {file}"))?;
        text += &rest[..whole.start()];
        text += &inline(&labelled(&drawing, words), &found["words"], file);
        rest = &rest[whole.end()..];
    }
    Ok(text + rest)
}

static LABEL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?m)^<text x="(?P<x>[\d.-]+)" y="(?P<y>[\d.-]+)"(?P<rest>[^>]*)>(?P<words>[^<]*)</text>$"#)
        .expect("the pattern is well formed")
});

/// The maximum distance between the lines of one label.
const LINE: f64 = 18.0;

/// The drawing with its labels in the language of the edition. Texts below each other are the lines of one label, which may
/// have fewer lines in the other language.
fn labelled(drawing: &str, words: &Words) -> String {
    let found: Vec<_> = LABEL.captures_iter(drawing).collect();
    let mut labels: Vec<Vec<&regex::Captures<'_>>> = Vec::new();
    for text in &found {
        let y = |text: &regex::Captures<'_>| text["y"].parse::<f64>().unwrap_or_default();
        match labels.last_mut() {
            Some(label)
                if label.last().is_some_and(|last| {
                    let below = y(text) - y(last);
                    last["x"] == text["x"] && last["rest"] == text["rest"] && below > 0.0 && below <= LINE
                }) =>
            {
                label.push(text);
            }
            _ => labels.push(vec![text]),
        }
    }
    let mut drawn = drawing.to_owned();
    for label in labels {
        let english: Vec<&str> = label.iter().map(|line| &line["words"]).collect();
        let english = english.join("\n");
        let said = words.plain(&english);
        if said == english {
            continue;
        }
        let mut lines = said.lines();
        for text in label {
            let line = lines.next().map_or_else(String::new, |line| {
                format!("<text x=\"{}\" y=\"{}\"{}>{line}</text>", &text["x"], &text["y"], &text["rest"])
            });
            drawn = drawn.replacen(&text[0], &line, 1);
        }
    }
    drawn
}

/// The drawing as one block of HTML, without blank lines, which would end it.
fn inline(drawing: &str, words: &str, file: &str) -> String {
    let name = file.trim_start_matches("figures/").trim_end_matches(".svg");
    let words = words.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;");
    let drawing = STYLE.replace_all(drawing, "");
    let drawing = drawing.replacen("<svg ", &format!("<svg role=\"img\" aria-label=\"{words}\" "), 1);
    let lines: Vec<&str> = drawing.lines().filter(|line| !line.trim().is_empty()).collect();
    format!("<figure class=\"drawing\" id=\"figure-{name}\">\n{}\n</figure>", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawing_takes_the_place_of_its_image() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("figures")).unwrap();
        let drawing = "<svg viewBox=\"0 0 1 1\">\n<style>\nsvg { color: red }\n</style>\n\n<g/>\n</svg>\n";
        std::fs::write(folder.path().join("figures/loop.svg"), drawing).unwrap();
        let page =
            with_drawings("Before.\n\n![A \"loop\"](figures/loop.svg)\n\nAfter.\n", folder.path(), &Words::english())
                .unwrap();
        assert_eq!(
            page,
            "Before.\n\n<figure class=\"drawing\" id=\"figure-loop\">\n\
             <svg role=\"img\" aria-label=\"A &quot;loop&quot;\" viewBox=\"0 0 1 1\">\n<g/>\n</svg>\n</figure>\n\nAfter.\n"
        );
        assert!(with_drawings("![x](figures/none.svg)\n", folder.path(), &Words::english()).is_err());
    }
    #[test]
    fn the_labels_of_a_drawing_are_translated_with_their_lines() {
        let drawing = "<svg>\n<text x=\"9\" y=\"20\">tell me when I</text>\n<text x=\"9\" y=\"36\">can read</text>\n\
                       <text x=\"9\" y=\"60\">system</text>\n<text x=\"9\" y=\"90\">7</text>\n</svg>";
        let words = [("tell me when I\ncan read", "可读时通知我"), ("system", "系统")];
        let words = Words::translated(words.map(|(key, value)| (key.to_owned(), value.to_owned())).into());
        assert_eq!(
            labelled(drawing, &words),
            "<svg>\n<text x=\"9\" y=\"20\">可读时通知我</text>\n\n<text x=\"9\" y=\"60\">系统</text>\n\
             <text x=\"9\" y=\"90\">7</text>\n</svg>"
        );
        assert_eq!(words.asked().len(), 2, "a number is no label to translate");
    }
}
