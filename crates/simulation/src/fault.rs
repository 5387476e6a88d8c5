//! The events other than orders that may happen to a program: on a network, with time, in threads, and outside.

/// Something that may happen to a program while it is [explored](crate::explore()): on a network (see
/// [`Network::faults`](crate::Network::faults)), because its loop is slow (see
/// [`Explore::slow_steps`](crate::Explore::slow_steps)), or because a thread or the system is slow.
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
    /// A read returns less than has arrived: one byte, or half. (Pieces are joined anyway whenever the reader is late.)
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
    /// The steps of an iteration take long enough for the next timer to be due although something is ready. It needs no
    /// network.
    Busy,
    /// The loop sleeps longer than to the next deadline, from a millisecond to three seconds, so that timers that are close to each
    /// other are due in the same iteration. It needs no network.
    Late,
    /// A job of a thread pool begins or continues later than at the end of the pass: after some steps, or after a millisecond
    /// to three seconds. It needs no network.
    Job,
    /// The loop gets reports from its descriptors late: that a signal came, that a child has ended, or that bytes have arrived.
    /// They come the next time that the loop checks and, if it would sleep, after the next timer. It needs no network.
    Report,
}

/// When a job of a thread pool has its turn.
#[derive(Clone, Copy, Debug)]
pub(crate) enum JobTurn {
    EndOfPass,
    /// Before the next step, or this many steps later.
    Steps(u64),
    /// This many seconds later, at the end of a pass.
    Seconds(f64),
}

/// The turns that a job may have.
pub(crate) const TURNS: [JobTurn; 10] = [
    JobTurn::EndOfPass,
    JobTurn::Steps(0),
    JobTurn::Steps(1),
    JobTurn::Steps(2),
    JobTurn::Steps(4),
    JobTurn::Steps(8),
    JobTurn::Seconds(0.001),
    JobTurn::Seconds(0.02),
    JobTurn::Seconds(0.2),
    JobTurn::Seconds(3.0),
];

/// The seconds by which the loop may wake up late.
pub(crate) const LATE: [f64; 5] = [0.0, 0.001, 0.02, 0.2, 3.0];

impl Fault {
    /// All of them.
    pub const ALL: [Self; 14] = [
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
        Self::Busy,
        Self::Late,
        Self::Job,
        Self::Report,
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
            Self::Busy => "busy",
            Self::Late => "late",
            Self::Job => "job",
            Self::Report => "report",
        }
    }

    /// Does it concern the time of steps, jobs and external reports, rather than a network?
    pub(crate) fn is_of_time(self) -> bool {
        matches!(self, Self::Busy | Self::Late | Self::Job | Self::Report)
    }

    /// Its kind, in the counts of a report: one, and several.
    fn kind(self) -> [&'static str; 2] {
        match self {
            Self::Busy | Self::Late => ["fault of time", "faults of time"],
            Self::Job => ["late job", "late jobs"],
            Self::Report => ["late report from a descriptor", "late reports from descriptors"],
            Self::Choice => ["choice of the program", "choices of the program"],
            _ => ["fault of the network", "faults of the network"],
        }
    }

    /// Who does it, in reports.
    pub(crate) fn subject(self) -> &'static str {
        match self {
            Self::Busy | Self::Late => "time",
            Self::Job => "a thread",
            Self::Report => "the system",
            _ => "the network",
        }
    }

    /// The meaning of an answer of the tape, in words. The figures are those of the network, of [`LATE`] and of [`TURNS`].
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
            Self::Busy => &["the next timer is due before the steps that are ready"],
            Self::Late => &[
                "the loop wakes up 1 ms late",
                "the loop wakes up 20 ms late",
                "the loop wakes up 200 ms late",
                "the loop wakes up 3 s late",
            ],
            Self::Report => &["what was found comes with the next look, after the next timer"],
            Self::Job => &[
                "a job goes on before the next step",
                "a job goes on after 1 step",
                "a job goes on after 2 steps",
                "a job goes on after 4 steps",
                "a job goes on after 8 steps",
                "a job takes 1 ms more",
                "a job takes 20 ms more",
                "a job takes 200 ms more",
                "a job takes 3 s more",
            ],
            Self::Crash => &["a machine is down for 0.2 s", "a machine is down for 5 s", "a machine is down for 60 s"],
        };
        all.get(index.wrapping_sub(1)).copied().unwrap_or_default()
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| fault.name() == name)
    }
}

/// How many there are of each kind, as the rest of a list: `, 2 late jobs and 1 fault of time`.
pub(crate) fn counted(faults: &[Fault]) -> String {
    let mut kinds: Vec<([&str; 2], usize)> = Vec::new();
    for kind in faults.iter().map(|fault| fault.kind()) {
        match kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, count)) => *count += 1,
            None => kinds.push((kind, 1)),
        }
    }
    let last = kinds.len().saturating_sub(1);
    let item = |(number, ([one, several], count)): (usize, ([&str; 2], usize))| {
        let joint = if number == last { " and" } else { "," };
        format!("{joint} {count} {}", if count == 1 { one } else { several })
    };
    kinds.into_iter().enumerate().map(item).collect()
}

#[cfg(test)]
mod tests {
    use super::{Fault, counted};

    #[test]
    fn a_report_counts_each_kind() {
        assert_eq!(counted(&[]), "");
        assert_eq!(counted(&[Fault::Report]), " and 1 late report from a descriptor");
        let several = [Fault::Reset, Fault::Job, Fault::Delay, Fault::Busy, Fault::Job, Fault::Split];
        assert_eq!(counted(&several), ", 3 faults of the network, 2 late jobs and 1 fault of time");
        assert_eq!(counted(&[Fault::Choice, Fault::Choice]), " and 2 choices of the program");
    }
}
