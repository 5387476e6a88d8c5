//! openssl's command line: its client, and its server, over both versions of TLS.

use std::path::PathBuf;
use std::process::Command;

use asyncio_runtime::{Result, to_thread};
use asyncio_streams::ssl::VerifyMode;
use asyncio_streams::{StreamReader, StreamWriter, open_connection, start_server};
use libtest_mimic::Trial;

use crate::talk::check;
use crate::{Certificates, Running, output_of, trial};

pub(crate) fn trials(openssl: PathBuf) -> Vec<Trial> {
    let versions = [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")];
    let trials = versions.map(|(flag, version)| {
        let (theirs, ours) = (openssl.clone(), openssl.clone());
        [
            trial(format!("openssl s_client: {version}"), move || s_client(theirs, flag, version)),
            trial(format!("openssl s_server: {version}"), move || s_server(ours, flag, version)),
        ]
    });
    trials.into_iter().flatten().collect()
}

/// openssl's client, with a certificate of its own, which our server requires.
async fn s_client(openssl: PathBuf, flag: &'static str, version: &'static str) -> Result<()> {
    let certificates = Certificates::new()?;
    let mut context = certificates.identity.server();
    context.load_verify_data(&certificates.authority.certificate)?;
    context.set_verify_mode(VerifyMode::Required)?;
    let serve = async move |mut reader: StreamReader, writer: StreamWriter| {
        let line = reader.readline().await?;
        let object = writer.ssl_object().expect("the server is one for TLS");
        check(object.version() == version && object.getpeercert().is_some(), "the version, and a certificate")?;
        writer.write(line.to_ascii_uppercase())?;
        Ok(())
    };
    let server = start_server(serve, "127.0.0.1", 0).ssl(&context).await?;
    let port = server.sockets()[0].port().expect("of the Internet");
    let mut command = Command::new(openssl);
    command.args([
        "s_client",
        "-quiet",
        "-verify_return_error",
        "-CAfile",
        "ca.pem",
        "-cert",
        "c.pem",
        "-key",
        "k.pem",
    ]);
    command.args(["-verify_hostname", "localhost", "-connect", &format!("127.0.0.1:{port}"), flag]);
    command.current_dir(certificates.path());
    let said = to_thread(move || output_of(&mut command, b"hello\n")).await??;
    check(said == "HELLO\n", "an answer in capitals")
}

/// openssl's server, which requires our certificate and reverses lines.
async fn s_server(openssl: PathBuf, flag: &'static str, version: &'static str) -> Result<()> {
    let certificates = Certificates::new()?;
    let mut command = Command::new(openssl);
    command.args(["s_server", "-accept", "127.0.0.1:0", "-cert", "c.pem", "-key", "k.pem", "-rev", flag]);
    command.args(["-Verify", "1", "-verify_return_error", "-CAfile", "ca.pem"]);
    let mut running = Running::start(command.current_dir(certificates.path()).stderr(std::process::Stdio::null()))?;
    let port = loop {
        let line = running.line()?;
        check(!line.is_empty(), "the server to listen")?;
        if let Some(address) = line.strip_prefix("ACCEPT ") {
            break address.rsplit(':').next().unwrap_or_default().parse::<u16>()?;
        }
    };
    let mut context = certificates.authority.client();
    context.load_cert_chain_data(&certificates.identity.certificate, &certificates.identity.key)?;
    let (mut reader, writer) = open_connection("127.0.0.1", port).ssl(&context).server_hostname("localhost").await?;
    check(writer.ssl_object().is_some_and(|object| object.version() == version), version)?;
    for _ in 0..100 {
        writer.write("hello\n")?;
        check(reader.readline().await? == b"olleh\n", "the line backwards")?;
    }
    writer.close();
    writer.wait_closed().await
}
