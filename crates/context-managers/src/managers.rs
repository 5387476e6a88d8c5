//! The parts of asyncio that Python uses with `async with`: timeouts, task groups and locks.
//!
//! Each also has a shorter form that returns the block's value without an `Option`: `Timeout::run`, `TaskGroup::run`,
//! and the guards of the locks. As managers they can be pushed on a stack or passed wherever a manager is expected.

use asyncio_locks::{Barrier, BoundedSemaphore, Condition, Lock, Semaphore};
use asyncio_runtime::{Error, Result, TaskGroup, Timeout};

use crate::generator::verdict;
use crate::manager::AsyncContextManager;

/// The block's error as a result, for functions that turn one result into another.
fn result(error: Option<&Error>) -> Result<()> {
    error.cloned().map_or(Ok(()), Err)
}

/// `async with asyncio.timeout(delay) as limit:`. The errors are those of [`Timeout::run`].
impl AsyncContextManager for Timeout {
    type Value = Timeout;

    async fn enter(&mut self) -> Result<Timeout> {
        Timeout::enter(self)?;
        Ok(self.clone())
    }

    async fn exit(&mut self, error: Option<&Error>) -> Result<bool> {
        verdict(Timeout::exit(self, result(error)), error)
    }
}

/// `async with asyncio.TaskGroup() as tg:`. The errors are those of [`TaskGroup::run`]. If `run` is dropped half-way it
/// also aborts the tasks; here they continue. The error of the block is suppressed if the group was cancelled.
impl AsyncContextManager for TaskGroup {
    type Value = TaskGroup;

    async fn enter(&mut self) -> Result<TaskGroup> {
        TaskGroup::enter(self)?;
        Ok(self.clone())
    }

    async fn exit(&mut self, error: Option<&Error>) -> Result<bool> {
        verdict(self.exit_until_cancelled(result(error)).await.map(drop), error)
    }
}

/// `async with barrier as position:`. The block starts when all tasks have arrived, each with its position in the order
/// of arrival. Leaving the block waits for no task.
impl AsyncContextManager for Barrier {
    type Value = usize;

    async fn enter(&mut self) -> Result<usize> {
        self.wait().await
    }

    async fn exit(&mut self, _error: Option<&Error>) -> Result<bool> {
        Ok(false)
    }
}

macro_rules! held_during_the_block {
    ($($(#[$doc:meta])* $lock:ty, |$this:ident| $release:expr;)*) => {$(
        $(#[$doc])*
        impl AsyncContextManager for $lock {
            type Value = ();

            async fn enter(&mut self) -> Result<()> {
                self.acquire_for_block().await
            }

            async fn exit(&mut self, _error: Option<&Error>) -> Result<bool> {
                let $this = &*self;
                $release;
                Ok(false)
            }
        }
    )*};
}

held_during_the_block! {
    /// `async with lock:`. If it is dropped half-way, the lock stays held. A [`LockGuard`](asyncio_locks::LockGuard)
    /// would release it.
    Lock, |lock| lock.release()?;
    /// `async with condition:`; the block waits and notifies through another handle on the condition.
    Condition, |condition| condition.release()?;
    /// `async with semaphore:`.
    Semaphore, |semaphore| semaphore.release();
    /// `async with semaphore:`.
    BoundedSemaphore, |semaphore| semaphore.release()?;
}
