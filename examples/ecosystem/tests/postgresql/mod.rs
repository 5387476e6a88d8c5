//! A PostgreSQL of the test's own: its files are in a temporary folder, and it
//! listens on a unix socket there alone.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// The socket's name, which has the port in it.
const SOCKET: &str = ".s.PGSQL.5432";

/// A server that takes longer than this to start does not work.
const START: Duration = Duration::from_secs(60);

/// A running server. It is stopped when this is dropped.
pub(crate) struct Server {
    process: Child,
    folder: TempDir,
}

impl Server {
    /// Starts a server, or says why it cannot be.
    pub(crate) fn start() -> Result<Self, String> {
        let programs = programs().ok_or(
            "there is no PostgreSQL on this machine (apt-get install postgresql)",
        )?;
        // PostgreSQL refuses to run as root. Debian's package makes a user for it.
        let user = if is_root() {
            Some(user().ok_or("root has no user postgres to run PostgreSQL as")?)
        } else {
            None
        };
        let folder = TempDir::new().map_err(|error| error.to_string())?;
        if let Some((uid, gid)) = user {
            chown(folder.path(), Some(uid), Some(gid))
                .map_err(|error| error.to_string())?;
        }
        let command = |name: &str| {
            let mut command = Command::new(programs.join(name));
            if let Some((uid, gid)) = user {
                command.uid(uid).gid(gid);
            }
            command.current_dir(folder.path()).env_clear().stdin(Stdio::null());
            command
        };
        let data = folder.path().join("data");
        let mut initdb = command("initdb");
        initdb
            .args([
                "--auth=trust",
                "--username=postgres",
                "--no-sync",
                "--no-locale",
                "--encoding=UTF8",
                "-D",
            ])
            .arg(&data);
        succeed(
            &initdb
                .output()
                .map_err(|error| format!("initdb cannot be run: {error}"))?,
        )?;

        let log = fs::File::create(folder.path().join("log"))
            .map_err(|error| error.to_string())?;
        let mut server = command("postgres");
        // No port: nothing but this test can reach it.
        server
            .args(["-c", "listen_addresses=", "-c", "fsync=off", "-k"])
            .arg(folder.path())
            .arg("-D")
            .arg(&data);
        server.stdout(Stdio::null()).stderr(log);
        let process = server
            .spawn()
            .map_err(|error| format!("postgres cannot be run: {error}"))?;
        let mut server = Self { process, folder };
        let begun = Instant::now();
        while !server.is_ready(&programs) {
            let log = server.folder.path().join("log");
            if begun.elapsed() > START
                || server.process.try_wait().is_ok_and(|ended| ended.is_some())
            {
                panic!(
                    "postgres does not start: {}",
                    fs::read_to_string(log).unwrap_or_default()
                );
            }
            sleep(Duration::from_millis(50));
        }
        Ok(server)
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join(SOCKET)
    }

    fn is_ready(&self, programs: &Path) -> bool {
        let mut ready = Command::new(programs.join("pg_isready"));
        ready.arg("-q").arg("-h").arg(self.folder.path());
        ready.status().is_ok_and(|status| status.success())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Its own processes notice that it is gone, and end.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Writes a line where a person sees it even if the test passes.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// The folder with the server's programs: on the path, or where Debian has those of
/// the newest version.
fn programs() -> Option<PathBuf> {
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    let has_all = |folder: &PathBuf| {
        ["initdb", "postgres", "pg_isready"]
            .iter()
            .all(|name| folder.join(name).is_file())
    };
    let mut folders: Vec<PathBuf> = std::env::split_paths(&on_path).collect();
    let versions =
        fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<PathBuf> =
        versions.map(|version| version.path()).collect();
    versions.sort_by_key(|path| {
        path.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok())
    });
    folders.extend(versions.into_iter().rev().map(|version| version.join("bin")));
    folders.into_iter().find(has_all)
}

fn is_root() -> bool {
    id(&["-u"]) == Some(0)
}

/// The numbers of the user `postgres` and of its group.
fn user() -> Option<(u32, u32)> {
    Some((id(&["-u", "postgres"])?, id(&["-g", "postgres"])?))
}

fn id(arguments: &[&str]) -> Option<u32> {
    let output = Command::new("id").args(arguments).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

fn succeed(output: &Output) -> Result<(), String> {
    let text = String::from_utf8_lossy(&output.stderr);
    if output.status.success() {
        Ok(())
    } else {
        Err(format!("initdb failed: {}", text.trim()))
    }
}
