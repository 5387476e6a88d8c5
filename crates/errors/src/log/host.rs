//! Where there is no standard error, reports go to the host of the WebAssembly module, or nowhere.

use std::sync::OnceLock;

static OUTPUT: OnceLock<fn(&str)> = OnceLock::new();

/// Sets the function that takes, once, the text that is written to standard error elsewhere: whole lines. It must not panic.
///
/// This is there only where the system has no standard error: on `wasm32-unknown-unknown`.
pub fn set_stderr(write: fn(&str)) {
    let _ = OUTPUT.set(write);
}

pub fn write(text: &str) {
    if let Some(write) = OUTPUT.get() {
        write(text);
    }
}
