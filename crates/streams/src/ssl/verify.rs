//! Verifies that a server is the one it claims to be.
//!
//! The core idea: webpki's two checks (does the chain lead to a root, is the name in the certificate), each of which an
//! `SSLContext` may switch off. The signatures of the handshake are always checked.

use std::fmt;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme};

#[derive(Debug)]
pub(super) struct Verifier {
    pub(super) roots: RootCertStore,
    /// The certificates that the program itself has named as trusted.
    pub(super) trusted: Vec<CertificateDer<'static>>,
    pub(super) check_chain: bool,
    pub(super) check_hostname: bool,
    pub(super) algorithms: WebPkiSupportedAlgorithms,
}

impl Verifier {
    fn verify_chain(
        &self,
        parsed: &ParsedCertificate<'_>,
        server: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), Error> {
        let verified = verify_server_cert_signed_by_trust_anchor(parsed, &self.roots, chain, now, self.algorithms.all);
        match verified {
            // As in OpenSSL, a certificate that is itself trusted may be a server's although it is marked for signing
            // others. Certificates made by `openssl req -x509` are marked so.
            Err(error) if is_ca_as_server(&error) && self.trusted.iter().any(|trusted| trusted == server) => Ok(()),
            Err(Error::InvalidCertificate(CertificateError::UnknownIssuer)) => Err(if is_self_signed(server) {
                Unknown("self-signed certificate").into()
            } else if chain.iter().any(is_self_signed) {
                Unknown("self-signed certificate in certificate chain").into()
            } else {
                CertificateError::UnknownIssuer.into()
            }),
            Err(error) if is_ca_as_server(&error) && is_self_signed(server) => {
                Err(Unknown("self-signed certificate").into())
            }
            verified => verified,
        }
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        server: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if self.check_chain {
            let parsed = ParsedCertificate::try_from(server)?;
            self.verify_chain(&parsed, server, chain, now)?;
            if self.check_hostname {
                verify_server_name(&parsed, name)?;
            }
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        server: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, server, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        server: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, server, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

fn is_ca_as_server(error: &Error) -> bool {
    let Error::InvalidCertificate(CertificateError::Other(OtherError(error))) = error else { return false };
    matches!(error.downcast_ref(), Some(webpki::Error::CaUsedAsEndEntity))
}

fn is_self_signed(certificate: &CertificateDer<'_>) -> bool {
    webpki::EndEntityCert::try_from(certificate).is_ok_and(|parsed| parsed.issuer() == parsed.subject())
}

/// The error of a certificate that no trusted one has signed, and the reason.
#[derive(Debug)]
struct Unknown(&'static str);

impl From<Unknown> for Error {
    fn from(unknown: Unknown) -> Self {
        CertificateError::Other(OtherError(Arc::new(unknown))).into()
    }
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Unknown {}
