//! The data common to futures of one origin: their class and their loop, and for tasks the location that makes them.
//!
//! A million tasks come from a few locations of a program. Data common to all tasks of one location is stored once, which saves
//! 32 bytes for each. Origins belong to their loop and live as long as it does; every future keeps the loop alive.

use std::any::TypeId;
use std::cell::{Cell, RefCell};
use std::mem::ManuallyDrop;
use std::panic::Location;
use std::ptr::{self, NonNull};
use std::rc::Rc;

use crate::base::names::coroutine_name;
use crate::kernel::event_loop::LoopCore;
use crate::kernel::handle::AnyFuture;
use crate::kernel::memory::value::Value;

/// The data common to futures of one kind, with one type of result (and of coroutine).
#[derive(Clone, Copy)]
pub(crate) struct Class {
    pub(crate) tag: KindTag,
    /// Drops the result, if it needs a drop.
    pub(crate) drop_value: Option<fn(&AnyFuture)>,
    pub(crate) value: fn() -> TypeId,
    pub(crate) value_name: fn() -> &'static str,
    pub(crate) coroutine_name: fn() -> &'static str,
}

/// The kind of a future, as in [`Kind`](super::cell::Kind), without its data.
#[derive(Clone, Copy)]
pub(crate) enum KindTag {
    Plain,
    Task,
    Group,
}

pub(crate) struct Origin {
    pub(crate) class: Class,
    /// Not a counted reference: each future holds one, so the loop outlives its origins.
    pub(crate) event_loop: ManuallyDrop<Rc<LoopCore>>,
    /// Where tasks of this origin are made, and in debug mode plain futures.
    pub(crate) created_at: Option<&'static Location<'static>>,
}

impl Class {
    const fn new<T: 'static, F>(tag: KindTag) -> Self {
        Self {
            tag,
            drop_value: if Value::is_plain::<T>() { None } else { Some(AnyFuture::drop_value::<T>) },
            value: TypeId::of::<T>,
            value_name: std::any::type_name::<T>,
            coroutine_name: coroutine_name::<F>,
        }
    }

    pub(crate) const fn plain<T: 'static>() -> &'static Self {
        const { &Self::new::<T, ()>(KindTag::Plain) }
    }

    pub(crate) const fn group() -> &'static Self {
        const { &Self::new::<(), ()>(KindTag::Group) }
    }

    pub(crate) const fn task<T: 'static, F>() -> &'static Self {
        const { &Self::new::<T, F>(KindTag::Task) }
    }
}

/// An origin, and the class that was asked for.
type Latest = (&'static Class, NonNull<Origin>);

/// The origins of a loop's futures.
#[derive(Default)]
pub(crate) struct Origins {
    /// The latest origins, most of which will be requested again.
    latest: [Cell<Option<Latest>>; 16],
    /// All origins, sorted by address. (A program has few of them, and every program contains this code: that of a tree would
    /// be larger.)
    all: RefCell<Vec<([usize; 2], NonNull<Origin>)>>,
}

impl Origins {
    /// The origin of a future of this class, in the loop that has these origins. It lives as long as the loop.
    #[inline]
    pub(crate) fn of(
        &self,
        event_loop: &Rc<LoopCore>,
        class: &'static Class,
        created_at: Option<&'static Location<'static>>,
    ) -> NonNull<Origin> {
        // Classes and locations are near each other in memory, so their lower bits, once spread, tell them apart.
        let place = created_at.map_or(ptr::from_ref(class).addr(), |at| ptr::from_ref(at).addr());
        let latest = &self.latest[(place as u32).wrapping_mul(0x9e37_79b9) as usize >> 28];
        if let Some((known_class, known)) = latest.get()
            && ptr::eq(known_class, class)
            // SAFETY: origins stay as long as their loop. Test: `one_place_has_one_origin_and_each_difference_another`.
            && address(unsafe { known.as_ref() }.created_at) == address(created_at)
        {
            return known;
        }
        let origin = self.lasting(event_loop, class, created_at);
        latest.set(Some((class, origin)));
        origin
    }

    fn lasting(
        &self,
        event_loop: &Rc<LoopCore>,
        class: &'static Class,
        created_at: Option<&'static Location<'static>>,
    ) -> NonNull<Origin> {
        let place = [ptr::from_ref(class).addr(), address(created_at)];
        let mut all = self.all.borrow_mut();
        match all.binary_search_by_key(&place, |(place, _)| *place) {
            Ok(index) => all[index].1,
            Err(index) => {
                // SAFETY: a second pointer to the loop, which is never dropped. Test: the same, which counts the references.
                let event_loop = ManuallyDrop::new(unsafe { ptr::read(event_loop) });
                let origin = NonNull::from(Box::leak(Box::new(Origin { class: *class, event_loop, created_at })));
                all.insert(index, (place, origin));
                origin
            }
        }
    }
}

/// 0 if there is none.
fn address(at: Option<&'static Location<'static>>) -> usize {
    at.map_or(0, |at| ptr::from_ref(at).addr())
}

impl Drop for Origins {
    fn drop(&mut self) {
        for (_, origin) in self.all.take() {
            // SAFETY: it is from `lasting`. The loop goes, and so none of its futures is left, who alone ask for origins.
            // Test: `tests/lifetimes.rs`, under LeakSanitizer.
            drop(unsafe { Box::from_raw(origin.as_ptr()) });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;
    use crate::Clock;

    /// The same location for all tasks made by calls from one line.
    #[track_caller]
    fn here() -> &'static Location<'static> {
        Location::caller()
    }

    #[test]
    fn one_place_has_one_origin_and_each_difference_another() {
        let event_loop = LoopCore::new(Clock::Virtual, Default::default());
        let origin = |class, task| event_loop.origins.of(&event_loop, class, task);
        let (class, other) = (Class::task::<i32, ()>(), Class::task::<u64, ()>());
        let at = here();
        let first = origin(class, Some(at));
        assert!((0..3).all(|_| origin(class, Some(at)) == first));
        let others = [
            origin(class, Some(here())),
            origin(class, Some(here())),
            origin(other, Some(at)),
            origin(class, None),
            origin(other, None),
        ];
        for (index, origin) in others.iter().enumerate() {
            assert!(*origin != first && !others[..index].contains(origin));
        }
        assert_eq!(origin(other, None), others[4]);
        // SAFETY: the loop is there.
        let fourth = unsafe { others[4].as_ref() };
        assert_eq!((fourth.class.value)(), TypeId::of::<u64>());
        assert!(Rc::ptr_eq(&fourth.event_loop, &event_loop));
        // Only the futures count.
        assert_eq!(Rc::strong_count(&event_loop), 1);
    }

    /// Several of these share one entry of the latest.
    #[test]
    fn more_places_than_the_latest_hold_have_one_origin_each() {
        static PLACES: LazyLock<[Location<'static>; 64]> = LazyLock::new(|| [*here(); 64]);
        let event_loop = LoopCore::new(Clock::Virtual, Default::default());
        let origin = |at| event_loop.origins.of(&event_loop, Class::task::<i32, ()>(), Some(at));
        let origins: Vec<_> = PLACES.iter().map(origin).collect();
        assert!((0..PLACES.len()).all(|index| !origins[..index].contains(&origins[index])));
        assert!(PLACES.iter().map(origin).eq(origins));
    }
}
