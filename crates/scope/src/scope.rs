//! The scope: the half of the scoped tasks that borrows.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use asyncio_errors::Result;
use asyncio_runtime::Task;
use pin_project_lite::pin_project;

use crate::seat::{Errand, NewSeat, Owner, Seat};

/// The coroutines of the scoped tasks that are not done.
#[derive(Default)]
pub(crate) struct Scope<'env> {
    owner: Rc<Owner>,
    members: RefCell<BTreeMap<usize, Member<'env>>>,
    next: Cell<usize>,
    /// Has a future started to host the scope?
    hosted: Cell<bool>,
    closed: Cell<bool>,
}

struct Member<'env> {
    seat: Rc<Seat>,
    coroutine: Option<Pin<Box<dyn Future<Output = ()> + 'env>>>,
}

impl<'env> Scope<'env> {
    /// For one more task.
    pub(crate) fn seat<T>(&self) -> NewSeat<T> {
        let key = self.next.get();
        self.next.set(key + 1);
        NewSeat::new(&self.owner, key)
    }

    /// Takes the coroutine of `task`, which was made with the other half of the seat. `name` is the name of the coroutine
    /// function.
    pub(crate) fn take<T: 'static>(
        &self,
        NewSeat { seat, end }: NewSeat<T>,
        task: &Task<T>,
        name: fn() -> &'static str,
        coroutine: impl Future<Output = Result<T>> + 'env,
    ) {
        task.as_task().set_coroutine_naming(name);
        if self.closed.get() {
            seat.leave();
            task.abort();
        } else if !task.done() {
            seat.take(task.as_task());
            let coroutine = Box::pin(async move { end.set(Some(coroutine.await)) });
            self.members.borrow_mut().insert(seat.key, Member { seat: Rc::clone(&seat), coroutine: Some(coroutine) });
        }
        // The task has already started if the loop's task options say so.
        if seat.is_due() {
            seat.wake();
        }
    }

    /// Serves the scoped task that visits the scope, if there is one.
    fn serve(&self) -> bool {
        let Some((key, errand)) = self.owner.visitor.get() else { return false };
        let member = self.members.borrow_mut().remove(&key);
        let Some(mut member) = member else { return true };
        match errand {
            Errand::Drop => {
                member.seat.leave();
                let Member { seat, coroutine } = member;
                if let Some(task) = seat.task() {
                    task.act_in_context(|| drop(coroutine));
                }
            }
            Errand::Poll => {
                if member.step().is_pending() {
                    self.members.borrow_mut().insert(key, member);
                }
            }
        }
        true
    }

    /// Wakes the tasks that could not reach the scope.
    fn wake_due(&self) {
        let due: Vec<_> =
            self.members.borrow().values().map(|member| &member.seat).filter(|seat| seat.is_due()).cloned().collect();
        due.iter().for_each(|seat| seat.wake());
    }

    /// Drops the remaining coroutines, each in the name of its task, and ends the tasks.
    pub(crate) fn close(&self) {
        self.closed.set(true);
        self.owner.is_gone();
        let mut panic = None;
        // One at a time, because a destructor may do anything.
        loop {
            let first = self.members.borrow_mut().pop_first();
            let Some((_, Member { seat, coroutine })) = first else { break };
            seat.leave();
            let Some(task) = seat.task() else { continue };
            let dropped = catch_unwind(AssertUnwindSafe(|| task.act_in_context(|| drop(coroutine))));
            panic = panic.or(dropped.err());
            task.abort();
        }
        if let Some(payload) = panic
            && !std::thread::panicking()
        {
            resume_unwind(payload);
        }
    }
}

impl Member<'_> {
    /// Takes a step. A coroutine that has ended is dropped in it.
    fn step(&mut self) -> Poll<()> {
        let coroutine = &mut self.coroutine;
        let polled = self.seat.step(|cx| {
            let polled = coroutine.as_mut().map_or(Poll::Ready(()), |coroutine| coroutine.as_mut().poll(cx));
            if polled.is_ready() {
                coroutine.take();
            }
            polled
        });
        if polled.is_ready() {
            self.seat.leave();
        }
        polled
    }
}

pin_project! {
    /// A future with a scope: scoped tasks run while it is awaited.
    pub(crate) struct Hosting<'env, F> {
        scope: Rc<Scope<'env>>,
        // Does this future host the scope? A second call of a group's `run` does not, and fails.
        hosts: bool,
        #[pin]
        content: F,
    }

    impl<F> PinnedDrop for Hosting<'_, F> {
        fn drop(this: Pin<&mut Self>) {
            if this.hosts {
                this.scope.close();
            }
        }
    }
}

impl<'env, F: Future> Hosting<'env, F> {
    pub(crate) fn new(scope: Rc<Scope<'env>>, content: F) -> Self {
        Self { scope, hosts: false, content }
    }
}

impl<F: Future> Future for Hosting<'_, F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        *this.hosts = *this.hosts || !this.scope.hosted.replace(true);
        if *this.hosts {
            if this.scope.serve() {
                return Poll::Pending;
            }
            this.scope.owner.is_polled(cx);
            this.scope.wake_due();
        }
        this.content.poll(cx)
    }
}
