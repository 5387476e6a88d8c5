//! The private folder of the sockets: where it is, and the check that no other user can put anything there.
//!
//! A socket `PID.sock` is made under another name and renamed when it listens. So a socket with that name that refuses
//! connections was left behind by a process that is gone.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use rustix::io::{FdFlags, fcntl_setfd, ioctl_fionbio};
use rustix::net::{self, AddressFamily, SocketAddrUnix, SocketType};
use rustix::process::getuid;

/// The folders in which the socket of a process may be, in the order in which they are tried: below `$XDG_RUNTIME_DIR`, or below the
/// folder for temporary files, with the number of the user in the name.
pub(crate) fn candidates() -> Vec<PathBuf> {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").filter(|folder| !folder.is_empty());
    let runtime = runtime.map(|folder| Path::new(&folder).join("asyncio-inspect"));
    let temporary = std::env::temp_dir().join(format!("asyncio-inspect-{}", getuid().as_raw()));
    runtime.into_iter().filter(|folder| folder.is_absolute()).chain([temporary]).collect()
}

/// Returns the first folder that can be made, or exists, and that belongs to this user alone.
fn make() -> io::Result<PathBuf> {
    let mut refused = None;
    for folder in candidates() {
        let made = DirBuilder::new().mode(0o700).create(&folder);
        match made.or_else(|error| if error.kind() == io::ErrorKind::AlreadyExists { Ok(()) } else { Err(error) }) {
            Ok(()) => match check(&folder) {
                Ok(()) => return Ok(folder),
                Err(error) => refused = Some(error),
            },
            Err(error) => refused = Some(io::Error::new(error.kind(), format!("{}: {error}", folder.display()))),
        }
    }
    Err(refused.unwrap_or_else(|| io::ErrorKind::NotFound.into()))
}

/// Does the folder belong to this user alone? A link does not count.
pub(crate) fn check(folder: &Path) -> io::Result<()> {
    let refuse = |why: String| {
        let message = format!("{} {why}", folder.display());
        Err(io::Error::new(io::ErrorKind::PermissionDenied, message))
    };
    let metadata = fs::symlink_metadata(folder)?;
    if !metadata.is_dir() {
        return refuse("is not a folder".to_owned());
    }
    if metadata.uid() != getuid().as_raw() {
        return refuse(format!("belongs to user {}", metadata.uid()));
    }
    match metadata.mode() & 0o777 {
        0o700 => Ok(()),
        mode => refuse(format!("has mode {mode:04o}: it must be 0700")),
    }
}

pub(crate) fn socket_of(folder: &Path, pid: u32) -> PathBuf {
    folder.join(format!("{pid}.sock"))
}

/// Is this the socket of this process? A parent that forked while a loop was open has another one.
pub(crate) fn is_own(socket: &Path) -> bool {
    socket.file_stem().is_some_and(|name| name == OsStr::new(&std::process::id().to_string()))
}

/// Makes the socket of this process. It replaces one that an earlier process with this ID has left.
pub(crate) fn listen() -> io::Result<(UnixListener, PathBuf)> {
    let (folder, pid) = (make()?, std::process::id());
    remove_stale(&folder);
    let (unfinished, path) = (folder.join(format!("{pid}.new")), socket_of(&folder, pid));
    let listener = (|| {
        match fs::remove_file(&unfinished) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(&unfinished)?;
        fs::set_permissions(&unfinished, Permissions::from_mode(0o600))?;
        listener.set_nonblocking(true)?;
        fs::rename(&unfinished, &path)?;
        Ok(listener)
    })();
    let listener = listener.map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))?;
    Ok((listener, path))
}

/// Removes the sockets at which no process listens.
fn remove_stale(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.extension().is_some_and(|extension| extension == "sock") && is_stale(&path) {
            // Another process may have been faster.
            let _ = fs::remove_file(path);
        }
    }
}

/// Is this a socket at which no process listens?
pub(crate) fn is_stale(socket: &Path) -> bool {
    connect(socket).is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
}

/// Connects without blocking. If the process is stopped and many clients have asked already, the error is `WouldBlock`; the
/// standard library's function would wait for as long as the process is stopped.
pub(crate) fn connect(socket: &Path) -> io::Result<UnixStream> {
    let address = SocketAddrUnix::new(socket)?;
    let stream = net::socket(AddressFamily::UNIX, SocketType::STREAM, None)?;
    fcntl_setfd(&stream, FdFlags::CLOEXEC)?;
    ioctl_fionbio(&stream, true)?;
    net::connect(&stream, &address)?;
    Ok(stream.into())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_folder_for_others_is_no_private_folder() {
        let folder = tempfile::tempdir().unwrap();
        let mode = |mode| fs::set_permissions(folder.path(), Permissions::from_mode(mode)).unwrap();
        mode(0o700);
        check(folder.path()).unwrap();
        for shared in [0o755, 0o701, 0o770, 0o500] {
            mode(shared);
            let error = check(folder.path()).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
            assert!(error.to_string().ends_with(&format!(" has mode {shared:04o}: it must be 0700")), "{error}");
        }
        mode(0o700);
        let link = folder.path().join("link");
        symlink(folder.path(), &link).unwrap();
        assert!(check(&link).unwrap_err().to_string().ends_with(" is not a folder"));
        assert_eq!(check(&folder.path().join("none")).unwrap_err().kind(), io::ErrorKind::NotFound);
        if getuid().as_raw() != 0 {
            assert!(check(Path::new("/")).unwrap_err().to_string().ends_with(" belongs to user 0"));
        }
    }

    #[test]
    fn the_socket_of_a_parent_is_not_the_own_one() {
        let (folder, pid) = (Path::new("folder"), std::process::id());
        assert!(is_own(&socket_of(folder, pid)) && !is_own(&socket_of(folder, pid + 1)));
    }

    #[test]
    fn a_socket_without_a_listener_is_stale() {
        let folder = tempfile::tempdir().unwrap();
        let (live, dead, other) =
            (folder.path().join("1.sock"), folder.path().join("2.sock"), folder.path().join("2.new"));
        let _listener = UnixListener::bind(&live).unwrap();
        drop(UnixListener::bind(&dead).unwrap());
        fs::write(&other, "").unwrap();
        remove_stale(folder.path());
        assert!(live.exists() && !dead.exists() && other.exists());
    }
}
