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
    Many(Box<Ordered<Callback>>),
}

/// The key of a registered callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Registered(u64);

/// The key of a callback that is the only one.
const FIRST: Registered = Registered(0);

/// A list this long is searched for abandoned callbacks before it grows.
const MANY: usize = 64;

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
                let mut list = Box::new(Ordered::new());
                list.push(first);
                self.push_to(list, callback)
            }
            Self::Many(list) => self.push_to(list, callback),
        }
    }

    #[inline(never)]
    fn push_to(&mut self, mut list: Box<Ordered<Callback>>, callback: Callback) -> Registered {
        let key = list.push(callback);
        *self = Self::Many(list);
        Registered(key)
    }

    /// Removes callbacks that nothing waits for any more, before the list of a long-lived future grows: those of groups and
    /// shields that were dropped while it was pending. A few of them stay, as in CPython, and lead to the same reports.
    #[inline]
    pub(crate) fn sweep(&mut self) -> Vec<Callback> {
        match self {
            Self::Many(list) if list.is_full() && list.len() >= MANY => take_abandoned(list),
            _ => Vec::new(),
        }
    }

    pub(crate) fn get_mut(&mut self, key: Registered) -> Option<&mut Callback> {
        match self {
            Self::One(callback) if key == FIRST => Some(callback),
            Self::Many(list) => list.get_mut(key.0),
            Self::One(_) | Self::None => None,
        }
    }

    pub(crate) fn remove(&mut self, key: Registered) -> Option<Callback> {
        match self {
            Self::Many(list) => list.remove(key.0),
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
            Self::Many(list) => (None, Some(list)),
        };
        one.into_iter().chain(many.into_iter().flat_map(|list| list.iter()))
    }
}

/// Abandons the callbacks that [`Callbacks::sweep`] has removed, and everything that waits for them.
pub(crate) fn abandon<'a>(callbacks: impl IntoIterator<Item = &'a Callback>) {
    callbacks.into_iter().filter_map(Callback::run).for_each(|run| run.abandon());
}

#[cold]
fn take_abandoned(list: &mut Ordered<Callback>) -> Vec<Callback> {
    let is_abandoned = |callback: &Callback| callback.run().is_some_and(|run| run.abandoned(DEPTH).is_some());
    let keys: Vec<u64> = list.iter_mut().filter(|(_, callback)| is_abandoned(callback)).map(|(key, _)| key).collect();
    let taken = keys.into_iter().filter_map(|key| list.remove(key)).collect();
    list.make_room();
    taken
}
