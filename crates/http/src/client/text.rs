//! From the bytes of a response to its text: decompressed, and decoded by the charset that its header names.

use std::io::Read as _;

use asyncio_runtime::{Result, ValueError};
use encoding_rs::{Encoding, UTF_8};
use flate2::read::MultiGzDecoder;
use hyper::HeaderMap;
use hyper::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderName};

use super::codecs::lookup;

pub(super) fn check_size(bytes: usize, most: usize) -> Result<(), ValueError> {
    if bytes <= most {
        return Ok(());
    }
    let most = if most.is_multiple_of(1 << 20) { format!("{} MiB", most >> 20) } else { format!("{most} bytes") };
    Err(ValueError::new(format!("the body has more than {most}")))
}

/// The body as it was before it was compressed.
pub(super) fn decompress(headers: &HeaderMap, body: Vec<u8>, most: usize) -> Result<Vec<u8>> {
    match header(headers, CONTENT_ENCODING) {
        // The response to `HEAD` says how the body would be compressed, but has none.
        _ if body.is_empty() => Ok(body),
        "gzip" => gunzip(&body, most),
        "" | "identity" => Ok(body),
        other => Err(ValueError::new(format!("the body is packed by {other:?}")).into()),
    }
}

/// The text of a decompressed body.
pub(super) fn decode(headers: &HeaderMap, body: &[u8]) -> Result<String> {
    let (text, encoding, wrong) = encoding(headers).decode(body);
    if wrong {
        let content_type = header(headers, CONTENT_TYPE);
        let message = format!("the body ({content_type}) is no text in {}", encoding.name());
        return Err(ValueError::new(message).into());
    }
    Ok(text.into_owned())
}

/// The text of a decompressed body, with a replacement character for each sequence of bytes that is not text.
pub(super) fn decode_lossy(headers: &HeaderMap, body: &[u8]) -> String {
    encoding(headers).decode(body).0.into_owned()
}

/// Unknown names are ignored, as by aiohttp.
fn encoding(headers: &HeaderMap) -> &'static Encoding {
    charset(header(headers, CONTENT_TYPE)).and_then(lookup).unwrap_or(UTF_8)
}

pub(super) fn header(headers: &HeaderMap, name: HeaderName) -> &str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// The parameter `charset` of a content type.
fn charset(content_type: &str) -> Option<&str> {
    let parameters = content_type.split(';').skip(1);
    let (_, charset) = parameters
        .filter_map(|parameter| parameter.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))?;
    Some(charset.trim().trim_matches('"'))
}

/// A few compressed bytes can expand to more than memory can hold, so decompression stops at the limit.
fn gunzip(packed: &[u8], most: usize) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    MultiGzDecoder::new(packed).take(most as u64 + 1).read_to_end(&mut body)?;
    check_size(body.len(), most)?;
    Ok(body)
}
