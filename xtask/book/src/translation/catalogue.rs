//! The file of translations, a gettext catalogue.
//!
//! When an English sentence changes, its translation is kept as the *fuzzy* translation of the new sentence, together with the
//! old English, so that a translator sees what has changed. Readers never see a fuzzy translation.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result, anyhow};
use guide_tests::words::Asked;
use polib::catalog::Catalog;
use polib::message::{Message, MessageFlags};
use polib::metadata::CatalogMetadata;

use super::LANGUAGE;

/// How similar two English sentences must be for a translation to be reused as fuzzy.
const ALIKE: f64 = 0.6;

/// The beginning of a comment with the old English of a fuzzy translation.
const WAS: &str = "was: ";

/// Translations, in the order of the pages.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Catalogue {
    pub(crate) entries: Vec<Entry>,
}

/// One message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) english: String,
    /// Empty if there is none yet.
    pub(crate) chinese: String,
    /// Is the translation that of [`Self::was`], which has changed since?
    pub(crate) fuzzy: bool,
    pub(crate) was: String,
    /// The pages that have it, such as `07-tasks.md`.
    pub(crate) pages: Vec<String>,
}

impl Entry {
    pub(crate) fn is_done(&self) -> bool {
        !self.fuzzy && !self.chinese.is_empty()
    }

    pub(crate) fn is_of(&self, page: &str) -> bool {
        self.pages.iter().any(|its| its.trim_end_matches(".md") == page.trim_end_matches(".md"))
    }
}

/// What an update did.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Updated {
    pub(crate) new: usize,
    pub(crate) fuzzy: usize,
    pub(crate) gone: usize,
}

