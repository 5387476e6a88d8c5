//! A plain context manager is a value with a destructor: `with`, and the `try` and
//! `finally` that it stands for.
//!
//! Run it: `cargo run --example context_manager_with`
//!
//! Shows: context_manager_with, context_manager_try_finally

use asyncio::{Result, ValueError};

// ANCHOR: guard
struct Logbook;

impl Logbook {
    fn open() -> Self {
        println!("open the logbook");
        Logbook
    }

    fn write(&mut self, entry: &str) -> Result<()> {
        if entry.is_empty() {
            return Err(ValueError::new("nothing to write").into());
        }
        println!("write: {entry}");
        Ok(())
    }
}

impl Drop for Logbook {
    fn drop(&mut self) {
        println!("close the logbook");
    }
}
// ANCHOR_END: guard

// ANCHOR: with
fn with(entries: &[&str]) -> Result<()> {
    let mut logbook = Logbook::open();
    for entry in entries {
        logbook.write(entry)?;
    }
    Ok(())
}
// ANCHOR_END: with

// ANCHOR: by_hand
fn by_hand(entries: &[&str]) -> Result<()> {
    let mut logbook = Logbook::open();
    let result = entries.iter().try_for_each(|entry| logbook.write(entry));
    drop(logbook);
    result
}
// ANCHOR_END: by_hand

fn main() {
    println!("{:?}", with(&["sunny", "windy"]));
    println!("{:?}", with(&["rain", "", "never written"]));
    println!("{:?}", by_hand(&["rain", "", "never written"]));
}
