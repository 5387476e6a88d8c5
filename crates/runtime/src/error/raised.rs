//! What was raised, and `RaisedRef`, the counted pointer to it that an error is.
//!
//! By far the most frequent exception is a cancellation without a message. The core idea: of that there is nothing to keep
//! but which one it is, so it is a number in the place of the pointer, an odd one, and raising it takes no memory. One word
//! is either, so that what every await gives, `Poll<Result<()>>`, comes in two registers and not through memory.
//!
//! Most of this module is what an `Arc` would do, and it is an `Arc` that does it, unless the word is a number.

use std::any::Any;
use std::error::Error as StdError;
use std::sync::Arc;

use super::Link;
use crate::error::exceptions::CancelledError;

pub(super) enum Raised {
    /// One with a message.
    Cancelled(CancelledError),
    Link(Link),
    Other(Box<dyn StdError + Send + Sync + 'static>),
}

/// One raised exception, counted.
#[derive(Clone)]
pub(super) struct RaisedRef(Arc<Raised>);

impl RaisedRef {
    pub(super) fn of<E: StdError + Send + Sync + 'static>(error: E) -> Self {
        let mut error = Some(error);
        let any: &mut dyn Any = &mut error;
        Self::new(match any.downcast_mut().and_then(Option::take) {
            Some(cancelled) => Raised::Cancelled(cancelled),
            None => Raised::Other(Box::new(error.expect("it was not taken"))),
        })
    }

    pub(super) fn new(raised: Raised) -> Self {
        Self(Arc::new(raised))
    }

    pub(super) fn look(&self) -> &Raised {
        &self.0
    }

    pub(super) fn get_mut(&mut self) -> Option<&mut Raised> {
        Arc::get_mut(&mut self.0)
    }

    pub(super) fn same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}
