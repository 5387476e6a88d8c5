//! Players: a place for one below the last block of each program whose steps are recorded in both languages, and a script with its
//! data.
//!
//! The player itself is `book/player.js`. A page that is read from a file may load only scripts beside it. So each program has a
//! script, which is loaded when the reader opens its player. It is made from the stored timelines, so building the book needs no
//! Python and runs no program.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context as _, Result};
use guide_tests::examples::Example;
use guide_tests::timeline::frames::{Frame, frames};
use guide_tests::timeline::{Timeline, twin};
use guide_tests::words::Words;
use guide_tests::{read, twins};
use serde::Serialize;

/// The programs that have a player.
pub(super) struct Players(BTreeSet<String>);

/// What a script hands over.
#[derive(Serialize)]
struct Steps {
    /// The files of the program and of its twin, each with the first line that is shown.
    rust: (String, usize),
    python: (String, usize),
    /// The names of the tasks, and of their coroutine functions in both languages.
    tasks: Vec<(String, String)>,
    /// For a run of which only a part is shown: what the whole run was.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    frames: Vec<Frame>,
}

impl Players {
    pub(super) fn find(root: &Path) -> Self {
        Self(twin::names(root).into_iter().collect())
    }

    /// The place of a player, as HTML.
    pub(super) fn of(&self, program: &str) -> String {
        if self.0.contains(program) {
            format!("<div class=\"player\" data-steps=\"{program}\"></div>\n")
        } else {
            String::new()
        }
    }

    /// Asks for the words of all players.
    pub(super) fn ask(&self, root: &Path, examples: &[Example], words: &Words) -> Result<()> {
        self.steps(root, examples, words).try_for_each(|steps| steps.map(drop))
    }

    fn steps<'a>(
        &'a self,
        root: &'a Path,
        examples: &'a [Example],
        words: &'a Words,
    ) -> impl Iterator<Item = Result<(&'a str, Steps)>> {
        let played = examples.iter().filter(|example| self.0.contains(&example.name));
        played.map(move |example| {
            let steps = steps(root, example, words).with_context(|| format!("the player of {}", example.name))?;
            Ok((&*example.name, steps))
        })
    }

    /// Writes the scripts of an edition.
    pub(super) fn write(&self, root: &Path, examples: &[Example], built: &Path, words: &Words) -> Result<()> {
        let folder = built.join("steps");
        std::fs::create_dir_all(&folder)?;
        for steps in self.steps(root, examples, words) {
            let (name, steps) = steps?;
            let script = format!("asyncioSteps(\"{name}\", {});\n", serde_json::to_string(&steps)?);
            std::fs::write(folder.join(name).with_extension("js"), script)?;
        }
        Ok(())
    }
}

fn steps(root: &Path, example: &Example, words: &Words) -> Result<Steps> {
    let (timeline, twin) = (Timeline::kept(root, &example.name)?, twin::Twin::kept(root, &example.name)?);
    let python = twins::path(root, &example.path);
    let rust = root.join("examples").join(&example.path);
    // The comment that opens a program repeats what the page says, so it is left out.
    let opens = |line: &&str| line.starts_with("//!") || line.is_empty();
    let first = read(&rust)?.lines().take_while(opens).count() + 1;
    let twin_first = twins::first_line(&read(&python)?).unwrap_or(1);
    let tasks = timeline.tasks.iter().zip(&twin.tasks).map(|(ours, theirs)| {
        let [rust, python] = [&ours.coroutine, &theirs.coroutine];
        (ours.name.clone(), if rust == python { rust.clone() } else { format!("{rust} / {python}") })
    });
    let frames = frames(&timeline, &twin, words)?;
    let tasks = tasks.collect();
    let note = timeline.whole.as_ref().map(|whole| {
        let [all, steps] = [whole.tasks, whole.steps].map(|count| count.to_string());
        let note = "This run has {tasks} tasks and {steps} steps. Where five or more tasks do the same, only the first two \
                    are shown. What the others do meanwhile is one event.";
        words.fill(note, &[("tasks", &all), ("steps", &steps)])
    });
    let file = format!("examples/{}", example.path);
    let twin = format!("{}.py", file.trim_end_matches(".rs"));
    Ok(Steps { rust: (file, first), python: (twin, twin_first), tasks, note, frames })
}

#[cfg(test)]
impl Players {
    /// The player of one program.
    pub(super) fn only(program: &str) -> Self {
        Self([program.to_owned()].into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_has_the_frames_and_says_which_lines_are_shown() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("examples/05-sleep/nap.rs", "//! A nap.\n\nasync fn nap() {\n    sleep(1).await\n}\n");
        write("examples/05-sleep/nap.py", "\"\"\"A nap.\"\"\"\n\nasync def main():\n    await sleep(1)\n");
        write(
            "tests/timelines/nap.jsonl",
            "{\"task\":{\"name\":\"Task-1\",\"coroutine\":\"nap\"}}\n\
             {\"step\":{\"task\":0,\"printed\":\"zzz\\n\",\"then\":{\"waits\":{\"on\":\"a timer\"}},\"line\":4}}\n",
        );
        write(
            "tests/twin-steps/nap.jsonl",
            "{\"coroutine\":\"main\",\"name\":\"Task-1\"}\n{\"task\":0,\"line\":4,\"waits\":\"a timer\",\"prints\":1}\n",
        );
        let players = Players::find(folder.path());
        assert_eq!(players.of("nap"), "<div class=\"player\" data-steps=\"nap\"></div>\n");
        assert_eq!(players.of("nip"), "");
        let example =
            Example { name: "nap".to_owned(), path: "05-sleep/nap.rs".to_owned(), args: Vec::new(), shows: Vec::new() };
        players.write(folder.path(), &[example], &folder.path().join("book"), &Words::english()).unwrap();
        let script = std::fs::read_to_string(folder.path().join("book/steps/nap.js")).unwrap();
        let data = script.strip_prefix("asyncioSteps(\"nap\", ").unwrap().strip_suffix(");\n").unwrap();
        let expected = serde_json::json!({
            "rust": ["examples/05-sleep/nap.rs", 3],
            "python": ["examples/05-sleep/nap.py", 3],
            "tasks": [["Task-1", "nap / main"]],
            "frames": [
                { "w": "Task-1 (nap) is created.", "t": 0.0, "q": [0], "d": [], "s": [[0, "ready", "", 0, 0]] },
                {
                    "w": "Task-1 (nap) prints “zzz” and waits for a timer in line 4.", "t": 0.0, "r": 0, "q": [], "d": [],
                    "s": [[0, "waits", "a timer", 4, 4]], "p": "zzz\n",
                },
            ],
        });
        assert_eq!(serde_json::from_str::<serde_json::Value>(data).unwrap(), expected);
    }
}
