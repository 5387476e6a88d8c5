//! Python's `datetime.datetime.now()`, on the clock of the runtime.

use std::fmt;

use jiff::civil;

use crate::time::local_now;

/// A date and a time of day, printed as Python prints them:
/// `2026-01-01 16:20:11.250000`, without the microseconds when they are zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DateTime(civil::DateTime);

/// Now, in local time: `datetime.datetime.now()`. Under the virtual clock the first
/// time is always 2026-01-01 00:00:00 UTC.
///
/// ```
/// println!("{}", guide_extra::datetime::now());
/// ```
pub fn now() -> DateTime {
    DateTime(local_now().datetime())
}

impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.strftime("%Y-%m-%d %H:%M:%S"))?;
        match self.0.subsec_nanosecond() / 1000 {
            0 => Ok(()),
            microseconds => write!(f, ".{microseconds:06}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn microseconds_are_printed_unless_zero() {
        let text = |nanoseconds| {
            DateTime(civil::date(2026, 1, 1).at(9, 5, 0, nanoseconds)).to_string()
        };
        assert_eq!(text(250_000_000), "2026-01-01 09:05:00.250000");
        assert_eq!(text(1_999), "2026-01-01 09:05:00.000001");
        assert_eq!(text(999), "2026-01-01 09:05:00");
    }
}
