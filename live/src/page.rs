//! Between the page and a program: the page's clocks and its output, and the functions that it calls.
//!
//! `engine.js` of the book is the other side. It can only pass numbers, so it writes text into memory that [`input`] returns.

use std::cell::{Cell, RefCell};
use std::fmt;

use asyncio::host;
use asyncio::simulation::{Network, Schedule};

use crate::echo;
use crate::hosted::{self, Guest, Next};

/// One of the programs.
pub(crate) struct Program {
    pub(crate) name: &'static str,
    /// Calls its `main`, and returns the exit status.
    pub(crate) main: fn() -> i32,
    /// Makes its coroutine a guest of the page, if `main` does nothing but run one.
    pub(crate) hosted: Option<fn() -> Guest>,
    /// Does it use a network?
    pub(crate) networked: bool,
    /// Is it a client of the echo server?
    pub(crate) echoes: bool,
}

pub(crate) const STDOUT: u32 = 1;
pub(crate) const STDERR: u32 = 2;

#[link(wasm_import_module = "page")]
unsafe extern "C" {
    /// Takes text that was printed.
    safe fn write(stream: u32, text: *const u8, length: usize);
    /// Seconds of a clock that only goes forward.
    safe fn now() -> f64;
    /// Seconds since 1970.
    safe fn today() -> f64;
}

unsafe extern "C" {
    /// Runs the constructors that register programs. Usually this happens before `main`; a module without a `main` has to do it
    /// itself.
    safe fn __wasm_call_ctors();
}

thread_local! {
    static INPUT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static ARGUMENTS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Memory for this many bytes of input, which the page fills.
#[unsafe(no_mangle)]
extern "C" fn input(length: usize) -> *mut u8 {
    INPUT.with_borrow_mut(|input| {
        *input = vec![0; length];
        input.as_mut_ptr()
    })
}

/// Runs a program to its end, and returns its exit status. The input holds its name, the seed of its random numbers, the order of its
/// steps as the token of a schedule (or nothing, for asyncio's own) and its arguments, a line each.
#[unsafe(no_mangle)]
extern "C" fn run() -> i32 {
    prepare(|program| (program.main)())
}

thread_local! {
    static STATUS: Cell<i32> = const { Cell::new(0) };
}

/// Begins a program that the page drives, in real time: returns after how many seconds it has to be stepped, or a number below
/// zero when it has ended.
#[unsafe(no_mangle)]
extern "C" fn host() -> f64 {
    let mut first = 0.0;
    let status = prepare(|program| match program.hosted {
        Some(start) => {
            hosted::set(start());
            0
        }
        None => {
            first = ENDED;
            (program.main)()
        }
    });
    STATUS.set(status);
    if status == 0 { first } else { ENDED }
}

/// Runs what is ready of the program that the page drives; returns the same as [`host`].
#[unsafe(no_mangle)]
extern "C" fn step() -> f64 {
    match hosted::step() {
        Next::Wait(seconds) => seconds,
        Next::Ended(status) => {
            STATUS.set(status);
            ENDED
        }
    }
}

/// The exit status of the program that the page drives.
#[unsafe(no_mangle)]
extern "C" fn status() -> i32 {
    STATUS.get()
}

/// What is returned in place of seconds when the program has ended.
const ENDED: f64 = -1.0;

/// The exit status if the input asks for something that does not exist.
const REFUSED: i32 = 2;

/// Reads the input and calls `start` with the program that it names.
fn prepare(start: impl FnOnce(&'static Program) -> i32) -> i32 {
    __wasm_call_ctors();
    host::set_clocks(|| now(), || today());
    host::set_output(|text| print(STDOUT, format_args!("{text}")), |text| print(STDERR, format_args!("{text}")));
    std::panic::set_hook(Box::new(|info| {
        print(STDERR, format_args!("\nthread 'main' {info}\n"));
    }));
    let input = String::from_utf8(INPUT.take()).expect("the page writes UTF-8");
    let mut lines = input.lines();
    let name = lines.next().unwrap_or_default();
    if let Some(Ok(seed)) = lines.next().map(str::parse) {
        guide::random::set_default_seed(seed);
    }
    match lines.next().filter(|token| !token.is_empty()).map(str::parse::<Schedule>) {
        Some(Ok(schedule)) => schedule.follow(),
        Some(Err(error)) => {
            print(STDERR, format_args!("{error}\n"));
            return REFUSED;
        }
        None => {}
    }
    ARGUMENTS.replace(std::iter::once(name).chain(lines).map(str::to_owned).collect());
    match crate::PROGRAMS.iter().find(|program| program.name == name) {
        Some(program) => {
            if program.networked {
                let mut network = Network::new();
                if program.echoes {
                    // The latency gives the server, which starts with the program, time to listen before the client connects.
                    network = network.latency(0.001);
                    echo::come();
                }
                // For the rest of this run, and so of this instance: a page makes another one for the next.
                std::mem::forget(network.enter());
            }
            start(program)
        }
        None => {
            print(STDERR, format_args!("there is no program {name:?} here\n"));
            REFUSED
        }
    }
}

/// The arguments of the program: `std::env::args()`.
pub(crate) fn args() -> impl Iterator<Item = String> {
    ARGUMENTS.with_borrow(Clone::clone).into_iter()
}

/// The same, parsed by clap: `Arguments::parse()`. Without a process to exit, a mistake ends the module.
pub(crate) fn parsed<A: clap::Parser>() -> A {
    A::try_parse_from(args()).unwrap_or_else(|error| {
        print(STDERR, format_args!("{error}"));
        std::process::abort()
    })
}

/// Writes to the page.
pub(crate) fn print(stream: u32, text: fmt::Arguments<'_>) {
    let made;
    let text = match text.as_str() {
        Some(text) => text,
        None => {
            made = text.to_string();
            &made
        }
    };
    write(stream, text.as_ptr(), text.len());
}
