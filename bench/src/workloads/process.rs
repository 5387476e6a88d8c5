//! Child processes.

use harness::{Row, Run, scaled};

use crate::rt;

pub const ROWS: &[Row] = &[("subprocess", || rt::run(subprocess()))];

async fn subprocess() {
    let count = scaled(500);
    let run = Run::start();
    for _ in 0..count {
        assert!(rt::run_true().await);
    }
    run.done(count);
}
