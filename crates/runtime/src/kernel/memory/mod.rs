//! The memory of a future. The counted pointer to it is in `kernel::handle`.

pub(crate) mod base;
pub(crate) mod callbacks;
pub(crate) mod cell;
pub(crate) mod origin;
pub(crate) mod state;
pub(crate) mod value;
pub(crate) mod waking;
