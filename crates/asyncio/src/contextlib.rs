//! `async with` and Python's `contextlib`: code that runs before and after a block, however the block ends.
//!
//! Implement [`AsyncContextManager`] for a type, or make a manager of one coroutine with [`asynccontextmanager`]. Timeouts,
//! task groups, locks, servers and runners are managers as they are.

#[doc(inline)]
pub use asyncio_context_managers::{
    Aclosing, AsyncClose, AsyncContextManager, AsyncExitStack, AsyncGeneratorContextManager, BlockPanicked, Lent,
    NullContext, Suppress, Yielder, aclosing, async_with, asynccontextmanager, decorate, decorate_generator,
    nullcontext, suppress,
};
