//! A crawler of whole sites, which grew out of the guide's `areq`: recursive, polite, on several machines, resumed after a
//! crash.
//!
//! [`frontier`] stores what is known, and which worker may ask which host; [`worker`] sends the requests; [`links`], [`normal`]
//! and [`robots`] are the rules; [`output`], [`graph`] and [`report`] write the results. The program `areq` puts them together
//! (`cli`).

pub mod cli;
pub mod frontier;
pub mod graph;
pub mod links;
pub mod normal;
pub mod output;
pub mod report;
pub mod robots;
pub mod worker;
