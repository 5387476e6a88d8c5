//! `SSLContext`: which peers to trust, our own certificate, and how strict to be.
//!
//! The core idea: plain settings, from which rustls' configuration is made once, when the first connection needs it.
//! All connections of a context share the configuration, and with it the sessions that can be resumed.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, LazyLock, OnceLock};

use asyncio_runtime::{Result, ValueError};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::CertificateDer;
use rustls::server::{NoClientAuth, WebPkiClientVerifier};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, KeyLogFile, RootCertStore, ServerConfig, SupportedProtocolVersion, version};

use super::error::SSLError;
use super::pem;
use super::verify::Verifier;

static PROVIDER: LazyLock<Arc<CryptoProvider>> = LazyLock::new(|| Arc::new(ring::default_provider()));

/// Creates a context for clients that trusts the platform's certificate authorities: `ssl.create_default_context()`.
///
/// The roots are the platform's, as OpenSSL finds them (`SSL_CERT_FILE` and `SSL_CERT_DIR` included). If there are
/// none, they are Mozilla's, as compiled in. A server needs a [`SSLContext::new`]`(Protocol::TlsServer)` and a
/// certificate.
///
/// # Examples
///
/// ```
/// use asyncio::ssl::{VerifyMode, create_default_context};
///
/// let context = create_default_context();
/// assert!(context.check_hostname());
/// assert_eq!(context.verify_mode(), VerifyMode::Required);
/// ```
#[must_use]
pub fn create_default_context() -> SSLContext {
    let mut context = SSLContext::new(Protocol::TlsClient);
    context.load_default_certs();
    context
}

/// The side that a context is for: `ssl.PROTOCOL_TLS_CLIENT` and `ssl.PROTOCOL_TLS_SERVER`.
///
/// # Examples
///
/// ```
/// use asyncio::ssl::{Protocol, SSLContext, VerifyMode};
///
/// assert_eq!(SSLContext::new(Protocol::TlsClient).verify_mode(), VerifyMode::Required);
/// assert_eq!(SSLContext::new(Protocol::TlsServer).verify_mode(), VerifyMode::None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// The side that connects. Servers are verified.
    #[doc(alias = "PROTOCOL_TLS_CLIENT")]
    TlsClient,
    /// The side that accepts. Clients are not verified, unless [`SSLContext::set_verify_mode`] says so.
    #[doc(alias = "PROTOCOL_TLS_SERVER")]
    TlsServer,
}

/// Must the peer have a valid certificate? `SSLContext.verify_mode`.
///
/// # Examples
///
/// ```
/// use asyncio::ssl::{Protocol, SSLContext, VerifyMode};
///
/// // A server that asks its clients for certificates.
/// let mut server = SSLContext::new(Protocol::TlsServer);
/// server.set_verify_mode(VerifyMode::Required).unwrap();
/// // A client does not trust blindly by mistake.
/// let mut client = SSLContext::new(Protocol::TlsClient);
/// let error = client.set_verify_mode(VerifyMode::None).unwrap_err();
/// assert_eq!(error.to_string(), "Cannot set verify_mode to CERT_NONE when check_hostname is enabled.");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerifyMode {
    /// `CERT_NONE`: the certificate is not checked. A client is then open to an attacker in the middle.
    #[doc(alias = "CERT_NONE")]
    None,
    /// `CERT_OPTIONAL`: a client's certificate is verified if it has one. For a server's it is the same as `Required`.
    #[doc(alias = "CERT_OPTIONAL")]
    Optional,
    /// `CERT_REQUIRED`: the peer must have a valid certificate.
    #[doc(alias = "CERT_REQUIRED")]
    Required,
}

/// A version of TLS.
///
/// # Examples
///
/// ```
/// use asyncio::ssl::{TLSVersion, create_default_context};
///
/// assert!(TLSVersion::TLSv1_2 < TLSVersion::TLSv1_3);
/// let mut modern = create_default_context();
/// modern.set_minimum_version(TLSVersion::TLSv1_3);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TLSVersion {
    /// TLS 1.2
    TLSv1_2,
    /// TLS 1.3
    TLSv1_3,
}

