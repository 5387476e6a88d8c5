//! The terms of the book in Chinese, `book/po/glossary.toml`: one word an idea, in all translations.

use anyhow::{Context as _, Result, ensure};
use guide_tests::{read, root};
use regex::Regex;
use serde::Deserialize;

/// All terms.
#[derive(Debug, Default)]
pub(super) struct Glossary {
    terms: Vec<(Term, Regex)>,
}

/// One idea.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Term {
    /// Its English words, in all their forms.
    english: Vec<String>,
    /// Its Chinese words. If a sentence has one of the English words, its translation must have one of these.
    chinese: Vec<String>,
    /// Words that no translation may have.
    #[serde(default)]
    not: Vec<String>,
    /// English phrases that mean something else.
    #[serde(default)]
    except: Vec<String>,
}

impl Glossary {
    pub(super) fn load() -> Result<Self> {
        let path = root().join("book/po/glossary.toml");
        Self::parse(&read(&path)?).with_context(|| format!("in {}", path.display()))
    }

    fn parse(text: &str) -> Result<Self> {
        #[derive(Deserialize)]
        struct List {
            term: Vec<Term>,
        }
        let List { term: terms } = toml::from_str(text)?;
        let mut all = Vec::new();
        for term in terms {
            ensure!(!term.english.is_empty() && !term.chinese.is_empty(), "a term has no words");
            let words: Vec<String> = term.english.iter().map(|word| regex::escape(word)).collect();
            let pattern = Regex::new(&format!(r"(?i)\b(?:{})\b", words.join("|")))?;
            all.push((term, pattern));
        }
        Ok(Self { terms: all })
    }

    /// The conflicts of a translation's words with the glossary.
    pub(super) fn problems(&self, english: &str, chinese: &str) -> Vec<String> {
        let mut problems = Vec::new();
        for (term, pattern) in &self.terms {
            for wrong in term.not.iter().filter(|wrong| chinese.contains(*wrong)) {
                problems.push(format!("{wrong}: the glossary has {}", term.chinese.join(" or ")));
            }
            let lower = term
                .except
                .iter()
                .fold(english.to_lowercase(), |text, phrase| text.replace(&phrase.to_lowercase(), ""));
            let found = pattern.find(&lower).map(|found| found.as_str().to_owned());
            // The output of a program is quoted unchanged.
            let has = |found: &String| {
                term.chinese.iter().any(|word| chinese.contains(word))
                    || chinese.to_lowercase().contains(found.as_str())
            };
            if let Some(found) = found.filter(|found| !has(found)) {
                problems.push(format!("{found:?} without {}", term.chinese.join(" or ")));
            }
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_has_one_translation() {
        let glossary = Glossary::parse(
            "[[term]]\nenglish = [\"coroutine\", \"coroutines\"]\nchinese = [\"协程\"]\nnot = [\"协同程序\"]\nexcept = [\"coroutine pot\"]\n",
        )
        .unwrap();
        assert_eq!(glossary.problems("A coroutine runs.", "协程在运行。"), Vec::<String>::new());
        assert_eq!(glossary.problems("Coroutines run.", "它们在运行。").len(), 1);
        assert_eq!(glossary.problems("It runs.", "协同程序在运行。").len(), 1);
        assert_eq!(glossary.problems("A coroutine pot.", "一只锅。"), Vec::<String>::new());
        assert_eq!(glossary.problems("Microcoroutines.", "它。"), Vec::<String>::new());
        assert_eq!(glossary.problems("It says coroutine.", "它说 coroutine。"), Vec::<String>::new());
    }

    #[test]
    fn the_glossary_of_the_book_is_in_shape() {
        assert!(!Glossary::load().unwrap().terms.is_empty());
    }
}
