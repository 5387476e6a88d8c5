//! Asks web sites for their status, one after the other, over plain connections and
//! TLS: a request is written, the first line of the response is read. A site that
//! gives no status is reported, and the next one asked.
//!
//! Run it: `cargo run --example http_status_sequential`; URLs of your own follow
//! after `--`.
//!
//! Shows: http_status_sequential, open_connection_http, open_connection_ssl,
//! split_url, open_by_scheme, send_get_request, strip_status, get_status,
//! status_loop_sequential, get_status_with_error_handling

use asyncio::{
    Exception, Result, TimeoutError, ValueError, open_connection, run, wait_for,
};
use clap::Parser;
use url::{Position, Url};

const SITES: [&str; 10] = [
    "https://www.google.com/",
    "https://www.youtube.com/",
    "https://www.facebook.com/",
    "https://twitter.com/",
    "https://www.instagram.com/",
    "https://www.baidu.com/",
    "https://www.wikipedia.org/",
    "https://yandex.ru/",
    "https://yahoo.com/",
    "https://www.whatsapp.com/",
];

#[derive(Parser)]
struct Arguments {
    /// The sites to ask
    #[arg(default_values = SITES)]
    urls: Vec<String>,
    /// How many seconds a site may take
    #[arg(long, default_value_t = 10.0)]
    timeout: f64,
}

// ANCHOR: get_status
async fn get_status(url: &str) -> Result<String> {
    let url = Url::parse(url)?;
    let host =
        url.host_str().ok_or_else(|| ValueError::new("the URL names no host"))?;
    let (mut reader, writer) = if url.scheme() == "https" {
        open_connection(host, url.port().unwrap_or(443)).ssl(true).await?
    } else {
        open_connection(host, url.port().unwrap_or(80)).await?
    };

    let target = &url[Position::BeforePath..Position::AfterQuery];
    let query = format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n");
    writer.write(query)?;
    writer.drain().await?;

    let response = reader.readline().await?;
    writer.close();
    if response.is_empty() {
        return Err(Exception::new("closed without an answer").into());
    }
    Ok(String::from_utf8(response)?.trim().to_owned())
}
// ANCHOR_END: get_status

// ANCHOR: check
/// The status, or the reason why there is none. Passes on only a cancellation.
async fn check(url: &str, timeout: f64) -> Result<String> {
    match wait_for(get_status(url), timeout).await {
        Err(error) if error.is_cancelled() => Err(error),
        Err(error) if error.is::<TimeoutError>() => {
            Ok(format!("no answer within {timeout} seconds"))
        }
        Err(error) => Ok(error.to_string()),
        status => status,
    }
}
// ANCHOR_END: check

// ANCHOR: program
async fn program(arguments: Arguments) -> Result<()> {
    for url in &arguments.urls {
        let status = check(url, arguments.timeout).await?;
        println!("{url:30}:\t{status}");
    }
    Ok(())
}

fn main() -> Result<()> {
    run(program(Arguments::parse()))
}
// ANCHOR_END: program
