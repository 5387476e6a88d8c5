//! What may go wrong on a network.

/// Something that a network may do to a program while it is [explored](crate::explore()); see
/// [`Network::faults`](crate::Network::faults).
///
/// # Examples
///
/// ```
/// use asyncio::simulation::{Fault, Network};
///
/// let network = Network::new().faults([Fault::Delay, Fault::Split]);
/// let hostile = Network::new().faults(Fault::ALL);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// A read gets less than has come: one byte, or half of it. (What was written in several pieces is joined wherever the reader is
    /// late.)
    Split,
    /// A write finds less room than there is: for one byte, for half, or none for a while.
    Full,
    /// Bytes and messages take longer, from a millisecond to three seconds. Those of one connection stay in order.
    Delay,
    /// A connection is broken at both ends.
    Reset,
    /// A connection is refused, made late, or times out.
    Connect,
    /// A name is found late, or not for now.
    Resolve,
    /// A datagram is lost, doubled, or comes late.
    Datagram,
    /// Two machines cannot reach each other for a while.
    Partition,
    /// A machine with a program ([`Machine::start`](crate::Machine::start)) crashes, and starts again later.
    Crash,
    /// A choice of the program's own: [`choose`](crate::choose()). It needs no network.
    Choice,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Split,
        Self::Full,
        Self::Delay,
        Self::Reset,
        Self::Connect,
        Self::Resolve,
        Self::Datagram,
        Self::Partition,
        Self::Crash,
        Self::Choice,
    ];

    /// Its name in a token.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Split => "split",
            Self::Full => "full",
            Self::Delay => "delay",
            Self::Reset => "reset",
            Self::Connect => "connect",
            Self::Resolve => "resolve",
            Self::Datagram => "datagram",
            Self::Partition => "partition",
            Self::Crash => "crash",
            Self::Choice => "choice",
        }
    }

    /// What an answer of the tape means. The network has the numbers.
    pub(crate) fn tell(self, index: usize) -> &'static str {
        let all: &[&str] = match self {
            Self::Split => &["a read gets one byte", "a read gets half of what is there"],
            Self::Full => &["there is room for one byte", "there is room for half", "there is no room for a while"],
            Self::Delay => &["it takes 1 ms more", "it takes 20 ms more", "it takes 200 ms more", "it takes 3 s more"],
            Self::Reset => &["a connection is reset"],
            Self::Connect => {
                &["a connection is refused", "a connection takes 3 s more", "a connection times out after 127 s"]
            }
            Self::Resolve => &["a name takes 1 s", "a name cannot be found for now"],
            Self::Datagram => &["a datagram is lost", "a datagram is doubled", "a datagram takes 300 ms more"],
            Self::Partition => &["a partition of 0.2 s", "a partition of 5 s", "a partition of 60 s"],
            Self::Choice => return "the program has chosen",
            Self::Crash => &["a machine is down for 0.2 s", "a machine is down for 5 s", "a machine is down for 60 s"],
        };
        all.get(index.wrapping_sub(1)).copied().unwrap_or_default()
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| fault.name() == name)
    }
}
