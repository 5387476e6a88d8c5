//! The protocol of plain iterators, which the asynchronous one follows: `next`
//! returns a value until none is left. Python says the end with an exception, Rust
//! with `None`.
//!
//! Run it: `cargo run --example iterator_protocol`
//!
//! Shows: iterator_protocol

// ANCHOR: program
/// Counts down from a number to one.
struct Countdown(u32);

/// `__iter__` is `IntoIterator`, which every `Iterator` implements by returning
/// itself.
impl Iterator for Countdown {
    type Item = u32;

    /// `__next__`
    fn next(&mut self) -> Option<u32> {
        if self.0 == 0 {
            return None;
        }
        self.0 -= 1;
        Some(self.0 + 1)
    }
}

fn main() {
    let mut countdown = Countdown(3);
    println!("{:?}", countdown.next());
    for number in countdown.by_ref() {
        println!("{number}");
    }
    println!("{:?}", countdown.next());
}
// ANCHOR_END: program
