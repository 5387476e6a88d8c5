//! Cancelling a task that has started and waits, and awaiting its end.

use harness::{Row, Run, scaled};

use crate::rt;

pub const ROWS: &[Row] = &[("cancel_pending", || rt::run(cancel_pending()))];

async fn cancel_pending() {
    let count = scaled(500_000);
    let run = Run::start();
    for _ in 0..count {
        let handle = rt::spawn_cancellable(rt::cancellable_wait());
        rt::yield_now().await;
        assert!(rt::cancel(handle).await);
    }
    run.done(count);
}
