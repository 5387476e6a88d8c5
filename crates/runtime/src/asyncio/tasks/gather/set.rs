//! The sets that can be gathered, a vector of one type or a tuple of several, and how their results are collected.

use std::rc::Rc;

use asyncio_errors::{Error, Result};

use crate::asyncio::tasks::awaitable::Awaitable;
use crate::kernel::{AnyFuture, current};

/// One of the futures that a [`Gather`](super::Gather) waits for, and how its result is obtained (taken or cloned).
#[derive(Debug)]
pub struct GatherMember<H, T> {
    handle: H,
    outcome: fn(&H) -> Result<T>,
}

impl<H: AsRef<AnyFuture>, T> GatherMember<H, T> {
    pub(super) fn new<A: Awaitable<Handle = H, Value = T>>(handle: H) -> Self {
        Self { handle, outcome: A::outcome }
    }

    fn outcome(&self) -> Result<T> {
        let future = self.handle.as_ref();
        if future.cancelled() {
            // CPython's gather makes a new exception here, with an empty message if there was none.
            let message = future.base().cancel_message();
            return Err(Error::cancelled_at(Some(message.unwrap_or_default()), current::location()));
        }
        (self.outcome)(&self.handle)
    }
}

/// The members of a [`Gather`](super::Gather): a vector of one type, or a tuple of several.
pub trait GatherSet: 'static {
    /// The type of all results together.
    type Output: 'static;
    /// The same with a `Result` for each member.
    type Outcomes: 'static;

    /// Collects the results.
    ///
    /// # Errors
    ///
    /// The first failure, if a member has failed after all.
    fn output(&self) -> Result<Self::Output>;
    /// Collects the outcome of each member.
    fn outcomes(&self) -> Self::Outcomes;
}

impl<H: AsRef<AnyFuture> + 'static, T: 'static> GatherSet for Vec<GatherMember<H, T>> {
    type Output = Vec<T>;
    type Outcomes = Vec<Result<T>>;

    fn output(&self) -> Result<Self::Output> {
        self.iter().map(GatherMember::outcome).collect()
    }

    fn outcomes(&self) -> Self::Outcomes {
        self.iter().map(GatherMember::outcome).collect()
    }
}

/// Implements [`GatherSet`] for a tuple, for the tuple without its first element, and so on.
macro_rules! tuples {
    () => {};
    ($handle:ident $value:ident $member:ident $($handles:ident $values:ident $members:ident)*) => {
        impl<$handle, $value, $($handles, $values),*> GatherSet
            for (GatherMember<$handle, $value>, $(GatherMember<$handles, $values>),*)
        where
            $handle: AsRef<AnyFuture> + 'static,
            $value: 'static,
            $($handles: AsRef<AnyFuture> + 'static, $values: 'static),*
        {
            type Output = ($value, $($values),*);
            type Outcomes = (Result<$value>, $(Result<$values>),*);

            fn output(&self) -> Result<Self::Output> {
                let ($member, $($members),*) = self;
                Ok(($member.outcome()?, $($members.outcome()?),*))
            }

            fn outcomes(&self) -> Self::Outcomes {
                let ($member, $($members),*) = self;
                ($member.outcome(), $($members.outcome()),*)
            }
        }

        tuples!($($handles $values $members)*);
    };
}

tuples!(HA TA a HB TB b HC TC c HD TD d HE TE e HF TF f HG TG g HH TH h HI TI i HJ TJ j HK TK k HL TL l);

/// A set whose failures are results, made by [`return_exceptions`](super::Gather::return_exceptions).
#[derive(Debug)]
pub struct Settled<S>(pub(super) Rc<S>);

impl<S: GatherSet> GatherSet for Settled<S> {
    type Output = S::Outcomes;
    type Outcomes = S::Outcomes;

    fn output(&self) -> Result<S::Outcomes> {
        Ok(self.0.outcomes())
    }

    fn outcomes(&self) -> S::Outcomes {
        self.0.outcomes()
    }
}
