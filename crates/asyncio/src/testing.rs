//! Tests of programs. Python's counterpart is `unittest.IsolatedAsyncioTestCase`.
//!
//! `#[asyncio::test]` is the short form. [`TestRunner`] is what it calls, for tests that an attribute does not fit. The module
//! `simulation`, a feature, runs a test in many orders.

#[doc(inline)]
pub use asyncio_entry::TestRunner;
