//! What a future keeps, and the counted pointer to it.

pub(crate) mod base;
pub(crate) mod callbacks;
pub(crate) mod cell;
pub(crate) mod origin;
pub(crate) mod state;
pub(crate) mod value;
pub(crate) mod waking;
