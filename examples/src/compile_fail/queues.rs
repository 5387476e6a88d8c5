//! A queue belongs to one loop, and so to one thread.
//!
//! Shows: mixing_threads_and_queues, queue_needs_no_thread_safety
//!
//! An item that another thread puts on an `asyncio.Queue` may not wake a waiting
//! `get`. Here the queue cannot reach the other thread:
//!
//! ```compile_fail,E0277
//! let queue = asyncio::Queue::<u32>::new(0);
//! std::thread::spawn(move || queue.put_nowait(1));
//! ```
//!
//! A thread hands a function to the loop. The function finds the queue where the
//! loop's thread keeps it:
//!
//! ```
//! use asyncio::{Queue, Result, get_running_loop, run, to_thread};
//!
//! thread_local! {
//!     static QUEUE: Queue<u32> = Queue::new(0);
//! }
//!
//! async fn program() -> Result<()> {
//!     let event_loop = get_running_loop()?.handle();
//!     let put = || QUEUE.with(|queue| queue.put_nowait(7).expect("it has room"));
//!     to_thread(move || event_loop.call_soon_threadsafe(put)).await??;
//!     assert_eq!(QUEUE.with(Queue::clone).get().await?, 7);
//!     Ok(())
//! }
//! run(program()).unwrap();
//! ```
