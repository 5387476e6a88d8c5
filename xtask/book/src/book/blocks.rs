//! Adds a caption with the program to each included block, and puts the Python twin beside it.
//!
//! The pages do not mention any of this. A block of Rust that includes parts of a file gets a caption: the file, a link to it
//! at the code host, and the command that runs it. It is followed by the twin's parts with the same names; a twin without parts
//! is shown as a whole, where the page shows the last part of the program. A block that includes an output names the program
//! that printed it. Parts start at the left edge, whatever their indentation in the program. The result is Markdown, which
//! mdBook reads as if it were in the page.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::LazyLock;

use guide_tests::examples::Example;
use guide_tests::twins::first_line;
use guide_tests::words::Words;
use regex::Regex;

use super::live::Places;
use super::players::Players;

static INCLUDE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\{\{#include (?:\.\./)*(?P<path>[^\s:}]+)(?::(?P<part>[^\s}]*))?\}\}$")
        .expect("the pattern is well formed")
});

/// The data for the captions.
pub(super) struct Programs<'a> {
    /// The programs as they are declared.
    pub(super) examples: &'a [Example],
    /// The address at which the code host shows a file of the repository, up to its path.
    pub(super) host: String,
    /// The places of the Run buttons, if there are any.
    pub(super) live: Option<&'a Places>,
    /// The programs that have a player.
    pub(super) players: &'a Players,
    /// The words of the edition.
    pub(super) words: &'a Words,
}

/// One included part: a file below the root of the repository, and the anchor or the lines.
struct Part {
    path: String,
    part: String,
}

/// A block of a page while it is read.
struct Block {
    fence: String,
    lines: Vec<String>,
}

