//! Cancelling a task that sleeps, which has a timer to remove.

use harness::{Row, Run, scaled};

use super::timers::HOUR;
use crate::rt;

pub const ROWS: &[Row] = &[("cancel_sleep", || rt::run(cancel_sleep()))];

async fn cancel_sleep() {
    let count = scaled(500_000);
    let run = Run::start();
    for _ in 0..count {
        let handle = rt::spawn_cancellable(rt::cancellable_sleep(HOUR));
        rt::yield_now().await;
        assert!(rt::cancel(handle).await);
    }
    run.done(count);
}
