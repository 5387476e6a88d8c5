//! Python's `random` module, as far as the guide's programs draw numbers: the same
//! seed gives the same draws as CPython.
//!
//! The generator is the Mersenne Twister of the crate `rand_mt`; what is here is
//! how CPython seeds it and what it makes of its 32-bit words. Each thread has a
//! generator of its own. Without a call of [`seed`] it starts from the whole number
//! in the environment variable `ASYNCIO_SEED`, so that a program can be repeated,
//! else from the operating system. In a page, which has neither, it starts from the
//! number that the page sets.

#[cfg_attr(unix, path = "random/environment.rs")]
#[cfg_attr(not(unix), path = "random/page.rs")]
mod start;

use std::cell::RefCell;

use rand_mt::Mt;

pub(crate) use start::initial;
#[cfg(not(unix))]
pub use start::set_default_seed;

thread_local! {
    static GENERATOR: RefCell<Mt> = RefCell::new(initial());
}

/// Starts this thread's generator over: `random.seed(a)`. The sign of the number
/// does not count, as in Python.
///
/// ```
/// use guide::random;
///
/// random::seed(444);
/// let draws = [0; 3].map(|_| random::randint(0, 10));
/// assert_eq!(draws, [4, 4, 0]);
/// ```
pub fn seed(a: i64) {
    GENERATOR.set(seeded(a));
}

/// A number from 0.0 up to, but without, 1.0: `random.random()`.
pub fn random() -> f64 {
    let (high, low) = (word() >> 5, word() >> 6);
    (f64::from(high) * f64::from(1 << 26) + f64::from(low)) / (1_u64 << 53) as f64
}

/// A whole number from `a` to `b`, both included: `random.randint(a, b)`.
///
/// # Panics
///
/// When `b` is less than `a`, with the message of Python's `ValueError`.
pub fn randint(a: i64, b: i64) -> i64 {
    assert!(a <= b, "empty range in randrange({a}, {})", i128::from(b) + 1);
    let width = i128::from(b) - i128::from(a) + 1;
    // The sum lies between `a` and `b`, so the cast loses nothing.
    (i128::from(a) + below(width as u128) as i128) as i64
}

/// So many random bits as a number: `random.getrandbits(k)`.
///
/// # Panics
///
/// When `k` is more than 64, the bits of the result.
pub fn getrandbits(k: u32) -> u64 {
    assert!(k <= u64::BITS, "getrandbits({k}) does not fit into 64 bits");
    bits(k) as u64
}

/// One of the items: `random.choice(items)`.
///
/// # Panics
///
/// When there is none, with the message of Python's `IndexError`.
pub fn choice<T>(items: &[T]) -> &T {
    assert!(!items.is_empty(), "Cannot choose from an empty sequence");
    &items[below(items.len() as u128) as usize]
}

/// A number between `a` and `b`: `random.uniform(a, b)`.
pub fn uniform(a: f64, b: f64) -> f64 {
    a + (b - a) * random()
}

/// A number below `limit`, drawn again until it is: anything else would favour some
/// numbers.
fn below(limit: u128) -> u128 {
    let width = u128::BITS - limit.leading_zeros();
    loop {
        let drawn = bits(width);
        if drawn < limit {
            return drawn;
        }
    }
}

/// The words' high bits, the first word lowest. A width of 0 takes no word.
fn bits(width: u32) -> u128 {
    (0..width).step_by(32).fold(0, |sum, shift| {
        let surplus = 32_u32.saturating_sub(width - shift);
        sum | u128::from(word() >> surplus) << shift
    })
}

fn word() -> u32 {
    GENERATOR.with_borrow_mut(Mt::next_u32)
}

/// The key is the number's 32-bit digits, the lowest first, without leading zeros.
fn seeded(a: i64) -> Mt {
    let (low, high) = (a.unsigned_abs() as u32, (a.unsigned_abs() >> 32) as u32);
    Mt::new_with_key([low, high].into_iter().take(if high == 0 { 1 } else { 2 }))
}

#[cfg(test)]
mod tests {
    //! All expected draws were printed by CPython 3.13.

    use super::*;

    #[test]
    fn words_depend_on_the_seed_as_in_python() {
        for (number, words) in [
            (0, [3_626_764_237, 1_654_615_998, 3_255_389_356, 3_823_568_514]),
            (1, [577_090_037, 2_444_712_010, 3_639_700_191, 3_445_702_192]),
            (444, [1_326_692_461, 1_236_154_736, 56_854_717, 1_327_727_452]),
            (-444, [1_326_692_461, 1_236_154_736, 56_854_717, 1_327_727_452]),
            (1 << 32, [485_306_839, 1_508_871_100, 1_794_561_286, 4_014_597_330]),
            (i64::MAX, [1_359_979_423, 2_819_855_560, 2_711_238_091, 569_878_368]),
            (i64::MIN, [2_377_109_768, 1_691_753_470, 4_039_908_392, 899_083_848]),
        ] {
            seed(number);
            assert_eq!([0; 4].map(|_| getrandbits(32)), words, "seed {number}");
        }
    }

    #[test]
    fn whole_numbers_are_drawn_as_in_python() {
        seed(444);
        assert_eq!(
            [0; 20].map(|_| randint(0, 10)),
            [4, 4, 0, 4, 7, 4, 4, 8, 10, 7, 8, 4, 7, 1, 6, 9, 3, 9, 7, 10]
        );
        seed(444);
        assert_eq!([0; 10].map(|_| randint(1, 5)), [3, 3, 1, 3, 4, 3, 3, 5, 4, 5]);
        seed(444);
        let wide = [0; 2].map(|_| randint(i64::MIN, i64::MAX));
        assert_eq!(wide, [-3_914_127_871_612_569_491, -287_076_759_493_180_580]);
        assert_eq!(
            [randint(3, 3), randint(-1_000_000_000_000, 1_000_000_000_000)],
            [3, 132_766_012_019]
        );
    }

    #[test]
    fn bits_and_choices_are_drawn_as_in_python() {
        seed(444);
        let drawn = [0, 1, 8, 32, 33, 53, 64].map(getrandbits);
        assert_eq!(
            drawn,
            [
                0,
                0,
                73,
                56_854_717,
                1_327_727_452,
                7_759_521_031_486_048,
                13_699_284_257_632_214_754
            ]
        );
        seed(444);
        assert_eq!(
            [0; 10].map(|_| *choice(&['a', 'b', 'c'])).iter().collect::<String>(),
            "bbabbbbccc"
        );
    }

    #[test]
    fn fractions_are_drawn_as_in_python() {
        seed(444);
        assert_eq!(
            [0; 3].map(|_| random()),
            [0.3088946587429545, 0.01323751590501987, 0.4844375347808497]
        );
        seed(444);
        let drawn = [0; 3].map(|_| uniform(-1.0, 2.5));
        assert_eq!(
            drawn,
            [0.08113130560034088, -0.9536686943324304, 0.6955313717329741]
        );
    }

    #[test]
    #[should_panic(expected = "empty range in randrange(3, 2)")]
    fn an_empty_range_has_no_number() {
        randint(3, 1);
    }

    #[test]
    #[should_panic(expected = "Cannot choose from an empty sequence")]
    fn an_empty_list_has_no_choice() {
        choice::<u8>(&[]);
    }
}
