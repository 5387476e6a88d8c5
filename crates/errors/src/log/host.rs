//! Where there is no standard error and no standard output, text goes to the host of the WebAssembly module, or nowhere.

use std::io;
use std::sync::OnceLock;

/// The functions that take text.
struct Output {
    stdout: fn(&str),
    stderr: fn(&str),
}

static OUTPUT: OnceLock<Output> = OnceLock::new();

/// Sets the functions, once, that take the text which is written to standard output and standard error elsewhere: call graphs,
/// and reports of errors that nothing has handled. They must not panic.
///
/// This is there only where the system has neither: on `wasm32-unknown-unknown`.
pub fn set_output(stdout: fn(&str), stderr: fn(&str)) {
    let _ = OUTPUT.set(Output { stdout, stderr });
}

/// Writes to standard error, as far as the host has one.
pub fn write(text: &str) {
    if let Some(output) = OUTPUT.get() {
        (output.stderr)(text);
    }
}

/// Standard output, as far as the host has one.
struct Stdout;

impl io::Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(output) = OUTPUT.get() {
            (output.stdout)(&String::from_utf8_lossy(bytes));
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Standard output.
pub fn stdout() -> impl io::Write {
    Stdout
}
