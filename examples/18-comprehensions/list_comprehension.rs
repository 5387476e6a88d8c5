//! Python's list, dict and set comprehensions: iterators that are collected. The
//! type of the variable says what is built.
//!
//! Run it: `cargo run --example list_comprehension`
//!
//! Shows: list_comprehension, dict_and_set_comprehension,
//! comprehension_has_three_parts

use std::collections::{BTreeMap, BTreeSet};

// ANCHOR: program
fn main() {
    // [number * 2 for number in range(10)]
    let doubled: Vec<u32> = (0..10).map(|number| number * 2).collect();
    println!("{doubled:?}");
    // [number * 2 for number in range(10) if number % 3 == 0]
    let some: Vec<u32> =
        (0..10).filter(|number| number % 3 == 0).map(|number| number * 2).collect();
    println!("{some:?}");
    // {letter: place for place, letter in enumerate("abc")}
    let places: BTreeMap<char, usize> =
        "abc".chars().enumerate().map(|(place, letter)| (letter, place)).collect();
    println!("{places:?}");
    // {number for number in [1, 2, 3, 2, 4, 5, 1]}
    let distinct: BTreeSet<u32> = [1, 2, 3, 2, 4, 5, 1].into_iter().collect();
    println!("{distinct:?}");
}
// ANCHOR_END: program
