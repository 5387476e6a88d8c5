//! The futures that `gather` gives: with all results, or with one `Result` for each child.

use std::cell::RefCell;
use std::fmt;
use std::ops::Deref;
use std::panic::Location;
use std::rc::Rc;

use super::{GatherSet, Gathering};
use crate::asyncio::futures::Await;
use crate::asyncio::tasks::awaitable::Awaitable;
use crate::error::Result;
use crate::error::exceptions::RuntimeError;
use crate::kernel::AnyFuture;

/// A group of awaitables as one future; made by [`gather`](fn@crate::gather) and [`gather!`](crate::gather!).
///
/// # Examples
///
/// ```
/// use asyncio::{gather, run, sleep};
///
/// run(async {
///     let group = gather([1, 2].map(async |n| Ok(10 * n)));
///     assert!(!group.done());
///     assert_eq!((&group).await?, [10, 20]); // a clone; the group keeps its results
///     assert_eq!(group.result()?, [10, 20]);
///
///     let cancelled = gather([sleep(3600), sleep(3600)]);
///     assert!(cancelled.cancel());
///     assert!(cancelled.await.unwrap_err().is_cancelled());
///     Ok(())
/// })
/// .unwrap();
/// ```
pub struct Gather<S: GatherSet> {
    any: AnyFuture,
    set: Rc<S>,
    gathering: Rc<Gathering>,
    /// What was collected from the children and is kept for whoever asks again.
    output: Rc<RefCell<Option<S::Output>>>,
    outcomes: Rc<RefCell<Option<S::Outcomes>>>,
}

impl<S: GatherSet> Gather<S> {
    pub(super) fn new(set: S, gathering: Rc<Gathering>) -> Self {
        let any = gathering.future().clone();
        Self { any, set: Rc::new(set), gathering, output: Rc::default(), outcomes: Rc::default() }
    }

    /// Makes failures results like others: awaiting then gives a `Result` for each child, and fails only if the group
    /// itself is cancelled. To be called at once, before the children can have ended: `return_exceptions=True`.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{ValueError, gather, run};
    ///
    /// run(async {
    ///     let halves = [4, 5].map(async |n| if n % 2 == 0 { Ok(n / 2) } else { Err(ValueError::new("odd").into()) });
    ///     let outcomes = gather(halves).return_exceptions().await?;
    ///     assert_eq!(*outcomes[0].as_ref().unwrap(), 2);
    ///     assert!(outcomes[1].as_ref().unwrap_err().is::<ValueError>());
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    #[must_use]
    pub fn return_exceptions(self) -> GatherOutcomes<S> {
        self.gathering.return_exceptions.set(true);
        if self.gathering.future().done() {
            self.gathering.reopen();
        }
        GatherOutcomes(self)
    }

    /// The results, if all children ended well.
    ///
    /// # Errors
    ///
    /// `InvalidStateError` before the end, else what the group raises.
    pub fn result(&self) -> Result<S::Output>
    where
        S::Output: Clone,
    {
        let output = self.take_result()?;
        self.output.replace(Some(output.clone()));
        Ok(output)
    }

    /// As [`result`](Self::result), for results that cannot be cloned; can be had once.
    ///
    /// # Errors
    ///
    /// As `result`, and `RuntimeError` for what was taken before.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{RuntimeError, gather, run};
    ///
    /// run(async {
    ///     struct Ticket(u32); // cannot be cloned
    ///     let group = gather([async { Ok(Ticket(7)) }]);
    ///     group.join().await?;
    ///     assert_eq!(group.take_result()?[0].0, 7);
    ///     assert!(group.take_result().err().unwrap().is::<RuntimeError>());
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    pub fn take_result(&self) -> Result<S::Output> {
        self.any.outcome()?;
        self.output.take().map_or_else(|| self.set.output(), Ok)
    }

    /// This group as a future without the type of its result.
    #[must_use]
    pub fn as_any(&self) -> &AnyFuture {
        &self.any
    }
}

impl<S: GatherSet> Clone for Gather<S> {
    fn clone(&self) -> Self {
        Self {
            any: self.any.clone(),
            set: Rc::clone(&self.set),
            gathering: Rc::clone(&self.gathering),
            output: Rc::clone(&self.output),
            outcomes: Rc::clone(&self.outcomes),
        }
    }
}

impl<S: GatherSet> Deref for Gather<S> {
    type Target = AnyFuture;

