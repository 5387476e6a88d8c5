//! Who is let in: certificates of servers and of clients, and what is said about those that are not good.

use std::fs;

use asyncio_runtime::{Result, create_task, get_running_loop};
use asyncio_streams::ssl::{Protocol, SSLContext, SSLError, TLSVersion, VerifyMode, create_default_context};
use asyncio_streams::{StreamReader, StreamWriter, open_connection, start_server};
use rcgen::{BasicConstraints, IsCa, date_time_ymd};

use crate::certificates::{Authority, Identity, contexts};
use crate::common::run;

async fn greet(mut reader: StreamReader, writer: StreamWriter) -> Result<()> {
    writer.write("welcome\n")?;
    reader.read(1).await?;
    Ok(())
}

/// Connects to a server with this identity, by the name `localhost` unless another is given, and reads its greeting.
async fn visit(server: &SSLContext, client: &SSLContext, name: &str) -> Result<Vec<u8>> {
    let server = start_server(greet, "127.0.0.1", 0).ssl(server).await?;
    let port = server.sockets()[0].port().unwrap();
    let (mut reader, _writer) = open_connection("127.0.0.1", port).ssl(client).server_hostname(name).await?;
    reader.readline().await
}

// CPython: test_base_events.BaseEventLoopWithSelectorTests.test_create_connection_ssl_server_hostname_default,
// test_ssl.TestSSL.test_create_connection_ssl_failed_certificate,
// test_sslproto.BaseStartTLS.test_create_connection_ssl_failed_certificate
#[test]
fn what_is_wrong_with_a_certificate_is_said_in_one_line() {
    run(async {
        let authority = Authority::new();
        let client = authority.client();
        let good = authority.sign(&["localhost", "127.0.0.1"]).server();
        let expired =
            authority.sign_with(&["localhost"], |params| params.not_after = date_time_ymd(2001, 1, 1)).server();
        let early =
            authority.sign_with(&["localhost"], |params| params.not_before = date_time_ymd(4000, 1, 1)).server();
        let other = Authority::named("Somebody else").sign(&["localhost"]).server();
        let own = Identity::self_signed(&["localhost"], |_| ()).server();
        let own_ca = Identity::self_signed(&["localhost"], |params| {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        })
        .server();
        for (server, name, expected) in [
            (&expired, "localhost", "certificate has expired"),
            (&early, "localhost", "certificate is not yet valid"),
            (&own, "localhost", "self-signed certificate"),
            (&own_ca, "localhost", "self-signed certificate"),
            (&other, "localhost", "unable to get local issuer certificate"),
            (&good, "elsewhere.org", "Hostname mismatch, certificate is not valid for 'elsewhere.org'."),
            (&good, "127.0.0.2", "IP address mismatch, certificate is not valid for '127.0.0.2'."),
        ] {
            for version in [TLSVersion::TLSv1_2, TLSVersion::TLSv1_3] {
                let mut client = client.clone();
                client.set_maximum_version(version);
                let error = visit(server, &client, name).await.unwrap_err();
                let text = format!("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: {expected}");
                assert_eq!(error.to_string(), text);
                assert_eq!(SSLError::of(&error).unwrap().verify_message(), Some(expected));
            }
        }
        assert_eq!(visit(&good, &client, "localhost").await?, b"welcome\n");
        assert_eq!(visit(&good, &client, "127.0.0.1").await?, b"welcome\n");
        Ok(())
    });
}

#[test]
fn a_chain_is_as_good_as_its_root() {
    run(async {
        let root = Authority::new();
        let chained = root.sign(&["localhost"]);
        // The root is in the chain, too, as with many servers.
        let mut server = SSLContext::new(Protocol::TlsServer);
        server.load_cert_chain_data(chained.certificate.clone() + &root.certificate, &chained.key)?;
        assert_eq!(visit(&server, &root.client(), "localhost").await?, b"welcome\n");
        let error = visit(&server, &create_default_context(), "localhost").await.unwrap_err();
        assert!(error.to_string().ends_with(": self-signed certificate in certificate chain"), "{error}");
        Ok(())
    });
}

#[test]
fn a_self_signed_certificate_can_be_trusted_by_itself() {
    run(async {
        for is_ca in [false, true] {
            let own = Identity::self_signed(&["localhost"], |params| {
                if is_ca {
                    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
                }
            });
            let mut client = SSLContext::new(Protocol::TlsClient);
            client.load_verify_data(&own.certificate)?;
            assert_eq!(visit(&own.server(), &client, "localhost").await?, b"welcome\n");
            let error = visit(&own.server(), &client, "elsewhere.org").await.unwrap_err();
            assert!(error.to_string().contains("Hostname mismatch"), "{error}");
        }
        Ok(())
    });
}

