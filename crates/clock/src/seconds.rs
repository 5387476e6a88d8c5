//! The types that a span of time can have: a number of seconds, as in Python, or a `Duration`.

use std::time::Duration;

/// A span of time: a number of seconds of any common type, as in Python, or a [`Duration`].
///
/// Functions such as `sleep` and `EventLoop::call_later` take it.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use asyncio::Seconds;
///
/// fn per_hour(every: impl Seconds) -> f64 {
///     3600.0 / every.seconds()
/// }
///
/// assert_eq!(per_hour(60), 60.0);
/// assert_eq!(per_hour(0.5), 7200.0);
/// assert_eq!(per_hour(Duration::from_millis(100)), 36000.0);
/// ```
pub trait Seconds {
    /// The span in seconds.
    fn seconds(self) -> f64;
}

/// A time limit: like [`Seconds`], or `None` for no limit.
///
/// Functions such as `timeout` and `wait_for` take it.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use asyncio::TimeLimit;
///
/// fn limit_of(limit: impl TimeLimit) -> Option<f64> {
///     limit.limit()
/// }
///
/// assert_eq!(limit_of(2), Some(2.0));
/// assert_eq!(limit_of(Duration::from_millis(250)), Some(0.25));
/// assert_eq!(limit_of(None), None);
/// ```
pub trait TimeLimit {
    /// The limit in seconds, or `None` for no limit.
    fn limit(self) -> Option<f64>;
}

macro_rules! numbers {
    ($($t:ty)*) => {$(
        impl Seconds for $t {
            #[inline]
            fn seconds(self) -> f64 {
                self as f64
            }
        }

        impl TimeLimit for $t {
            #[inline]
            fn limit(self) -> Option<f64> {
                Some(self as f64)
            }
        }
    )*};
}

numbers! { f64 f32 i32 i64 u32 u64 usize }

impl Seconds for Duration {
    #[inline]
    fn seconds(self) -> f64 {
        self.as_secs_f64()
    }
}

impl TimeLimit for Duration {
    #[inline]
    fn limit(self) -> Option<f64> {
        Some(self.as_secs_f64())
    }
}

// Implemented for no other `Option`, so that a bare `None` needs no type.
impl TimeLimit for Option<f64> {
    #[inline]
    fn limit(self) -> Option<f64> {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_in_seconds_or_none() {
        assert_eq!(Duration::from_millis(1500).limit(), Some(1.5));
        assert_eq!(Duration::from_millis(1500).seconds(), 1.5);
        assert_eq!((2_i32.limit(), 0.5_f32.limit()), (Some(2.0), Some(0.5)));
        assert_eq!((None::<f64>.limit(), Some(3.0).limit()), (None, Some(3.0)));
    }
}
