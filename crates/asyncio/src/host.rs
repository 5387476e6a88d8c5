//! What a WebAssembly module borrows from its host, a page or Node.js: clocks, and a place for reports.
//!
//! Only on `wasm32-unknown-unknown`, where there is no system to ask.
//!
//! # Examples
//!
//! ```ignore
//! // `now`, `today`, `console_log` and `console_error` call the host.
//! asyncio::host::set_clocks(|| now() / 1e3, || today() / 1e3);
//! asyncio::host::set_output(|text| console_log(text), |text| console_error(text));
//! ```

#[doc(inline)]
pub use asyncio_runtime::{set_clocks, set_output};
