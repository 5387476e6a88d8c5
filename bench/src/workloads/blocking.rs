//! Empty closures on the runtime's own pool of threads.

use harness::{Row, Run, scaled};

use crate::rt;

pub const ROWS: &[Row] = &[("to_thread", || rt::run(to_thread()))];

async fn to_thread() {
    let count = scaled(50_000);
    // The first call starts the thread.
    rt::blocking(|| ()).await;
    let run = Run::start();
    for _ in 0..count {
        rt::blocking(|| ()).await;
    }
    run.done(count);
}
