//! A sheet: messages to translate, each below its key, so that a translator writes only the Chinese.
//!
//! A key is made from the English, so it stays valid however the catalogue changes meanwhile. Lines above a key's text that
//! begin with `#` name the pages that have the message, and its old translation.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::catalogue::{Catalogue, Entry};

/// The key of a message: FNV-1a, as 16 digits.
fn key(english: &str) -> String {
    let hash = english
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{hash:016x}")
}

/// The sheet of these messages. Those without a translation have the English as their text.
pub(super) fn write(part: &Catalogue) -> String {
    let mut sheet = String::new();
    for entry in &part.entries {
        let text = if entry.is_done() { &entry.chinese } else { &entry.english };
        writeln!(sheet, "@{} {}", key(&entry.english), entry.pages.first().map_or("", String::as_str))
            .expect("a string takes everything");
        if entry.fuzzy {
            writeln!(sheet, "# was: {}\n# then: {}", entry.was.replace('\n', " "), entry.chinese.replace('\n', " "))
                .expect("a string takes everything");
        }
        writeln!(sheet, "{text}\n").expect("a string takes everything");
    }
    sheet
}

/// The translations of a sheet as entries of this catalogue, and the keys that the catalogue lacks. A text that is still English
/// does not count.
pub(super) fn read(sheet: &str, catalogue: &Catalogue) -> (Catalogue, Vec<String>) {
    let english: BTreeMap<String, &Entry> =
        catalogue.entries.iter().map(|entry| (key(&entry.english), entry)).collect();
    let mut texts: Vec<(String, String)> = Vec::new();
    for line in sheet.lines() {
        let found = line.strip_prefix('@').and_then(|line| line.split_whitespace().next());
        if let Some(key) = found.filter(|key| key.len() == 16 && key.bytes().all(|byte| byte.is_ascii_hexdigit())) {
            texts.push((key.to_owned(), String::new()));
        } else if let Some((_, text)) =
            texts.last_mut().filter(|_| !line.starts_with("# was: ") && !line.starts_with("# then: "))
        {
            *text = std::mem::take(text) + line + "\n";
        }
    }
    let (mut entries, mut unknown) = (Vec::new(), Vec::new());
    for (key, text) in texts {
        let text = text.trim_matches('\n').to_owned();
        match english.get(&key) {
            None => unknown.push(key),
            Some(entry) if text.is_empty() || (text == entry.english && text.split_whitespace().count() > 3) => {}
            Some(entry) => {
                entries.push(Entry { chinese: text, fuzzy: false, was: String::new(), ..(*entry).clone() });
            }
        }
    }
    (Catalogue { entries }, unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sheet_comes_back_translated() {
        let entry = |english: &str| Entry { english: english.to_owned(), ..Entry::default() };
        let fuzzy =
            Entry { fuzzy: true, was: "Old words.".to_owned(), chinese: "旧话。".to_owned(), ..entry("New words.") };
        let catalogue =
            Catalogue { entries: vec![entry("A loop."), entry(" a\n\n b"), fuzzy, entry("Some words are left so.")] };
        let sheet = write(&catalogue);
        assert!(sheet.contains("# was: Old words.\n# then: 旧话。\nNew words.\n"), "{sheet}");
        let sheet =
            sheet.replace("A loop.", "循环。").replace(" a\n\n b", " 甲\n\n 乙").replace("New words.", "新话。");
        let (part, unknown) = read(&format!("{sheet}@0123456789abcdef\n无。\n"), &catalogue);
        let chinese: Vec<&str> = part.entries.iter().map(|entry| entry.chinese.as_str()).collect();
        assert_eq!(chinese, ["循环。", " 甲\n\n 乙", "新话。"]);
        assert_eq!(unknown, ["0123456789abcdef"]);
    }
}
