//! What is read from a stream is bytes, and a server needs to be told what to do
//! with a client.
//!
//! Shows: bytes_are_decoded, only_the_callback_is_required
//!
//! Python's `str` methods fail on `bytes` with a `TypeError`. Here a line is a
//! `Vec<u8>`, and no string:
//!
//! ```compile_fail,E0308
//! # async fn ask(mut reader: asyncio::StreamReader) -> asyncio::Result<()> {
//! let line: String = reader.readline().await?;
//! # Ok(())
//! # }
//! ```
//!
//! It is decoded first:
//!
//! ```
//! # async fn ask(mut reader: asyncio::StreamReader) -> asyncio::Result<()> {
//! let line = String::from_utf8(reader.readline().await?)?;
//! # Ok(())
//! # }
//! ```
//!
//! In Python only the callback of `start_server` is required; host and port default
//! to `None`. Here all three are arguments, and the callback must be one:
//!
//! ```compile_fail,E0277
//! asyncio::start_server("127.0.0.1", "127.0.0.1", 8888);
//! ```
//!
//! An unspecified address and port 0, which are Python's defaults, are written out:
//!
//! ```
//! use asyncio::{Result, StreamReader, StreamWriter, start_server};
//!
//! async fn greet(_: StreamReader, writer: StreamWriter) -> Result<()> {
//!     Ok(writer.write("hello\n")?)
//! }
//!
//! # async fn program() -> Result<()> {
//! let server = start_server(greet, "0.0.0.0", 0).await?;
//! # Ok(())
//! # }
//! # asyncio::run(program()).unwrap();
//! ```
