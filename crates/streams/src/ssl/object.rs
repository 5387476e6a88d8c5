//! `SSLObject`: the result of the handshake.

use rustls::{Connection as Session, ProtocolVersion};

/// What the two sides of an encrypted connection have agreed on: `get_extra_info('ssl_object')`, with the information
/// of `'cipher'` and `'peercert'`. Returned by [`StreamWriter::ssl_object`](crate::StreamWriter::ssl_object). It
/// remains known after the connection is closed.
///
/// # Examples
///
/// ```
/// use std::os::unix::net::UnixStream;
///
/// use asyncio::ssl::{Protocol, SSLContext};
/// use asyncio::{gather, open_connection_on, run};
///
/// let identity = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
/// let (mut server, mut client) = (SSLContext::new(Protocol::TlsServer), SSLContext::new(Protocol::TlsClient));
/// server.load_cert_chain_data(identity.cert.pem(), identity.signing_key.serialize_pem()).unwrap();
/// client.load_verify_data(identity.cert.pem()).unwrap();
/// server.set_alpn_protocols(["http/1.1"]);
/// client.set_alpn_protocols(["h2", "http/1.1"]);
/// run(async move {
///     let (near, far) = UnixStream::pair()?;
///     let ((_, near), (_, far)) = (open_connection_on(near)?, open_connection_on(far)?);
///     let serving = near.start_tls(&server).server_side(true);
///     gather!(serving, far.start_tls(&client).server_hostname("localhost")).await?;
///     let agreed = far.ssl_object().unwrap();
///     assert_eq!((agreed.version(), agreed.server_side()), ("TLSv1.3", false));
///     assert_eq!(agreed.selected_alpn_protocol(), Some("http/1.1"));
///     assert_eq!(agreed.getpeercert(), Some(&identity.cert.der()[..]));
///     Ok(())
/// })
/// .unwrap();
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SSLObject {
    version: &'static str,
    cipher: String,
    peer: Vec<Vec<u8>>,
    alpn: Option<String>,
    server_side: bool,
}

impl SSLObject {
    pub(super) fn of(session: &Session) -> Self {
        let version = match session.protocol_version() {
            Some(ProtocolVersion::TLSv1_2) => "TLSv1.2",
            _ => "TLSv1.3",
        };
        let cipher = session.negotiated_cipher_suite().map(|cipher| format!("{:?}", cipher.suite()));
        let alpn = session.alpn_protocol().map(|protocol| String::from_utf8_lossy(protocol).into_owned());
        Self {
            version,
            // The registered name has no number in it.
            cipher: cipher.unwrap_or_default().replace("TLS13_", "TLS_"),
            peer: session.peer_certificates().unwrap_or_default().iter().map(|der| der.to_vec()).collect(),
            alpn,
            server_side: matches!(session, Session::Server(_)),
        }
    }

    /// `TLSv1.2` or `TLSv1.3`.
    #[must_use]
    pub fn version(&self) -> &str {
        self.version
    }

    /// The cipher's registered name, such as `TLS_AES_256_GCM_SHA384`, its protocol, and the number of bits of its
    /// keys.
    #[must_use]
    pub fn cipher(&self) -> (&str, &str, u32) {
        (&self.cipher, self.version, if self.cipher.contains("_128_") { 128 } else { 256 })
    }

    /// The peer's certificate in DER form, if it has sent one: `getpeercert(binary_form=True)`.
    #[must_use]
    pub fn getpeercert(&self) -> Option<&[u8]> {
        self.peer.first().map(Vec::as_slice)
    }

    /// The peer's certificate and the others that it sent: `get_unverified_chain()`.
    #[doc(alias = "get_unverified_chain")]
    #[must_use]
    pub fn peer_chain(&self) -> &[Vec<u8>] {
        &self.peer
    }

    /// The protocol that is spoken over the connection, if one was agreed on.
    #[must_use]
    pub fn selected_alpn_protocol(&self) -> Option<&str> {
        self.alpn.as_deref()
    }

    /// Is our side the server?
    #[must_use]
    pub fn server_side(&self) -> bool {
        self.server_side
    }
}
