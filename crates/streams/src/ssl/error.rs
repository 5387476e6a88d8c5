//! `SSLError`: the error of an encrypted connection, in one line.
//!
//! The words are OpenSSL's where it has some, because Python programmers know them and search engines find them.

use std::borrow::Cow;
use std::fmt;
use std::io;

use asyncio_runtime::Error;
use rustls::CertificateError;
use rustls::pki_types::ServerName;

/// A failure of TLS: Python's `ssl.SSLError`, and `ssl.SSLCertVerificationError` if it has a
/// [`verify_message`](Self::verify_message).
///
/// As in Python it is an error of the system's kind: it is inside an `std::io::Error`. [`SSLError::of`] finds it.
///
/// # Examples
///
/// ```
/// use asyncio::ssl::SSLError;
/// use asyncio::{open_connection, run, start_server};
///
/// run(async {
///     let server = start_server(async |_, writer| Ok(writer.write("220 no TLS here\r\n")?), "127.0.0.1", 0).await?;
///     let port = server.sockets()[0].port().unwrap();
///     let error = open_connection("127.0.0.1", port).ssl(true).await.unwrap_err();
///     assert_eq!(error.to_string(), "[SSL: WRONG_VERSION_NUMBER] wrong version number");
///     assert_eq!(SSLError::of(&error).unwrap().reason(), "WRONG_VERSION_NUMBER");
///     Ok(())
/// })
/// .unwrap();
/// ```
#[doc(alias = "SSLCertVerificationError")]
#[derive(Clone, PartialEq, Eq)]
pub struct SSLError {
    reason: Cow<'static, str>,
    message: Cow<'static, str>,
    of_certificate: bool,
}

impl SSLError {
    /// The TLS error inside an error, if there is one.
    #[must_use]
    pub fn of(error: &Error) -> Option<&SSLError> {
        let inside = || error.downcast_ref::<io::Error>()?.get_ref()?.downcast_ref();
        error.downcast_ref().or_else(inside)
    }

    /// The name of the error, such as `CERTIFICATE_VERIFY_FAILED`.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// The problem with the peer's certificate, if that is the error: `certificate has expired`.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::ssl::{Protocol, SSLContext, SSLError};
    /// use asyncio::{open_connection, run, start_server};
    ///
    /// let identity = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    /// let mut context = SSLContext::new(Protocol::TlsServer);
    /// context.load_cert_chain_data(identity.cert.pem(), identity.signing_key.serialize_pem()).unwrap();
    /// run(async move {
    ///     let server = start_server(async |_, _| Ok(()), "127.0.0.1", 0).ssl(&context).await?;
    ///     let trusts_nobody = SSLContext::new(Protocol::TlsClient);
    ///     let connecting = open_connection("127.0.0.1", server.sockets()[0].port().unwrap()).ssl(&trusts_nobody);
    ///     let error = connecting.await.unwrap_err();
    ///     let error = SSLError::of(&error).unwrap();
    ///     assert_eq!(error.reason(), "CERTIFICATE_VERIFY_FAILED");
    ///     assert_eq!(error.verify_message(), Some("self-signed certificate"));
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    #[must_use]
    pub fn verify_message(&self) -> Option<&str> {
        self.of_certificate.then_some(&self.message)
    }

    pub(super) fn new(reason: impl Into<Cow<'static, str>>, message: impl Into<Cow<'static, str>>) -> Self {
        Self { reason: reason.into(), message: message.into(), of_certificate: false }
    }

    pub(super) fn unexpected_eof() -> Self {
        Self::new("UNEXPECTED_EOF_WHILE_READING", "EOF occurred in violation of protocol")
    }

    pub(super) fn data_after_goodbye() -> Self {
        Self::new("APPLICATION_DATA_AFTER_CLOSE_NOTIFY", "application data after close notify")
    }

    /// The error as a transport returns it.
    pub(super) fn into_io(self) -> io::Error {
        let truncated = self.reason == "UNEXPECTED_EOF_WHILE_READING";
        io::Error::new(if truncated { io::ErrorKind::UnexpectedEof } else { io::ErrorKind::InvalidData }, self)
    }
}

impl From<rustls::Error> for SSLError {
    fn from(error: rustls::Error) -> Self {
        use rustls::{Error as Tls, InconsistentKeys, InvalidMessage};
        match error {
            Tls::InvalidCertificate(error) => {
                Self { reason: "CERTIFICATE_VERIFY_FAILED".into(), message: certificate(&error), of_certificate: true }
            }
            Tls::NoCertificatesPresented => {
                Self::new("PEER_DID_NOT_RETURN_A_CERTIFICATE", "peer did not return a certificate")
            }
            Tls::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
                Self::new("KEY_VALUES_MISMATCH", "the key is not that of the certificate")
            }
            // The first bytes were not a TLS record: most likely the peer does not speak TLS.
            Tls::InvalidMessage(
                InvalidMessage::InvalidContentType
                | InvalidMessage::UnknownProtocolVersion
                | InvalidMessage::MessageTooLarge,
            ) => Self::new("WRONG_VERSION_NUMBER", "wrong version number"),
            Tls::PeerIncompatible(why) => Self::new("NO_COMMON_GROUND", spaced(&format!("{why:?}"))),
            Tls::AlertReceived(alert) => {
                let alert = spaced(&format!("{alert:?}"));
                Self::new(format!("TLS_ALERT_{}", alert.replace(' ', "_").to_uppercase()), format!("tls alert {alert}"))
            }
            Tls::DecryptError => {
                Self::new("DECRYPTION_FAILED_OR_BAD_RECORD_MAC", "decryption failed or bad record mac")
            }
            error => Self::new("PROTOCOL_ERROR", error.to_string()),
        }
    }
}

/// The problem with a certificate, in words.
fn certificate(error: &CertificateError) -> Cow<'static, str> {
    use CertificateError as Wrong;
    match error {
        Wrong::Expired | Wrong::ExpiredContext { .. } => "certificate has expired".into(),
        Wrong::NotValidYet | Wrong::NotValidYetContext { .. } => "certificate is not yet valid".into(),
        Wrong::Revoked => "certificate revoked".into(),
        Wrong::UnknownIssuer => "unable to get local issuer certificate".into(),
        Wrong::BadSignature => "certificate signature failure".into(),
        Wrong::NotValidForNameContext { expected, .. } => {
            let what = if matches!(expected, ServerName::IpAddress(_)) { "IP address" } else { "Hostname" };
            format!("{what} mismatch, certificate is not valid for '{}'.", expected.to_str()).into()
        }
        Wrong::Other(error) => error.to_string().into(),
        error => error.to_string().into(),
    }
}

/// The words of a name such as `UnknownCA`, in lower case.
fn spaced(name: &str) -> String {
    let mut words = String::new();
    let mut last = '_';
    for letter in name.chars() {
        if letter.is_uppercase() && last.is_lowercase() {
            words.push(' ');
        }
        words.extend(letter.to_lowercase());
        last = letter;
    }
    words
}

impl fmt::Display for SSLError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verifying = if self.of_certificate { "certificate verify failed: " } else { "" };
        write!(f, "[SSL: {}] {verifying}{}", self.reason, self.message)
    }
}

impl fmt::Debug for SSLError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = if self.of_certificate { "SSLCertVerificationError" } else { "SSLError" };
        write!(f, "{name}({:?})", self.to_string())
    }
}

impl std::error::Error for SSLError {}