/// Settings for encrypted connections: `ssl.SSLContext`.
///
/// # Examples
///
/// ```
/// use asyncio::ssl::{Protocol, SSLContext, VerifyMode};
///
/// // For a test against a server without a proper certificate.
/// let mut context = SSLContext::new(Protocol::TlsClient);
/// context.set_check_hostname(false);
/// context.set_verify_mode(VerifyMode::None).unwrap();
/// ```
#[derive(Clone)]
pub struct SSLContext {
    settings: Settings,
    /// Made from the settings, for all clones with the same ones. Changing the settings starts a new one.
    made: Arc<Made>,
}

#[derive(Clone)]
struct Settings {
    protocol: Protocol,
    verify_mode: VerifyMode,
    check_hostname: bool,
    minimum: TLSVersion,
    maximum: TLSVersion,
    alpn: Vec<Vec<u8>>,
    ignore_unexpected_eof: bool,
    roots: RootCertStore,
    /// The roots that the program itself has named.
    trusted: Vec<CertificateDer<'static>>,
    identity: Option<Arc<CertifiedKey>>,
}

#[derive(Default)]
struct Made {
    client: OnceLock<Arc<ClientConfig>>,
    server: OnceLock<Arc<ServerConfig>>,
}

impl SSLContext {
    /// Creates a context that trusts no certificate yet: `ssl.SSLContext(protocol)`.
    #[must_use]
    pub fn new(protocol: Protocol) -> Self {
        let is_client = protocol == Protocol::TlsClient;
        let settings = Settings {
            protocol,
            verify_mode: if is_client { VerifyMode::Required } else { VerifyMode::None },
            check_hostname: is_client,
            minimum: TLSVersion::TLSv1_2,
            maximum: TLSVersion::TLSv1_3,
            alpn: Vec::new(),
            ignore_unexpected_eof: false,
            roots: RootCertStore::empty(),
            trusted: Vec::new(),
            identity: None,
        };
        Self { settings, made: Arc::default() }
    }

    fn change(&mut self) -> &mut Settings {
        self.made = Arc::default();
        &mut self.settings
    }

    // Which peers to trust.

    /// Trusts the platform's certificate authorities, as [`create_default_context`] does.
    pub fn load_default_certs(&mut self) {
        static DEFAULT: LazyLock<RootCertStore> = LazyLock::new(default_roots);
        self.change().roots.extend(DEFAULT.roots.iter().cloned());
    }

    /// Also trusts the certificates in this PEM file: `load_verify_locations(cafile)`.
    ///
    /// # Errors
    ///
    /// `std::io::Error` that names the file; [`SSLError`] if it holds no certificate.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::ssl::{Protocol, SSLContext};
    ///
    /// let mut context = SSLContext::new(Protocol::TlsClient);
    /// let error = context.load_verify_locations("no-such.pem").unwrap_err();
    /// assert!(error.to_string().ends_with("No such file or directory: 'no-such.pem'"));
    /// ```
    pub fn load_verify_locations(&mut self, cafile: impl AsRef<Path>) -> Result<()> {
        self.load_verify_data(pem::read(cafile.as_ref())?)
    }

    /// Also trusts the certificates in this PEM text: `load_verify_locations(cadata=…)`.
    ///
    /// # Errors
    ///
    /// [`SSLError`] if it holds no certificate.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::ssl::{Protocol, SSLContext, SSLError};
    ///
    /// let authority = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    /// let mut context = SSLContext::new(Protocol::TlsClient);
    /// context.load_verify_data(authority.cert.pem()).unwrap();
    /// let error = context.load_verify_data("this is no certificate").unwrap_err();
    /// assert_eq!(SSLError::of(&error).unwrap().reason(), "NO_CERTIFICATE_OR_CRL_FOUND");
    /// ```
    #[doc(alias = "cadata")]
    pub fn load_verify_data(&mut self, pem: impl AsRef<[u8]>) -> Result<()> {
        let certificates = pem::certificates(pem.as_ref())?;
        let settings = self.change();
        for certificate in certificates {
            settings.roots.add(certificate.clone()).map_err(|error| SSLError::from(error).into_io())?;
            settings.trusted.push(certificate);
        }
        Ok(())
    }

    /// Must a server's certificate be for the name that is connected to?
    #[must_use]
    pub fn check_hostname(&self) -> bool {
        self.settings.check_hostname
    }

