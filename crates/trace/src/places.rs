//! The texts of the program's locations, each formatted once.

use std::panic::Location;

use crate::json;
use crate::mixed::MixedMap;

/// The texts, by the address of their location.
#[derive(Default)]
pub(crate) struct Places(MixedMap<usize, String>);

impl Places {
    /// `FILE:LINE` in JSON.
    pub(crate) fn of(&mut self, at: &'static Location<'static>) -> &str {
        let make = || json::quoted(&format!("{}:{}", at.file(), at.line()));
        self.0.entry(std::ptr::from_ref(at).addr()).or_insert_with(make)
    }
}
