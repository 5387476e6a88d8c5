//! The name and the password in a URL, which aiohttp sends in a header.

use asyncio_runtime::Result;
use base64::prelude::{BASE64_STANDARD, Engine as _};
use hyper::header::HeaderValue;
use percent_encoding::percent_decode_str;
use url::Url;

/// Removes the name and the password from a URL, and returns the header `Authorization` with them.
pub(super) fn take_login(url: &mut Url) -> Result<Option<HeaderValue>> {
    if url.username().is_empty() && url.password().is_none() {
        return Ok(None);
    }
    let decoded = |text| percent_decode_str(text).collect::<Vec<u8>>();
    let name = decoded(url.username());
    let password = decoded(url.password().unwrap_or_default());
    let login = BASE64_STANDARD.encode([name, password].join(&b':'));
    let mut header = HeaderValue::try_from(format!("Basic {login}"))?;
    header.set_sensitive(true);
    // They fail for URLs without a host, which have neither.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    Ok(Some(header))
}
