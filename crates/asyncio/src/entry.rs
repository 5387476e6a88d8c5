//! What the attributes `main` and `test` call. It is only for them, and may change with them.

pub use asyncio_entry::{Ended, MainResult, TestOutcome, described, main_result, run_main, tasks_left, test_result};
