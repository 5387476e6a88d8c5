//! 同时查询多个网站的状态；一个网站失败，只影响它自己的那一行。
//!
//! Asks web sites for their status, all at the same time. What goes wrong with one
//! is printed and caught in its own coroutine, and the connection is closed in any
//! case. The guide's program stumbles where the connection itself fails: its
//! `finally` uses a variable that was never assigned. Here that does not compile.
//!
//! Run it:
//! `cargo run --example zh_http_status_with_errors -- https://www.baidu.com/ https://www.zhihu.com/ http://127.0.0.1:1/`
//!
//! Shows: zh_http_status_with_errors

use asyncio::{
    Exception, Result, StreamReader, StreamWriter, TimeoutError, ValueError,
    gather, open_connection, run, wait_for,
};
use clap::Parser;
use url::{Position, Url};

const SITES: [&str; 10] = [
    "https://www.baidu.com/",
    "https://www.bilibili.com/",
    "https://www.weibo.com/",
    "https://www.douyin.com/",
    "https://www.zhihu.com/",
    "https://www.taobao.com/",
    "https://www.sohu.com/",
    "https://www.tmall.com/",
    "https://www.xinhuanet.com/",
    "https://www.163.com/",
];

#[derive(Parser)]
struct Arguments {
    /// 要查询的网址
    #[arg(default_values = SITES)]
    urls: Vec<String>,
    /// 每个网站最多等待的秒数
    #[arg(long, default_value_t = 10.0)]
    timeout: f64,
}

// ANCHOR: get_status
async fn get_status(url: String, timeout: f64) -> Result<Option<String>> {
    match wait_for(fetch(&url), timeout).await {
        Ok(status) => return Ok(Some(status)),
        Err(error) if error.is_cancelled() => return Err(error),
        Err(error) if error.is::<TimeoutError>() => {
            println!("Error fetching {url}: no answer within {timeout} seconds")
        }
        Err(error) => println!("Error fetching {url}: {error}"),
    }
    Ok(None)
}

async fn fetch(url: &str) -> Result<String> {
    let url = Url::parse(url)?;
    let host =
        url.host_str().ok_or_else(|| ValueError::new("the URL names no host"))?;
    let (mut reader, writer) = if url.scheme() == "https" {
        open_connection(host, url.port().unwrap_or(443)).ssl(true).await?
    } else {
        open_connection(host, url.port().unwrap_or(80)).await?
    };
    let target = &url[Position::BeforePath..Position::AfterQuery];
    let status = ask(&mut reader, &writer, host, target).await;
    // 无论成功与否，都关闭连接。
    writer.close();
    writer.wait_closed().await?;
    reader.feed_eof();
    status
}

async fn ask(
    reader: &mut StreamReader,
    writer: &StreamWriter,
    host: &str,
    target: &str,
) -> Result<String> {
    writer.write(format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n"))?;
    writer.drain().await?;
    let response = reader.readline().await?;
    if response.is_empty() {
        return Err(Exception::new("closed without an answer").into());
    }
    Ok(String::from_utf8(response)?.trim().to_owned())
}
// ANCHOR_END: get_status

// ANCHOR: program
async fn program(Arguments { urls, timeout }: Arguments) -> Result<()> {
    let coroutines = urls.iter().cloned().map(|url| get_status(url, timeout));
    for (url, status) in urls.iter().zip(gather(coroutines).await?) {
        println!("{url:30}:\t{}", status.as_deref().unwrap_or("Error"));
    }
    Ok(())
}

fn main() -> Result<()> {
    run(program(Arguments::parse()))
}
// ANCHOR_END: program
