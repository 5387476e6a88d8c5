//! `gather_scoped`: a `gather` of coroutines that may borrow.

use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use asyncio_errors::{CancelledError, Error, Result};
use asyncio_runtime::{AnyFuture, Gather, GatherMember, GatherStart, Task, TaskOptions, coroutine_name, wait};

use crate::scope::{Hosting, Scope};

/// Runs coroutines that may borrow from the caller concurrently, and returns their results in the order of the arguments:
/// `asyncio.gather`.
///
/// Each becomes a task at once, in order, with a name, a context and requests to cancel of its own. They run while the returned
/// future is awaited. The results may borrow, too. For coroutines that own what they need, use
/// [`gather`](fn@asyncio_runtime::gather), whose tasks may outlive the caller.
///
/// # Errors
///
/// The first exception that a coroutine raises. Before it is raised the other coroutines are cancelled and waited for, because
/// no coroutine may outlive what it borrows. In Python the others would go on; there the same behaviour is written
///
/// ```python
/// async def gather_scoped(*coroutines):
///     tasks = [create_task(coroutine) for coroutine in coroutines]
///     try:
///         return await gather(*tasks)
///     finally:
///         left = [task for task in tasks if not task.done()]
///         for task in left:
///             task.cancel()
///         if left:
///             await wait(left)
/// ```
///
/// With [`return_exceptions`](GatherScoped::return_exceptions), exceptions are returned like other results.
///
/// # Cancellation
///
/// Cancels the coroutines that are not done, and waits until they have ended. If a cancellation comes while the others clean up
/// after a failure, it is raised in place of the failure, once they have ended. If the future is dropped instead, the coroutines
/// are dropped too.
///
/// # Panics
///
/// With `no running event loop` outside a running loop.
///
/// # Examples
///
/// ```
/// use asyncio::{Result, gather_scoped, run, sleep};
///
/// struct Client {
///     name: String,
/// }
///
/// impl Client {
///     async fn one(&self, number: u32) -> Result<String> {
///         sleep(0.001).await?;
///         Ok(format!("{} {number}", self.name))
///     }
///
///     async fn both(&self) -> Result<Vec<String>> {
///         gather_scoped([self.one(1), self.one(2)]).await
///     }
/// }
///
/// run(async {
///     let client = Client { name: "client".to_owned() };
///     assert_eq!(client.both().await?, ["client 1", "client 2"]);
///     Ok(())
/// })
/// .unwrap();
/// ```
///
/// What is borrowed must outlive the future:
///
/// ```compile_fail,E0597
/// use asyncio::{gather_scoped, run};
///
/// run(async {
///     let both = {
///         let name = String::from("short-lived");
///         let one = async || Ok(name.len());
///         gather_scoped([one(), one()])
///     };
///     both.await
/// })
/// .unwrap();
/// ```
///
/// It cannot leave the function as a task:
///
/// ```compile_fail,E0597
/// use asyncio::{create_task, gather_scoped, run};
///
/// run(async {
///     let name = String::from("of the caller");
///     let one = async || Ok(name.len());
///     create_task(gather_scoped([one(), one()])).await
/// })
/// .unwrap();
/// ```
#[track_caller]
pub fn gather_scoped<'env, T: 'env, F: IntoFuture<Output = Result<T>, IntoFuture: 'env>>(
    coroutines: impl IntoIterator<Item = F>,
) -> GatherScoped<'env, T> {
    let (mut closing, start) = (CloseOnDrop::default(), GatherStart::new());
    let (mut tasks, mut members) = (Vec::new(), Vec::new());
    let values = Values::default();
    // A loop, because with `map` the location where the tasks are created would be lost.
    for (index, coroutine) in coroutines.into_iter().enumerate() {
        values.borrow_mut().push(None);
        let (kept, coroutine) = (Rc::clone(&values), coroutine.into_future());
        let coroutine = async move {
            let value = coroutine.await?;
            kept.borrow_mut()[index] = Some(value);
            Ok(())
        };
        let seat = closing.scope.seat();
        let task = match TaskOptions::new().eager_start(false).create_task(seat.task()) {
            Ok(task) => task,
            Err(error) => panic!("{error}"),
        };
        closing.scope.take(seat, &task, coroutine_name::<F::IntoFuture>, coroutine);
        members.push(start.member(&task));
        tasks.push(task);
    }
    let group = start.gather(members);
    closing.group = Some(group.as_any().clone());
    GatherScoped { parts: Some(Parts { closing, tasks, values, group }), running: None }
}

/// The results, each under the index of its coroutine.
type Values<T> = Rc<RefCell<Vec<Option<T>>>>;

type Tasks = Vec<GatherMember<Task<()>, ()>>;

type BoxedGather<'env, T> = Pin<Box<dyn Future<Output = Result<T>> + 'env>>;

