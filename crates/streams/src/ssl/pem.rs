//! Certificates and keys, from PEM.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use asyncio_runtime::Result;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use super::error::SSLError;

/// Reads a file; the error names it.
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    fs::read(path).map_err(|error| {
        let what = format!("{}: '{}'", crate::error::reason(&error), path.display());
        crate::error::with_errno(&error, what)
    })
}

/// All certificates in a text; an error if there is none.
pub(super) fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match all {
        Ok(all) if !all.is_empty() => Ok(all),
        Ok(_) => Err(bad("NO_CERTIFICATE_OR_CRL_FOUND", "no certificate found in PEM form")),
        Err(error) => Err(bad("BAD_PEM", format!("a certificate cannot be read: {error:?}"))),
    }
}

/// A certificate with the chain to its root, and its key.
pub(super) fn certified_key(chain: &[u8], key: &[u8], provider: &CryptoProvider) -> Result<Arc<CertifiedKey>> {
    let chain = certificates(chain)?;
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| {
        bad("NO_PRIVATE_KEY_FOUND", "no private key found in PEM form (one that is encrypted cannot be read)")
    })?;
    let certified = CertifiedKey::from_der(chain, key, provider);
    Ok(Arc::new(certified.map_err(|error| SSLError::from(error).into_io())?))
}

fn bad(reason: &'static str, message: impl Into<std::borrow::Cow<'static, str>>) -> asyncio_runtime::Error {
    SSLError::new(reason, message).into_io().into()
}
