//! Python's `time.strftime`, on the clock of the runtime: under the virtual clock
//! it prints the same in every run.
//!
//! The crate `jiff` knows time zones and directives; the zone is that of the
//! machine, or what the variable `TZ` says.

use jiff::fmt::strtime::{BrokenDownTime, Config, PosixCustom};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

/// The time of day in words of the format: `time.strftime(format)`. `%X` is the
/// time as `16:20:11`, `%x` the date, `%c` both, as in Python before a locale is
/// set.
///
/// ```
/// assert_eq!(guide_extra::time::strftime("%X").len(), "16:20:11".len());
/// ```
///
/// # Panics
///
/// When the format has a directive that does not exist.
pub fn strftime(format: &str) -> String {
    formatted(format, &local_now())
}

/// Now, in local time.
pub(crate) fn local_now() -> Zoned {
    let now = Timestamp::try_from(asyncio::time::now())
        .expect("the clock shows a year before 10000");
    now.to_zoned(TimeZone::system())
}

fn formatted(format: &str, time: &Zoned) -> String {
    let posix = Config::new().custom(PosixCustom::new());
    match BrokenDownTime::from(time).to_string_with_config(&posix, format) {
        Ok(text) => text,
        Err(error) => panic!("strftime({format:?}): {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locale_directives_read_as_in_python() {
        let time: Zoned =
            "2026-07-04T16:05:09+02:00[Europe/Berlin]".parse().unwrap();
        let text = |format: &str| formatted(format, &time);
        assert_eq!(text("%X"), "16:05:09");
        assert_eq!(text("%x"), "07/04/26");
        assert_eq!(text("%c"), "Sat Jul  4 16:05:09 2026");
        assert_eq!(text("%Y-%m-%d %H:%M %Z"), "2026-07-04 16:05 CEST");
    }

    #[test]
    #[should_panic(expected = "strftime(\"%!\")")]
    fn an_unknown_directive_is_refused() {
        strftime("%!");
    }
}
