//! A value handed from one task to another, once.

use harness::{Row, Run, scaled};

use crate::rt;

pub const ROWS: &[Row] = &[("oneshot", || rt::run(oneshot()))];

async fn oneshot() {
    let count = scaled(1_000_000) as u64;
    let run = Run::start();
    let mut sum = 0;
    for i in 0..count {
        let (sender, receiver) = rt::oneshot::<u64>();
        let task = rt::spawn(async move { rt::send_once(sender, i) });
        sum += rt::receive_once(receiver).await;
        rt::join(task).await;
    }
    assert_eq!(sum, count * (count - 1) / 2);
    run.done(count as usize);
}
