//! `Inflate`: decompresses a body while it arrives.

use std::io::Write as _;
use std::mem::take;

use asyncio_runtime::{Result, ValueError};
use flate2::write::MultiGzDecoder;
use hyper::HeaderMap;
use hyper::body::Bytes;
use hyper::header::CONTENT_ENCODING;

use super::text::header;

/// As many compressed bytes are taken at once. They become at most a thousand times as many, in the thread of the loop.
const PIECE: usize = 4 * 1024;

pub(super) struct Inflate {
    /// As received.
    packed: Bytes,
    /// `None` if the body is not compressed.
    decoder: Option<MultiGzDecoder<Vec<u8>>>,
    /// Has anything been received? The response to `HEAD` says how the body would be compressed, but has none.
    fed: bool,
}

impl Inflate {
    pub(super) fn new(headers: &HeaderMap) -> Result<Self> {
        let decoder = match header(headers, CONTENT_ENCODING) {
            "gzip" => Some(MultiGzDecoder::new(Vec::new())),
            "" | "identity" => None,
            other => return Err(ValueError::new(format!("the body is packed by {other:?}")).into()),
        };
        Ok(Self { packed: Bytes::new(), decoder, fed: false })
    }

    /// Takes what was received. [`next`](Self::next) has returned `None` before.
    pub(super) fn feed(&mut self, packed: Bytes) {
        debug_assert!(self.packed.is_empty());
        self.fed |= !packed.is_empty();
        self.packed = packed;
    }

    /// Returns the next piece, or `None` if more has to be received first.
    pub(super) fn next(&mut self) -> Result<Option<Bytes>> {
        let Some(decoder) = &mut self.decoder else {
            return Ok(Some(take(&mut self.packed)).filter(|piece| !piece.is_empty()));
        };
        loop {
            let unpacked = take(decoder.get_mut());
            if !unpacked.is_empty() {
                return Ok(Some(unpacked.into()));
            }
            if self.packed.is_empty() {
                return Ok(None);
            }
            let piece = self.packed.split_to(self.packed.len().min(PIECE));
            decoder.write_all(&piece)?;
        }
    }

    /// Checks that the body was whole. A last piece may be left.
    pub(super) fn finish(&mut self) -> Result<()> {
        match &mut self.decoder {
            Some(decoder) if self.fed => Ok(decoder.try_finish()?),
            _ => Ok(()),
        }
    }
}
