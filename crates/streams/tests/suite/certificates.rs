//! Certificates, made on the spot.

use asyncio_streams::ssl::{Protocol, SSLContext};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};

/// A certificate and its key, in PEM form.
pub(crate) struct Identity {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

/// A certificate authority.
pub(crate) struct Authority {
    pub(crate) certificate: String,
    issuer: Issuer<'static, KeyPair>,
}

fn params(names: &[&str]) -> CertificateParams {
    let mut params = CertificateParams::new(names.iter().map(ToString::to_string).collect::<Vec<_>>()).unwrap();
    // Python's verifier insists on it.
    params.use_authority_key_identifier_extension = true;
    params.distinguished_name.push(DnType::CommonName, names.first().copied().unwrap_or("nobody"));
    params
}

impl Authority {
    pub(crate) fn new() -> Self {
        Self::named("The authority of this test")
    }

    pub(crate) fn named(name: &str) -> Self {
        let mut params = params(&[name]);
        params.subject_alt_names.clear();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap().pem();
        Self { certificate, issuer: Issuer::new(params, key) }
    }

    pub(crate) fn sign(&self, names: &[&str]) -> Identity {
        self.sign_with(names, |_| ())
    }

    pub(crate) fn sign_with(&self, names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Identity {
        let mut params = params(names);
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap().pem();
        Identity { certificate, key: key.serialize_pem() }
    }

    /// A client that trusts the authority.
    pub(crate) fn client(&self) -> SSLContext {
        let mut context = SSLContext::new(Protocol::TlsClient);
        context.load_verify_data(&self.certificate).unwrap();
        context
    }
}

impl Identity {
    pub(crate) fn self_signed(names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Self {
        let mut params = params(names);
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        Self { certificate: params.self_signed(&key).unwrap().pem(), key: key.serialize_pem() }
    }

    pub(crate) fn server(&self) -> SSLContext {
        let mut context = SSLContext::new(Protocol::TlsServer);
        context.load_cert_chain_data(&self.certificate, &self.key).unwrap();
        context
    }
}

/// A client and a server that accept each other, for the host `127.0.0.1` and the name `localhost`.
pub(crate) fn contexts() -> (SSLContext, SSLContext) {
    let authority = Authority::new();
    (authority.client(), authority.sign(&["localhost", "127.0.0.1"]).server())
}
