//! What the programs share that needs a large crate: clap, jiff or regex.

pub mod arguments;
pub mod datetime;
pub mod loops;
pub mod text;
pub mod time;
