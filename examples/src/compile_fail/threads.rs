//! Tasks belong to the thread of their loop, and are made by `create_task`.
//!
//! Shows: task_is_not_thread_safe, tasks_are_not_constructed_by_hand,
//! task_all_tasks_classmethod, task_current_task_classmethod,
//! loop_parameter_removed_in_310
//!
//! # From another thread
//!
//! Python lets a thread call `task.cancel()`, and the loop may not notice. Here a
//! task is not `Send`:
//!
//! ```compile_fail,E0277
//! fn cancel_from_a_thread(task: asyncio::Task<()>) {
//!     std::thread::spawn(move || task.cancel());
//! }
//! ```
//!
//! A handle of the loop may leave the thread:
//!
//! ```
//! use asyncio::{Result, get_running_loop, run, to_thread};
//!
//! async fn program() -> Result<()> {
//!     let event_loop = get_running_loop()?.handle();
//!     let hello = || println!("hello");
//!     to_thread(move || event_loop.call_soon_threadsafe(hello)).await??;
//!     Ok(())
//! }
//! run(program()).unwrap();
//! ```
//!
//! # No `Task(coro)`
//!
//! ```compile_fail,E0423
//! # async fn work() -> asyncio::Result<()> { Ok(()) }
//! let task = asyncio::Task(work());
//! ```
//!
//! # What Python has removed
//!
//! `Task.all_tasks()` and `Task.current_task()` went with Python 3.9, and are
//! functions:
//!
//! ```compile_fail,E0599
//! asyncio::Task::<()>::all_tasks();
//! ```
//!
//! ```compile_fail,E0599
//! asyncio::Task::<()>::current_task();
//! ```
//!
//! The parameter `loop=` went with 3.10:
//! `TypeError: sleep() got an unexpected keyword argument 'loop'`.
//!
//! ```compile_fail,E0061
//! # async fn program() -> asyncio::Result<()> {
//! asyncio::sleep(1, asyncio::get_running_loop()?).await
//! # }
//! ```