impl Programs<'_> {
    /// A page with captions and twins. `root` is that of the repository, and pages stand two folders below it.
    pub(super) fn with_captions(&self, page: &str, root: &Path) -> String {
        let last = last_parts(page);
        let mut left = self.blocks_of_programs(page);
        let (mut text, mut open) = (String::new(), None::<Block>);
        for line in page.lines() {
            match &mut open {
                None if line.starts_with("```") => {
                    open = Some(Block { fence: line.to_owned(), lines: Vec::new() });
                }
                None => writeln!(text, "{line}").expect("a string takes everything"),
                Some(block) if line == "```" => {
                    text += &self.block(block, root, &last);
                    text += &self.place(block, &mut left);
                    open = None;
                }
                Some(block) => block.lines.push(line.to_owned()),
            }
        }
        // mdBook reports a fence that is not closed.
        text + &open.map_or_else(String::new, |block| block.plain())
    }

    /// How many blocks of a page show each program, or its output. A block belongs to its first program.
    fn blocks_of_programs(&self, page: &str) -> BTreeMap<&str, usize> {
        let mut blocks = BTreeMap::new();
        let mut is_known = false;
        for line in page.lines() {
            if line.starts_with("```") {
                is_known = false;
            } else if let (Some(found), false) = (INCLUDE.captures(line), is_known) {
                is_known = true;
                if let Some(program) = self.program(&found["path"]) {
                    *blocks.entry(program).or_default() += 1;
                }
            }
        }
        blocks
    }

    /// The place of the Run button and that of the player, below the last block of their program.
    fn place(&self, block: &Block, left: &mut BTreeMap<&str, usize>) -> String {
        let part = block.parts().into_iter().next();
        let Some(program) = part.and_then(|part| self.program(&part.path)) else { return String::new() };
        match left.get_mut(program) {
            Some(1) => {
                let live = self.live.and_then(|live| live.of(program, self.words)).unwrap_or_default();
                format!("{live}{}", self.players.of(program))
            }
            Some(left) => {
                *left -= 1;
                String::new()
            }
            None => String::new(),
        }
    }

    /// The program that a file belongs to, or whose output it is.
    fn program(&self, path: &str) -> Option<&str> {
        let is_it = |example: &&Example| match output_of(path) {
            Some(Printed::Example(name)) => example.name == name,
            Some(Printed::Ecosystem(_)) => false,
            None => path.strip_prefix("examples/") == Some(&example.path),
        };
        self.examples.iter().find(is_it).map(|example| example.name.as_str())
    }

    fn block(&self, block: &Block, root: &Path, last: &BTreeMap<String, String>) -> String {
        let parts = block.parts();
        let Some(first) = parts.first() else { return block.plain() };
        if let Some(program) = output_of(&first.path) {
            return self.output(block, program);
        }
        if !block.fence.starts_with("```rust") {
            return block.plain();
        }
        let python: Vec<String> = parts.iter().filter_map(|part| of_twin(root, part, last)).collect();
        let rust = self.side("Rust", &first.path, &block.set_back(root));
        if python.is_empty() {
            return format!("<div class=\"program\">\n{rust}</div>\n");
        }
        let twin = format!("{}.py", first.path.trim_end_matches(".rs"));
        let python = self.side("Python", &twin, &format!("```python\n{}\n```\n", python.join("\n\n")));
        format!("<div class=\"program twins\">\n{rust}{python}</div>\n")
    }

    /// A block below its caption. Markdown inside HTML must be between blank lines.
    fn side(&self, language: &str, path: &str, block: &str) -> String {
        let name = path.rsplit('/').next().unwrap_or(path);
        let mut caption = format!(
            "<span class=\"language\">{language}</span> <a class=\"file\" href=\"{}{path}\" title=\"{path}\">{name}</a>",
            self.host
        );
        if let Some(command) = self.command(path) {
            write!(caption, " <code class=\"command\">{command}</code>").expect("a string takes everything");
        }
        format!(
            "<div class=\"side in-{}\">\n<div class=\"caption\">{caption} <span class=\"tools\" data-source=\"{path}\"></span></div>\n\n\
             {block}\n</div>\n",
            language.to_lowercase()
        )
    }

    fn output(&self, block: &Block, program: Printed<'_>) -> String {
        let command = match program {
            Printed::Example(name) => self.examples.iter().find(|example| example.name == name).map(Example::command),
            Printed::Ecosystem(name) => Some(of_ecosystem(name)),
        };
        let command = command.map_or_else(String::new, |command| format!(" <code class=\"command\">{command}</code>"));
        format!(
            "<div class=\"program output\">\n<div class=\"caption\"><span class=\"language\">{}</span>{command}</div>\n\n\
             {}\n</div>\n",
            self.words.say("Output"),
            block.plain()
        )
    }

    /// The command that runs the program of a file.
    fn command(&self, path: &str) -> Option<String> {
        let file = path.strip_prefix("examples/")?;
        if file.ends_with(".py") {
            return Some(format!("python3 {path}"));
        }
        if let Some(name) = file.strip_prefix("ecosystem/src/bin/") {
            return Some(of_ecosystem(name.trim_end_matches(".rs")));
        }
        let own = self.examples.iter().find(|example| example.path == file);
        // A module is beside the `main.rs` of its program.
        let main = file.rsplit_once('/').map(|(folder, _)| format!("{folder}/main.rs"));
        let program = own.or_else(|| self.examples.iter().find(|example| Some(&example.path) == main.as_ref()));
        program.map(Example::command)
    }
}

impl Block {
    fn parts(&self) -> Vec<Part> {
        let found = self.lines.iter().filter_map(|line| INCLUDE.captures(line));
        found.map(|found| part(&found)).collect()
    }

    /// The block with the text of each part in place of its include, without common indentation.
    fn set_back(&self, root: &Path) -> String {
        let line = |line: &String| {
            let part = INCLUDE.captures(line).map(|found| part(&found));
            part.and_then(|part| part.text(root)).unwrap_or_else(|| line.clone())
        };
        Block { fence: self.fence.clone(), lines: self.lines.iter().map(line).collect() }.plain()
    }

    /// The block as it was in the page.
    fn plain(&self) -> String {
        let lines: String = self.lines.iter().map(|line| format!("{line}\n")).collect();
        format!("{}\n{lines}```\n", self.fence)
    }
}

