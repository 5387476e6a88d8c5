//! Every entry of the book's cheat sheet runs.
//!
//! Its entries are code in tables, Python in the first column and Rust in the second. Each of them must be found, up to
//! white space, in the program `cheat_sheet` or in its twin, which are compiled, run and compared like the others.

use std::path::Path;

use anyhow::Result;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use crate::read;

const PAGE: &str = "book/src/cheat-sheet.md";

/// The columns of a table, and the program that must contain their entries.
const COLUMNS: [&str; 2] = ["examples/beyond/cheat_sheet.py", "examples/beyond/cheat_sheet.rs"];

/// Every entry of the cheat sheet is part of the program in its language.
///
/// # Errors
///
/// Fails when a program cannot be read.
pub fn entries_run(root: &Path) -> Result<Vec<String>> {
    let page = root.join(PAGE);
    if !page.is_file() {
        return Ok(Vec::new());
    }
    let programs = COLUMNS.iter().map(|file| Ok(squeezed(&read(root.join(file))?))).collect::<Result<Vec<_>>>()?;
    let entries = entries(&read(page)?);
    let mut problems = Vec::new();
    for (column, entry) in &entries {
        let Some(program) = programs.get(*column) else {
            problems.push(format!("{PAGE}: {entry} is in a third column"));
            continue;
        };
        if !program.contains(&squeezed(entry)) {
            problems.push(format!("{PAGE}: {entry} is not in {}", COLUMNS[*column]));
        }
    }
    if entries.is_empty() {
        problems.push(format!("{PAGE} has no entries"));
    }
    Ok(problems)
}

fn squeezed(code: &str) -> String {
    code.split_whitespace().collect()
}

/// The code in the cells of the page's tables, with the number of the column.
fn entries(page: &str) -> Vec<(usize, String)> {
    let (mut entries, mut column, mut in_cell) = (Vec::new(), 0, false);
    for event in Parser::new_ext(page, Options::ENABLE_TABLES | Options::ENABLE_HEADING_ATTRIBUTES) {
        match event {
            Event::Start(Tag::TableRow) => column = 0,
            Event::Start(Tag::TableCell) => in_cell = true,
            Event::End(TagEnd::TableCell) => {
                in_cell = false;
                column += 1;
            }
            Event::Code(code) if in_cell => entries.push((column, code.to_string())),
            _ => {}
        }
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "`prose`\n\n| Python | Rust |\n| --- | --- |\n| `nap( )`, `b` | `nap(\\|x\\| x)` |\n";

    #[test]
    fn entries_are_the_code_of_the_cells() {
        let expected = [(0, "nap( )".to_owned()), (0, "b".to_owned()), (1, "nap(|x| x)".to_owned())];
        assert_eq!(entries(TABLE), expected);
    }

    #[test]
    fn an_entry_that_no_program_has_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let write = |file: &str, text: &str| {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write(PAGE, TABLE);
        write(COLUMNS[0], "nap()\nb\n");
        write(COLUMNS[1], "nap(\n    |x| x)");
        assert_eq!(entries_run(folder.path()).unwrap(), Vec::<String>::new());
        write(COLUMNS[1], "nap(|y| y)");
        let problem = format!("{PAGE}: nap(|x| x) is not in {}", COLUMNS[1]);
        assert_eq!(entries_run(folder.path()).unwrap(), [problem]);
    }
}
