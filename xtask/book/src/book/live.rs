//! Run buttons: a place for one below each program of a page, or the reason why the program has none, and the module with all
//! programs.
//!
//! The buttons themselves are `book/live.js`'s. A page that is read from a file may load only scripts beside it. So the module is
//! a compressed script, which is loaded when the reader runs a program. Without the compiler for it there are no buttons, and a
//! sentence below each program says so.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use guide_tests::examples::Example;
use guide_tests::live::module::{InPage, Module, build};
use guide_tests::live::toolchain::Toolchain;
use guide_tests::live::{Live, live};
use guide_tests::words::Words;

/// The HTML to put below a program, by its name.
pub(super) struct Places(BTreeMap<String, Place>);

enum Place {
    /// The reason why the program does not run in a page, as the rest of a sentence that begins with "It".
    Reason(&'static str),
    /// The place of its button, as HTML.
    Button(String),
    /// It could run in a page, but this book is built without the module.
    Missing,
}

impl Places {
    /// Builds the module, if this machine has the compiler for it. If the module is `required`, the compiler is fetched, and
    /// without it nothing is built.
    pub(super) fn build(root: &Path, examples: &[Example], required: bool) -> Result<(Self, Option<Module>)> {
        let toolchain = if required { Some(Toolchain::fetch(root)?) } else { Toolchain::find(root)? };
        let Some(toolchain) = toolchain else {
            println!("without Run buttons: there is no compiler for WebAssembly here; `cargo xtask wasm` fetches one");
            return Ok((Self::without_module(root)?, None));
        };
        let module = build(root, &toolchain)?;
        let mut places = BTreeMap::new();
        for Live { program, reason, .. } in live(root)? {
            let built = module.programs.iter().find(|built| built.name == program.name);
            let example = examples.iter().find(|example| example.name == program.name);
            let place = match (reason, built, example) {
                (Some(reason), ..) => Place::Reason(reason),
                (None, Some(built), Some(example)) => Place::Button(button(built, example)),
                _ => continue,
            };
            places.insert(program.name, place);
        }
        Ok((Self(places), Some(module)))
    }

    /// The sentences of a book without the module: why a program does not run in its page.
    pub(super) fn without_module(root: &Path) -> Result<Self> {
        let known = |live: Live| (live.program.name, live.reason.map_or(Place::Missing, Place::Reason));
        Ok(Self(live(root)?.into_iter().map(known).collect()))
    }

    /// The HTML to put below a program.
    pub(super) fn of(&self, program: &str, words: &Words) -> Option<String> {
        Some(match self.0.get(program)? {
            Place::Button(html) => html.clone(),
            Place::Reason(reason) => {
                let values = [("reason", &*words.say(reason))];
                let sentence = words.fill("It {reason}, so it does not run in this page.", &values);
                format!("<div class=\"live\"><p>{sentence}</p></div>\n")
            }
            Place::Missing => {
                let sentence =
                    words.say("It cannot run in this page: the book was built without a compiler for WebAssembly.");
                format!("<div class=\"live\"><p>{sentence}</p></div>\n")
            }
        })
    }
}

/// The place of a button, with the data for its script.
fn button(program: &InPage, example: &Example) -> String {
    let mut html = format!("<div class=\"live\" data-program=\"{}\"", program.name);
    if program.hosted {
        html += " data-hosted";
    }
    if program.draws {
        html += " data-seeded";
    }
    if program.takes_arguments {
        let args = example.args.join(" ").replace('&', "&amp;").replace('"', "&quot;");
        write!(html, " data-args=\"{args}\"").expect("a string takes everything");
    }
    html + "></div>\n"
}

/// Writes the script with the module.
pub(super) fn write(module: &Module, built: &Path) -> Result<()> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    let bytes = std::fs::read(&module.path).with_context(|| format!("cannot read {}", module.path.display()))?;
    packed.write_all(&bytes)?;
    let folder = built.join("live");
    std::fs::create_dir_all(&folder)?;
    std::fs::write(
        folder.join("programs.js"),
        format!("asyncioPrograms(\"{}\");\n", STANDARD.encode(packed.finish()?)),
    )?;
    Ok(())
}

#[cfg(test)]
impl Places {
    /// One place, without a module.
    pub(super) fn one(program: &str, html: &str) -> Self {
        Self([(program.to_owned(), Place::Button(html.to_owned()))].into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_book_without_the_module_says_so() {
        let places = Places([("nap".to_owned(), Place::Missing)].into());
        let said = places.of("nap", &Words::english()).unwrap();
        assert!(said.contains("without a compiler for WebAssembly") && !said.contains("data-program"), "{said}");
        assert_eq!(places.of("nip", &Words::english()), None);
    }

    #[test]
    fn a_button_says_what_can_be_chosen() {
        let mut program = InPage { name: "nap".to_owned(), hosted: false, draws: false, takes_arguments: false };
        let example = Example {
            name: "nap".to_owned(),
            path: "05-sleep/nap.rs".to_owned(),
            args: vec!["9".to_owned(), "\"<\"".to_owned()],
            shows: Vec::new(),
        };
        assert_eq!(button(&program, &example), "<div class=\"live\" data-program=\"nap\"></div>\n");
        program = InPage { hosted: true, draws: true, takes_arguments: true, ..program };
        let html =
            "<div class=\"live\" data-program=\"nap\" data-hosted data-seeded data-args=\"9 &quot;<&quot;\"></div>\n";
        assert_eq!(button(&program, &example), html);
    }
}