    /// Sets whether a server's certificate must be for the name that is connected to. `true` also switches on
    /// verifying.
    #[doc(alias = "check_hostname")]
    pub fn set_check_hostname(&mut self, check: bool) {
        let settings = self.change();
        settings.check_hostname = check;
        if check && settings.verify_mode == VerifyMode::None {
            settings.verify_mode = VerifyMode::Required;
        }
    }

    /// Must the peer have a valid certificate?
    #[must_use]
    pub fn verify_mode(&self) -> VerifyMode {
        self.settings.verify_mode
    }

    /// Sets whether the peer must have a valid certificate.
    ///
    /// # Errors
    ///
    /// `ValueError` for `None` while the name is checked.
    #[doc(alias = "verify_mode")]
    pub fn set_verify_mode(&mut self, mode: VerifyMode) -> Result<(), ValueError> {
        if mode == VerifyMode::None && self.settings.check_hostname {
            return Err(ValueError::new("Cannot set verify_mode to CERT_NONE when check_hostname is enabled."));
        }
        self.change().verify_mode = mode;
        Ok(())
    }

    // Our own certificate.

    /// Loads our certificate, followed by the chain to its root, and its key from PEM files, which may be the same
    /// file.
    ///
    /// # Errors
    ///
    /// `std::io::Error` that names the file; [`SSLError`] if something is missing, if the key does not belong to the
    /// certificate, or if the key is encrypted (Python can read such a key).
    pub fn load_cert_chain(&mut self, certfile: impl AsRef<Path>, keyfile: impl AsRef<Path>) -> Result<()> {
        self.load_cert_chain_data(pem::read(certfile.as_ref())?, pem::read(keyfile.as_ref())?)
    }

    /// Loads our certificate, followed by the chain to its root, and its key from PEM texts.
    ///
    /// # Errors
    ///
    /// Those of [`load_cert_chain`](Self::load_cert_chain), except for files.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::ssl::{Protocol, SSLContext};
    /// use asyncio::{StreamWriter, open_connection, run, start_server};
    ///
    /// let identity = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    /// let (mut server, mut client) = (SSLContext::new(Protocol::TlsServer), SSLContext::new(Protocol::TlsClient));
    /// server.load_cert_chain_data(identity.cert.pem(), identity.signing_key.serialize_pem()).unwrap();
    /// client.load_verify_data(identity.cert.pem()).unwrap();
    /// run(async move {
    ///     let tell = async |_, writer: StreamWriter| Ok(writer.write("secret")?);
    ///     let server = start_server(tell, "127.0.0.1", 0).ssl(&server).await?;
    ///     let connecting = open_connection("127.0.0.1", server.sockets()[0].port().unwrap()).ssl(&client);
    ///     let (mut reader, _writer) = connecting.server_hostname("localhost").await?;
    ///     assert_eq!(reader.read_to_end().await?, b"secret");
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    #[doc(alias = "load_cert_chain")]
    pub fn load_cert_chain_data(&mut self, chain: impl AsRef<[u8]>, key: impl AsRef<[u8]>) -> Result<()> {
        self.change().identity = Some(pem::certified_key(chain.as_ref(), key.as_ref(), &PROVIDER)?);
        Ok(())
    }

    // The protocol.

    /// Sets the oldest version that is accepted: `minimum_version`. TLS 1.2 by default.
    #[doc(alias = "minimum_version")]
    pub fn set_minimum_version(&mut self, version: TLSVersion) {
        self.change().minimum = version;
    }

    /// Sets the newest version that is offered: `maximum_version`.
    #[doc(alias = "maximum_version")]
    pub fn set_maximum_version(&mut self, version: TLSVersion) {
        self.change().maximum = version;
    }

    /// Sets the protocols that may be spoken over the connection, the preferred one first: `set_alpn_protocols`.
    pub fn set_alpn_protocols<P: AsRef<str>>(&mut self, protocols: impl IntoIterator<Item = P>) {
        self.change().alpn = protocols.into_iter().map(|protocol| protocol.as_ref().into()).collect();
    }

    /// Treats the end of the TCP connection as the end of the data even if the goodbye of TLS is missing:
    /// `OP_IGNORE_UNEXPECTED_EOF`, and what asyncio does. Use it only for a protocol that marks where its messages end.
    #[doc(alias = "OP_IGNORE_UNEXPECTED_EOF")]
    pub fn ignore_unexpected_eof(&mut self, ignore: bool) {
        self.change().ignore_unexpected_eof = ignore;
    }

