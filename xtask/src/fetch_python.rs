//! `cargo xtask conform --fetch-python`: downloads the intended CPython and unpacks it into a folder of its own.
//!
//! `apt-get` downloads the packages of a distribution newer than this machine's, with a configuration of its own: the lists,
//! the cache and the status of the machine are neither read nor written. `dpkg-deb` unpacks them, with their libc, and a script
//! starts Python with that libc's loader. Nothing is installed.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use guide_tests::oracle::{self, Oracle, Package};
use guide_tests::python::Python;

const KEYRINGS: [&str; 2] =
    ["/usr/share/keyrings/debian-archive-keyring.gpg", "/usr/share/keyrings/debian-archive-keyring.pgp"];

/// Downloads it, unless a CPython that is new enough is here.
pub(crate) fn run(oracle: &Oracle) -> Result<()> {
    if let Ok(python) = Python::find(None)
        && oracle.is_new_enough(&python.version)
    {
        println!("CPython {} is at {}", python.version, python.path.display());
        return Ok(());
    }
    let folder = oracle::folder().context("there is no home for a cache: set XDG_CACHE_HOME")?;
    let machine = answer(Command::new("dpkg").arg("--print-architecture"))?;
    ensure!(machine.trim() == oracle.architecture, "the packages are for {}, this is {machine}", oracle.architecture);

    fs::create_dir_all(&folder)?;
    fs::remove_dir_all(&folder)?;
    let new = folder.with_extension("new");
    fs::create_dir_all(&new)?;
    let apt = Apt::new(&new.join("apt"), oracle)?;
    println!("packages of Debian {}", oracle.distribution);
    answer(&mut apt.get("update", &[]))?;
    for package in &oracle.packages {
        apt.download(package)?;
    }
    for package in files(&apt.folder.join("packages"))? {
        answer(Command::new("dpkg-deb").arg("-x").args([&package, &new]))?;
    }
    fs::remove_dir_all(&apt.folder)?;
    fs::rename(&new, &folder)?;
    let interpreter = write_script(&folder, oracle)?;
    let python = Python::find(Some(&interpreter)).context("what was unpacked does not run")?;
    println!("CPython {} is at {}", python.version, python.path.display());
    Ok(())
}

/// A configuration of apt that knows one distribution and nothing of the machine's.
struct Apt {
    folder: PathBuf,
}

impl Apt {
    fn new(folder: &Path, oracle: &Oracle) -> Result<Self> {
        let keyring = KEYRINGS.into_iter().find(|keyring| Path::new(keyring).exists());
        let keyring = keyring.context("there are no keys of Debian: install debian-archive-keyring")?;
        for name in ["lists/partial", "cache/archives/partial", "packages"] {
            fs::create_dir_all(folder.join(name))?;
        }
        fs::write(folder.join("status"), "")?;
        let source = format!("deb [signed-by={keyring}] http://deb.debian.org/debian {} main\n", oracle.distribution);
        fs::write(folder.join("sources.list"), source)?;
        let here = folder.display();
        let settings = format!(
            "Dir::Etc::sourcelist \"{here}/sources.list\";\n\
             Dir::Etc::sourceparts \"-\";\n\
             Dir::Etc::preferences \"-\";\n\
             Dir::Etc::preferencesparts \"-\";\n\
             Dir::State::lists \"{here}/lists\";\n\
             Dir::State::status \"{here}/status\";\n\
             Dir::Cache \"{here}/cache\";\n\
             Acquire::Languages \"none\";\n\
             APT::Sandbox::User \"root\";\n"
        );
        fs::write(folder.join("apt.conf"), settings)?;
        Ok(Self { folder: folder.to_owned() })
    }

    fn get(&self, verb: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new("apt-get");
        command.env("APT_CONFIG", self.folder.join("apt.conf")).current_dir(self.folder.join("packages"));
        command.arg("-qq").arg(verb).args(arguments);
        command
    }

    /// Downloads a package, and checks its hash; a newer version, whose hash is unknown, is only reported.
    fn download(&self, package: &Package) -> Result<()> {
        let Package { name, version, sha256 } = package;
        let Err(reason) = answer(&mut self.get("download", &[&format!("{name}={version}")])) else {
            let file = self.file(name)?;
            let sum = answer(Command::new("sha256sum").arg(&file))?;
            ensure!(
                sum.starts_with(sha256.as_str()),
                "{} has another hash than in conform/python.toml",
                file.display()
            );
            return Ok(());
        };
        answer(&mut self.get("download", &[name])).map_err(|_| reason)?;
        let file = self.file(name)?;
        println!("warning: instead of {name} {version} there is {}", file.file_name().unwrap_or_default().display());
        Ok(())
    }

    /// The file of a package that was downloaded.
    fn file(&self, name: &str) -> Result<PathBuf> {
        let named = |path: &PathBuf| {
            path.file_name().is_some_and(|file| file.to_string_lossy().starts_with(&format!("{name}_")))
        };
        files(&self.folder.join("packages"))?
            .into_iter()
            .find(named)
            .with_context(|| format!("{name} was not downloaded"))
    }
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect()
}

/// Writes the script that starts Python.
fn write_script(folder: &Path, oracle: &Oracle) -> Result<PathBuf> {
    let minor = oracle.version.rsplit_once('.').context("a version has three parts")?.0;
    let path = folder.join(oracle::INTERPRETER);
    let libraries = folder.join("usr/lib/x86_64-linux-gnu");
    let script = format!(
        "#!/bin/sh\nexec '{libraries}/ld-linux-x86-64.so.2' --library-path '{libraries}' --argv0 '{path}' \
         '{folder}/usr/bin/python{minor}' \"$@\"\n",
        libraries = libraries.display(),
        path = path.display(),
        folder = folder.display(),
    );
    fs::create_dir_all(path.parent().context("a script is in a folder")?)?;
    fs::write(&path, script)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
    Ok(path)
}

/// The output of a command; if it fails, its error text is the error.
fn answer(command: &mut Command) -> Result<String> {
    let program = command.get_program().to_owned();
    let output = command.output().with_context(|| format!("cannot run {}", program.display()))?;
    if !output.status.success() {
        bail!("{} has failed: {}", program.display(), String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8(output.stdout)?)
}
