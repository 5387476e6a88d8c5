//! The verbs `book`, `browser`, `perfetto` and `translations` of `cargo xtask`, which starts this program for them.
//!
//! They are a separate package because only they need mdBook; the other verbs build without it.

mod book;
mod browser;
mod perfetto;
mod translation;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(bin_name = "cargo xtask", about = "The book, and its pages in a browser")]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Check the pages of the book, and build it in target/book
    Book(book::Arguments),
    /// Check every page of the book in Chromium, on a phone and a desktop, light and dark
    Browser(browser::Arguments),
    /// Open a trace in Perfetto, and check that Perfetto reports no error
    Perfetto(perfetto::Arguments),
    /// List the missing translations of the Chinese edition, or update its catalogue
    Translations(translation::Arguments),
}

fn main() -> ExitCode {
    let done = match Arguments::parse().verb {
        Verb::Book(arguments) => book::run(&arguments),
        Verb::Browser(arguments) => browser::run(&arguments),
        Verb::Perfetto(arguments) => perfetto::run(&arguments),
        Verb::Translations(arguments) => translation::run(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{} {error:#}", console::style("error:").red().bold());
            ExitCode::FAILURE
        }
    }
}
