//! Who is told when a future is done, in the order in which they asked.
//!
//! Nearly every future has exactly one waiter, so one is kept in place and only a second one makes a list.

use std::rc::Rc;
use std::task::Waker;

use crate::base::ordered::Ordered;
use crate::kernel::event_loop::ready::Run;
use crate::kernel::memory::waking::Wake;

pub(crate) enum Callback {
    /// A task that awaits the future.
    Wake(Wake),
    /// Something to run through the loop, and its number.
    Call(Rc<dyn Run>, u32),
}

/// Who asked so far. All but the list are one word.
pub(crate) enum Callbacks {
    None,
    /// The only one so far; its key is [`FIRST`].
    Wake(Wake),
    /// As above.
    Call(Rc<dyn Run>, u32),
    Many(Box<Ordered<Callback>>),
}

/// The key of a registered callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Registered(u64);

/// The key of a callback that is the only one.
pub(crate) const FIRST: Registered = Registered(0);

/// How many are so many that it is worth while to look for abandoned ones.
const MANY: usize = 64;

#[cold]
fn take_abandoned(list: &mut Ordered<Callback>) -> Vec<Callback> {
    let abandoned = |callback: &Callback| matches!(callback, Callback::Call(run, _) if run.is_abandoned());
    let keys: Vec<u64> = list.iter_mut().filter(|(_, callback)| abandoned(callback)).map(|(key, _)| key).collect();
    let taken = keys.into_iter().filter_map(|key| list.remove(key)).collect();
    list.make_room();
    taken
}

impl Callbacks {
    /// The only one so far.
    #[inline]
    pub(crate) fn one(callback: Callback) -> Self {
        match callback {
            Callback::Wake(wake) => Self::Wake(wake),
            Callback::Call(run, key) => Self::Call(run, key),
        }
    }

    fn into_one(self) -> Option<Callback> {
        match self {
            Self::Wake(wake) => Some(Callback::Wake(wake)),
            Self::Call(run, key) => Some(Callback::Call(run, key)),
            Self::None | Self::Many(_) => None,
        }
    }

    pub(crate) fn push(&mut self, callback: Callback) -> Registered {
        if let Self::Many(list) = self {
            return Registered(list.push(callback));
        }
        match std::mem::replace(self, Self::None).into_one() {
            None => {
                *self = Self::one(callback);
                FIRST
            }
            Some(first) => {
                let mut list = Box::new(Ordered::new());
                list.push(first);
                let key = list.push(callback);
                *self = Self::Many(list);
                Registered(key)
            }
        }
    }

    /// Takes out what runs for nobody, before the list of a long-lived future grows: groups and shields that were dropped while it
    /// was pending. Few of them stay, as in CPython, and give the same reports.
    #[inline]
    pub(crate) fn sweep(&mut self) -> Vec<Callback> {
        match self {
            Self::Many(list) if list.is_full() && list.len() >= MANY => take_abandoned(list),
            _ => Vec::new(),
        }
    }

    pub(crate) fn remove(&mut self, key: Registered) -> Option<Callback> {
        match self {
            Self::Many(list) => list.remove(key.0),
            _ if key == FIRST => std::mem::replace(self, Self::None).into_one(),
            _ => None,
        }
    }

    /// What is to run under this key, if it is no waiter.
    pub(crate) fn call(&mut self, key: Registered) -> Option<&Rc<dyn Run>> {
        match self {
            Self::Call(run, _) if key == FIRST => Some(run),
            Self::Many(list) => match list.get_mut(key.0)? {
                Callback::Call(run, _) => Some(run),
                Callback::Wake(_) => None,
            },
            _ => None,
        }
    }

    /// Is it who is polled with this waker that is told under this key?
    pub(crate) fn wakes(&mut self, key: Registered, waker: &Waker) -> bool {
        match self {
            Self::Wake(wake) => key == FIRST && wake.is(waker),
            Self::Many(list) => matches!(list.get_mut(key.0), Some(Callback::Wake(wake)) if wake.is(waker)),
            Self::None | Self::Call(..) => false,
        }
    }

    /// Puts another in the place of a waiter that is polled again; gives the old one, to be dropped by the caller.
    pub(crate) fn replace(&mut self, key: Registered, new: Wake) -> Option<Callback> {
        match self {
            Self::Many(list) => Some(std::mem::replace(list.get_mut(key.0)?, Callback::Wake(new))),
            Self::Wake(_) if key == FIRST => std::mem::replace(self, Self::Wake(new)).into_one(),
            _ => None,
        }
    }

    /// What is to be run through the loop.
    pub(crate) fn runs(&self) -> impl Iterator<Item = &Rc<dyn Run>> {
        let (one, many) = match self {
            Self::None | Self::Wake(_) => (None, None),
            Self::Call(run, _) => (Some(run), None),
            Self::Many(list) => (None, Some(list)),
        };
        let many = many.into_iter().flat_map(|list| list.iter()).filter_map(|callback| match callback {
            Callback::Wake(_) => None,
            Callback::Call(run, _) => Some(run),
        });
        one.into_iter().chain(many)
    }

    /// The first, how many there are, and the last if that is another; those that are waiters as `None`.
    pub(crate) fn ends(&self) -> Option<(End<'_>, usize, Option<End<'_>>)> {
        match self {
            Self::None => None,
            Self::Wake(_) => Some((None, 1, None)),
            Self::Call(run, _) => Some((Some(run), 1, None)),
            Self::Many(list) => {
                let mut ends = list.iter().map(|callback| match callback {
                    Callback::Wake(_) => None,
                    Callback::Call(run, _) => Some(run),
                });
                Some((ends.next()?, list.len(), ends.last()))
            }
        }
    }
}

/// A callback, of which there is something to tell unless it is a waiter.
type End<'a> = Option<&'a Rc<dyn Run>>;
