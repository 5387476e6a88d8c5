//! Asynchronous iterators: `async for`, `anext`, and comprehensions as methods.
//!
//! `async for item in items:` is `while let Some(item) = items.anext().await? { … }`.

#[doc(inline)]
pub use asyncio_iterators::{
    AsyncIterator, AwaitEach, Enumerate, Filter, FromIter, FromStream, IntoAsyncIterator, IntoStream, Map,
    StopAsyncIteration, Then, Zip, aiter, anext, anext_or, await_each, from_iter, from_stream, into_stream,
};
