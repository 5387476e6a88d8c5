//! The observed loops of the process, and the socket, which exists as long as any of them does.

use std::fs;
use std::io;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use asyncio_runtime::{EventLoop, Taker, log};

use crate::folder;
use crate::program::published::{Published, Publisher};

struct Loops {
    open: Vec<Arc<Published>>,
    /// How many there were.
    count: u32,
    /// The socket, while there is one.
    socket: Option<PathBuf>,
    /// Hands a new socket to the thread that answers; set once that thread runs.
    serve: Option<Box<dyn Fn(UnixListener) + Send>>,
}

static LOOPS: Mutex<Loops> = Mutex::new(Loops { open: Vec::new(), count: 0, socket: None, serve: None });

fn loops() -> MutexGuard<'static, Loops> {
    LOOPS.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Loops {
    fn listen(&mut self) -> io::Result<PathBuf> {
        if let Some(socket) = &self.socket {
            return Ok(socket.clone());
        }
        let (listener, path) = folder::listen()?;
        if let Some(serve) = &self.serve {
            serve(listener);
        }
        self.socket = Some(path.clone());
        Ok(path)
    }
}

/// From now on there is a socket, which is passed to `serve`.
pub(super) fn listen(serve: impl Fn(UnixListener) + Send + 'static) -> io::Result<PathBuf> {
    let mut loops = loops();
    loops.serve.get_or_insert_with(|| Box::new(serve));
    loops.listen()
}

/// Publishes from now on what happens in the loop, until it is closed.
pub(crate) fn watch(event_loop: &EventLoop) {
    Taker::note_all();
    let mut loops = loops();
    loops.count += 1;
    let (publisher, published) = Publisher::new(event_loop, loops.count);
    loops.open.push(published);
    // The socket was removed when the last loop was closed.
    let listening = loops.serve.is_some().then(|| loops.listen());
    drop(loops);
    if let Some(Err(error)) = listening {
        log::warning(format_args!("nothing can look into this program: {error}"));
    }
    event_loop.add_observer(Rc::new(publisher));
}

/// The loop that runs in this thread, unless it is watched already.
pub(crate) fn watch_running(event_loop: &EventLoop) {
    if !all().iter().any(|published| published.runs_here()) {
        watch(event_loop);
    }
}

pub(super) fn closed(published: &Arc<Published>) {
    let mut loops = loops();
    loops.open.retain(|other| !Arc::ptr_eq(other, published));
    if loops.open.is_empty()
        && let Some(socket) = loops.socket.take().filter(|socket| folder::is_own(socket))
    {
        // It may be gone already, because folders for temporary files are cleaned.
        let _ = fs::remove_file(socket);
    }
}

pub(super) fn all() -> Vec<Arc<Published>> {
    loops().open.clone()
}
