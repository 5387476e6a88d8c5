//! Data structures and names; they know nothing of errors, loops or tasks.

pub(crate) mod burials;
pub(crate) mod names;
pub(crate) mod ordered;
