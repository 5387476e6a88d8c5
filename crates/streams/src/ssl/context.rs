//! `SSLContext`: whom to trust, who we are, and how strict to be.
//!
//! The core idea: plain settings, of which rustls' configuration is made once, when the first connection needs it. All
//! connections of a context share it, and with it the sessions that can be resumed.

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

/// A context for clients that trusts whom the platform trusts: `ssl.create_default_context()`.
///
/// The roots are the platform's, as OpenSSL finds them (`SSL_CERT_FILE` and `SSL_CERT_DIR` included); where there are none,
/// Mozilla's, as compiled in. A server needs a [`SSLContext::new`]`(Protocol::TlsServer)` and a certificate.
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

/// Which side a context is for: `ssl.PROTOCOL_TLS_CLIENT` and `ssl.PROTOCOL_TLS_SERVER`.
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
    /// Whoever connects. Servers are verified.
    TlsClient,
    /// Whoever is connected to. Clients are not verified, unless [`SSLContext::set_verify_mode`] says so.
    TlsServer,
}

/// Whether the peer has to have a good certificate: `SSLContext.verify_mode`.
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
    /// `CERT_NONE`: it is not looked at. A client is then open to whoever stands in between.
    None,
    /// `CERT_OPTIONAL`: a client's is verified if it has one; for servers the same as `Required`.
    Optional,
    /// `CERT_REQUIRED`
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
/// context.set_verify_mode(VerifyMode::None)?;
/// # Ok::<(), asyncio::ValueError>(())
/// ```
#[derive(Clone)]
pub struct SSLContext {
    settings: Settings,
    /// Made of the settings, for all clones with the same ones; a change of them begins anew.
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
    /// Those of the roots that the program itself has named.
    trusted: Vec<CertificateDer<'static>>,
    identity: Option<Arc<CertifiedKey>>,
}

#[derive(Default)]
struct Made {
    client: OnceLock<Arc<ClientConfig>>,
    server: OnceLock<Arc<ServerConfig>>,
}

impl SSLContext {
    /// A context that trusts nobody yet: `ssl.SSLContext(protocol)`.
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

    // Whom to trust.

    /// Trusts whom the platform trusts; see [`create_default_context`].
    pub fn load_default_certs(&mut self) {
        static DEFAULT: LazyLock<RootCertStore> = LazyLock::new(default_roots);
        self.change().roots.extend(DEFAULT.roots.iter().cloned());
    }

    /// Trusts the certificates in this PEM file too: `load_verify_locations(cafile)`.
    ///
    /// # Errors
    ///
    /// `std::io::Error` that names the file, [`SSLError`] if it holds none.
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

    /// Trusts the certificates in this PEM text too: `load_verify_locations(cadata=…)`.
    ///
    /// # Errors
    ///
    /// [`SSLError`] if it holds none.
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
    pub fn load_verify_data(&mut self, pem: impl AsRef<[u8]>) -> Result<()> {
        let certificates = pem::certificates(pem.as_ref())?;
        let settings = self.change();
        for certificate in certificates {
            settings.roots.add(certificate.clone()).map_err(|error| SSLError::from(error).into_io())?;
            settings.trusted.push(certificate);
        }
        Ok(())
    }

    /// Does a server's certificate have to be for the name that is connected to?
    #[must_use]
    pub fn check_hostname(&self) -> bool {
        self.settings.check_hostname
    }

    /// Sets [`check_hostname`](Self::check_hostname); `true` switches verifying on as well.
    pub fn set_check_hostname(&mut self, check: bool) {
        let settings = self.change();
        settings.check_hostname = check;
        if check && settings.verify_mode == VerifyMode::None {
            settings.verify_mode = VerifyMode::Required;
        }
    }

    /// Whether the peer has to have a good certificate.
    #[must_use]
    pub fn verify_mode(&self) -> VerifyMode {
        self.settings.verify_mode
    }

    /// Sets whether the peer has to have a good certificate.
    ///
    /// # Errors
    ///
    /// `ValueError` for `None` while the name is to be checked.
    pub fn set_verify_mode(&mut self, mode: VerifyMode) -> Result<(), ValueError> {
        if mode == VerifyMode::None && self.settings.check_hostname {
            return Err(ValueError::new("Cannot set verify_mode to CERT_NONE when check_hostname is enabled."));
        }
        self.change().verify_mode = mode;
        Ok(())
    }

    // Who we are.

    /// Our certificate, followed by those that lead to its root, and its key, as PEM files (which may be the same).
    ///
    /// # Errors
    ///
    /// `std::io::Error` that names the file; [`SSLError`] if something is missing, if key and certificate do not belong
    /// together, or if the key is encrypted, which Python can read and this cannot.
    pub fn load_cert_chain(&mut self, certfile: impl AsRef<Path>, keyfile: impl AsRef<Path>) -> Result<()> {
        self.load_cert_chain_data(pem::read(certfile.as_ref())?, pem::read(keyfile.as_ref())?)
    }

    /// The same from PEM texts.
    ///
    /// # Errors
    ///
    /// As [`load_cert_chain`](Self::load_cert_chain).
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
    pub fn load_cert_chain_data(&mut self, chain: impl AsRef<[u8]>, key: impl AsRef<[u8]>) -> Result<()> {
        self.change().identity = Some(pem::certified_key(chain.as_ref(), key.as_ref(), &PROVIDER)?);
        Ok(())
    }

    // How.

    /// The oldest version that is good enough: `minimum_version`. TLS 1.2 if not set.
    pub fn set_minimum_version(&mut self, version: TLSVersion) {
        self.change().minimum = version;
    }

    /// The newest version that is offered: `maximum_version`.
    pub fn set_maximum_version(&mut self, version: TLSVersion) {
        self.change().maximum = version;
    }

    /// The protocols that may be spoken over the connection, the best first: `set_alpn_protocols`.
    pub fn set_alpn_protocols<P: AsRef<str>>(&mut self, protocols: impl IntoIterator<Item = P>) {
        self.change().alpn = protocols.into_iter().map(|protocol| protocol.as_ref().into()).collect();
    }

    /// Takes the end of the TCP connection for the end of the data, even where the goodbye of TLS is missing:
    /// `OP_IGNORE_UNEXPECTED_EOF`, and what asyncio does. To be set for a protocol that tells where its messages end.
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
        // Python's default contexts heed SSLKEYLOGFILE too.
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
    // Whoever names a file without certificates wants to trust nobody.
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
