//! The attributes `#[asyncio::main]` and `#[asyncio::test]`.
//!
//! They only move tokens, and need no parser of Rust: [`macro@main`] and [`macro@test`] say what they make of a function. The
//! run-time part is in `crates/entry`.

use proc_macro::{Span, TokenStream, TokenTree};

use crate::problem::Problem;

mod arguments;
mod expand;
mod function;
mod problem;

/// Turns `async fn main` into a program: `asyncio.run(main())`.
///
/// `main` returns `()`, an [`ExitCode`](std::process::ExitCode), or a `Result` of one of them with any error that has `Debug`. An
/// error is printed, and the exit code is 1, as the standard library does it.
///
/// # Arguments
///
/// | argument | effect |
/// | --- | --- |
/// | `clock = "virtual"` | The clock jumps from timer to timer, whatever `ASYNCIO_CLOCK` says; `"real"` is the opposite. |
/// | `debug = true` | Debug mode, whatever `ASYNCIO_DEBUG` says. |
/// | `crate = "path"` | Where the crate `asyncio` is, if it has another name here. |
///
/// # Examples
///
/// ```
/// use asyncio::{Result, gather, sleep_result};
///
/// #[asyncio::main]
/// async fn main() -> Result<()> {
///     let answers = gather([sleep_result(0.002, "Ada"), sleep_result(0.001, "Bo")]).await?;
///     assert_eq!(answers, ["Ada", "Bo"]);
///     Ok(())
/// }
/// ```
///
/// What cannot work is refused where it stands:
///
/// ```compile_fail
/// #[asyncio::main]
/// fn main() {} // error: `#[asyncio::main]` is for an `async fn`: write `async` before `fn`
/// ```
///
/// ```compile_fail
/// #[asyncio::main(clock = "fast")] // error: `clock` is "virtual" or "real", not `"fast"`
/// async fn main() {}
/// ```
///
/// ```compile_fail,E0277
/// #[asyncio::main]
/// async fn main() -> u32 { // error: `main` has no result of type `u32`
///     0
/// }
/// ```
#[proc_macro_attribute]
pub fn main(arguments: TokenStream, function: TokenStream) -> TokenStream {
    expand::main(arguments, function.clone()).unwrap_or_else(|problem| refuse(problem, function))
}

/// Turns an `async fn` into a test that runs on a loop of its own, on the virtual clock.
///
/// An hour of `sleep` takes no time. The test fails if
///
/// - it panics, or returns an error (a test returns `()`, or a `Result<(), E>` with any `E` that has `Debug`),
/// - no task can go on: the message says which task waits for what, and which task holds it,
/// - something reaches the loop's exception handler: an exception that no task retrieved, a panic in a callback,
/// - a task is left when it returns, with `leaks = "deny"`.
///
/// Other attributes stay as they are: `#[ignore]`, `#[should_panic]`, `#[cfg(…)]`. A panic of the test is its panic; any other
/// failure is a panic as well, so that `#[should_panic(expected = "deadlock")]` can expect it.
///
/// # Arguments
///
/// | argument | effect |
/// | --- | --- |
/// | `clock = "real"` | Time is real. |
/// | `debug = true` | Debug mode, whatever `ASYNCIO_DEBUG` says. |
/// | `leaks = "deny"` | A task that is left fails the test. Without it, the task is cancelled, as at the end of a program. |
/// | `schedules = 10_000` | The test runs that many times, each time in another order of its steps; see below. |
/// | `threads = 1` | That many threads search, instead of one for each processor. A test with signals needs 1, because a signal goes to all loops of the process. |
/// | `seed = 7` | The orders are drawn from this seed instead of 0. |
/// | `delays = 2` | The orders are all with up to two deviations from first in, first out, as far as `schedules` allows. |
/// | `slow_steps = 0.5` | The steps of an iteration may take that many seconds, so that timers may be due meanwhile. |
/// | `schedule = "1:fence:dev:3=1/4"` | The test runs once, in the order that the token names. |
/// | `network = "memory"` | Connections are made in memory, without sockets. |
/// | `network = lossy()` | The same on the `simulation::Network` that the expression returns, with its faults. |
/// | `crate = "path"` | Where the crate `asyncio` is, if it has another name here. |
///
/// The orders (`schedules`, `threads`, `seed`, `delays`, `slow_steps`, `schedule`) and the network need the feature `simulation` of
/// `asyncio`. A failing order is shrunk, and the message ends with its token. Set `ASYNCIO_SCHEDULE` to the token to run that
/// order alone, and keep it with `schedule = …` once the fault is mended. `asyncio::simulation` explains what an order is.
///
/// # Examples
///
/// ```
/// use asyncio::{Queue, Result, TimeoutError, create_task, wait_for};
///
/// #[asyncio::test]
/// async fn an_empty_queue_lets_you_wait() -> Result<()> {
///     let queue: Queue<u32> = Queue::new(1);
///     assert!(wait_for(queue.get(), 3600).await.unwrap_err().is::<TimeoutError>());
///     Ok(())
/// }
///
/// #[asyncio::test(leaks = "deny", schedules = 1000)]
/// async fn an_item_arrives_in_every_order() -> Result<()> {
///     let queue = Queue::new(1);
///     let producer = queue.clone();
///     let task = create_task(async move { producer.put("item").await.map_err(Into::into) });
///     assert_eq!(queue.get().await?, "item");
///     task.await
/// }
/// ```
///
/// What cannot work is refused where it stands:
///
/// ```compile_fail
/// #[asyncio::test]
/// async fn a_test(number: u32) {} // error: `a_test` cannot have arguments: nothing passes any
/// ```
///
/// ```compile_fail
/// #[asyncio::test(leak = "deny")] // error: there is no argument `leak`: there are `clock`, `debug`, `leaks`, …
/// async fn a_test() {}
/// ```
///
/// ```compile_fail
/// #[asyncio::test(schedules = "many")] // error: `schedules` is a whole number from 1, not `"many"`
/// async fn a_test() {}
/// ```
///
/// ```compile_fail
/// #[asyncio::test(clock = "real", schedules = 10)] // error: `clock` has no effect where orders are explored: leave it out
/// async fn a_test() {}
/// ```
///
/// ```compile_fail
/// #[asyncio::test(seed = 1, schedule = "1:fence:walk:1")] // error: `schedule` and `seed` cannot go together
/// async fn a_test() {}
/// ```
///
/// ```compile_fail
/// #[asyncio::test]
/// #[test] // error: `#[asyncio::test]` makes a test by itself: leave the other attribute out
/// async fn a_test() {}
/// ```
#[proc_macro_attribute]
pub fn test(arguments: TokenStream, function: TokenStream) -> TokenStream {
    expand::test(arguments, function.clone()).unwrap_or_else(|problem| refuse(problem, function))
}

/// The error, and a function without contents, so that the compiler does not miss one of that name.
fn refuse(problem: Problem, function: TokenStream) -> TokenStream {
    let mut words = function.into_iter().skip_while(|token| !function::is_word(token, "fn")).skip(1);
    let mut tokens = problem.into_tokens();
    if let Some(TokenTree::Ident(mut name)) = words.next() {
        name.set_span(Span::call_site());
        let stub: TokenStream = format!("#[allow(dead_code)] fn {name}() {{}}").parse().expect("it is Rust");
        tokens.extend(stub);
    }
    tokens
}
