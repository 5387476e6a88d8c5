//! The data that a scoped task and its scope share. Nothing here borrows.

use std::any::Any;
use std::cell::{Cell, OnceCell, RefCell};
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use asyncio_contextvars::{self as contextvars, Vars};
use asyncio_errors::{CancelledError, Result};
use asyncio_runtime::AnyTask;

/// Who polls a scope.
#[derive(Default)]
pub(crate) struct Owner {
    who: RefCell<Option<(AnyTask, Waker)>>,
    /// The scoped task that visits it, and why.
    pub(crate) visitor: Cell<Option<(usize, Errand)>>,
}

/// Why a scoped task visits the owner.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Errand {
    Poll,
    /// The task ends without its coroutine, which is dropped.
    Drop,
}

impl Owner {
    /// Notes that the current task polls the scope.
    pub(crate) fn is_polled(&self, cx: &Context<'_>) {
        let Some(task) = AnyTask::acting() else { return };
        let known = self.who.borrow().as_ref().is_some_and(|(own, waker)| *own == task && waker.will_wake(cx.waker()));
        if !known {
            let old = self.who.replace(Some((task, cx.waker().clone())));
            drop(old);
        }
    }

    /// The scope is gone: there is nothing more to visit.
    pub(crate) fn is_gone(&self) {
        let old = self.who.take();
        drop(old);
    }

    fn visit(&self, key: usize, errand: Errand) {
        struct Leave<'a>(&'a Owner);
        impl Drop for Leave<'_> {
            fn drop(&mut self) {
                self.0.visitor.set(None);
            }
        }
        let who = self.who.borrow().clone();
        if let Some((task, waker)) = who {
            self.visitor.set(Some((key, errand)));
            let _leave = Leave(self);
            task.visit(&waker);
        }
    }
}

/// Does the scope have a coroutine for this seat?
#[derive(Clone, Copy, PartialEq, Eq)]
enum Occupancy {
    /// Not yet.
    Free,
    Taken,
    /// Not any more.
    Left,
}

/// What the two halves of a scoped task share.
pub(crate) struct Seat {
    owner: Rc<Owner>,
    pub(crate) key: usize,
    task: OnceCell<AnyTask>,
    waker: OnceCell<Waker>,
    /// The task has a step to take, which the scope has not taken yet.
    due: Cell<bool>,
    occupancy: Cell<Occupancy>,
    /// The task's context, in its step.
    vars: Cell<Vars>,
    /// The panic with which the coroutine ended.
    panic: Cell<Option<Box<dyn Any + Send>>>,
}

impl Seat {
    fn new(owner: &Rc<Owner>, key: usize) -> Rc<Self> {
        Rc::new(Self {
            owner: Rc::clone(owner),
            key,
            task: OnceCell::new(),
            waker: OnceCell::new(),
            due: Cell::new(false),
            occupancy: Cell::new(Occupancy::Free),
            vars: Cell::new(None),
            panic: Cell::new(None),
        })
    }

    /// The scope has the coroutine of `task`.
    pub(crate) fn take(&self, task: AnyTask) {
        self.task.get_or_init(|| task);
        self.occupancy.set(Occupancy::Taken);
    }

    pub(crate) fn task(&self) -> Option<&AnyTask> {
        self.task.get()
    }

    /// Does the task wait until the scope can be reached?
    pub(crate) fn is_due(&self) -> bool {
        self.due.get()
    }

    pub(crate) fn wake(&self) {
        if let Some(waker) = self.waker.get() {
            waker.wake_by_ref();
        }
    }

    /// Takes the step: calls `f` as the task, in its context. Returns whether the coroutine has ended.
    pub(crate) fn step(&self, f: impl FnOnce(&mut Context<'_>) -> Poll<()>) -> Poll<()> {
        let (Some(task), Some(waker)) = (self.task.get(), self.waker.get()) else { return Poll::Pending };
        self.due.set(false);
        let outer = contextvars::replace(self.vars.take());
        let polled = task.act(|| catch_unwind(AssertUnwindSafe(|| f(&mut Context::from_waker(waker)))));
        self.vars.set(contextvars::replace(outer));
        polled.unwrap_or_else(|payload| {
            self.panic.set(Some(payload));
            Poll::Ready(())
        })
    }

    /// The scope has dropped the coroutine.
    pub(crate) fn leave(&self) {
        self.occupancy.set(Occupancy::Left);
    }
}

/// The `'static` half of a scoped task, which the loop has.
pub(crate) struct ScopedTask<T> {
    seat: Rc<Seat>,
    end: End<T>,
}

/// The result of the coroutine, which the other half sets.
pub(crate) type End<T> = Rc<Cell<Option<Result<T>>>>;

/// A seat for a task that is about to be made.
pub(crate) struct NewSeat<T> {
    pub(crate) seat: Rc<Seat>,
    pub(crate) end: End<T>,
}

impl<T> NewSeat<T> {
    pub(crate) fn new(owner: &Rc<Owner>, key: usize) -> Self {
        Self { seat: Seat::new(owner, key), end: Rc::default() }
    }

    /// The task's half.
    pub(crate) fn task(&self) -> ScopedTask<T> {
        ScopedTask { seat: Rc::clone(&self.seat), end: Rc::clone(&self.end) }
    }
}

impl<T> Future for ScopedTask<T> {
    type Output = Result<T>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<T>> {
        let seat = &self.seat;
        seat.waker.get_or_init(|| cx.waker().clone());
        seat.due.set(true);
        if seat.occupancy.get() == Occupancy::Taken {
            seat.vars.set(contextvars::current());
            seat.owner.visit(seat.key, Errand::Poll);
            let vars = seat.vars.take();
            if !seat.due.get() {
                contextvars::replace(vars);
            }
        }
        if let Some(payload) = seat.panic.take() {
            resume_unwind(payload);
        }
        match self.end.take() {
            Some(end) => Poll::Ready(end),
            None if seat.occupancy.get() == Occupancy::Left => Poll::Ready(Err(CancelledError::default().into())),
            // If the scope was not reached, the task waits on nothing that the runtime knows, and a cancellation ends it.
            None => Poll::Pending,
        }
    }
}

impl<T> Drop for ScopedTask<T> {
    fn drop(&mut self) {
        // The task has ended before its coroutine, for example because the coroutine never started. The coroutine is dropped
        // here, in the task, like any other.
        if self.seat.occupancy.get() == Occupancy::Taken {
            self.seat.owner.visit(self.seat.key, Errand::Drop);
        }
    }
}
