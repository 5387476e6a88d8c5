//! Tasks that borrow from the coroutine that waits for them: [`gather_scoped`] and [`ScopedTaskGroup`].
//!
//! A task of `create_task` may outlive its creator, so its coroutine is `'static`. In Python `gather(self.one(1), self.one(2))` is
//! one of the most common lines of asyncio. Here `self.one(1)` borrows `self`, and only something that cannot outlive the borrow
//! may run it: a *scope*, named after the scoped threads of the standard library.
//!
//! # How it works
//!
//! A scoped task has two halves. The loop has a task like any other, with a name, a context, requests to cancel, and a place in
//! the queue; its coroutine, `seat::ScopedTask`, is `'static` and contains nothing of the user's. The user's coroutine is stored
//! in the `scope::Scope`, which is part of the future that the caller awaits. A `seat::Seat` connects the two.
//!
//! ```text
//!     the loop:                             the caller, whose coroutine is suspended:
//!       step of the scoped task                program()
//!         ScopedTask::poll ── visits ──>         gather_scoped([…]).await
//!                                                  Scope: polls the coroutine that the step is about
//! ```
//!
//! When the loop takes a step of the scoped task, the step *visits* the caller: the caller's coroutine is polled immediately, down
//! to the scope, which polls only the coroutine of that scoped task, as that task. For the caller this does not count as a step.
//! So the steps are the same as those of tasks, in the same order. (The runtime's half is in `kernel/task/visit`.)
//!
//! # Why it is sound
//!
//! The crate is safe code, so the compiler proves that a borrowed coroutine is polled only while its borrow lasts: it is owned by the
//! future that the caller awaits, and polled in that future's `poll`. Nothing has an erased lifetime or a pointer to it.
//!
//! - *The scope is dropped* (by a `select!`, an abort): the coroutines are dropped with it, and their tasks end cancelled.
//! - *The scope is forgotten*, `mem::forget`: nothing polls the coroutines any more. The tasks in the loop hold nothing of them,
//!   and wait until they are cancelled, at the latest at the end of `run`.
//! - *The scope is moved to another task*: once it has been polled there, it is visited there.
//!
//! # What differs from tasks
//!
//! - Nothing outlives the caller's await. So if a coroutine of `gather_scoped` fails, the others are cancelled and waited for, as in a
//!   group, before the error is raised; asyncio's `gather` lets them run.
//! - The coroutines of a dropped caller cannot clean up with an await: they are dropped where they are suspended, like the
//!   coroutine of an aborted task. A caller that is *cancelled* cancels them, and waits until they have cleaned up.
//! - They do not start eagerly, whatever the task factory is.
//! - The caller has to wait for the scope. As long as it keeps the scope in a variable and awaits something else, the coroutines
//!   do not run; one that is cancelled then is dropped.
//! - A step polls the caller's coroutine from the top, and everything between it and the scope. This matters to hand-written
//!   futures that count their polls.

#![forbid(unsafe_code)]

mod gather;
mod group;
mod scope;
mod seat;

pub use gather::{GatherScoped, GatherScopedOutcomes, gather_scoped};
pub use group::ScopedTaskGroup;
