//! The guide's stream programs on the simulated network: one program has the unchanged text of them all, and plays their company as
//! tasks of the same loop.
//!
//! The program is the binary of the package `network-tests`. [`OnNetwork`] starts it with what [`company`] says: a talk, a server, or
//! sites, whose certificates are made on the spot.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use regex::Regex;
use tempfile::TempDir;

use crate::company::{Company, company};
use crate::examples::{Example, Program, files_of};
use crate::program::{LIMIT, Output, cargo, run};
use crate::{read, root};

/// The name of the site whose name is an address: a machine has an address of the network's choice.
const BY_ADDRESS: (&str, &str) = ("1.1.1.1", "one.one.one.one");

/// The program that has all of them.
#[derive(Debug)]
pub struct OnNetwork {
    binary: PathBuf,
    names: BTreeSet<String>,
    company: BTreeMap<String, Company>,
    /// The certificates and the answers of the sites.
    folder: TempDir,
}

impl OnNetwork {
    /// Builds the program.
    ///
    /// # Errors
    ///
    /// Fails when it does not compile; cargo has said why on standard error.
    pub fn build(options: &[&str]) -> Result<Self> {
        let arguments = ["build", "--package", "network-tests", "--message-format=json-render-diagnostics"];
        let output = cargo().args(arguments).args(options).stderr(Stdio::inherit()).output()?;
        ensure!(output.status.success(), "the programs for the simulated network do not build");
        let messages = String::from_utf8(output.stdout)?;
        let binary = messages.lines().find_map(|line| {
            let message: serde_json::Value = serde_json::from_str(line).ok()?;
            (message["target"]["name"] == "on-network").then(|| Some(PathBuf::from(message["executable"].as_str()?)))?
        });
        Self::at(&binary.context("cargo has built no program for the simulated network")?)
    }

    /// The program that has been built as `binary`.
    ///
    /// # Errors
    ///
    /// Fails when it cannot be started.
    pub fn at(binary: &Path) -> Result<Self> {
        let listed = Command::new(binary).env_remove("NETWORK_PROGRAM").output()?;
        let names = String::from_utf8(listed.stdout)?.lines().map(str::to_owned).collect();
        let (company, folder) = (company()?, tempfile::tempdir()?);
        let mut hosts = Vec::new();
        for (name, company) in &company {
            if let Company::Sites(sites) = company {
                let mut lines = String::new();
                for (number, (url, page)) in sites.iter().enumerate() {
                    let (host, answer) = (host_of(url), folder.path().join(format!("{name}-{number}")));
                    fs::write(&answer, page.response())?;
                    lines += &format!("{host} {}\n", answer.display());
                    hosts.push(host);
                }
                fs::write(folder.path().join(name), lines)?;
            }
        }
        certificates(folder.path(), hosts)?;
        Ok(Self { binary: binary.to_owned(), names, company, folder })
    }

    /// The names of its programs.
    pub fn names(&self) -> &BTreeSet<String> {
        &self.names
    }

    /// The command that starts a program with its arguments and its company.
    ///
    /// # Errors
    ///
    /// Fails when the program does not run on the network.
    pub fn command(&self, example: &Example) -> Result<Command> {
        let name = &example.name;
        if !self.names.contains(name) {
            bail!("{name} does not run on the simulated network");
        }
        let mut command = Command::new(&self.binary);
        command.env("NETWORK_PROGRAM", name).env("ASYNCIO_CLOCK", "virtual").env("ASYNCIO_SEED", "1").env("TZ", "UTC");
        match self.company.get(name) {
            None => {}
            Some(Company::Talk(script)) => {
                command.env("NETWORK_TALK", root().join("tests/guide").join(script)).arg("127.0.0.1:8888");
            }
            Some(Company::Server(_)) => _ = command.env("NETWORK_ECHO", "1"),
            Some(Company::Sites(sites)) => {
                command.env("NETWORK_SITES", self.folder.path().join(name));
                command.env("NETWORK_CERTIFICATES", self.folder.path());
                command.env("SSL_CERT_FILE", self.folder.path().join("roots.pem"));
                if example.args.is_empty() {
                    command.args(sites.iter().map(|(url, _)| url.replace(BY_ADDRESS.0, BY_ADDRESS.1)));
                }
            }
        }
        command.args(&example.args);
        Ok(command)
    }

    /// Runs a program and waits for its end.
    ///
    /// # Errors
    ///
    /// Fails when the program cannot be started, and when it does not run on the network.
    pub fn run(&self, example: &Example) -> Result<Output> {
        let mut output = run(self.command(example)?, LIMIT).with_context(|| format!("cannot run {}", example.name))?;
        for text in [&mut output.stdout, &mut output.stderr] {
            *text = with_names(text);
        }
        Ok(output)
    }
}

/// What a program printed, with the names of the sites.
pub(crate) fn with_names(text: &str) -> String {
    text.replace(BY_ADDRESS.1, BY_ADDRESS.0)
}

/// The name of the machine that is a site.
fn host_of(url: &str) -> String {
    let rest = url.trim_start_matches("https://");
    let host = rest.split('/').next().unwrap_or(rest);
    if host == BY_ADDRESS.0 { BY_ADDRESS.1.to_owned() } else { host.to_owned() }
}

/// A certificate for all the sites, and that of the authority that has signed it, as files.
fn certificates(folder: &Path, hosts: Vec<String>) -> Result<()> {
    let mut authority = CertificateParams::default();
    authority.distinguished_name.push(DnType::CommonName, "The authority of these tests");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let key = KeyPair::generate()?;
    fs::write(folder.join("roots.pem"), authority.self_signed(&key)?.pem())?;
    let issuer = Issuer::new(authority, key);
    let key = KeyPair::generate()?;
    let mut site = CertificateParams::new(hosts)?;
    site.use_authority_key_identifier_extension = true;
    fs::write(folder.join("site.pem"), site.signed_by(&key, &issuer)?.pem())?;
    Ok(fs::write(folder.join("site.key"), key.serialize_pem())?)
}

/// Does a program connect or serve? (Pipes, and readers that are fed by hand, need no network.)
///
/// # Errors
///
/// Fails when a file cannot be read.
pub fn uses_sockets(program: &Program) -> Result<bool> {
    let names = Regex::new(
        r"\b(?:open_connection|open_unix_connection|start_server|start_unix_server|create_datagram_endpoint|getaddrinfo|asyncio_http)\b",
    )?;
    for file in files_of(root(), program) {
        if read(file)?.lines().any(|line| !line.trim_start().starts_with("//") && names.is_match(line)) {
            return Ok(true);
        }
    }
    Ok(false)
}
