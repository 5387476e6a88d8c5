//! One event of a trace, written as JSON at the end of a buffer.
//!
//! Hand-written, because a trace is written in the middle of what it measures: tracing a step takes less time than building a
//! tree of values. Each event is a line of its own, `{"ph":…,"pid":…,"tid":…,"ts":…,"name":…,"args":{…}}`, with a comma before
//! it.

/// A text is cut after this many bytes.
const LONGEST: usize = 400;

/// The number of a loop, as all of its events have it. Copying a text takes less time if its length is a constant.
pub(crate) struct LoopNumber {
    text: [u8; 32],
    length: usize,
}

impl LoopNumber {
    pub(crate) fn new(pid: u32) -> Self {
        let written = format!("\",\"pid\":{pid},\"tid\":");
        let mut text = [b' '; 32];
        text[..written.len()].copy_from_slice(written.as_bytes());
        Self { text, length: written.len() }
    }
}

/// An event that is being written; dropping it ends it.
pub(crate) struct JsonEvent<'a> {
    out: &'a mut Vec<u8>,
    has_args: bool,
}

impl<'a> JsonEvent<'a> {
    /// Begins an event with its phase, the number of its loop and that of its track, and the time in nanoseconds.
    #[inline]
    pub(crate) fn new(out: &'a mut Vec<u8>, phase: u8, process: &LoopNumber, tid: u32, nanos: u64) -> Self {
        out.extend_from_slice(&[b',', b'\n', b'{', b'"', b'p', b'h', b'"', b':', b'"', phase]);
        out.extend_from_slice(&process.text);
        out.truncate(out.len() - process.text.len() + process.length);
        integer(out, tid.into());
        out.extend_from_slice(b",\"ts\":");
        micros(out, nanos);
        Self { out, has_args: false }
    }

    /// Adds constant fields, as they are in JSON, such as `"name":"step"`.
    #[inline]
    pub(crate) fn fixed(self, fields: &'static str) -> Self {
        self.out.push(b',');
        self.out.extend_from_slice(fields.as_bytes());
        self
    }

    /// Adds the duration, given in nanoseconds.
    #[inline]
    pub(crate) fn duration(self, nanos: u64) -> Self {
        self.out.extend_from_slice(b",\"dur\":");
        micros(self.out, nanos);
        self
    }

    /// Adds the name.
    pub(crate) fn name(self, name: &str) -> Self {
        self.out.extend_from_slice(b",\"name\":");
        text(self.out, name);
        self
    }

    /// Adds the number of a flow.
    pub(crate) fn flow(self, id: u64) -> Self {
        self.out.extend_from_slice(b",\"id\":");
        integer(self.out, id);
        self
    }

    #[inline]
    fn key(&mut self, key: &'static str) {
        self.out.extend_from_slice(if self.has_args { b",\"" } else { b",\"args\":{\"" });
        self.has_args = true;
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
    }

    /// Adds an argument that is a text.
    pub(crate) fn text(mut self, key: &'static str, value: &str) -> Self {
        self.key(key);
        text(self.out, value);
        self
    }

    /// Adds an argument that is a number.
    #[inline]
    pub(crate) fn number(mut self, key: &'static str, value: u64) -> Self {
        self.key(key);
        integer(self.out, value);
        self
    }

    /// Adds an argument that is a time in seconds.
    pub(crate) fn seconds(mut self, key: &'static str, value: f64) -> Self {
        self.key(key);
        if value.is_finite() {
            self.out.extend_from_slice(value.to_string().as_bytes());
        } else {
            text(self.out, &value.to_string());
        }
        self
    }

    /// Adds an argument that is a span of nanoseconds, written in microseconds.
    #[inline]
    pub(crate) fn micros(mut self, key: &'static str, nanos: u64) -> Self {
        self.key(key);
        micros(self.out, nanos);
        self
    }

    /// Adds arguments that are JSON already.
    #[inline]
    pub(crate) fn json(mut self, arguments: &str) -> Self {
        self.out.extend_from_slice(if self.has_args { b"," } else { b",\"args\":{" });
        self.has_args = true;
        self.out.extend_from_slice(arguments.as_bytes());
        self
    }
}

impl Drop for JsonEvent<'_> {
    #[inline]
    fn drop(&mut self) {
        self.out.extend_from_slice(if self.has_args { b"}}" } else { b"}" });
    }
}

#[inline]
fn integer(out: &mut Vec<u8>, value: u64) {
    if value < 1000 {
        leading(out, value);
    } else {
        integer(out, value / 1000);
        out.extend_from_slice(&three(value % 1000)[1..]);
    }
}

