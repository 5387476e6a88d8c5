//! Who is told when a future is done, in the order in which they asked.
//!
//! Nearly every future has exactly one waiter, so one callback is kept in place and only a second one makes a list.

use std::rc::Rc;
use std::task::Waker;

use crate::ordered::Ordered;
use crate::ready::Run;
use crate::waking::Wake;

pub(crate) enum Callback {
    /// A task that awaits the future.
    Wake(Wake),
    /// Something to run through the loop, and its number.
    Call(Rc<dyn Run>, u32),
}

pub(crate) enum Callbacks {
    None,
    /// The only callback so far; its key is 0.
    One(Callback),
    Many(Box<Ordered<Callback>>),
}

/// The key of a registered callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Registered(u64);

/// The key of a callback that is the only one.
const FIRST: u64 = 0;

impl Callbacks {
    /// The only one so far.
    #[inline]
    pub(crate) fn first(callback: Callback) -> (Self, Registered) {
        (Self::One(callback), Registered(FIRST))
    }

    pub(crate) fn push(&mut self, callback: Callback) -> Registered {
        match std::mem::replace(self, Self::None) {
            Self::None => {
                let (first, registered) = Self::first(callback);
                *self = first;
                registered
            }
            Self::One(first) => {
                let mut list = Box::new(Ordered::new());
                list.push(first);
                let key = list.push(callback);
                *self = Self::Many(list);
                Registered(key)
            }
            Self::Many(mut list) => {
                let key = list.push(callback);
                *self = Self::Many(list);
                Registered(key)
            }
        }
    }

    pub(crate) fn remove(&mut self, key: Registered) -> Option<Callback> {
        match self {
            Self::Many(list) => list.remove(key.0),
            Self::One(_) if key.0 == FIRST => match std::mem::replace(self, Self::None) {
                Self::One(callback) => Some(callback),
                _ => None,
            },
            _ => None,
        }
    }

    /// Is it who is polled with this waker that is told under this key?
    pub(crate) fn wakes(&mut self, key: Registered, waker: &Waker) -> bool {
        matches!(self.get_mut(key), Some(Callback::Wake(wake)) if wake.is(waker))
    }

    /// Puts another in the place of a waiter that is polled again; gives the old one, to be dropped by the caller.
    pub(crate) fn replace(&mut self, key: Registered, new: Wake) -> Option<Callback> {
        Some(std::mem::replace(self.get_mut(key)?, Callback::Wake(new)))
    }

    fn get_mut(&mut self, key: Registered) -> Option<&mut Callback> {
        match self {
            Self::Many(list) => list.get_mut(key.0),
            Self::One(callback) if key.0 == FIRST => Some(callback),
            _ => None,
        }
    }

    /// The first, how many there are, and the last if that is another.
    pub(crate) fn ends(&self) -> Option<(&Callback, usize, Option<&Callback>)> {
        match self {
            Self::None => None,
            Self::One(callback) => Some((callback, 1, None)),
            Self::Many(list) => {
                let (mut first, mut last) = (None, None);
                for callback in list.iter() {
                    if first.is_none() { first = Some(callback) } else { last = Some(callback) }
                }
                Some((first?, list.len(), last))
            }
        }
    }

    pub(crate) fn for_each(self, mut f: impl FnMut(Callback)) {
        match self {
            Self::None => {}
            Self::One(callback) => f(callback),
            Self::Many(mut list) => list.drain().for_each(f),
        }
    }
}
