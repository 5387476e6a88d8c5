//! Outside of the kernel, the modules of the runtime do not import each other in a circle.
//!
//! The core idea: a module is a file, and an arrow leads from a file to each file that it names: in a `use`, and in a path in the
//! code that begins with `crate`, `super`, `self`, a module of its own or a module that it imports. A circle is a strongly
//! connected component with more than one file.
//!
//! A folder's `mod.rs` is a file like the others, but a `pub use` in it is a door: whoever names something through the door
//! depends on the file that has it, and the door itself on nothing. Only what the code of a `mod.rs` names, also by a name that it
//! exports, is an arrow. What a method call leads to is not seen: an `impl` may be in a file above that of its type.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Result;

use crate::rooms::{Source, sources, tree};

/// The room whose modules may import each other in a circle.
const KNOT: &str = "kernel";

/// The modules outside of the kernel import each other in no circle.
///
/// # Errors
///
/// Fails when a file cannot be read.
pub fn modules_are_in_no_circle(root: &Path) -> Result<Vec<String>> {
    let sources = sources(root)?;
    let modules = Modules::of(&sources);
    let mut arrows: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for source in sources.iter().filter(|source| source.path != "lib.rs" && source.modules()[0] != KNOT) {
        arrows.insert(&source.path, modules.arrows(source));
    }
    let reached: BTreeMap<&str, BTreeSet<&str>> = arrows.keys().map(|from| (*from, reach(&arrows, from))).collect();
    let mut problems = Vec::new();
    let mut seen = BTreeSet::new();
    for (from, all) in &reached {
        let circle: BTreeSet<&str> =
            all.iter().copied().filter(|to| reached.get(to).is_some_and(|back| back.contains(from))).collect();
        if !circle.contains(from) || !seen.insert(circle.clone()) {
            continue;
        }
        let inside = |file: &&str| arrows[file].intersection(&circle).copied().collect::<Vec<_>>().join(", ");
        let lines: Vec<String> = circle.iter().map(|file| format!("\n  {file} names {}", inside(file))).collect();
        problems.push(format!(
            "{} modules of the runtime import each other in a circle:{}",
            circle.len(),
            lines.concat()
        ));
    }
    Ok(problems)
}

/// Every file that can be reached from one, by one arrow or more.
fn reach<'a>(arrows: &BTreeMap<&'a str, BTreeSet<&'a str>>, from: &str) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut left: Vec<&str> = vec![from];
    while let Some(file) = left.pop() {
        for to in arrows.get(file).into_iter().flatten() {
            if reached.insert(*to) {
                left.push(to);
            }
        }
    }
    reached
}

/// The files, by the paths of their modules, and the names that each has by a `use`.
struct Modules<'a> {
    files: BTreeMap<String, &'a Source>,
    /// By the path of a module: its names, each with its full path and whether it is exported.
    names: BTreeMap<String, Vec<(String, String, bool)>>,
}

impl<'a> Modules<'a> {
    fn of(sources: &'a [Source]) -> Self {
        let files = sources.iter().map(|source| (source.modules().join("::"), source)).collect();
        let mut modules = Self { files, names: BTreeMap::new() };
        for source in sources {
            modules.names.insert(source.modules().join("::"), modules.imports(source));
        }
        modules
    }

    /// What the `use`s of a file name.
    fn imports(&self, source: &Source) -> Vec<(String, String, bool)> {
        let mut imports = Vec::new();
        for (exported, text) in statements(&source.text()).into_iter().filter_map(as_use) {
            let mut found = Vec::new();
            tree(&text, "", &mut found);
            for path in found {
                let name = path.trim_end_matches("::self").rsplit("::").next().unwrap_or_default().to_owned();
                imports.extend(self.full(source, path.trim_end_matches("::self")).map(|path| (name, path, exported)));
            }
        }
        imports
    }

