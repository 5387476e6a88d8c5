//! HTTP: curl and wrk at hyper on this loop, and a status check at nginx.

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;

use asyncio_runtime::{Exception, Result, cancellable, sleep, to_thread};
use asyncio_streams::ssl::SSLContext;
use asyncio_streams::{Duplex, Server, StreamReader, StreamWriter, open_connection, start_server};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use libtest_mimic::Trial;
use smol_hyper::rt::FuturesIo;

use crate::talk::check;
use crate::{Certificates, Running, output_of, succeed, trial};

/// Echoes the body, or sends a greeting.
async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>> {
    let body = request.into_body().collect().await?.to_bytes();
    Ok(Response::new(Full::new(if body.is_empty() { Bytes::from_static(b"hello\n") } else { body })))
}

async fn http_server(context: Option<&SSLContext>) -> Result<(Server, u16)> {
    let serve = async |reader: StreamReader, writer: StreamWriter| {
        let stream = FuturesIo::new(Duplex::new(reader, writer));
        // A client that disconnects in the middle is not our error.
        let _ = cancellable(http1::Builder::new().serve_connection(stream, service_fn(answer))).await?;
        Ok(())
    };
    let starting = start_server(serve, "127.0.0.1", 0).backlog(1000);
    let server = match context {
        Some(context) => starting.ssl(context).await?,
        None => starting.await?,
    };
    let port = server.sockets()[0].port().expect("of the Internet");
    Ok((server, port))
}

pub(crate) fn curl(curl: PathBuf) -> Vec<Trial> {
    let ways: [(&str, &[&str]); 3] =
        [("plain", &[]), ("TLSv1.2", &["--tlsv1.2", "--tls-max", "1.2"]), ("TLSv1.3", &["--tlsv1.3"])];
    ways.map(|(name, flags)| {
        let program = curl.clone();
        trial(format!("curl: {name}"), move || fetch(program, flags))
    })
    .into()
}

async fn fetch(curl: PathBuf, flags: &'static [&'static str]) -> Result<()> {
    static BODY: [u8; 1 << 20] = [b'x'; 1 << 20];
    let certificates = Certificates::new()?;
    let context = certificates.identity.server();
    let (_server, port) = http_server((!flags.is_empty()).then_some(&context)).await?;
    let url = format!("{}://localhost:{port}/", if flags.is_empty() { "http" } else { "https" });
    let command = move |trusting: bool| {
        let mut command = Command::new(&curl);
        command.args(["--silent", "--show-error", "--fail", "--max-time", "60"]).args(flags);
        if trusting {
            command.args(["--cacert", "ca.pem"]);
        }
        command.arg(&url).arg(&url).current_dir(certificates.path());
        command
    };
    to_thread(move || {
        // Two requests over one connection, then two with a large body.
        check(succeed(&mut command(true))? == "hello\nhello\n", "two greetings")?;
        let sent_back = output_of(command(true).args(["--data-binary", "@-"]), &BODY)?;
        check(sent_back.bytes().all(|byte| byte == b'x') && sent_back.len() == 2 * BODY.len(), "the bodies back")?;
        // Without our root curl must refuse; without TLS there is nothing to refuse.
        check(succeed(&mut command(false)).is_ok() == flags.is_empty(), "a stranger's certificate to be refused")
    })
    .await?
}

pub(crate) fn wrk(wrk: PathBuf) -> Vec<Trial> {
    vec![trial("wrk: hyper under load".to_owned(), move || load(wrk))]
}

async fn load(wrk: PathBuf) -> Result<()> {
    let (_server, port) = http_server(None).await?;
    let mut command = Command::new(wrk);
    command.args(["--threads", "1", "--connections", "100", "--duration", "3s", "--latency"]);
    command.arg(format!("http://127.0.0.1:{port}/"));
    let report = to_thread(move || succeed(&mut command)).await??;
    check(!report.contains("Non-2xx") && !report.contains("Socket errors"), "no error under load")
        .map_err(|error| Exception::new(format!("{error}\n{report}")))?;
    let figures = ["Requests/sec", "50%", "99%"];
    let lines = report.lines().filter(|line| figures.iter().any(|figure| line.contains(figure)));
    println!("wrk: {}", lines.map(str::trim).collect::<Vec<_>>().join(", "));
    Ok(())
}

/// One trial for each of the guide's status checkers.
pub(crate) fn nginx(nginx: PathBuf) -> Vec<Trial> {
    let Some(checkers) = std::env::var_os("STATUS_CHECKERS") else {
        println!("skipped: nginx, as the guide's status checkers are not built; `cargo xtask interop` does it");
        return Vec::new();
    };
    let trials = std::env::split_paths(&checkers).map(|checker| {
        let nginx = nginx.clone();
        let name = checker.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        trial(format!("nginx: {name}"), move || statuses(nginx, checker))
    });
    trials.collect()
}

async fn statuses(nginx: PathBuf, checker: PathBuf) -> Result<()> {
    let certificates = Certificates::new()?;
    let folder = certificates.path().to_path_buf();
    // nginx cannot say which port it was given.
    let free = || Ok::<_, std::io::Error>(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port());
    let (plain, secure) = (free()?, free()?);
    let at = folder.display();
    let configuration = format!(
        "daemon off; master_process off; pid {at}/pid; error_log {at}/error.log;\n\
         events {{}}\n\
         http {{ access_log off; client_body_temp_path {at}/t; proxy_temp_path {at}/t; fastcgi_temp_path {at}/t;\n\
         uwsgi_temp_path {at}/t; scgi_temp_path {at}/t;\n\
         server {{ listen 127.0.0.1:{plain}; listen 127.0.0.1:{secure} ssl; root {at};\n\
         ssl_certificate {at}/c.pem; ssl_certificate_key {at}/k.pem; ssl_protocols TLSv1.2 TLSv1.3;\n\
         location = /moved {{ return 302 /; }} }} }}\n"
    );
    fs::write(folder.join("nginx.conf"), configuration)?;
    fs::write(folder.join("index.html"), "here\n")?;
    let mut command = Command::new(nginx);
    let _running = Running::start(command.arg("-c").arg(folder.join("nginx.conf")).arg("-p").arg(&folder))?;
    let mut tries = 0;
    while open_connection("127.0.0.1", plain).await.is_err() {
        tries += 1;
        check(tries < 1000, "nginx to listen")?;
        sleep(0.01).await?;
    }
    let (plain, secure) = (format!("http://127.0.0.1:{plain}"), format!("https://127.0.0.1:{secure}"));
    let (found, moved, none) = ("HTTP/1.1 200 OK", "HTTP/1.1 302 Moved Temporarily", "HTTP/1.1 404 Not Found");
    let pages = [("/", found), ("/moved", moved), ("/none", none)];
    let pages = pages.map(|(path, status)| [&plain, &secure].map(|site| (format!("{site}{path}"), status))).concat();
    let mut command = Command::new(checker);
    command.args(pages.iter().map(|(url, _)| url)).env("SSL_CERT_FILE", folder.join("ca.pem"));
    let printed = to_thread(move || succeed(&mut command)).await??;
    for (url, status) in &pages {
        let is_said = |line: &str| line.starts_with(&format!("{url} ")) && line.ends_with(status);
        check(printed.lines().filter(|line| is_said(line)).count() == 1, &format!("{url} {status} in\n{printed}"))?;
    }
    Ok(())
}
