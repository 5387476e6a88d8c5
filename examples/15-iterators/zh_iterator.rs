//! The Chinese guide's plain iterator: stepped by hand, then walked by a loop.
//!
//! Run it: `cargo run --example zh_iterator`
//!
//! Shows: zh_iterator

// ANCHOR: program
struct MyIterator {
    current: u32,
    end: u32,
}

impl Iterator for MyIterator {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        if self.current >= self.end {
            return None;
        }
        self.current += 1;
        Some(self.current - 1)
    }
}

fn main() {
    let mut my_iter = MyIterator { current: 2, end: 5 };
    for number in my_iter.by_ref().take(2) {
        println!("{number}");
    }
    for number in (MyIterator { current: 0, end: 3 }) {
        println!("{number}");
    }
}
// ANCHOR_END: program
