//! Data structures and text; they know nothing of errors, loops or tasks.

pub(crate) mod burials;
pub mod log;
pub(crate) mod names;
pub(crate) mod ordered;
pub(crate) mod seconds;
