//! The name of the function that a coroutine comes from.

use asyncio_errors::names::function_name;

/// How the type name of a [`Coroutine`](crate::Coroutine) begins.
pub(crate) const COROUTINE: &str = "asyncio_runtime::asyncio::coroutines::Coroutine<";

/// The name of the function that a future of type `F` comes from: `coro.__name__`.
///
/// For types whose `Debug` reads like Python's `repr`. The name of a [`Coroutine`](crate::Coroutine) is that of the future in it.
///
/// # Examples
///
/// ```
/// use asyncio::coroutine_name;
///
/// fn name_of<F: Future>(_: F) -> &'static str {
///     coroutine_name::<F>()
/// }
///
/// async fn fetch() {}
///
/// assert_eq!(name_of(fetch()), "fetch");
/// ```
#[must_use]
pub fn coroutine_name<F>() -> &'static str {
    let name = std::any::type_name::<F>();
    let inner = name.strip_prefix(COROUTINE).and_then(|name| name.strip_suffix('>'));
    function_name(inner.unwrap_or(name))
}