impl Part {
    /// The lines between the anchors, without lines of other anchors and without their common indentation.
    fn text(&self, root: &Path) -> Option<String> {
        let text = std::fs::read_to_string(root.join(&self.path)).ok()?;
        let begins = |line: &&str| line.trim().ends_with(&format!(" ANCHOR: {}", self.part));
        let ends = |line: &&str| line.trim().ends_with(&format!(" ANCHOR_END: {}", self.part));
        let lines: Vec<&str> = text.lines().skip_while(|line| !begins(line)).take_while(|line| !ends(line)).collect();
        let lines: Vec<&str> = lines.into_iter().filter(|line| !line.contains(" ANCHOR")).collect();
        let filled = lines.iter().filter(|line| !line.trim().is_empty());
        let indent = filled.map(|line| line.len() - line.trim_start().len()).min()?;
        Some(lines.iter().map(|line| line.get(indent..).unwrap_or_default()).collect::<Vec<_>>().join("\n"))
    }
}

fn part(found: &regex::Captures<'_>) -> Part {
    let part = found.name("part").map_or("", |part| part.as_str());
    Part { path: found["path"].to_owned(), part: part.to_owned() }
}

/// The last part of each file that a page includes.
fn last_parts(page: &str) -> BTreeMap<String, String> {
    let found = page.lines().filter_map(|line| INCLUDE.captures(line)).map(|found| part(&found));
    found.map(|part| (part.path, part.part)).collect()
}

/// A program by its name, for an output.
enum Printed<'a> {
    Example(&'a str),
    /// A program with other crates, in the workspace `examples/ecosystem`.
    Ecosystem(&'a str),
}

/// The program whose output a file is.
fn output_of(path: &str) -> Option<Printed<'_>> {
    let path = path.strip_suffix(".txt")?;
    let example = path.strip_prefix("tests/outputs/").map(Printed::Example);
    example.or_else(|| path.strip_prefix("examples/ecosystem/expected/").map(Printed::Ecosystem))
}

fn of_ecosystem(name: &str) -> String {
    format!("cargo run --manifest-path examples/ecosystem/Cargo.toml --bin {name}")
}

