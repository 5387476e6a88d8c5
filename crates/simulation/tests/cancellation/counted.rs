//! Counts what must not be left behind: bytes of this thread, and descriptors and children of the process.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

struct Counting;

thread_local! {
    static BYTES: Cell<i64> = const { Cell::new(0) };
}

fn count(bytes: i64) {
    // Not while the thread ends.
    let _ = BYTES.try_with(|all| all.set(all.get() + bytes));
}

// SAFETY: it does what `System` does, and counts. Counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as i64);
        // SAFETY: the caller's promises are those that `System` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        count(-(layout.size() as i64));
        // SAFETY: as above; every block came from `System`.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

pub(crate) fn bytes() -> i64 {
    BYTES.get()
}

pub(crate) fn descriptors() -> i64 {
    std::fs::read_dir("/dev/fd").map_or(0, |entries| entries.count() as i64)
}

/// The children that no thread has waited for, zombies included.
pub(crate) fn children() -> i64 {
    let of_thread = |thread: std::io::Result<std::fs::DirEntry>| {
        let children = std::fs::read_to_string(thread.ok()?.path().join("children")).ok()?;
        Some(children.split_whitespace().count() as i64)
    };
    // Only Linux has this folder.
    std::fs::read_dir("/proc/self/task").map_or(0, |threads| threads.filter_map(of_thread).sum())
}
