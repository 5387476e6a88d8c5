//! Python's `os`, as far as the guide's programs use it: random bytes.
//!
//! They come from a generator of their own, so that they do not disturb the draws
//! of [`random`](crate::random); with the environment variable `ASYNCIO_SEED` they
//! are the same in every run.

use std::cell::RefCell;

use rand_mt::Mt;

thread_local! {
    static GENERATOR: RefCell<Mt> = RefCell::new(crate::random::initial());
}

/// So many random bytes: `os.urandom(size)`. Not for secrets.
///
/// ```
/// assert_eq!(guide::os::urandom(5).len(), 5);
/// ```
pub fn urandom(size: usize) -> Vec<u8> {
    GENERATOR.with_borrow_mut(|generator| {
        (0..size).map(|_| (generator.next_u32() >> 24) as u8).collect()
    })
}
