//! What a task waits on, as data.

use super::task::Frame;
use crate::kernel::{AnyFuture, AnyTask, TaskCore, WaitKind};

/// What a suspended task waits on; see [`Task::waits_on`](crate::Task::waits_on).
///
/// # Examples
///
/// ```
/// use asyncio::{Lock, WaitKind, create_task, run, sleep};
///
/// run(async {
///     let lock = Lock::new();
///     let waiting = lock.clone();
///     lock.acquire().await?;
///     let task = create_task(async move { waiting.acquire().await });
///     let line = line!() - 1;
///     sleep(0).await?;
///     let wait = task.waits_on().expect("the lock is not free");
///     assert_eq!(wait.kind, WaitKind::Line("Lock"));
///     assert_eq!(wait.held_by.expect("this task").get_name(), asyncio::current_task()?.unwrap().get_name());
///     assert_eq!(wait.at.line, line);
///     lock.release()?;
///     task.await
/// })
/// .unwrap();
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct WaitsOn {
    /// The sort of wait.
    pub kind: WaitKind,
    /// How it reads in reports.
    pub text: String,
    /// The task or future that is awaited, if it is one.
    pub future: Option<AnyFuture>,
    /// The task that last acquired what is waited for, if that is known and the task is not done.
    pub held_by: Option<AnyTask>,
    /// The place of the await.
    pub at: Frame,
}

pub(super) fn of(task: &TaskCore, at: Frame) -> Option<WaitsOn> {
    let description = task.blocked_on().describe()?;
    let held_by = description.held_by.and_then(|number| task.base.event_loop().tasks.with_number(number));
    Some(WaitsOn { kind: description.kind, text: description.text, future: task.awaited(), held_by, at })
}
