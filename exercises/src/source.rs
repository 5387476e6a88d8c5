//! One file with two versions: what the reader begins with, and the solution.
//!
//! The file in the repository is the solution, which compiles and is tested. Between `// START` and `// SOLUTION` it holds the
//! reader's version of the same lines, as comments; `// END` ends the gap. The tests, from `#[cfg(test)]` on, are
//! the same for both. The build script uses this module, too, so it needs nothing but the standard library.

/// One of the two versions of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// What the reader begins with.
    Start,
    /// What passes the tests.
    Solution,
}

/// The part of a file that a line belongs to.
enum Part {
    Both,
    Start,
    Solution,
}

/// The whole file in one of its versions.
///
/// # Errors
///
/// Fails, with the number of the line, where a marker stands in the wrong place.
pub fn version(text: &str, version: Version) -> Result<String, String> {
    let (mut kept, mut part, mut gaps) = (String::new(), Part::Both, 0);
    for (index, line) in text.lines().enumerate() {
        part = match (line.trim(), part) {
            ("// START", Part::Both) => Part::Start,
            ("// SOLUTION", Part::Start) => Part::Solution,
            ("// END", Part::Solution) => {
                gaps += 1;
                Part::Both
            }
            ("// START" | "// SOLUTION" | "// END", _) => {
                return Err(format!(
                    "line {}: {} is in the wrong place",
                    index + 1,
                    line.trim()
                ));
            }
            (_, Part::Both) => {
                kept = kept + line + "\n";
                Part::Both
            }
            (_, Part::Start) => {
                if version == Version::Start {
                    kept =
                        kept + &uncommented(line).ok_or(format!(
                            "line {}: it is no comment",
                            index + 1
                        ))? + "\n";
                }
                Part::Start
            }
            (_, Part::Solution) => {
                if version == Version::Solution {
                    kept = kept + line + "\n";
                }
                Part::Solution
            }
        };
    }
    match (part, gaps) {
        (Part::Both, 1..) => Ok(kept),
        (Part::Both, 0) => {
            Err("it has no gap: // START, // SOLUTION, // END".to_owned())
        }
        _ => Err("a gap has no // END".to_owned()),
    }
}

/// A line without its `// `.
fn uncommented(line: &str) -> Option<String> {
    let code = line.trim_start();
    let indent = &line[..line.len() - code.len()];
    match code.strip_prefix("//")? {
        "" => Some(String::new()),
        code => Some(format!("{indent}{}", code.strip_prefix(' ')?)),
    }
}

/// The comment that opens a file, without its markers: the task, as Markdown.
pub fn task(text: &str) -> String {
    let lines = text.lines().map_while(|line| line.strip_prefix("//!"));
    lines
        .map(|line| format!("{}\n", line.strip_prefix(' ').unwrap_or(line)))
        .collect()
}

/// The code of a file: without the comment that opens it, and without its tests.
pub fn code(text: &str) -> String {
    let begins = text
        .lines()
        .take_while(|line| line.starts_with("//!"))
        .map(|line| line.len() + 1)
        .sum::<usize>();
    let begins = begins.min(text.len());
    let ends = tests_at(text).unwrap_or(text.len()).max(begins);
    format!("{}\n", text[begins..ends].trim())
}

/// The tests of a file.
pub fn tests(text: &str) -> &str {
    text[tests_at(text).unwrap_or(text.len())..].trim_end()
}

fn tests_at(text: &str) -> Option<usize> {
    text.find("\n#[cfg(test)]\n").map(|at| at + 1)
}

/// The names of the tests of a file.
pub fn test_names(text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut is_test = false;
    for line in tests(text).lines().map(str::trim) {
        if let (true, Some(rest)) = (is_test, line.strip_prefix("fn ")) {
            names.extend(rest.split('(').next());
        }
        is_test = line == "#[test]";
    }
    names
}

#[cfg(test)]
mod tests_of_this {
    use super::*;

    const FILE: &str = "//! Do it.\n//!\n//! Well.\n\nuse x;\n\nfn f() -> u32 {\n    // START\n    // // Here.\n    //\n    // 1\n    \
                        // SOLUTION\n    2\n    // END\n}\n\n#[cfg(test)]\nmod tests {\n    #[test]\n    fn it_is_two() {}\n}\n";

    #[test]
    fn a_file_has_two_versions() {
        let start = version(FILE, Version::Start).unwrap();
        assert!(start.contains("{\n    // Here.\n\n    1\n}\n"), "{start}");
        let solution = version(FILE, Version::Solution).unwrap();
        assert!(solution.contains("{\n    2\n}\n"), "{solution}");
        assert_eq!(tests(&start), tests(&solution));
    }

    #[test]
    fn a_version_has_a_task_code_and_tests() {
        let solution = version(FILE, Version::Solution).unwrap();
        assert_eq!(task(&solution), "Do it.\n\nWell.\n");
        assert_eq!(code(&solution), "use x;\n\nfn f() -> u32 {\n    2\n}\n");
        assert_eq!(test_names(&solution), ["it_is_two"]);
    }

    #[test]
    fn markers_in_the_wrong_place_are_named() {
        let wrong = |text: &str| version(text, Version::Start).unwrap_err();
        assert!(wrong("fn f() {}\n").contains("no gap"));
        assert!(wrong("// START\n").contains("no // END"));
        assert!(wrong("\n// SOLUTION\n").starts_with("line 2"));
        assert!(
            wrong("// START\ncode();\n// SOLUTION\n// END\n").starts_with("line 2")
        );
    }
}
