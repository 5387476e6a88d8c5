//! Child processes.

use harness::{Row, Run, scaled};

use crate::rt;

pub const ROWS: &[Row] = &[("subprocess", || rt::run(one_by_one())), ("subprocess_16", || rt::run(sixteen_at_once()))];

async fn one_by_one() {
    let count = scaled(500);
    let run = Run::start();
    for _ in 0..count {
        assert!(rt::run_true().await);
    }
    run.done(count);
}

async fn sixteen_at_once() {
    let batches = scaled(32);
    let run = Run::start();
    for _ in 0..batches {
        let children: Vec<_> = (0..16).map(|_| rt::spawn(rt::run_true())).collect();
        for child in children {
            assert!(rt::join(child).await);
        }
    }
    run.done(16 * batches);
}
