//! Is it a coroutine object, is it a coroutine function? Python asks the
//! value while the program runs; in Rust the type has the answer, at compile
//! time.
//!
//! Run it: `cargo run --example iscoroutine`
//!
//! Shows: iscoroutine, iscoroutinefunction

use std::marker::PhantomData;

use asyncio::Result;
use guide::repr::Repr;

// ANCHOR: ask
/// Wraps a type. Where the bounds hold, the compiler chooses these methods; where
/// they do not, it chooses those of `Otherwise`.
struct Type<V>(PhantomData<V>);

fn type_of<V>(_value: &V) -> Type<V> {
    Type(PhantomData)
}

impl<V: Future> Type<V> {
    fn iscoroutine(&self) -> bool {
        true
    }
}

impl<V: Fn() -> C, C: Future> Type<V> {
    fn iscoroutinefunction(&self) -> bool {
        true
    }
}

trait Otherwise {
    fn iscoroutine(&self) -> bool {
        false
    }

    fn iscoroutinefunction(&self) -> bool {
        false
    }
}

impl<V> Otherwise for Type<V> {}
// ANCHOR_END: ask

// ANCHOR: program
async fn f() -> Result<()> {
    Ok(())
}

fn plain() -> Result<()> {
    Ok(())
}

fn main() {
    println!("iscoroutine(f()): {}", type_of(&f()).iscoroutine().repr());
    println!("iscoroutine(f): {}", type_of(&f).iscoroutine().repr());
    println!(
        "iscoroutinefunction(f): {}",
        type_of(&f).iscoroutinefunction().repr()
    );
    println!(
        "iscoroutinefunction(f()): {}",
        type_of(&f()).iscoroutinefunction().repr()
    );
    println!(
        "iscoroutinefunction(plain): {}",
        type_of(&plain).iscoroutinefunction().repr()
    );
}
// ANCHOR_END: program