/// The include of the twin's counterpart of a part of the program.
fn of_twin(root: &Path, part: &Part, last: &BTreeMap<String, String>) -> Option<String> {
    let path = format!("{}.py", part.path.strip_suffix(".rs")?);
    let twin = std::fs::read_to_string(root.join(&path)).ok()?;
    let mut anchors = twin.lines().filter_map(|line| line.trim().strip_prefix("# ANCHOR: ")).peekable();
    if anchors.peek().is_none() {
        // Without the opening text, because the page says what the program is for.
        let first = first_line(&twin).unwrap_or(1);
        let is_last = last.get(&part.path) == Some(&part.part);
        return is_last.then(|| format!("{{{{#include ../../{path}:{first}:}}}}"));
    }
    let is_there = anchors.any(|name| name == part.part);
    is_there.then(|| Part { path, part: part.part.clone() }.text(root)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page beside a program whose twin is this one.
    fn page_of(twin: &str, page: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("examples/05-sleep")).unwrap();
        std::fs::write(folder.path().join("examples/05-sleep/nap.py"), twin).unwrap();
        let program = "// ANCHOR: bed\nbed();\n// ANCHOR_END: bed\n\n    // ANCHOR: main\n    if tired {\n        \
                       // ANCHOR: deep\n        sleep();\n        // ANCHOR_END: deep\n    }\n    // ANCHOR_END: main\n";
        std::fs::write(folder.path().join("examples/05-sleep/nap.rs"), program).unwrap();
        let nap = Example {
            name: "nap".to_owned(),
            path: "05-sleep/nap.rs".to_owned(),
            args: vec!["9".to_owned()],
            shows: Vec::new(),
        };
        let live = Places::one("nap", "<div class=\"live\"></div>\n");
        let (players, words) = (Players::only("nap"), Words::english());
        let programs = Programs {
            examples: &[nap],
            host: "https://host/".to_owned(),
            live: Some(&live),
            players: &players,
            words: &words,
        };
        programs.with_captions(page, folder.path())
    }

    const PAGE: &str = "Once.\n\n```rust,ignore\n{{#include ../../examples/05-sleep/nap.rs:bed}}\n```\n\n\
                        ```rust,ignore\n{{#include ../../examples/05-sleep/nap.rs:main}}\n```\n\n\
                        ```text\nzzz\n```\n";

    #[test]
    fn a_part_stands_beside_the_part_of_its_name() {
        let page = page_of("\"\"\"A nap.\"\"\"\n\n# ANCHOR: main\nsleep()\n# ANCHOR_END: main\n", PAGE);
        let (bed, main) = page.split_once("if tired").unwrap();
        assert!(!bed.contains("python"), "the twin has no bed: {bed}");
        assert!(main.contains("```python\nsleep()\n```"), "{main}");
        assert!(page.starts_with("Once.\n\n<div") && page.ends_with("```text\nzzz\n```\n"), "{page}");
    }

    #[test]
    fn a_twin_without_parts_stands_once_and_whole() {
        let page = page_of("\"\"\"A nap,\nand no more.\"\"\"\n\nsleep()\n", PAGE);
        assert_eq!(page.matches("{{#include ../../examples/05-sleep/nap.py:4:}}").count(), 1);
        assert!(page.find("if tired") < page.find("nap.py"), "{page}");
    }

    #[test]
    fn a_part_begins_at_the_left_without_other_anchors() {
        let page = page_of("", PAGE);
        assert!(page.contains("```rust,ignore\nif tired {\n    sleep();\n}\n```"), "{page}");
    }

    #[test]
    fn a_caption_has_the_file_its_source_and_the_command() {
        let page = page_of("", PAGE);
        assert_eq!(page.matches("href=\"https://host/examples/05-sleep/nap.rs\"").count(), 2, "{page}");
        assert_eq!(page.matches("cargo run --example nap -- 9</code>").count(), 2, "{page}");
    }

    #[test]
    fn a_module_has_the_command_of_its_program() {
        let example = |name: &str, path: &str| Example {
            name: name.to_owned(),
            path: path.to_owned(),
            args: Vec::new(),
            shows: Vec::new(),
        };
        let examples = vec![example("areq", "real-python/areq/main.rs"), example("nap", "05-sleep/nap.rs")];
        let (players, words) = (Players::only("nap"), Words::english());
        let programs =
            Programs { examples: &examples, host: String::new(), live: None, players: &players, words: &words };
        let command = |path: &str| programs.command(path);
        assert_eq!(command("examples/real-python/areq/crawl.rs").as_deref(), Some("cargo run --example areq"));
        assert_eq!(command("examples/05-sleep/nap.py").as_deref(), Some("python3 examples/05-sleep/nap.py"));
        assert_eq!(command("examples/05-sleep/nip.rs"), None);
        let of_ecosystem = "cargo run --manifest-path examples/ecosystem/Cargo.toml --bin codecs";
        assert_eq!(command("examples/ecosystem/src/bin/codecs.rs").as_deref(), Some(of_ecosystem));
        assert_eq!(command("crates/runtime/src/lib.rs"), None);
    }

    #[test]
    fn output_says_whose_it_is() {
        let page = page_of("", "```text\n{{#include ../../tests/outputs/nap.txt}}\n```\n");
        assert!(page.contains("Output</span> <code class=\"command\">cargo run --example nap -- 9<"), "{page}");
        let page = page_of("", "```text\n{{#include ../../examples/ecosystem/expected/codecs.txt}}\n```\n");
        assert!(page.contains("examples/ecosystem/Cargo.toml --bin codecs<"), "{page}");
    }

    #[test]
    fn a_program_has_one_button_below_the_last_that_a_page_shows_of_it() {
        let page = page_of("", PAGE);
        let (before, after) = page.split_once("<div class=\"live\"></div>").unwrap();
        assert!(before.contains("sleep();") && after.contains("zzz") && !after.contains("live"), "{page}");
        let output = "```text\n{{#include ../../tests/outputs/nap.txt}}\n```\n";
        let page = page_of("", &format!("{PAGE}{output}"));
        let places = "<div class=\"live\"></div>\n<div class=\"player\" data-steps=\"nap\"></div>\n";
        assert!(page.ends_with(&format!("</div>\n{places}")), "{page}");
        assert_eq!(page.matches("\"live\"").count(), 1, "{page}");
    }

    #[test]
    fn what_is_not_included_is_left_alone() {
        for page in ["```text\nzzz\n```\n", "```rust,ignore\nzzz\n```\n", "Words.\n", "```text\nopen\n```\n"] {
            assert_eq!(page_of("", page), page);
        }
    }
}
