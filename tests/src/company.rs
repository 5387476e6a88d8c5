//! Programs that are not run alone: the clients or servers that talk to them while they run.
//!
//! The core idea is that a program is unchanged, takes the address that its reader would give it, and sees only sockets; this
//! works in the same way for the Rust program and its twin. `tests/guide/company.toml` lists the programs that need company. A
//! program that listens has a talk ([`talk`]); one that connects has the server for which it is made; and one that queries
//! sites on the Internet gets servers of ours in their place ([`Sites`]), because no test leaves this machine.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::process::Command;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use regex::Regex;
use serde::Deserialize;

use crate::examples::Example;
use crate::program::{LIMIT, Output, Running, run};
use crate::sites::{Manner, Protocol, Sites};
use crate::talk::talk;
use crate::{read, root};

/// The address in the comments of the programs, which the tests replace by the current one.
const ADDRESS: &str = "127.0.0.1:8888";

/// The company of one program.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "lowercase")]
pub enum Company {
    /// The program listens, and clients talk to it: the file of the talk, below `tests/guide`.
    Talk(String),
    /// The program connects to this other one.
    Server(String),
    /// The program queries these sites, which give these answers.
    Sites(Vec<(String, Page)>),
}

/// What a site answers.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Page {
    /// This status line, and nothing else.
    Status(String),
    /// A page with these links.
    Links(Vec<String>),
    /// A page with this many links.
    ManyLinks(usize),
}

impl Page {
    /// The whole response.
    pub(crate) fn response(&self) -> Vec<u8> {
        match self.manner() {
            Manner::Sends(response) => response,
            Manner::Answers(line) => format!("{line}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").into_bytes(),
            _ => Vec::new(),
        }
    }

    fn manner(&self) -> Manner {
        match self {
            Page::Status(line) => Manner::Answers(line.clone()),
            Page::Links(links) => Manner::Sends(page(links)),
            Page::ManyLinks(count) => Manner::Sends(page((1..=*count).map(|n| format!("/{n}")))),
        }
    }
}

/// A response with the page that has these links.
pub fn page(links: impl IntoIterator<Item = impl Display>) -> Vec<u8> {
    let html: String = links.into_iter().map(|link| format!("<a href=\"{link}\">there</a>\n")).collect();
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\r\n", html.len());
    (head + &html).into_bytes()
}

/// The company of each program, from `company.toml`.
///
/// # Errors
///
/// Fails when the file cannot be read.
pub fn company() -> Result<BTreeMap<String, Company>> {
    toml::from_str(&read(root().join("tests/guide/company.toml"))?).context("in tests/guide/company.toml")
}

/// The other programs that these examples connect to.
pub(crate) fn servers(examples: &[Example]) -> Result<Vec<String>> {
    let mut company = company()?;
    let server = |example: &Example| match company.remove(&example.name) {
        Some(Company::Server(name)) => Some(name),
        _ => None,
    };
    Ok(examples.iter().filter_map(server).collect())
}

/// Runs an example in its company, if it needs one. `command` starts a program by its name.
pub(crate) fn run_in_company(example: &Example, command: &dyn Fn(&str) -> Result<Command>) -> Result<Output> {
    let mut own = command(&example.name)?;
    match company()?.remove(&example.name) {
        None => {
            own.args(&example.args);
            run(own, LIMIT)
        }
        Some(Company::Talk(script)) => {
            own.arg("127.0.0.1:0").args(&example.args);
            let (program, address) = serve(own)?;
            talk(&read(root().join("tests/guide").join(script))?, program, &address)
        }
        Some(Company::Server(name)) => {
            let mut server = command(&name)?;
            server.arg("127.0.0.1:0");
            let (_server, address) = serve(server)?;
            own.args(example.args.iter().map(|argument| if argument == ADDRESS { &address } else { argument }));
            run(own, LIMIT)
        }
        Some(Company::Sites(sites)) => among(&sites, own, &example.args),
    }
}

/// Starts a program that listens, and returns it with its address.
///
/// # Errors
///
/// Fails when the program does not print its address within some seconds.
pub fn serve(command: Command) -> Result<(Running, String)> {
    static FIRST_LINE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"^Serving on \('127\.0\.0\.1', (\d+)\)\n").expect("the pattern is well formed"));
    let mut program = Running::start(command)?;
    await_that(&mut program, "the program does not say where it listens", |printed| {
        FIRST_LINE.captures(printed).map(|found| format!("127.0.0.1:{}", &found[1]))
    })
    .map(|address| (program, address))
}

/// Waits until a program prints something.
pub(crate) fn await_that<T>(program: &mut Running, missing: &str, find: impl Fn(&str) -> Option<T>) -> Result<T> {
    let begun = Instant::now();
    loop {
        let has_ended = program.has_ended()?;
        let printed = program.stdout()?;
        if let Some(found) = find(&printed) {
            return Ok(found);
        }
        if has_ended || begun.elapsed() > PATIENCE {
            bail!("{missing}; it printed:\n{printed}");
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// How long to wait for a line. It takes milliseconds, unless something is wrong.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Runs a program that queries sites, with servers of ours in their place; its output is changed back to the names of the
/// sites.
fn among(sites: &[(String, Page)], mut command: Command, arguments: &[String]) -> Result<Output> {
    let mut ours = Sites::new()?;
    let mut names = Vec::new();
    for (site, page) in sites {
        let protocol = if site.starts_with("https:") { Protocol::Https } else { Protocol::Http };
        names.push((site, ours.open(protocol, page.manner())?));
    }
    let url_of =
        |name: &String| names.iter().find(|(site, _)| *site == name).map_or(name.clone(), |(_, url)| url.clone());
    // Without arguments a program queries the sites that its guide lists.
    let all: Vec<_> = sites.iter().map(|(site, _)| site.clone()).collect();
    let asked = if arguments.is_empty() { &all[..] } else { arguments };
    command.args(asked.iter().map(url_of)).env("SSL_CERT_FILE", ours.roots());
    let mut output = run(command, LIMIT)?;
    for text in [&mut output.stdout, &mut output.stderr] {
        for (site, url) in &names {
            // The programs pad URLs to thirty columns.
            *text = text.replace(&format!("{url:30}"), &format!("{site:30}")).replace(url, site);
        }
    }
    Ok(output)
}