/// Several coroutines that borrow, as one future; returned by [`gather_scoped`].
///
/// # Examples
///
/// ```
/// use asyncio::{TimeoutError, gather_scoped, run, sleep, wait_for};
///
/// run(async {
///     let delays = [0.001, 3600.0];
///     let all = gather_scoped(delays.iter().map(|delay| sleep(*delay)));
///     assert!(wait_for(all, 0.01).await.unwrap_err().is::<TimeoutError>());
///     Ok(())
/// })
/// .unwrap();
/// ```
#[must_use = "the coroutines run while it is awaited, and are dropped with it"]
pub struct GatherScoped<'env, T> {
    /// Until it is first polled.
    parts: Option<Parts<'env, T>>,
    running: Option<BoxedGather<'env, Vec<T>>>,
}

struct Parts<'env, T> {
    closing: CloseOnDrop<'env>,
    tasks: Vec<Task<()>>,
    values: Values<T>,
    group: Gather<Tasks>,
}

/// Closes the scope, hosted or not.
#[derive(Default)]
struct CloseOnDrop<'env> {
    scope: Rc<Scope<'env>>,
    group: Option<AnyFuture>,
}

impl Drop for CloseOnDrop<'_> {
    fn drop(&mut self) {
        if let Some(group) = self.group.take().filter(|group| !group.done()) {
            // Its tasks are meant to end cancelled, so nothing must be reported.
            let _ = group.add_done_callback(|group| _ = group.exception());
        }
        self.scope.close();
    }
}

impl<'env, T: 'env> GatherScoped<'env, T> {
    /// Treats exceptions of the coroutines as results: `return_exceptions=True`.
    ///
    /// Awaiting it then returns a `Result` for each coroutine, cancels none, and fails only if the caller is cancelled.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{ValueError, gather_scoped, run};
    ///
    /// run(async {
    ///     let numbers = [4, 5];
    ///     let half = async |n: &i32| if n % 2 == 0 { Ok(n / 2) } else { Err(ValueError::new("odd").into()) };
    ///     let outcomes = gather_scoped(numbers.iter().map(half)).return_exceptions().await?;
    ///     assert_eq!(*outcomes[0].as_ref().unwrap(), 2);
    ///     assert!(outcomes[1].as_ref().unwrap_err().is::<ValueError>());
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    ///
    /// # Panics
    ///
    /// If it was polled before.
    pub fn return_exceptions(mut self) -> GatherScopedOutcomes<'env, T> {
        let Parts { closing, tasks, values, group } = self.parts.take().expect("it was not polled before");
        let (scope, group) = (Rc::clone(&closing.scope), group.return_exceptions());
        let content = async move {
            let _closing = closing;
            let ends = group.await;
            clean_up(&tasks).await?;
            let values = values.take().into_iter();
            Ok(values.zip(ends?).map(|(value, end)| end.and_then(|()| value.ok_or_else(no_value))).collect())
        };
        GatherScopedOutcomes { running: Box::pin(Hosting::new(scope, content)) }
    }
}

impl<'env, T: 'env> Parts<'env, T> {
    fn run(self) -> BoxedGather<'env, Vec<T>> {
        let Self { closing, tasks, values, group } = self;
        let scope = Rc::clone(&closing.scope);
        let content = async move {
            let _closing = closing;
            let end = group.await;
            clean_up(&tasks).await?;
            end?;
            values.take().into_iter().map(|value| value.ok_or_else(no_value)).collect()
        };
        Box::pin(Hosting::new(scope, content))
    }
}

/// Cancels the tasks that are left after a failure, and waits for them. Returns an error if a cancellation came meanwhile.
async fn clean_up(tasks: &[Task<()>]) -> Result<()> {
    let mut left: Vec<_> = tasks.iter().filter(|task| !task.done()).cloned().collect();
    left.iter().for_each(|task| _ = task.cancel());
    let mut cancelled = Ok(());
    while !left.is_empty() {
        if let Err(error) = wait(&left).await {
            cancelled = Err(error);
        }
        left.retain(|task| !task.done());
    }
    cancelled
}

/// A coroutine that has a result has a value.
fn no_value() -> Error {
    CancelledError::default().into()
}

impl<'env, T: 'env> Future for GatherScoped<'env, T> {
    type Output = Result<Vec<T>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Vec<T>>> {
        if let Some(parts) = self.parts.take() {
            self.running = Some(parts.run());
        }
        self.running.as_mut().expect("it has parts or runs").as_mut().poll(cx)
    }
}

impl<T> fmt::Debug for GatherScoped<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GatherScoped").field("running", &self.running.is_some()).finish_non_exhaustive()
    }
}

/// A [`GatherScoped`] whose failures are results; returned by [`GatherScoped::return_exceptions`].
#[must_use = "the coroutines run while it is awaited, and are dropped with it"]
pub struct GatherScopedOutcomes<'env, T> {
    running: BoxedGather<'env, Vec<Result<T>>>,
}

impl<T> Future for GatherScopedOutcomes<'_, T> {
    type Output = Result<Vec<Result<T>>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Vec<Result<T>>>> {
        self.running.as_mut().poll(cx)
    }
}

impl<T> fmt::Debug for GatherScopedOutcomes<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GatherScopedOutcomes").finish_non_exhaustive()
    }
}
