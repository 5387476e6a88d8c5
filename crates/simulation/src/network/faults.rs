//! `Faults`: the faults that a network has, and how they are drawn from the tape.

use crate::choices;
use crate::fault::Fault;

/// The faults that a network has.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Faults(u16);

impl Faults {
    pub(super) fn of(faults: impl IntoIterator<Item = Fault>) -> Self {
        Self(faults.into_iter().fold(0, |all, fault| all | 1 << fault as u16))
    }

    /// The tape's choice, below `options`. It is 0, for no fault, if there is no tape or the network does not have the fault.
    pub(super) fn draw(self, fault: Fault, options: usize) -> usize {
        if self.0 & 1 << fault as u16 == 0 { 0 } else { choices::draw(fault, options) }
    }

    /// Picks one of several values; the first is the ordinary one.
    pub(super) fn pick<T: Copy, const N: usize>(self, fault: Fault, values: [T; N]) -> T {
        values[self.draw(fault, N)]
    }
}
