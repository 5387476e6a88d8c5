//! `Faults`: which faults a network has, and how each is drawn from the tape.

use crate::choices;
use crate::fault::Fault;

/// The faults that a network has.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Faults(u16);

impl Faults {
    pub(super) fn of(faults: impl IntoIterator<Item = Fault>) -> Self {
        Self(faults.into_iter().fold(0, |all, fault| all | 1 << fault as u16))
    }

    /// What the tape says, of so many possibilities. 0, that nothing is wrong, if there is no tape or no such fault.
    pub(super) fn draw(self, fault: Fault, options: usize) -> usize {
        if self.0 & 1 << fault as u16 == 0 { 0 } else { choices::draw(fault, options) }
    }

    /// One of several values, of which the first is the ordinary one.
    pub(super) fn pick<T: Copy, const N: usize>(self, fault: Fault, values: [T; N]) -> T {
        values[self.draw(fault, N)]
    }
}
