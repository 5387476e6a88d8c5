//! Tasks that borrow from the coroutine that waits for them: [`gather_scoped`] and [`ScopedTaskGroup`].
//!
//! A task of `create_task` may outlive its creator, so its coroutine is `'static`. In Python `gather(self.one(1), self.one(2))` is the
//! commonest line of asyncio. Here `self.one(1)` borrows `self`, and only something that cannot outlive the borrow may run it: a
//! *scope*, named as scoped threads are in the standard library.
//!
//! # How it works
//!
//! A scoped task is two halves. The loop has a task like any other, with a name, a context, requests to cancel, a place in the queue;
//! its coroutine, `seat::ScopedTask`, is `'static` and has nothing of the user's. The user's coroutine lies in the
//! `scope::Scope`, a part of the future that the caller awaits. Between the two is a `seat::Seat`.
//!
//! ```text
//!     the loop:                             the caller, whose coroutine is suspended:
//!       step of the scoped task                program()
//!         ScopedTask::poll ── visits ──>         gather_scoped([…]).await
//!                                                  Scope: polls the coroutine that the step is about
//! ```
//!
//! When the loop takes a step of the scoped task, that *visits* the caller: the caller's coroutine is polled there and then, down to
//! the scope, which polls the coroutine that is meant, as the scoped task, and nothing else. To the caller this is no step. So the
//! steps are those of tasks, one by one and in the same order. (The runtime's half is in `kernel/task/visit`.)
//!
//! # Why it is sound
//!
//! The crate is safe code, so the compiler proves that a borrowed coroutine is polled only while its borrow lasts: it is owned by the
//! future that the caller awaits, and polled in that future's `poll`. Nothing has an erased lifetime or a pointer to it.
//!
//! - *The scope is dropped* (by a `select!`, an abort): the coroutines are dropped with it, and their tasks end cancelled.
//! - *The scope is forgotten*, `mem::forget`: nothing polls the coroutines any more. The tasks in the loop have nothing of them; they
//!   wait until they are cancelled, as they are at the end of `run`.
//! - *The scope is moved to another task*: it is visited there from the next time on that it is polled.
//!
//! # What differs from tasks
//!
//! - Nothing outlives the caller's await. So if a coroutine of `gather_scoped` fails, the others are cancelled and waited for, as in a
//!   group, before the error is raised; asyncio's `gather` lets them run.
//! - A dropped caller's coroutines get no clean-up that awaits: they are dropped where they are suspended, as those of an aborted task.
//!   A caller that is *cancelled* passes that on, and waits until they have cleaned up.
//! - They do not start eagerly, whatever the task factory.
//! - The caller has to wait for the scope. As long as it awaits something else, with a scope kept in a variable, the coroutines do
//!   not run; one that is cancelled then is dropped.
//! - A step polls the caller's coroutine from the top, and all that is between it and the scope. That is for the hand-written futures
//!   to know that count their polls.

#![forbid(unsafe_code)]

mod gather;
mod group;
mod scope;
mod seat;

pub use gather::{GatherScoped, GatherScopedOutcomes, gather_scoped};
pub use group::ScopedTaskGroup;
