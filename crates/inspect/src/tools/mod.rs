//! What is made of a snapshot: the table, the tree, cycles and suspicions.
//!
//! The program uses it too, for what it writes on SIGQUIT.

#[cfg(feature = "tools")]
pub mod client;
pub mod findings;
pub mod report;
pub mod table;
pub mod tree;