/// Appends the digits of a number below a thousand, without leading zeros.
#[inline]
fn leading(out: &mut Vec<u8>, value: u64) {
    let zeros = u32::from(value < 10) + u32::from(value < 100);
    let digits = u32::from_le_bytes(three(value)) >> (8 * (zeros + 1));
    out.extend_from_slice(&digits.to_le_bytes());
    out.truncate(out.len() - 1 - zeros as usize);
}

#[inline]
fn micros(out: &mut Vec<u8>, nanos: u64) {
    integer(out, nanos / 1000);
    if !nanos.is_multiple_of(1000) {
        out.extend_from_slice(&three(nanos % 1000));
    }
}

/// A point and the three digits of a number below a thousand.
#[inline]
fn three(value: u64) -> [u8; 4] {
    const ALL: [[u8; 4]; 1000] = {
        let mut all = [[b'.'; 4]; 1000];
        let mut value = 0;
        while value < all.len() {
            all[value][1] = b'0' + (value / 100) as u8;
            all[value][2] = b'0' + (value / 10 % 10) as u8;
            all[value][3] = b'0' + (value % 10) as u8;
            value += 1;
        }
        all
    };
    static DIGITS: [[u8; 4]; 1000] = ALL;
    DIGITS[value as usize]
}

fn text(out: &mut Vec<u8>, value: &str) {
    out.push(b'"');
    let value = &value[..end(value)];
    // Without an early exit, so that the compiler can check many bytes at a time.
    let is_plain = |byte: u8| byte >= b' ' && byte != b'"' && byte != b'\\';
    if value.bytes().fold(true, |all, byte| all & is_plain(byte)) {
        out.extend_from_slice(value.as_bytes());
    } else {
        value.bytes().for_each(|byte| escaped(out, byte));
    }
    out.push(b'"');
}

/// A text in JSON.
pub(crate) fn quoted(value: &str) -> String {
    let mut out = Vec::new();
    text(&mut out, value);
    String::from_utf8_lossy(&out).into_owned()
}

/// Where a text is cut.
fn end(value: &str) -> usize {
    let mut end = value.len().min(LONGEST);
    while !value.is_char_boundary(end) {
        end -= 1;
    }
    end
}

/// Cuts a text, so that it takes no more memory than the part that is written.
pub(crate) fn cut(mut value: String) -> String {
    value.truncate(end(&value));
    value
}

fn escaped(out: &mut Vec<u8>, byte: u8) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    match byte {
        b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
        b'\n' => out.extend_from_slice(b"\\n"),
        0..b' ' => {
            out.extend_from_slice(b"\\u00");
            out.extend_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
        }
        _ => out.push(byte),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(make: impl FnOnce(JsonEvent<'_>)) -> serde_json::Value {
        let mut out = Vec::new();
        make(JsonEvent::new(&mut out, b'i', &LoopNumber::new(1), 2, 3_004_005));
        let text = String::from_utf8(out).unwrap();
        serde_json::from_str(text.strip_prefix(",\n").unwrap()).unwrap()
    }

    #[test]
    fn what_is_written_is_read_back() {
        let hostile = "\"quoted\" \\ \n \u{1}\u{7f} ☕";
        let event = written(|event| {
            drop(
                event
                    .name(hostile)
                    .flow(u64::MAX)
                    .number("n", 0)
                    .seconds("s", 0.1)
                    .micros("us", 12)
                    .json(&format!("\"at\":{}", quoted(&format!("{hostile}:7")))),
            );
        });
        let expected = serde_json::json!({
            "ph": "i", "pid": 1, "tid": 2, "ts": 3004.005, "name": hostile, "id": u64::MAX,
            "args": { "n": 0, "s": 0.1, "us": 0.012, "at": format!("{hostile}:7") },
        });
        assert_eq!(event, expected);
    }

    #[test]
    fn numbers_have_all_their_digits() {
        for number in [0, 1, 9, 10, 99, 100, 101, 12_345, 999, 1000, 1001, 99_099, 1_000_000, 123_456_789, u64::MAX] {
            assert_eq!(written(|event| drop(event.number("n", number)))["args"]["n"], number);
        }
    }

    #[test]
    fn a_long_text_is_cut_between_two_characters() {
        let event = written(|event| drop(event.name(&"é☕".repeat(200)).seconds("s", f64::INFINITY)));
        let name = event["name"].as_str().unwrap();
        assert!(name.len() <= LONGEST && name.len() > LONGEST - 4, "{}", name.len());
        assert_eq!(event["args"]["s"], "inf");
    }
}
