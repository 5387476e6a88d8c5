//! Puts the drawings of a page into the page itself, where they have the colours of its theme.
//!
//! A page shows a drawing as an image, which a code host shows too, in light or dark by the drawing's own style. In the book
//! an image would not know the theme that the reader chose, so the drawing takes the image's place and loses its style
//! for that of the book.

use std::path::Path;
use std::sync::LazyLock;

use anyhow::{Context as _, Result};
use regex::Regex;

static IMAGE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?m)^!\[(?P<words>[^\]]*)\]\((?P<file>figures/[\w-]+\.svg)\)$").expect("the pattern is well formed")
});

static STYLE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?s)<style>.*?</style>").expect("the pattern is well formed"));

/// A page of the folder with its drawings in it.
pub(super) fn with_drawings(page: &str, folder: &Path) -> Result<String> {
    let mut text = String::new();
    let mut rest = page;
    while let Some(found) = IMAGE.captures(rest) {
        let (whole, file) = (found.get(0).expect("a match has a whole"), &found["file"]);
        let drawing = std::fs::read_to_string(folder.join(file)).with_context(|| format!("cannot read {file}"))?;
        text += &rest[..whole.start()];
        text += &inline(&drawing, &found["words"], file);
        rest = &rest[whole.end()..];
    }
    Ok(text + rest)
}

/// The drawing as one block of HTML, which a blank line would end.
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
        let page = with_drawings("Before.\n\n![A \"loop\"](figures/loop.svg)\n\nAfter.\n", folder.path()).unwrap();
        assert_eq!(
            page,
            "Before.\n\n<figure class=\"drawing\" id=\"figure-loop\">\n\
             <svg role=\"img\" aria-label=\"A &quot;loop&quot;\" viewBox=\"0 0 1 1\">\n<g/>\n</svg>\n</figure>\n\nAfter.\n"
        );
        assert!(with_drawings("![x](figures/none.svg)\n", folder.path()).is_err());
    }
}
