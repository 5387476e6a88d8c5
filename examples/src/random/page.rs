//! The start of a generator in a page: from the number that the page sets.

use std::sync::atomic::{AtomicI64, Ordering};

use rand_mt::Mt;

use super::seeded;

static DEFAULT: AtomicI64 = AtomicI64::new(0);

/// Sets the number that the generators start from, before the first draw.
pub fn set_default_seed(a: i64) {
    DEFAULT.store(a, Ordering::Relaxed);
}

pub(crate) fn initial() -> Mt {
    seeded(DEFAULT.load(Ordering::Relaxed))
}
