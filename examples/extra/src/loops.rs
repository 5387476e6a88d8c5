//! A server on several loops: `--loops N` of the programs that serve.
//!
//! Each loop is in a thread of its own, with a listener of its own at the same
//! port, and the system shares out the clients. The loops share nothing but their
//! handles. The main thread has a loop too, because Ctrl-C and SIGTERM arrive
//! there; it cancels the others.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::thread::{self, JoinHandle};

use asyncio::{
    Event, LoopHandle, Result, Task, create_task, get_running_loop, start_server,
    to_thread,
};
use signal_hook::consts::SIGTERM;

use crate::arguments;

thread_local! {
    /// What this loop serves with.
    static SERVING: RefCell<Option<Task<()>>> = const { RefCell::new(None) };
    /// In the main thread: a loop has ended by itself, or SIGTERM has come.
    static ENDED: Event = Event::new();
}

/// Runs `serve` with the address that the program is told, on as many loops as it
/// is told. `serve` gets `true` if other loops listen at the same port. Returns
/// when it ends, or when Ctrl-C has cancelled it.
///
/// # Errors
///
/// Those of `serve`, and `KeyboardInterrupt`.
pub fn run<F>(serve: F) -> Result<()>
where
    F: AsyncFn(SocketAddr, bool) -> Result<()> + Copy + Send + 'static,
{
    let (address, loops) = arguments::address_and_loops();
    match loops {
        1 => asyncio::run(async move { serve(address, false).await }),
        _ => asyncio::run(on_several(address, loops, serve)),
    }
}

// ANCHOR: several
async fn on_several<F>(address: SocketAddr, loops: u8, serve: F) -> Result<()>
where
    F: AsyncFn(SocketAddr, bool) -> Result<()> + Copy + Send + 'static,
{
    // It only holds the port, which the system may have chosen, for all the others.
    let holder = start_server(async |_, _| Ok(()), address.ip(), address.port())
        .reuse_port(true)
        .start_serving(false)
        .await?;
    let port = holder.sockets()[0].port().unwrap_or_default();
    let address = SocketAddr::new(address.ip(), port);

    let main = get_running_loop()?.handle();
    let threads: Vec<_> =
        (0..loops).map(|_| start(address, main.clone(), serve)).collect();
    get_running_loop()?.add_signal_handler(SIGTERM, || ENDED.with(Event::set))?;
    let waited = ENDED.with(Event::clone).wait().await;
    let ended = to_thread(move || stop(threads)).await?;
    // The error of a loop tells more than that it was cancelled.
    ended.and(waited)
}

/// A thread with a loop that serves until it is cancelled; its end wakes the main
/// loop.
fn start<F>(address: SocketAddr, main: LoopHandle, serve: F) -> Serving
where
    F: AsyncFn(SocketAddr, bool) -> Result<()> + Copy + Send + 'static,
{
    let (ready, is_ready) = std::sync::mpsc::channel();
    let thread = thread::spawn(move || {
        let served = asyncio::run(async move {
            let serving = create_task(async move { serve(address, true).await });
            SERVING.set(Some(serving.clone()));
            // The thread that has started this one waits for it.
            let _ = ready.send(get_running_loop()?.handle());
            serving.await
        });
        // The main loop may have ended already.
        let _ = main.call_soon_threadsafe(|| ENDED.with(Event::set));
        served
    });
    Serving { handle: is_ready.recv().ok(), thread }
}

struct Serving {
    /// `None` if the thread could not make a loop.
    handle: Option<LoopHandle>,
    thread: JoinHandle<Result<()>>,
}

/// Cancels what all loops do, and waits for their ends. Returns the first error.
fn stop(loops: Vec<Serving>) -> Result<()> {
    for handle in loops.iter().flat_map(|serving| &serving.handle) {
        let cancel = || SERVING.with_borrow(|task| task.iter().all(|t| t.cancel()));
        // A loop that has ended refuses.
        let _ = handle.call_soon_threadsafe(move || _ = cancel());
    }
    let mut ended = Ok(());
    for serving in loops {
        match serving.thread.join() {
            Ok(Err(error)) if !error.is_cancelled() => {
                ended = ended.and(Err(error))
            }
            Ok(_) => {}
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
    ended
}
// ANCHOR_END: several
