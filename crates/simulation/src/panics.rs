//! A panic of a program that is explored is a result, so it is recorded instead of printed.

use std::cell::{Cell, RefCell};
use std::panic::{self, PanicHookInfo};
use std::sync::Once;

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
    static LAST_AT: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs `f` without printing panics of this thread.
pub(crate) fn quietly<R>(f: impl FnOnce() -> R) -> R {
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            QUIET.set(self.0);
        }
    }
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let others = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if QUIET.try_with(Cell::get).unwrap_or_default() { note(info) } else { others(info) }
        }));
    });
    let _restore = Restore(QUIET.replace(true));
    f()
}

/// Sets whether panics in this thread, which runs jobs, are noted instead of printed.
pub(crate) fn set_quiet(quiet: bool) {
    if quiet {
        quietly(|| ());
    }
    QUIET.set(quiet);
    LAST_AT.take();
}

fn note(info: &PanicHookInfo<'_>) {
    let at = info.location().map(ToString::to_string);
    let _ = LAST_AT.try_with(|last| last.replace(at));
}

/// Where the last panic in this thread happened.
pub(crate) fn last_at() -> Option<String> {
    LAST_AT.take()
}
