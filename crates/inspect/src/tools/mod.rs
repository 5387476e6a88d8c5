//! The views of a snapshot: the table, the tree, cycles and suspicions.
//!
//! The program itself uses them for its report on SIGQUIT.

#[cfg(feature = "tools")]
pub mod client;
pub mod findings;
pub mod report;
pub mod table;
pub mod tree;
