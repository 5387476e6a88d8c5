//! `Buffer`: bytes that are put in at one end and taken out at the other.
//!
//! The core idea: one `Vec`, and the index where its content begins. Taking bytes moves that index. The gap is closed
//! when more is put in than fits behind the content. An empty buffer holds no memory, because most connections are idle
//! most of the time.

#[derive(Debug, Default)]
pub(crate) struct Buffer {
    data: Vec<u8>,
    /// The bytes before this index were taken.
    start: usize,
}

impl Buffer {
    pub(crate) fn len(&self) -> usize {
        self.data.len() - self.start
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        &self.data[self.start..]
    }

    pub(crate) fn extend(&mut self, bytes: &[u8]) {
        // At least half of the memory is gap, so on average a byte is moved at most once for each byte taken.
        if self.start > self.len() && self.data.len() + bytes.len() > self.data.capacity() {
            self.data.drain(..self.start);
            self.start = 0;
        }
        self.data.extend_from_slice(bytes);
    }

    /// Like `extend`, but takes the vector itself where that saves a copy and wastes no memory.
    pub(crate) fn put(&mut self, bytes: &mut Vec<u8>) {
        if !self.is_empty() {
            self.extend(bytes);
            bytes.clear();
        } else if bytes.len() > bytes.capacity() / 2 {
            *self = Self { data: std::mem::take(bytes), start: 0 };
        } else {
            *self = Self { data: bytes.to_vec(), start: 0 };
            bytes.clear();
        }
    }

    /// Drops the first `n` bytes.
    pub(crate) fn consume(&mut self, n: usize) {
        assert!(n <= self.len(), "{n} bytes consumed of {}", self.len());
        self.start += n;
        if self.is_empty() {
            self.clear();
        }
    }

    /// Takes out at most `n` bytes. If that is all of them, the vector is handed over without a copy.
    pub(crate) fn take(&mut self, n: usize) -> Vec<u8> {
        if n >= self.len() && self.start == 0 {
            return std::mem::take(&mut self.data);
        }
        let n = n.min(self.len());
        let taken = self.as_slice()[..n].to_vec();
        self.consume(n);
        taken
    }

    /// Moves bytes to `out`, as many as there are and fit, and returns how many.
    pub(crate) fn take_into(&mut self, out: &mut [u8]) -> usize {
        let n = out.len().min(self.len());
        out[..n].copy_from_slice(&self.as_slice()[..n]);
        self.consume(n);
        n
    }

    pub(crate) fn take_all(&mut self) -> Vec<u8> {
        self.take(usize::MAX)
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_out_as_they_went_in() {
        let mut buffer = Buffer::default();
        let (mut next_in, mut next_out) = (0u8, 0u8);
        for round in 0..10_000usize {
            let bytes: Vec<u8> = (0..round * 7 % 23).map(|i| next_in.wrapping_add(i as u8)).collect();
            next_in = next_in.wrapping_add(bytes.len() as u8);
            buffer.extend(&bytes);
            for byte in buffer.take(round * 5 % 31) {
                assert_eq!(byte, next_out);
                next_out = next_out.wrapping_add(1);
            }
        }
        assert!(buffer.data.capacity() < 100_000, "the gap is never closed");
    }

    #[test]
    fn an_empty_buffer_holds_no_memory() {
        let mut buffer = Buffer::default();
        buffer.extend(&[0; 1000]);
        buffer.consume(1000);
        assert_eq!(buffer.data.capacity(), 0);
        buffer.extend(b"abc");
        assert_eq!(buffer.take_all(), b"abc");
        assert_eq!(buffer.data.capacity(), 0);
        assert_eq!(buffer.take(5), b"");
    }
}