    /// The full path of a path in a file; `None` if it leads out of the crate.
    fn full(&self, source: &Source, path: &str) -> Option<String> {
        let own = source.modules();
        let (mut base, mut rest): (Vec<&str>, &str) = (own.clone(), path);
        let mut is_relative = false;
        if let Some(after) = rest.strip_prefix("crate::") {
            return Some(after.to_owned());
        }
        loop {
            if let Some(after) = rest.strip_prefix("self::") {
                rest = after;
            } else if let Some(after) = rest.strip_prefix("super::") {
                base.pop();
                rest = after;
            } else {
                break;
            }
            is_relative = true;
        }
        let full = base.iter().copied().chain([rest]).collect::<Vec<_>>().join("::");
        let first = base.iter().copied().chain(rest.split("::").next()).collect::<Vec<_>>().join("::");
        (is_relative || self.files.contains_key(&first)).then_some(full)
    }

    /// The file that has what a full path names: the exports of the modules on the way are followed.
    fn file(&self, path: &str) -> Option<&'a Source> {
        let (mut module, mut found) = (String::new(), None);
        let parts: Vec<&str> = path.split("::").collect();
        for (index, part) in parts.iter().enumerate() {
            let below = if module.is_empty() { (*part).to_owned() } else { format!("{module}::{part}") };
            let is_folder = || self.files.keys().any(|file| file.starts_with(&format!("{below}::")));
            if self.files.contains_key(&below) || is_folder() {
                found = self.files.get(&below).copied();
                module = below;
                continue;
            }
            let name =
                self.names.get(&module).into_iter().flatten().find(|(name, _, exported)| name == part && *exported);
            if let Some((_, target, _)) = name {
                let rest: String = parts[index + 1..].iter().flat_map(|part| ["::", part]).collect();
                return self.file(&format!("{target}{rest}"));
            }
            break;
        }
        found
    }

    /// The files that a file names, without itself.
    fn arrows(&self, source: &Source) -> BTreeSet<&'a str> {
        let own = source.modules().join("::");
        let names = &self.names[&own];
        let text = source.text();
        let code: String = statements(&text).into_iter().filter(|part| as_use(part).is_none()).collect();
        // What is imported, and what is exported and used here as well.
        let mut paths: Vec<String> = names
            .iter()
            .filter(|(name, _, exported)| !exported || has_word(&code, name))
            .map(|(_, path, _)| path.clone())
            .collect();
        // A path in the code.
        for found in inline(&code) {
            let first = found.split("::").next().unwrap_or_default();
            match names.iter().find(|(name, path, _)| name == first && self.files.contains_key(path)) {
                Some((_, path, _)) => paths.push(found.replacen(first, path, 1)),
                None => paths.extend(self.full(source, &found)),
            }
        }
        let files = paths.iter().filter_map(|path| self.file(path));
        files.map(|to| to.path.as_str()).filter(|to| *to != source.path && *to != "lib.rs").collect()
    }
}

/// The text in parts: each `use`, and what is between them.
fn statements(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut is_use = false;
    for line in text.lines() {
        if !is_use && as_use(line).is_some() {
            is_use = true;
            parts.push(String::new());
        }
        let last = parts.last_mut().expect("there is a first one");
        last.push_str(line);
        last.push('\n');
        if is_use && line.ends_with(';') {
            is_use = false;
            parts.push(String::new());
        }
    }
    parts
}

/// Is it exported, and the tree, if the text is a `use`.
fn as_use(text: impl AsRef<str>) -> Option<(bool, String)> {
    let text = text.as_ref().trim_start();
    let (exported, rest) = match text.strip_prefix("pub") {
        Some(rest) if rest.starts_with('(') => (true, rest.split_once(") ").map_or("", |(_, rest)| rest)),
        Some(rest) => (true, rest.trim_start()),
        None => (false, text),
    };
    rest.strip_prefix("use ").map(|tree| (exported, tree.to_owned()))
}

fn has_word(text: &str, word: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|found| found == word)
}

