//! The words of our scripts, which ask for them with `say("…")`, and the script that has them in another language.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use anyhow::Result;
use guide_tests::words::Words;
use guide_tests::{read, root};
use regex::Regex;

static SAYS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"\bsay\("(?P<words>[^"]*)""#).expect("the pattern is well formed"));

/// Our scripts, below `book`.
const SCRIPTS: [&str; 5] = ["pages.js", "engine.js", "live.js", "player.js", "search.js"];

/// Asks for all of them.
pub(crate) fn ask(words: &Words) -> Result<()> {
    all(words).map(drop)
}

/// Writes the script that an edition's pages load before ours: the words, and the path to the root of the whole book.
pub(super) fn write(built: &Path, words: &Words) -> Result<()> {
    let said = serde_json::to_string(&all(words)?)?;
    std::fs::write(built.join("words.js"), format!("window.bookWords = {said};\nwindow.bookRoot = \"../\";\n"))?;
    Ok(())
}

fn all(words: &Words) -> Result<BTreeMap<String, String>> {
    let mut all = BTreeMap::new();
    for script in SCRIPTS {
        for english in said(&read(root().join("book").join(script))?) {
            let translation = words.say(&english);
            all.insert(english, translation);
        }
    }
    Ok(all)
}

fn said(script: &str) -> Vec<String> {
    SAYS.captures_iter(script).map(|found| found["words"].to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_says_words_and_is_heard() {
        assert_eq!(said("x(say(\"Copy {path}\", { path }), say(\"Run\"), essay(\"no\"));"), ["Copy {path}", "Run"]);
    }
}
