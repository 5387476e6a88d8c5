//! The future that `gather` returns.

use std::convert::identity;
use std::fmt;
use std::ops::Deref;
use std::rc::Rc;

use asyncio_errors::Result;

use super::gathering::Gathering;
use super::set::{GatherSet, Settled};
use crate::asyncio::tasks::awaitable::handles;
use crate::kernel::AnyFuture;

/// Several awaitables as one future; returned by [`gather`](fn@crate::gather) and [`gather!`](crate::gather!).
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
}

/// A [`Gather`] whose failures are results; returned by [`Gather::return_exceptions`].
///
/// # Examples
///
/// ```
/// use asyncio::{gather, run, sleep};
///
/// run(async {
///     let group = gather!(sleep(3600), async { Ok("done") }).return_exceptions();
///     sleep(0).await?;
///     group.cancel(); // not a failure of a member: awaiting the group raises it
///     assert!(group.join().await.unwrap_err().is_cancelled());
///     assert!(group.take_result().unwrap_err().is_cancelled());
///     Ok(())
/// })
/// .unwrap();
/// ```
pub type GatherOutcomes<S> = Gather<Settled<S>>;

impl<S: GatherSet> Gather<S> {
    pub(super) fn new(set: Rc<S>, gathering: Rc<Gathering>) -> Self {
        Self { any: gathering.future().clone(), set, gathering }
    }

    /// Treats exceptions of the members as results: `return_exceptions=True`.
    ///
    /// Awaiting the group then returns a `Result` for each member, and fails only if the group itself is cancelled. Call
    /// this at once, before the members can have finished.
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
        if self.done() {
            self.gathering.reopen();
        }
        Gather::new(Rc::new(Settled(self.set)), self.gathering)
    }

    /// A clone of the results; can be asked for again.
    ///
    /// # Errors
    ///
    /// `InvalidStateError` before the group is done, otherwise what the group raised.
    pub fn result(&self) -> Result<S::Output>
    where
        S::Output: Clone,
    {
        let output = self.take_result()?;
        self.gathering.kept.replace(Some(Box::new(output.clone())));
        Ok(output)
    }

    /// Moves the results out; for results that cannot be cloned.
    ///
    /// # Errors
    ///
    /// As for [`result`](Self::result), and `RuntimeError` for a result that has been taken before.
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
        self.outcome()?;
        match self.gathering.kept.take().map(|kept| kept.downcast()) {
            Some(Ok(output)) => Ok(*output),
            _ => self.set.output(),
        }
    }

    /// This group as a future without the type of its result.
    #[must_use]
    pub fn as_any(&self) -> &AnyFuture {
        &self.any
    }
}

handles! {
    [S: GatherSet] Gather<S> => Gather<S>, S::Output, identity, take_result, true;
    [S: GatherSet<Output: Clone>] &Gather<S> => Gather<S>, S::Output, Gather::clone, result, false;
}

impl<S: GatherSet> Clone for Gather<S> {
    fn clone(&self) -> Self {
        Self::new(Rc::clone(&self.set), Rc::clone(&self.gathering))
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