/// The paths of more than one part in code.
fn inline(code: &str) -> Vec<String> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut paths = Vec::new();
    for part in code.split(|c: char| !is_word(c) && c != ':') {
        let path = part.trim_matches(':');
        if path.contains("::") {
            paths.push(path.to_owned());
        }
    }
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The files of each circle, in a runtime of these files.
    fn circles(files: &[(&str, &str)]) -> Vec<Vec<String>> {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join("crates/runtime/src").join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let problems = modules_are_in_no_circle(folder.path()).unwrap();
        let files = |problem: &String| {
            problem.lines().skip(1).map(|line| line.split_whitespace().next().unwrap().to_owned()).collect()
        };
        problems.iter().map(files).collect()
    }

    #[test]
    fn two_files_that_import_each_other_are_a_circle() {
        let a = ("asyncio/a.rs", "use crate::asyncio::b::B;\n");
        assert_eq!(circles(&[a, ("asyncio/b.rs", "use std::fmt;\n")]), [[""; 0]; 0]);
        let circle = [["asyncio/a.rs", "asyncio/b.rs"]];
        for b in [
            "use crate::asyncio::a::A;\n",
            "use super::a::{self, A};\n",
            "use crate::{\n    asyncio::{\n        a::{A, C},\n    },\n};\n",
            "fn f() {\n    crate::asyncio::a::f()\n}\n",
            "fn f() {\n    super::a::A::new::<super::a::A>()\n}\n",
        ] {
            assert_eq!(circles(&[a, ("asyncio/b.rs", b)]), circle, "{b}");
        }
        for b in ["// use crate::asyncio::a::A;\n", "#[cfg(test)]\nmod tests {\n    use crate::asyncio::a::A;\n}\n"] {
            assert_eq!(circles(&[a, ("asyncio/b.rs", b)]), [[""; 0]; 0], "{b}");
        }
    }

    #[test]
    fn a_circle_may_be_long_and_the_kernel_may_be_one() {
        let file = |path, next| (path, format!("use crate::{next};\n"));
        let files = [
            file("asyncio/a.rs", "asyncio::b::B"),
            file("asyncio/b.rs", "base::c::C"),
            file("base/c.rs", "asyncio::a::A"),
        ];
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
        assert_eq!(circles(&files), [["asyncio/a.rs", "asyncio/b.rs", "base/c.rs"]]);
        let kernel = [("kernel/a.rs", "use crate::kernel::b::B;\n"), ("kernel/b.rs", "use super::a::A;\n")];
        assert_eq!(circles(&kernel), [[""; 0]; 0]);
    }

    #[test]
    fn an_export_is_a_door_to_the_file_behind_it() {
        let (a, b) =
            (("asyncio/tasks/a.rs", "use super::B;\n"), ("asyncio/tasks/b.rs", "use crate::asyncio::tasks::A;\n"));
        let door = "mod a;\nmod b;\npub use a::A;\npub(crate) use b::{B, C};\n";
        let circle = [["asyncio/tasks/a.rs", "asyncio/tasks/b.rs"]];
        assert_eq!(circles(&[a, b, ("asyncio/tasks/mod.rs", door)]), circle, "the door is not part of it");
        let b = ("asyncio/tasks/b.rs", "");
        assert_eq!(circles(&[a, b, ("asyncio/tasks/mod.rs", door)]), [[""; 0]; 0]);
        // Code beside the exports is a file like others.
        let code = format!("{door}fn f(_: A) {{}}\n");
        let a = ("asyncio/tasks/a.rs", "use super::f;\n");
        let circle = [["asyncio/tasks/a.rs", "asyncio/tasks/mod.rs"]];
        assert_eq!(circles(&[a, b, ("asyncio/tasks/mod.rs", &code)]), circle);
        let through = ("asyncio/tasks/a.rs", "use crate::asyncio::tasks;\nfn g() {\n    tasks::f()\n}\n");
        assert_eq!(circles(&[through, b, ("asyncio/tasks/mod.rs", &code)]), circle, "by the name of the module");
    }
}