    pub(super) fn ignores_unexpected_eof(&self) -> bool {
        self.settings.ignore_unexpected_eof
    }

    // For rustls.

    pub(super) fn client(&self) -> Result<Arc<ClientConfig>> {
        if self.settings.protocol == Protocol::TlsServer {
            let message = "Cannot create a client socket with a PROTOCOL_TLS_SERVER context";
            return Err(ValueError::new(message).into());
        }
        if let Some(made) = self.made.client.get() {
            return Ok(Arc::clone(made));
        }
        let made = self.settings.client().map_err(|error| SSLError::from(error).into_io())?;
        Ok(Arc::clone(self.made.client.get_or_init(|| made.into())))
    }

    pub(super) fn server(&self) -> Result<Arc<ServerConfig>> {
        if self.settings.protocol == Protocol::TlsClient {
            let message = "Cannot create a server socket with a PROTOCOL_TLS_CLIENT context";
            return Err(ValueError::new(message).into());
        }
        if let Some(made) = self.made.server.get() {
            return Ok(Arc::clone(made));
        }
        let Some(identity) = self.settings.identity.clone() else {
            return Err(ValueError::new("a server needs a certificate: load_cert_chain()").into());
        };
        let made = self.settings.server(identity).map_err(|error| SSLError::from(error).into_io())?;
        Ok(Arc::clone(self.made.server.get_or_init(|| made.into())))
    }
}

impl Settings {
    fn versions(&self) -> Vec<&'static SupportedProtocolVersion> {
        let both = [(TLSVersion::TLSv1_2, &version::TLS12), (TLSVersion::TLSv1_3, &version::TLS13)];
        let wanted = both.into_iter().filter(|(version, _)| (self.minimum..=self.maximum).contains(version));
        wanted.map(|(_, version)| version).collect()
    }

    fn client(&self) -> Result<ClientConfig, rustls::Error> {
        let verifier = Verifier {
            roots: self.roots.clone(),
            trusted: self.trusted.clone(),
            check_chain: self.verify_mode != VerifyMode::None,
            check_hostname: self.check_hostname,
            algorithms: PROVIDER.signature_verification_algorithms,
        };
        let builder = ClientConfig::builder_with_provider(Arc::clone(&PROVIDER))
            .with_protocol_versions(&self.versions())?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier));
        let mut config = match self.identity.clone() {
            Some(identity) => builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(identity))),
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols.clone_from(&self.alpn);
        // Python's default contexts also use SSLKEYLOGFILE.
        config.key_log = Arc::new(KeyLogFile::new());
        Ok(config)
    }

    fn server(&self, identity: Arc<CertifiedKey>) -> Result<ServerConfig, rustls::Error> {
        let verifier = match self.verify_mode {
            VerifyMode::None => Arc::new(NoClientAuth),
            mode => {
                let roots = Arc::new(self.roots.clone());
                let verifier = WebPkiClientVerifier::builder_with_provider(roots, Arc::clone(&PROVIDER));
                let verifier = if mode == VerifyMode::Optional { verifier.allow_unauthenticated() } else { verifier };
                verifier.build().map_err(|error| rustls::Error::General(error.to_string()))?
            }
        };
        let mut config = ServerConfig::builder_with_provider(Arc::clone(&PROVIDER))
            .with_protocol_versions(&self.versions())?
            .with_client_cert_verifier(verifier)
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(identity)));
        config.alpn_protocols.clone_from(&self.alpn);
        config.key_log = Arc::new(KeyLogFile::new());
        Ok(config)
    }
}

fn default_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let were_named = ["SSL_CERT_FILE", "SSL_CERT_DIR"].iter().any(|name| std::env::var_os(name).is_some());
    // A variable that names a file without certificates means: trust none.
    if roots.is_empty() && !were_named {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    roots
}

impl fmt::Debug for SSLContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SSLContext")
            .field("protocol", &self.settings.protocol)
            .field("verify_mode", &self.settings.verify_mode)
            .field("check_hostname", &self.settings.check_hostname)
            .field("roots", &self.settings.roots.len())
            .finish_non_exhaustive()
    }
}
