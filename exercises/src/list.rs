//! The list of the exercises: `exercises.toml`, in the order in which a reader does them.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use serde::Deserialize;

use crate::source::{self, Version};

/// One exercise as the list declares it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exercise {
    /// Its name, which is also the name of its file.
    pub name: String,
    /// The page of the book that it belongs to, and its folder: `07-tasks`.
    pub page: String,
    /// How hard it is: 1, 2 or 3.
    pub level: u8,
    /// What helps, without giving the solution away.
    pub hint: String,
    /// The error of the compiler that the reader begins with; without one, the reader's version compiles and fails a test.
    pub compiler: Option<String>,
}

/// All exercises, in order.
///
/// # Errors
///
/// Fails when the list cannot be read, or names an exercise twice.
pub fn exercises(root: &Path) -> Result<Vec<Exercise>> {
    #[derive(Deserialize)]
    struct List {
        exercise: Vec<Exercise>,
    }
    let path = root.join("exercises/exercises.toml");
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("cannot read {}", path.display()))?;
    let List { exercise: exercises } =
        toml::from_str(&text).with_context(|| format!("in {}", path.display()))?;
    for (index, exercise) in exercises.iter().enumerate() {
        if exercises[..index].iter().any(|other| other.name == exercise.name) {
            bail!("{} is in the list twice", exercise.name);
        }
    }
    Ok(exercises)
}

impl Exercise {
    /// Its file below the folder of the exercises.
    pub fn path(&self) -> PathBuf {
        Path::new(&self.page).join(format!("{}.rs", self.name))
    }

    /// Its file in one of its versions. The reader's version says how to check it.
    ///
    /// # Errors
    ///
    /// Fails when the file cannot be read, or its markers are in the wrong places.
    pub fn version(&self, root: &Path, version: Version) -> Result<String> {
        let path = root.join("exercises").join(self.path());
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        let text = source::version(&text, version)
            .map_err(|problem| anyhow!("{}: {problem}", path.display()))?;
        Ok(match version {
            Version::Solution => text,
            Version::Start => {
                let header =
                    text.lines().take_while(|line| line.starts_with("//!")).count();
                let mut lines: Vec<&str> = text.lines().collect();
                let check = format!(
                    "//! Check it: `cargo xtask exercise check {}`",
                    self.name
                );
                lines.splice(header..header, ["//!", &check]);
                lines.join("\n") + "\n"
            }
        })
    }

    /// How hard it is, in a word.
    pub fn level_in_words(&self) -> &'static str {
        match self.level {
            1 => "easy",
            2 => "medium",
            _ => "hard",
        }
    }
}

/// The exercise with this name; an error suggests the nearest one.
///
/// # Errors
///
/// Fails when there is none.
pub fn find<'a>(exercises: &'a [Exercise], name: &str) -> Result<&'a Exercise> {
    exercises.iter().find(|exercise| exercise.name == name).ok_or_else(|| {
        let likeness = |other: &&Exercise| strsim::normalized_damerau_levenshtein(name, &other.name);
        let nearest = exercises.iter().max_by(|one, other| likeness(one).total_cmp(&likeness(other)));
        let hint = nearest.filter(|nearest| likeness(nearest) > 0.5);
        match hint {
            Some(hint) => anyhow!("unknown exercise {name:?}: did you mean {:?}?", hint.name),
            None => anyhow!("unknown exercise {name:?}: `cargo xtask exercise list` has the names"),
        }
    })
}
