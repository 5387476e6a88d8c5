//! What can be gathered, a vector of one type or a tuple of several, and how its results are collected.

use crate::asyncio::tasks::awaitable::Awaitable;
use crate::error::Result;
use crate::error::exceptions::CancelledError;
use crate::kernel::AnyFuture;

/// One member of a group: a task or future, and how its result is had (taken, or cloned).
#[derive(Debug)]
pub struct Child<H, T> {
    handle: H,
    outcome: fn(&H) -> Result<T>,
}

impl<H: AsRef<AnyFuture>, T> Child<H, T> {
    pub(super) fn new<A: Awaitable<Handle = H, Value = T>>(handle: H) -> Self {
        Self { handle, outcome: A::outcome }
    }

    pub(super) fn any(&self) -> &AnyFuture {
        self.handle.as_ref()
    }

    fn outcome(&self) -> Result<T> {
        if self.any().cancelled() {
            // As gather makes it: with an empty message where there was none.
            let message = self.any().base().cancel_message();
            return Err(CancelledError::new(message.unwrap_or_default()).into());
        }
        (self.outcome)(&self.handle)
    }
}

/// What can be gathered: a vector of children of one type, or a tuple of children of several.
pub trait GatherSet: 'static {
    /// All results.
    type Output: 'static;
    /// A `Result` for each child.
    type Outcomes: 'static;

    /// The children as futures, in order.
    fn children(&self) -> Vec<AnyFuture>;
    /// Collects the results of children that all ended well.
    ///
    /// # Errors
    ///
    /// The first failure, if there is one after all.
    fn output(&self) -> Result<Self::Output>;
    /// Collects how each child ended.
    fn outcomes(&self) -> Self::Outcomes;
}

impl<H: AsRef<AnyFuture> + 'static, T: 'static> GatherSet for Vec<Child<H, T>> {
    type Output = Vec<T>;
    type Outcomes = Vec<Result<T>>;

    fn children(&self) -> Vec<AnyFuture> {
        self.iter().map(|child| child.any().clone()).collect()
    }

    fn output(&self) -> Result<Self::Output> {
        self.iter().map(Child::outcome).collect()
    }

    fn outcomes(&self) -> Self::Outcomes {
        self.iter().map(Child::outcome).collect()
    }
}

macro_rules! tuples {
    ($($($handle:ident $value:ident $child:ident),+;)*) => {$(
        impl<$($handle: AsRef<AnyFuture> + 'static, $value: 'static),+> GatherSet for ($(Child<$handle, $value>,)+) {
            type Output = ($($value,)+);
            type Outcomes = ($(Result<$value>,)+);

            fn children(&self) -> Vec<AnyFuture> {
                let ($($child,)+) = self;
                vec![$($child.any().clone()),+]
            }

            fn output(&self) -> Result<Self::Output> {
                let ($($child,)+) = self;
                Ok(($($child.outcome()?,)+))
            }

            fn outcomes(&self) -> Self::Outcomes {
                let ($($child,)+) = self;
                ($($child.outcome(),)+)
            }
        }
    )*};
}

tuples! {
    HA TA a;
    HA TA a, HB TB b;
    HA TA a, HB TB b, HC TC c;
    HA TA a, HB TB b, HC TC c, HD TD d;
    HA TA a, HB TB b, HC TC c, HD TD d, HE TE e;
    HA TA a, HB TB b, HC TC c, HD TD d, HE TE e, HF TF f;
    HA TA a, HB TB b, HC TC c, HD TD d, HE TE e, HF TF f, HG TG g;
    HA TA a, HB TB b, HC TC c, HD TD d, HE TE e, HF TF f, HG TG g, HH TH h;
    HA TA a, HB TB b, HC TC c, HD TD d, HE TE e, HF TF f, HG TG g, HH TH h, HI TI i;
    HA TA a, HB TB b, HC TC c, HD TD d, HE TE e, HF TF f, HG TG g, HH TH h, HI TI i, HJ TJ j;
    HA TA a, HB TB b, HC TC c, HD TD d, HE TE e, HF TF f, HG TG g, HH TH h, HI TI i, HJ TJ j, HK TK k;
    HA TA a, HB TB b, HC TC c, HD TD d, HE TE e, HF TF f, HG TG g, HH TH h, HI TI i, HJ TJ j, HK TK k, HL TL l;
}