#[test]
fn a_client_may_look_away() {
    run(async {
        let (good, server) = contexts();
        let mut no_name = good.clone();
        no_name.set_check_hostname(false);
        assert_eq!(visit(&server, &no_name, "elsewhere.org").await?, b"welcome\n");
        let stranger = Authority::named("Somebody else").sign(&["localhost"]).server();
        assert!(visit(&stranger, &no_name, "localhost").await.is_err());

        let mut blind = no_name.clone();
        blind.set_verify_mode(VerifyMode::None)?;
        assert_eq!(visit(&stranger, &blind, "elsewhere.org").await?, b"welcome\n");
        blind.set_check_hostname(true);
        assert_eq!(blind.verify_mode(), VerifyMode::Required);
        let error = blind.set_verify_mode(VerifyMode::None).unwrap_err();
        assert_eq!(error.to_string(), "Cannot set verify_mode to CERT_NONE when check_hostname is enabled.");
        assert!(visit(&stranger, &blind, "localhost").await.is_err());
        Ok(())
    });
}

#[test]
fn servers_can_ask_for_certificates_of_clients() {
    run(async {
        let authority = Authority::new();
        let mut server = authority.sign(&["localhost"]).server();
        server.load_verify_data(&authority.certificate)?;
        let stranger = authority.client();
        let mut member = authority.client();
        let identity = authority.sign(&["member"]);
        member.load_cert_chain_data(&identity.certificate, &identity.key)?;
        let mut forged = authority.client();
        let identity = Authority::named("Somebody else").sign(&["member"]);
        forged.load_cert_chain_data(&identity.certificate, &identity.key)?;

        for version in [TLSVersion::TLSv1_2, TLSVersion::TLSv1_3] {
            server.set_maximum_version(version);
            server.set_verify_mode(VerifyMode::Required)?;
            assert_eq!(visit(&server, &member, "localhost").await?, b"welcome\n");
            let error = visit(&server, &stranger, "localhost").await.unwrap_err();
            assert_eq!(error.to_string(), "[SSL: TLS_ALERT_CERTIFICATE_REQUIRED] tls alert certificate required");
            let error = visit(&server, &forged, "localhost").await.unwrap_err();
            assert!(error.to_string().starts_with("[SSL: TLS_ALERT_"), "{error}");

            server.set_verify_mode(VerifyMode::Optional)?;
            assert_eq!(visit(&server, &member, "localhost").await?, b"welcome\n");
            assert_eq!(visit(&server, &stranger, "localhost").await?, b"welcome\n");
            assert!(visit(&server, &forged, "localhost").await.is_err());
        }
        Ok(())
    });
}

#[test]
fn the_certificate_of_a_client_is_shown() {
    run(async {
        let authority = Authority::new();
        let mut server = authority.sign(&["localhost"]).server();
        server.load_verify_data(&authority.certificate)?;
        server.set_verify_mode(VerifyMode::Required)?;
        let mut client = authority.client();
        let identity = authority.sign(&["member"]);
        client.load_cert_chain_data(&identity.certificate, &identity.key)?;
        let seen = get_running_loop()?.create_future();
        let tell = seen.clone();
        let look = async move |_, writer: StreamWriter| {
            let object = writer.ssl_object().unwrap();
            tell.set_result(object.getpeercert().unwrap().windows(6).any(|bytes| bytes == b"member"))?;
            Ok(())
        };
        let server = start_server(look, "127.0.0.1", 0).ssl(&server).await?;
        let port = server.sockets()[0].port().unwrap();
        let visit = open_connection("127.0.0.1", port).ssl(&client).server_hostname("localhost");
        let (_reader, _writer) = create_task(visit).await?;
        assert!(seen.await?);
        Ok(())
    });
}

#[test]
fn files_that_are_missing_or_wrong_are_named() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let identity = Identity::self_signed(&["localhost"], |_| ());
    let other = Identity::self_signed(&["localhost"], |_| ());
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).map(|()| path)
    };
    let (certificate, key) = (file("c.pem", &identity.certificate)?, file("k.pem", &identity.key)?);
    let (other_key, both) = (file("o.pem", &other.key)?, file("b.pem", &(identity.certificate + &identity.key))?);
    let empty = file("e.pem", "nothing")?;

    let mut context = SSLContext::new(Protocol::TlsServer);
    context.load_cert_chain(&certificate, &key)?;
    context.load_cert_chain(&both, &both)?;
    context.load_verify_locations(&certificate)?;
    let missing = folder.path().join("none.pem");
    for (result, expected) in [
        (
            context.load_verify_locations(&missing),
            format!("[Errno 2] No such file or directory: '{}'", missing.display()),
        ),
        (
            context.load_cert_chain(&certificate, &missing),
            format!("[Errno 2] No such file or directory: '{}'", missing.display()),
        ),
        (
            context.load_verify_locations(&empty),
            "[SSL: NO_CERTIFICATE_OR_CRL_FOUND] no certificate found in PEM form".to_owned(),
        ),
        (
            context.load_cert_chain(&certificate, &other_key),
            "[SSL: KEY_VALUES_MISMATCH] the key is not that of the certificate".to_owned(),
        ),
        (
            context.load_cert_chain(&certificate, &empty),
            "[SSL: NO_PRIVATE_KEY_FOUND] no private key found in PEM form (one that is encrypted cannot be read)"
                .to_owned(),
        ),
    ] {
        assert_eq!(result.unwrap_err().to_string(), expected);
    }
    Ok(())
}