impl Catalogue {
    /// Reads a file; a missing file is empty.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        if !path.exists() {
            return Ok(Self::default());
        }
        let catalog = polib::po_file::parse(path)
            .map_err(|error| anyhow!("{error}"))
            .with_context(|| format!("in {}", path.display()))?;
        let entry = |message: &dyn polib::message::MessageView| Entry {
            english: message.msgid().to_owned(),
            chinese: message.msgstr().unwrap_or_default().to_owned(),
            fuzzy: message.is_fuzzy(),
            was: message.comments().strip_prefix(WAS).unwrap_or_default().to_owned(),
            pages: message.source().split_whitespace().map(str::to_owned).collect(),
        };
        Ok(Self { entries: catalog.messages().map(entry).collect() })
    }

    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        let mut metadata = CatalogMetadata::new();
        "asyncio for Rust".clone_into(&mut metadata.project_id_version);
        "1.0".clone_into(&mut metadata.mime_version);
        "text/plain; charset=UTF-8".clone_into(&mut metadata.content_type);
        "8bit".clone_into(&mut metadata.content_transfer_encoding);
        LANGUAGE.clone_into(&mut metadata.language);
        let mut catalog = Catalog::new(metadata);
        for entry in &self.entries {
            let mut message = Message::build_singular();
            message
                .with_msgid(entry.english.clone())
                .with_msgstr(entry.chinese.clone())
                .with_source(entry.pages.join(" "));
            if entry.fuzzy {
                let mut flags = MessageFlags::new();
                flags.entries.push("fuzzy".to_owned());
                message.with_flags(flags).with_comments(format!("{WAS}{}", entry.was));
            }
            catalog.append_or_update(message.done());
        }
        polib::po_file::write(&catalog, path).with_context(|| format!("cannot write {}", path.display()))
    }

    /// The translations for readers, by their English.
    pub(crate) fn translations(&self) -> BTreeMap<String, String> {
        let done = self.entries.iter().filter(|entry| entry.is_done());
        done.map(|entry| (entry.english.clone(), entry.chinese.clone())).collect()
    }

    pub(crate) fn get(&self, english: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.english == english)
    }

    /// Updates the catalogue to the messages that are asked for now. Translations are kept, those of changed messages as fuzzy
    /// ones.
    pub(crate) fn update(&mut self, asked: &[Asked]) -> Updated {
        let mut entries: Vec<Entry> = Vec::new();
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        for Asked { english, page } in asked {
            let place = *places.entry(english).or_insert_with(|| {
                entries.push(Entry { english: english.clone(), ..Entry::default() });
                entries.len() - 1
            });
            if !entries[place].pages.contains(page) {
                entries[place].pages.push(page.clone());
            }
        }
        let mut old: BTreeMap<String, Entry> =
            self.entries.drain(..).map(|entry| (entry.english.clone(), entry)).collect();
        let mut updated = Updated { new: entries.len(), ..Updated::default() };
        for entry in &mut entries {
            if let Some(known) = old.remove(&entry.english) {
                *entry = Entry { pages: std::mem::take(&mut entry.pages), ..known };
                updated.new -= 1;
            }
        }
        // The remaining entries are no longer asked for.
        old.retain(|_, entry| !entry.chinese.is_empty());
        for entry in entries.iter_mut().filter(|entry| entry.chinese.is_empty()) {
            let like = |other: &Entry| -> f64 {
                let is_near = other.pages.iter().any(|page| entry.pages.contains(page))
                    && other.english.len().abs_diff(entry.english.len()) * 2 < entry.english.len().max(8);
                if is_near { strsim::normalized_levenshtein(&other.english, &entry.english) } else { 0.0 }
            };
            let best = old
                .values()
                .map(|other| (like(other), other.english.clone()))
                .max_by(|one, two| one.0.total_cmp(&two.0));
            if let Some(other) =
                best.filter(|(likeness, _)| *likeness >= ALIKE).and_then(|(_, english)| old.remove(&english))
            {
                // An entry that was fuzzy before belongs to an even older English sentence.
                entry.was = if other.fuzzy { other.was } else { other.english };
                entry.chinese = other.chinese;
                entry.fuzzy = true;
                updated.fuzzy += 1;
                updated.new -= 1;
            }
        }
        updated.gone = old.len();
        self.entries = entries;
        updated
    }

    /// The entries of pages that have no translation, or a fuzzy one; all of them if that is wanted.
    pub(crate) fn part(&self, pages: &[String], all: bool) -> Self {
        let wanted = |entry: &&Entry| (all || !entry.is_done()) && pages.iter().any(|page| entry.is_of(page));
        Self { entries: self.entries.iter().filter(wanted).cloned().collect() }
    }

    /// Takes the translations of a part, and returns their number.
    pub(crate) fn take(&mut self, part: &Self) -> usize {
        let mut taken = 0;
        for new in part.entries.iter().filter(|entry| entry.is_done()) {
            if let Some(entry) = self.entries.iter_mut().find(|entry| entry.english == new.english) {
                new.chinese.clone_into(&mut entry.chinese);
                entry.fuzzy = false;
                entry.was.clear();
                taken += 1;
            }
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(english: &str, chinese: &str) -> Entry {
        let (english, chinese) = (english.to_owned(), chinese.to_owned());
        Entry { english, chinese, pages: vec!["07-tasks.md".to_owned()], ..Entry::default() }
    }

    fn asked(english: &[&str]) -> Vec<Asked> {
        let page = "07-tasks.md".to_owned();
        english.iter().map(|english| Asked { english: (*english).to_owned(), page: page.clone() }).collect()
    }

    #[test]
    fn what_changes_in_english_becomes_fuzzy_and_what_goes_is_gone() {
        let mut catalogue = Catalogue {
            entries: vec![
                entry("A task runs until it waits.", "任务运行，直到等待。"),
                entry("Nothing else.", "没有别的。"),
                entry("It ends.", "它结束。"),
            ],
        };
        let updated = catalogue.update(&asked(&["A task runs until it awaits.", "It ends.", "New."]));
        assert_eq!(updated, Updated { new: 1, fuzzy: 1, gone: 1 });
        let changed = &catalogue.entries[0];
        assert!(changed.fuzzy && !changed.is_done());
        assert_eq!(
            (changed.was.as_str(), changed.chinese.as_str()),
            ("A task runs until it waits.", "任务运行，直到等待。")
        );
        assert_eq!(catalogue.translations().len(), 1, "a reader sees no fuzzy one");
        // A second change keeps the English to which the translation belongs.
        catalogue.update(&asked(&["A task runs until it awaits again.", "It ends."]));
        assert_eq!(catalogue.entries[0].was, "A task runs until it waits.");
    }

    #[test]
    fn a_file_holds_all_of_a_catalogue() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("zh.po");
        let mut catalogue = Catalogue {
            entries: vec![entry("A \"b\"\nand `c`.", "甲“乙”\n和 `c`。"), entry("long ".repeat(50).trim(), "")],
        };
        catalogue.entries[1].pages.push("labels".to_owned());
        catalogue.entries.push(Entry { fuzzy: true, was: "old".to_owned(), ..entry("new", "旧") });
        catalogue.write(&path).unwrap();
        assert_eq!(Catalogue::read(&path).unwrap(), catalogue);
        assert_eq!(Catalogue::read(&folder.path().join("none.po")).unwrap(), Catalogue::default());
    }

    #[test]
    fn a_part_comes_back_with_its_translations() {
        let mut catalogue =
            Catalogue { entries: vec![entry("One.", "一。"), entry("Two.", ""), entry("Three.", "")] };
        catalogue.entries[2].pages = vec!["labels".to_owned()];
        let mut part = catalogue.part(&["07-tasks".to_owned()], false);
        assert_eq!(part.entries.len(), 1);
        part.entries[0].chinese = "二。".to_owned();
        part.entries.push(entry("Four.", "四。"));
        assert_eq!(catalogue.take(&part), 1, "nothing asks for the fourth");
        assert_eq!(catalogue.translations()["Two."], "二。");
        assert_eq!(catalogue.part(&["07-tasks.md".to_owned()], true).entries.len(), 2);
    }
}
