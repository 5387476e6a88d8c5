//! `AnyFuture` and `AnyTask`, the handles on a future and on a task, as far as the kernel needs them: how a future ends and who is
//! told. What users do with them is in `asyncio::futures` and `asyncio::tasks`.

use crate::base::ordered::Ordered;
use crate::error::Error;
use crate::error::Result;
use crate::error::exceptions::CancelledError;
use crate::error::exceptions::InvalidStateError;
use crate::error::resume_panic;
use crate::kernel::event_loop::ready::Run;
use crate::kernel::memory::callbacks::Callback;
use crate::kernel::memory::callbacks::Callbacks;
use crate::kernel::memory::callbacks::Registered;
use crate::kernel::memory::cell::FutureBase;
use crate::kernel::memory::cell::FutureRef;
use crate::kernel::memory::cell::Kind;
use crate::kernel::memory::marks::State;
use crate::kernel::memory::value::Memory;
use crate::kernel::task::core::TaskCore;
use std::panic::Location;
use std::rc::Rc;
use std::sync::Arc;

/// A future or task of which the result's type is not known: what `wait`, `gather` and callbacks have in common.
///
/// Clones are handles on the same future; `==` asks whether two handles are. Every [`Future`] and [`Task`](crate::Task)
/// derefs to it, so its methods are theirs.
///
/// # Examples
///
/// ```
/// use asyncio::{AnyFuture, create_task, run};
///
/// run(async {
///     let (number, text) = (create_task(async { Ok(1) }), create_task(async { Ok("one") }));
///     let both: [&AnyFuture; 2] = [&number, &text];
///     for future in both {
///         assert_eq!(*future, future.clone());
///         future.join().await?;
///         assert!(future.done() && !future.cancelled());
///     }
///     assert_eq!((number.result()?, text.result()?), (1, "one"));
///     Ok(())
/// })
/// .unwrap();
/// ```
#[derive(Clone)]
pub struct AnyFuture {
    pub(crate) object: FutureRef,
}

impl AnyFuture {
    pub(crate) fn base(&self) -> &FutureBase {
        &self.object
    }

    /// Ends it well.
    pub(crate) fn finish<T: 'static>(&self, value: T) {
        self.end(State::Finished, self.object.memory_of(value));
    }

    pub(crate) fn finish_with_error(&self, error: Error) {
        self.base().set_unseen();
        self.end(State::Failed, Memory::Error(error));
    }

    pub(crate) fn finish_cancelled(&self, message: Option<Arc<str>>) {
        let memory = message.map(|message| Memory::Error(CancelledError::from_message(Some(message)).into()));
        self.end(State::Cancelled, memory.unwrap_or(Memory::Cancelled));
    }

    /// Ends a task whose coroutine raised this.
    pub(crate) fn finish_with_cancellation(&self, error: Error) {
        self.base().set_unseen();
        self.end(State::Cancelled, Memory::Error(error));
    }

    fn end(&self, state: State, memory: Memory) {
        let base = self.base();
        if let Kind::Task(task) = self.object.kind() {
            task.unregister();
        }
        base.marks.set_state(state);
        let Memory::Callbacks(callbacks) = base.replace_memory(memory) else { return };
        match callbacks {
            Callbacks::None => {}
            Callbacks::Wake(wake) => wake.wake(),
            Callbacks::Call(run, key) => self.queue(run, key),
            Callbacks::Many(list) => self.tell(*list),
        }
    }

    fn tell(&self, mut list: Ordered<Callback>) {
        for callback in list.drain() {
            match callback {
                Callback::Wake(wake) => wake.wake(),
                Callback::Call(run, key) => self.queue(run, key),
            }
        }
    }

    /// Registers a callback; on a done future it is queued at once.
    pub(crate) fn add_callback(&self, run: Rc<dyn Run>, key: u32) -> Option<Registered> {
        if self.done() {
            self.queue(run, key);
            return None;
        }
        Some(self.base().add(Callback::Call(run, key)))
    }

    fn queue(&self, run: Rc<dyn Run>, key: u32) {
        run.completed(self);
        self.base().event_loop().call(run, key);
    }

    pub(crate) fn is(&self, other: &AnyFuture) -> bool {
        self.object.is_same(&other.object)
    }

    /// `Ok` if it ended with a result, else what it ended with.
    pub(crate) fn outcome(&self) -> Result<()> {
        match self.base().state() {
            State::Finished => Ok(()),
            State::Pending => Err(InvalidStateError::new("Result is not set.").into()),
            State::Cancelled => self.base().see_error().map_or(Ok(()), Err),
            State::Failed => self.base().see_error().map_or(Ok(()), |error| Err(resume_panic(error))),
        }
    }
}

/// A task of which the result's type is not known: what [`current_task`] and [`all_tasks`] give.
///
/// Clones are handles on the same task. It derefs to [`AnyFuture`].
///
/// # Examples
///
/// ```
/// use asyncio::{Task, all_tasks, create_task, run};
///
/// run(async {
///     create_task(async { Ok(42) });
///     let newest = all_tasks()?.pop().expect("it is not done");
///     newest.join().await?; // its end, whatever its result
///     let task: Task<i32> = newest.downcast().expect("it gives a number");
///     assert_eq!(task.result()?, 42);
///     Ok(())
/// })
/// .unwrap();
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct AnyTask {
    future: AnyFuture,
}

impl AnyTask {
    /// The caller vouches that the object is a task.
    pub(crate) fn from_object(object: FutureRef) -> Self {
        assert!(matches!(object.kind(), Kind::Task(_)), "a task");
        Self { future: AnyFuture { object } }
    }

    pub(crate) fn into_any(self) -> AnyFuture {
        self.future
    }

    pub(crate) fn as_future(&self) -> &AnyFuture {
        &self.future
    }

    /// Where it was created.
    pub(crate) fn created_at(&self) -> &'static Location<'static> {
        self.object.created_at().expect("a task that somebody has is complete")
    }

    #[inline]
    pub(crate) fn core(&self) -> &TaskCore {
        // SAFETY: `from_object` has asked what it is.
        unsafe { self.future.object.as_task() }
    }
}
