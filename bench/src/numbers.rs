//! Pseudo-random numbers for workloads: a fixed stream, so that every peer gets the same sleeps.

/// A linear congruential generator with a fixed seed.
#[derive(Debug)]
pub struct Numbers(u64);

impl Numbers {
    /// The stream from its start.
    #[expect(clippy::new_without_default, reason = "a default generator would hide the seed")]
    pub fn new() -> Numbers {
        Numbers(0x9E37_79B9_7F4A_7C15)
    }

    /// The next number, from 0 to `end - 1`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        // The low bits of such a generator repeat after a short while.
        (self.0 >> 33) % end
    }
}
