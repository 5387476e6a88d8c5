//! `print!` and similar macros for the programs, because instead of standard output there is a page.

macro_rules! print {
    ($($arguments:tt)*) => { crate::page::print(crate::page::STDOUT, format_args!($($arguments)*)) };
}

macro_rules! println {
    () => { crate::page::print(crate::page::STDOUT, format_args!("\n")) };
    ($($arguments:tt)*) => { crate::page::print(crate::page::STDOUT, format_args!("{}\n", format_args!($($arguments)*))) };
}

#[allow(unused_macros, reason = "no program uses it so far")]
macro_rules! eprint {
    ($($arguments:tt)*) => { crate::page::print(crate::page::STDERR, format_args!($($arguments)*)) };
}

macro_rules! eprintln {
    () => { crate::page::print(crate::page::STDERR, format_args!("\n")) };
    ($($arguments:tt)*) => { crate::page::print(crate::page::STDERR, format_args!("{}\n", format_args!($($arguments)*))) };
}