    fn deref(&self) -> &AnyFuture {
        &self.any
    }
}

impl<S: GatherSet> AsRef<AnyFuture> for Gather<S> {
    fn as_ref(&self) -> &AnyFuture {
        &self.any
    }
}

impl<S: GatherSet> fmt::Debug for Gather<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.any.fmt(f)
    }
}

impl<S: GatherSet> IntoFuture for Gather<S> {
    type Output = Result<S::Output>;
    type IntoFuture = Await<Gather<S>, S::Output>;

    #[track_caller]
    fn into_future(self) -> Self::IntoFuture {
        Await::new(self, Gather::take_result, Location::caller())
    }
}

impl<S: GatherSet> IntoFuture for &Gather<S>
where
    S::Output: Clone,
{
    type Output = Result<S::Output>;
    type IntoFuture = Await<Gather<S>, S::Output>;

    #[track_caller]
    fn into_future(self) -> Self::IntoFuture {
        Await::new(self.clone(), Gather::result, Location::caller())
    }
}

/// A group whose failures are results; made by [`Gather::return_exceptions`].
///
/// # Examples
///
/// ```
/// use asyncio::{gather, run, sleep};
///
/// run(async {
///     let group = gather!(sleep(3600), async { Ok("done") }).return_exceptions();
///     sleep(0).await?;
///     group.cancel(); // not a failure of a child: awaiting the group raises it
///     assert!(group.join().await.unwrap_err().is_cancelled());
///     assert!(group.take_result().unwrap_err().is_cancelled());
///     Ok(())
/// })
/// .unwrap();
/// ```
pub struct GatherOutcomes<S: GatherSet>(Gather<S>);

impl<S: GatherSet> GatherOutcomes<S> {
    /// How each child ended.
    ///
    /// # Errors
    ///
    /// `InvalidStateError` before the end, `CancelledError` if the group was cancelled.
    pub fn result(&self) -> Result<S::Outcomes>
    where
        S::Outcomes: Clone,
    {
        let outcomes = self.take_result()?;
        self.0.outcomes.replace(Some(outcomes.clone()));
        Ok(outcomes)
    }

    /// As [`result`](Self::result), for results that cannot be cloned; can be had once.
    ///
    /// # Errors
    ///
    /// As `result`.
    pub fn take_result(&self) -> Result<S::Outcomes> {
        self.0.any.outcome()?;
        Ok(self.0.outcomes.take().unwrap_or_else(|| self.0.set.outcomes()))
    }
}

impl<S: GatherSet> Clone for GatherOutcomes<S> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<S: GatherSet> Deref for GatherOutcomes<S> {
    type Target = AnyFuture;

    fn deref(&self) -> &AnyFuture {
        &self.0.any
    }
}

impl<S: GatherSet> AsRef<AnyFuture> for GatherOutcomes<S> {
    fn as_ref(&self) -> &AnyFuture {
        &self.0.any
    }
}

impl<S: GatherSet> fmt::Debug for GatherOutcomes<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<S: GatherSet> IntoFuture for GatherOutcomes<S> {
    type Output = Result<S::Outcomes>;
    type IntoFuture = Await<GatherOutcomes<S>, S::Outcomes>;

    #[track_caller]
    fn into_future(self) -> Self::IntoFuture {
        Await::new(self, GatherOutcomes::take_result, Location::caller())
    }
}

impl<S: GatherSet> IntoFuture for &GatherOutcomes<S>
where
    S::Outcomes: Clone,
{
    type Output = Result<S::Outcomes>;
    type IntoFuture = Await<GatherOutcomes<S>, S::Outcomes>;

    #[track_caller]
    fn into_future(self) -> Self::IntoFuture {
        Await::new(self.clone(), GatherOutcomes::result, Location::caller())
    }
}

impl<S: GatherSet> Awaitable for Gather<S> {
    type Value = S::Output;
    type Handle = Gather<S>;

    fn try_ensure_future(self) -> Result<Self, RuntimeError> {
        Ok(self)
    }

    fn outcome(handle: &Self) -> Result<S::Output> {
        handle.take_result()
    }
}

impl<S: GatherSet> Awaitable for GatherOutcomes<S> {
    type Value = S::Outcomes;
    type Handle = GatherOutcomes<S>;

    fn try_ensure_future(self) -> Result<Self, RuntimeError> {
        Ok(self)
    }

    fn outcome(handle: &Self) -> Result<S::Outcomes> {
        handle.take_result()
    }
}
