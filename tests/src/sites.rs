//! Servers on this machine in the place of sites on the Internet: each answers every request in the same way, or
//! misbehaves. With TLS, their certificates are made on the spot, and [`Sites::roots`] is the file that vouches for them.
//!
//! They are threads that block, so that the tested code is never at both ends.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use anyhow::Result;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tempfile::NamedTempFile;

/// How a site answers.
#[derive(Clone, Debug)]
pub enum Manner {
    /// With this line, and headers that say that nothing follows.
    Answers(String),
    /// With these bytes, to each request that comes on a connection.
    Sends(Vec<u8>),
    /// With the first of these texts, and then with the second again and again.
    NeverEnds(&'static str, &'static str),
    /// Not at all.
    IsSilent,
    /// By closing the connection, without a look at the request.
    HangsUp,
}

/// What a site speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Plain text.
    Http,
    /// TLS, with a certificate that the roots have signed.
    Https,
    /// TLS, with a certificate that no root has signed.
    Untrusted,
    /// TLS, with a certificate of another site.
    Misnamed,
}

/// Sites that are open until this is dropped.
pub struct Sites {
    authority: Authority,
    roots: NamedTempFile,
    open: Vec<(SocketAddr, JoinHandle<()>)>,
    closing: Arc<AtomicBool>,
}

type Authority = CertifiedIssuer<'static, KeyPair>;

impl Sites {
    /// No site yet, and the authority for their certificates.
    ///
    /// # Errors
    ///
    /// Fails when no file can be written.
    pub fn new() -> Result<Self> {
        let (authority, mut roots) = (authority("the authority of these tests")?, NamedTempFile::new()?);
        roots.write_all(authority.pem().as_bytes())?;
        Ok(Self { authority, roots, open: Vec::new(), closing: Arc::default() })
    }

    /// The file of the certificates to be trusted, for `SSL_CERT_FILE`.
    pub fn roots(&self) -> &Path {
        self.roots.path()
    }

    /// Opens a site, and returns its URL.
    ///
    /// # Errors
    ///
    /// Fails when the system has no port left.
    pub fn open(&mut self, protocol: Protocol, manner: Manner) -> Result<String> {
        let (scheme, tls) = match protocol {
            Protocol::Http => ("http", None),
            Protocol::Https => ("https", Some(tls(&self.authority, "127.0.0.1")?)),
            Protocol::Misnamed => ("https", Some(tls(&self.authority, "elsewhere.example")?)),
            Protocol::Untrusted => ("https", Some(tls(&authority("an authority of its own")?, "127.0.0.1")?)),
        };
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let closing = Arc::clone(&self.closing);
        let thread = std::thread::spawn(move || {
            for client in listener.incoming().take_while(|_| !closing.load(Ordering::Acquire)).flatten() {
                let (tls, manner) = (tls.clone(), manner.clone());
                // A client that hangs up in the middle is not our concern.
                std::thread::spawn(move || serve(client, tls, &manner).ok());
            }
        });
        self.open.push((address, thread));
        Ok(format!("{scheme}://{address}/"))
    }
}

impl Drop for Sites {
    fn drop(&mut self) {
        self.closing.store(true, Ordering::Release);
        for (address, thread) in self.open.drain(..) {
            // A thread that waits for a client notices only when one comes.
            let _ = TcpStream::connect(address);
            let _ = thread.join();
        }
    }
}

fn serve(client: TcpStream, tls: Option<Arc<ServerConfig>>, manner: &Manner) -> Result<()> {
    match (tls, manner) {
        (_, Manner::HangsUp) => Ok(()),
        (None, _) => answer(client, manner),
        (Some(config), _) => answer(StreamOwned::new(ServerConnection::new(config)?, client), manner),
    }
}

fn answer(mut client: impl Read + Write, manner: &Manner) -> Result<()> {
    let mut reader = BufReader::new(&mut client);
    while read_request(&mut reader)?.is_some() {
        let client = reader.get_mut();
        match manner {
            Manner::Answers(status) => write!(client, "{status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")?,
            Manner::Sends(response) => client.write_all(response)?,
            Manner::NeverEnds(begin, rest) => {
                client.write_all(begin.as_bytes())?;
                loop {
                    client.write_all(rest.as_bytes())?;
                }
            }
            Manner::IsSilent | Manner::HangsUp => {}
        }
        client.flush()?;
    }
    Ok(())
}

/// The head of the next request, line by line; none once the client has closed.
pub fn read_request(client: &mut impl BufRead) -> Result<Option<String>> {
    let mut request = String::new();
    if client.read_line(&mut request)? == 0 {
        return Ok(None);
    }
    while client.read_line(&mut request)? > "\r\n".len() {}
    Ok(Some(request))
}

fn authority(name: &str) -> Result<Authority> {
    let mut parameters = CertificateParams::default();
    // Needs a name of its own, or OpenSSL takes the certificates that it signs for self-signed ones.
    parameters.distinguished_name.push(DnType::CommonName, name);
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    Ok(CertifiedIssuer::self_signed(parameters, KeyPair::generate()?)?)
}

fn tls(authority: &Authority, name: &str) -> Result<Arc<ServerConfig>> {
    let key = KeyPair::generate()?;
    let mut parameters = CertificateParams::new([name.to_owned()])?;
    parameters.use_authority_key_identifier_extension = true;
    let certificate = parameters.signed_by(&key, authority)?;
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)?;
    Ok(Arc::new(config))
}
