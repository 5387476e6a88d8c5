//! The callbacks of a pending future, in the order in which they were registered.
//!
//! Nearly every future has exactly one, so one is stored inline, and only a second one makes a list.

use std::rc::Rc;

use crate::kernel::event_loop::ready::Run;
use crate::kernel::memory::waking::Wake;
use asyncio_ordered::Ordered;

pub(crate) enum Callback {
    /// Wakes a task that awaits the future.
    Wake(Wake),
    /// Runs this through the loop, with this number.
    Call(Rc<dyn Run>, u32),
}

impl Callback {
    /// The function that runs through the loop, unless the callback wakes a task.
    pub(crate) fn run(&self) -> Option<&Rc<dyn Run>> {
        match self {
            Self::Wake(_) => None,
            Self::Call(run, _) => Some(run),
        }
    }
}

/// All that have been registered and not removed.
pub(crate) enum Callbacks {
    None,
    /// The only one so far; its key is [`FIRST`].
    One(Callback),
    Many(Box<Many>),
}

pub(crate) struct Many {
    list: Ordered<Callback>,
    /// The key at which the next search for abandoned callbacks is due.
    search_at: u64,
}

/// The key of a registered callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Registered(u64);

/// The key of a callback that is the only one.
const FIRST: Registered = Registered(0);

/// The minimum number of new callbacks between two searches for abandoned ones.
const MANY: u64 = 64;

/// The depth to which waiters of waiters are searched: groups of groups of shields.
const DEPTH: u32 = 16;

impl Callbacks {
    #[inline]
    pub(crate) fn push(&mut self, callback: Callback) -> Registered {
        match std::mem::replace(self, Self::None) {
            Self::None => {
                *self = Self::One(callback);
                FIRST
            }
            Self::One(first) => {
                let mut many = Box::new(Many { list: Ordered::new(), search_at: MANY });
                many.list.push(first);
                self.push_to(many, callback)
            }
            Self::Many(many) => self.push_to(many, callback),
        }
    }

    #[inline(never)]
    fn push_to(&mut self, mut many: Box<Many>, callback: Callback) -> Registered {
        let key = many.list.push(callback);
        *self = Self::Many(many);
        Registered(key)
    }

    /// From time to time removes abandoned callbacks, so that the list of a long-lived future does not grow: those of groups
    /// and shields that were dropped while it was pending. A few of them stay, as in CPython, and lead to the same reports.
    #[inline]
    pub(crate) fn sweep(&mut self) -> Vec<Callback> {
        match self {
            Self::Many(many) if many.list.next_key() >= many.search_at => many.take_abandoned(),
            _ => Vec::new(),
        }
    }

    pub(crate) fn get_mut(&mut self, key: Registered) -> Option<&mut Callback> {
        match self {
            Self::One(callback) if key == FIRST => Some(callback),
            Self::Many(many) => many.list.get_mut(key.0),
            Self::One(_) | Self::None => None,
        }
    }

    pub(crate) fn remove(&mut self, key: Registered) -> Option<Callback> {
        match self {
            Self::Many(many) => many.list.remove(key.0),
            Self::One(_) if key == FIRST => match std::mem::replace(self, Self::None) {
                Self::One(callback) => Some(callback),
                Self::None | Self::Many(_) => None,
            },
            Self::One(_) | Self::None => None,
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Callback> {
        let (one, many) = match self {
            Self::None => (None, None),
            Self::One(callback) => (Some(callback), None),
            Self::Many(many) => (None, Some(&many.list)),
        };
        one.into_iter().chain(many.into_iter().flat_map(|list| list.iter()))
    }
}

impl Many {
    /// Removes all of them, in order.
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = Callback> + use<> {
        self.list.drain()
    }

    /// Removes the abandoned callbacks. The next search is due when as many callbacks have been added as there are now, so that
    /// searches cost a constant time per callback.
    #[cold]
    fn take_abandoned(&mut self) -> Vec<Callback> {
        let is_abandoned = |callback: &Callback| callback.run().is_some_and(|run| run.abandoned(DEPTH).is_some());
        let abandoned = self.list.iter_mut().filter(|(_, callback)| is_abandoned(callback));
        let keys: Vec<u64> = abandoned.map(|(key, _)| key).collect();
        let taken = keys.into_iter().filter_map(|key| self.list.remove(key)).collect();
        self.search_at = self.list.next_key() + MANY.max(self.list.len() as u64);
        taken
    }
}

/// Abandons the callbacks that [`Callbacks::sweep`] has removed, and everything that waits for them.
pub(crate) fn abandon<'a>(callbacks: impl IntoIterator<Item = &'a Callback>) {
    callbacks.into_iter().filter_map(Callback::run).for_each(|run| run.abandon());
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::kernel::task::blocker::Text;

    /// A callback of a group, dropped or not, that counts how often it is asked.
    struct Member {
        abandoned: bool,
        asked: Rc<Cell<u32>>,
    }

    impl Run for Member {
        fn run(&self, _: u32) {}

        fn abandoned(&self, _: u32) -> Option<u32> {
            self.asked.set(self.asked.get() + 1);
            self.abandoned.then_some(1)
        }

        fn describe(&self) -> Text {
            "member".into()
        }
    }

    fn member(abandoned: bool, asked: &Rc<Cell<u32>>) -> Callback {
        Callback::Call(Rc::new(Member { abandoned, asked: Rc::clone(asked) }), 0)
    }

    #[test]
    fn abandoned_callbacks_behind_many_that_stay_take_no_room_and_are_seldom_searched() {
        const STAY: u32 = 1000;
        const ALL: u32 = 20 * STAY;
        let (mut callbacks, asked) = (Callbacks::None, Rc::default());
        let mut taken = 0;
        for n in 0..ALL {
            taken += callbacks.sweep().len();
            callbacks.push(member(n >= STAY, &asked));
        }
        let left = callbacks.iter().count();
        assert_eq!(taken + left, ALL as usize);
        assert!(left <= 2 * STAY as usize, "{left} are left");
        assert!(asked.get() < 4 * ALL, "they were asked {} times", asked.get());
    }

    #[test]
    fn the_key_of_one_callback_among_others_is_not_that_of_the_only_one() {
        let (mut several, mut one, asked) = (Callbacks::None, Callbacks::None, Rc::default());
        let keys = [(); 2].map(|()| several.push(member(false, &asked)));
        let only = one.push(member(false, &asked));
        assert!(several.get_mut(keys[1]).is_some() && one.get_mut(only).is_some());
        assert!(one.get_mut(keys[1]).is_none() && one.remove(keys[1]).is_none());
        assert!(one.remove(only).is_some() && one.get_mut(only).is_none());
    }
}
