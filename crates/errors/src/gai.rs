//! `GaiError`: a host name without an address.

use std::error::Error as StdError;
use std::fmt;
use std::io;

/// A host name could not be resolved: Python's `socket.gaierror`, and printed under that name.
///
/// Python's is a subclass of `OSError`; here it is wrapped in a [`std::io::Error`] of the kind `NotFound`.
///
/// # Examples
///
/// ```
/// use std::io;
///
/// use asyncio::{Error, GaiError};
///
/// let error = io::Error::from(GaiError::new("nowhere.test", "it has no address"));
/// assert_eq!(error.kind(), io::ErrorKind::NotFound);
/// assert_eq!(error.to_string(), "cannot resolve 'nowhere.test': it has no address");
/// assert!(error.get_ref().unwrap().is::<GaiError>());
/// assert!(format!("{:?}", Error::from(error)).starts_with("gaierror("));
/// ```
#[doc(alias = "gaierror")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GaiError {
    host: String,
    reason: String,
}

impl GaiError {
    /// The error for this host, and why it has no address.
    #[must_use]
    pub fn new(host: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { host: host.into(), reason: reason.into() }
    }
}

impl fmt::Display for GaiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The standard library puts this in front of the system's message.
        let reason = self.reason.strip_prefix("failed to lookup address information: ").unwrap_or(&self.reason);
        write!(f, "cannot resolve '{}': {reason}", self.host)
    }
}

impl StdError for GaiError {}

impl From<GaiError> for io::Error {
    fn from(error: GaiError) -> Self {
        Self::new(io::ErrorKind::NotFound, error)
    }
}
