//! Every stream program of the guide prints on the simulated network what it prints on sockets.

#[macro_use]
extern crate asyncio_testing;

use std::fs;
use std::process::Command;

use guide_tests::company::{Company, Page, company};
use guide_tests::examples::examples;
use guide_tests::root;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use regex::Regex;
use tempfile::TempDir;

/// A certificate for all the sites, and that of the authority that has signed it, as files.
fn certificates(folder: &TempDir, hosts: Vec<String>) {
    let mut authority = CertificateParams::default();
    authority.distinguished_name.push(DnType::CommonName, "The authority of this test");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let key = KeyPair::generate().unwrap();
    fs::write(folder.path().join("roots.pem"), authority.self_signed(&key).unwrap().pem()).unwrap();
    let issuer = Issuer::new(authority, key);
    let key = KeyPair::generate().unwrap();
    let mut site = CertificateParams::new(hosts).unwrap();
    site.use_authority_key_identifier_extension = true;
    fs::write(folder.path().join("site.pem"), site.signed_by(&key, &issuer).unwrap().pem()).unwrap();
    fs::write(folder.path().join("site.key"), key.serialize_pem()).unwrap();
}

/// What a program prints on the network, with the ports of its addresses left out.
fn printed(name: &str, arguments: &[String]) -> String {
    let folder = TempDir::new().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_on-network"));
    command.env("NETWORK_PROGRAM", name).env("ASYNCIO_CLOCK", "virtual").args(arguments);
    match company().unwrap().remove(name) {
        None => {}
        Some(Company::Talk(script)) => {
            command.env("NETWORK_TALK", root().join("tests/guide").join(script)).arg("127.0.0.1:8888");
        }
        Some(Company::Server(_)) => _ = command.env("NETWORK_ECHO", "1"),
        Some(Company::Sites(sites)) => {
            let of = |(url, page): &(String, Page)| {
                let host = url.trim_start_matches("https://").trim_end_matches('/').to_owned();
                let Page::Status(status) = page else { panic!("{name}: a site of another kind") };
                (host, status.clone())
            };
            let sites: Vec<(String, String)> = sites.iter().map(of).collect();
            certificates(&folder, sites.iter().map(|(host, _)| host.clone()).collect());
            let lines: String = sites.iter().map(|(host, status)| format!("{host} {status}\n")).collect();
            let list = folder.path().join("sites.txt");
            fs::write(&list, lines).unwrap();
            command.env("NETWORK_SITES", list).env("NETWORK_CERTIFICATES", folder.path());
            command.env("SSL_CERT_FILE", folder.path().join("roots.pem"));
        }
    }
    let output = command.output().unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && stderr.is_empty(), "{name}: {}\n{stdout}\n{stderr}", output.status);
    let port = Regex::new(r"\('127\.0\.0\.1', \d{4,5}\)").unwrap();
    port.replace_all(&stdout, "('127.0.0.1', PORT)").into_owned()
}

#[test]
fn every_stream_program_prints_what_it_prints_on_sockets() {
    let mut programs = 0;
    for example in examples(root()).unwrap() {
        if !["20-streams", "21-website-status"].contains(&example.section()) {
            continue;
        }
        let expected =
            fs::read_to_string(root().join("tests/outputs").join(&example.name).with_extension("txt")).unwrap();
        assert_eq!(printed(&example.name, &example.args), expected, "{}", example.name);
        programs += 1;
    }
    assert!(programs >= 16, "{programs} programs");
}
