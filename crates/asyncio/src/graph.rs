//! What a task waits for, and what waits for it: the call graph of Python 3.14.
//!
//! [`print_call_graph`] is the first thing to try in a program that hangs.

#[doc(inline)]
pub use asyncio_runtime::{
    CallGraphOptions, FrameCallGraphEntry, FutureCallGraph, all_awaited_by, capture_call_graph, format_call_graph,
    print_call_graph,
};
