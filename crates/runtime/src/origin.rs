//! What futures of one origin have in common: their class, and for tasks the place that makes them and how they are woken.
//!
//! A million tasks come from few places of a program, and what is the same for all that come from one is kept once: by that
//! each is 24 bytes smaller. Origins stay for good, as the places do.

use std::any::TypeId;
use std::cell::Cell;
use std::marker::PhantomData;
use std::panic::Location;
use std::ptr;
use std::sync::{Mutex, PoisonError};
use std::task::{RawWakerVTable, Waker};

use crate::coroutines::coroutine_name;

/// What futures of one sort, with one type of result (and of coroutine), have in common.
pub(crate) struct Class {
    pub(crate) sort: Sort,
    pub(crate) value: fn() -> TypeId,
    pub(crate) value_name: fn() -> &'static str,
    pub(crate) coroutine_name: fn() -> &'static str,
}

#[derive(Clone, Copy)]
pub(crate) enum Sort {
    Plain,
    Task,
    Group,
}

/// A class, and what is known of a task beyond it once it is there.
pub(crate) struct Origin {
    pub(crate) class: Class,
    pub(crate) task: Option<TaskOrigin>,
}

/// Where tasks are made, and what their wakers have in common.
#[derive(Clone, Copy)]
pub(crate) struct TaskOrigin {
    pub(crate) created_at: &'static Location<'static>,
    pub(crate) waker: &'static RawWakerVTable,
    /// How far behind the data of a task's waker its cell is.
    pub(crate) offset: usize,
}

impl TaskOrigin {
    /// The waker is that of the task whose cell has this address.
    pub(crate) fn new(created_at: &'static Location<'static>, waker: &Waker, cell: usize) -> Self {
        Self { created_at, waker: waker.vtable(), offset: cell.wrapping_sub(waker.data().addr()) }
    }

    fn is(&self, other: &TaskOrigin) -> bool {
        ptr::eq(self.created_at, other.created_at) && ptr::eq(self.waker, other.waker) && self.offset == other.offset
    }
}

/// The origins of futures that are no tasks, or no task yet, as constants.
struct OriginOf<T, F>(PhantomData<(T, F)>);

impl<T: 'static, F> OriginOf<T, F> {
    const PLAIN: &'static Origin = &Self::origin(Sort::Plain);
    const TASK: &'static Origin = &Self::origin(Sort::Task);
    const GROUP: &'static Origin = &Self::origin(Sort::Group);

    const fn origin(sort: Sort) -> Origin {
        let class = Class {
            sort,
            value: TypeId::of::<T>,
            value_name: std::any::type_name::<T>,
            coroutine_name: coroutine_name::<F>,
        };
        Origin { class, task: None }
    }
}

impl Origin {
    pub(crate) const fn plain<T: 'static>() -> &'static Self {
        OriginOf::<T, ()>::PLAIN
    }

    pub(crate) const fn group() -> &'static Self {
        OriginOf::<(), ()>::GROUP
    }

    /// A task that is being made.
    pub(crate) const fn task<T: 'static, F>() -> &'static Self {
        OriginOf::<T, F>::TASK
    }
}

/// Looks origins up, and remembers the latest, which will mostly be asked for again. One per loop.
#[derive(Default)]
pub(crate) struct Origins {
    latest: [Cell<Option<(&'static Origin, &'static Origin)>>; 8],
}

impl Origins {
    /// The origin of a task that was made as `class` says.
    pub(crate) fn of_task(&self, class: &'static Origin, task: TaskOrigin) -> &'static Origin {
        // Places are in memory near each other, 24 bytes each.
        let latest = &self.latest[(ptr::from_ref(task.created_at).addr() / 8) % self.latest.len()];
        match latest.get() {
            Some((known_class, known))
                if ptr::eq(known_class, class) && known.task.is_some_and(|known| known.is(&task)) =>
            {
                known
            }
            _ => {
                let origin = lasting(class, task);
                latest.set(Some((class, origin)));
                origin
            }
        }
    }
}

/// An origin for good.
fn lasting(class: &'static Origin, task: TaskOrigin) -> &'static Origin {
    // Sorted by place. A program has few origins, and every program contains this: a tree would be three kilobytes more.
    static ALL: Mutex<Vec<([usize; 4], &'static Origin)>> = Mutex::new(Vec::new());
    let place = [
        ptr::from_ref(class).addr(),
        ptr::from_ref(task.created_at).addr(),
        ptr::from_ref(task.waker).addr(),
        task.offset,
    ];
    let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
    match all.binary_search_by_key(&place, |(place, _)| *place) {
        Ok(index) => all[index].1,
        Err(index) => {
            let Class { sort, value, value_name, coroutine_name } = class.class;
            let class = Class { sort, value, value_name, coroutine_name };
            let origin: &'static Origin = Box::leak(Box::new(Origin { class, task: Some(task) }));
            all.insert(index, (place, origin));
            origin
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tasks from one line, if it is called from one.
    #[track_caller]
    fn task(cell: usize) -> TaskOrigin {
        TaskOrigin::new(Location::caller(), Waker::noop(), cell)
    }

    #[test]
    fn one_place_has_one_origin_in_all_loops_and_each_difference_another() {
        let (class, other) = (Origin::task::<i32, ()>(), Origin::task::<u64, ()>());
        let (first, second) = (Origins::default(), Origins::default());
        let mut seen: Vec<*const Origin> = Vec::new();
        for cell in [64, 64] {
            let here = task(cell);
            seen.extend(
                [first.of_task(class, here), first.of_task(class, here), second.of_task(class, here)]
                    .map(ptr::from_ref),
            );
        }
        assert!(seen.iter().all(|origin| *origin == seen[0]));
        let elsewhere =
            [first.of_task(class, task(64)), first.of_task(class, task(72)), first.of_task(other, task(64))];
        for origin in elsewhere {
            assert!(!ptr::eq(origin, seen[0]));
        }
        assert_eq!((elsewhere[2].class.value)(), TypeId::of::<u64>());
    }
}
