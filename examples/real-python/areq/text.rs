//! From the bytes of a response to its text: unpacked, and decoded by the charset
//! that its header names.

use std::io::Read as _;

use asyncio::{Result, ValueError};
use encoding_rs::UTF_8;
use flate2::read::MultiGzDecoder;
use guide::codecs::lookup;
use hyper::HeaderMap;
use hyper::header::{CONTENT_ENCODING, CONTENT_TYPE};

/// A page has no more bytes than this, packed or unpacked.
pub(crate) const MOST: usize = 8 << 20;

pub(crate) fn check_size(bytes: usize) -> Result<(), ValueError> {
    if bytes > MOST {
        Err(ValueError::new(format!("the body has more than {} MiB", MOST >> 20)))
    } else {
        Ok(())
    }
}

/// The text of a body.
pub(crate) fn decode(headers: &HeaderMap, body: Vec<u8>) -> Result<String> {
    let header = |name| {
        headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    };
    let body = match header(CONTENT_ENCODING) {
        "gzip" => unpack(&body)?,
        "" | "identity" => body,
        other => {
            return Err(ValueError::new(format!(
                "the body is packed by {other:?}"
            ))
            .into());
        }
    };
    let content_type = header(CONTENT_TYPE);
    // Names that nobody knows are ignored, as by aiohttp.
    let encoding = charset(content_type).and_then(lookup).unwrap_or(UTF_8);
    let (text, encoding, wrong) = encoding.decode(&body);
    if wrong {
        return Err(ValueError::new(format!(
            "the body ({content_type}) is no text in {}",
            encoding.name()
        ))
        .into());
    }
    Ok(text.into_owned())
}

/// The parameter `charset` of a content type.
fn charset(content_type: &str) -> Option<&str> {
    let parameters = content_type.split(';').skip(1);
    let (_, charset) = parameters
        .filter_map(|parameter| parameter.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))?;
    Some(charset.trim().trim_matches('"'))
}

/// A few bytes can hold more than memory has, so no more is unpacked than is
/// allowed.
fn unpack(packed: &[u8]) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    MultiGzDecoder::new(packed).take(MOST as u64 + 1).read_to_end(&mut body)?;
    check_size(body.len())?;
    Ok(body)
}
