//! A hostile environment: outputs that cannot be written, no descriptors, no memory, no threads, signals at any moment. The
//! subjects are the programs that readers copy: the servers among the examples, and the crawler.
//!
//! The core idea: whatever fails, a server keeps serving, and whatever it is doing, a signal ends it. Each test causes one
//! failure, lets clients misbehave, and then talks to the server like a normal client.

#[macro_use]
extern crate asyncio_testing;

use std::cell::RefCell;
use std::fs::{self, File, Permissions};
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, Write as _, pipe};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use asyncio::{EventLoop, new_event_loop, sleep};
use guide_tests::company::page;
use guide_tests::examples::examples;
use guide_tests::program::{Clock, Programs, build};
use guide_tests::root;
use guide_tests::sites::{Manner, Protocol, Sites};
use tempfile::TempDir;
use wait_timeout::ChildExt as _;

const SERVERS: [&str; 4] = ["echo_server", "chat_server", "graceful_shutdown", "http_server"];

/// How long anything here may take; it takes a moment unless something hangs.
const PATIENCE: Duration = Duration::from_secs(40);

/// A user with no other processes, so that a limit on its processes counts only ours.
const USER: u32 = 61_234;

/// The programs, in a folder that other users can read.
static PROGRAMS: LazyLock<(Programs, TempDir)> = LazyLock::new(|| {
    let mut examples = examples(root()).unwrap();
    examples.retain(|example| SERVERS.contains(&&*example.name) || example.name == "areq");
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    (build(&examples, &["--quiet"]).unwrap(), folder)
});

fn binary(name: &str) -> PathBuf {
    let (programs, folder) = &*PROGRAMS;
    let copy = folder.path().join(name);
    static COPYING: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _copying = COPYING.lock().unwrap();
    if !copy.exists() {
        fs::copy(programs.command(name, Clock::Real).unwrap().get_program(), &copy).unwrap();
    }
    copy
}

/// The destination of a program's stream.
#[derive(Clone, Copy, Debug)]
enum Output {
    /// A file, to be read afterwards.
    Kept,
    /// A disk that is full.
    Full,
    /// A pipe that nobody reads.
    Unread,
    /// Nowhere: the descriptor is closed.
    Closed,
}

impl Output {
    fn stdio(self, kept: &File) -> Stdio {
        match self {
            Self::Kept => kept.try_clone().unwrap().into(),
            Self::Full => File::options().write(true).open("/dev/full").unwrap().into(),
            Self::Unread => pipe().unwrap().1.into(),
            // The shell closes it.
            Self::Closed => Stdio::null(),
        }
    }

    fn redirection(self, descriptor: u8) -> String {
        if matches!(self, Self::Closed) { format!("{descriptor}>&-") } else { String::new() }
    }
}

/// The failures in a program's environment.
#[derive(Clone, Copy)]
struct World {
    stdout: Output,
    stderr: Output,
    /// What the shell does before it becomes the program.
    before: &'static str,
    user: Option<u32>,
}

impl Default for World {
    fn default() -> Self {
        Self { stdout: Output::Kept, stderr: Output::Kept, before: ":", user: None }
    }
}

/// A program in such an environment. It is killed when this is dropped.
struct Program {
    name: &'static str,
    child: Child,
    address: String,
    stdout: File,
    stderr: File,
    _folder: TempDir,
}

impl Program {
    fn start(name: &'static str, arguments: &[&str], world: World) -> Self {
        // An address of its own, so that its port is known in advance.
        static STARTED: AtomicU32 = AtomicU32::new(0);
        let [_, _, high, low] = (std::process::id() << 8 | STARTED.fetch_add(1, Ordering::Relaxed)).to_be_bytes();
        let address = format!("127.{}.{}.{}:8888", 1 + std::process::id() % 200, high, low.max(1));
        let (stdout, stderr) = (tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap());
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), Permissions::from_mode(0o777)).unwrap();
        let closed = [world.stdout.redirection(1), world.stderr.redirection(2)].join(" ");
        let mut command = Command::new("sh");
        command.arg("-c").arg(format!("{}; exec \"$0\" \"$@\" {closed}", world.before)).arg(binary(name));
        if SERVERS.contains(&name) {
            command.arg(&address);
        }
        command.args(arguments).env_remove("ASYNCIO_CLOCK").env_remove("ASYNCIO_DEBUG").env("RUST_BACKTRACE", "1");
        command.current_dir(folder.path()).stdin(Stdio::null());
        command.stdout(world.stdout.stdio(&stdout)).stderr(world.stderr.stdio(&stderr));
        if let Some(user) = world.user {
            command.uid(user).gid(user);
        }
        Self { name, child: command.spawn().unwrap(), address, stdout, stderr, _folder: folder }
    }

    /// Starts a server and waits until it listens.
    fn serve(name: &'static str, world: World) -> Self {
        Self::serve_with(name, &[], world)
    }

    fn serve_with(name: &'static str, arguments: &[&str], world: World) -> Self {
        let mut program = Self::start(name, arguments, world);
        let begun = Instant::now();
        while TcpStream::connect(&program.address).is_err() {
            let ended = program.child.try_wait().unwrap();
            assert!(
                ended.is_none() && begun.elapsed() < PATIENCE,
                "{name} does not listen: {ended:?} {}",
                program.said()
            );
            thread::sleep(Duration::from_millis(5));
        }
        program
    }

    fn connect(&self) -> TcpStream {
        let client = TcpStream::connect(&self.address).unwrap();
        client.set_read_timeout(Some(PATIENCE)).unwrap();
        client
    }

    /// Talks to it as a client does.
    fn talk(&self) {
        static TALKS: AtomicU32 = AtomicU32::new(0);
        let (says, hears) = match self.name {
            "echo_server" => ("ping\n".to_owned(), "ping"),
            "chat_server" => (format!("p{}\n", TALKS.fetch_add(1, Ordering::Relaxed)), "Welcome! "),
            "graceful_shutdown" => ("x\n".to_owned(), "done: x"),
            _ => ("GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n".to_owned(), "HTTP/1.1 200 OK"),
        };
        let mut client = self.connect();
        client.write_all(says.as_bytes()).unwrap();
        let mut heard = String::new();
        let read = BufReader::new(client).read_line(&mut heard);
        assert!(heard.starts_with(hears), "{}: {read:?} {heard:?} {}", self.name, self.said());
    }

    /// Clients that are silent, send nonsense, and disconnect abruptly.
    fn misuse(&self) {
        let silent = self.connect();
        for round in 0..30 {
            let mut client = self.connect();
            let nonsense: &[u8] = match round % 3 {
                0 => b"\x00\xff\x1b[2J\n\n",
                1 => b"half",
                _ => b"POST /upper HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n",
            };
            let _ = client.write_all(nonsense);
            // Unread data turns its end into a reset.
            thread::sleep(Duration::from_millis(1));
        }
        drop(silent);
    }

    fn signal(&self, signal: &str) {
        Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
    }

    fn said(&self) -> String {
        let text = |mut file: &File| {
            let mut bytes = Vec::new();
            file.rewind().unwrap();
            file.read_to_end(&mut bytes).unwrap();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        format!("{}{}", text(&self.stdout), text(&self.stderr))
    }

    /// Waits for its end, which must not be a panic.
    fn end(&mut self) -> ExitStatus {
        let ended = self.child.wait_timeout(PATIENCE).unwrap();
        let said = self.said();
        let ended = ended.unwrap_or_else(|| panic!("{} does not end: {said}", self.name));
        assert!(!said.contains("panicked at"), "{}: {said}", self.name);
        assert!(!ended.core_dumped() && ended.code() != Some(101), "{}: {ended} {said}", self.name);
        ended
    }

    /// Ctrl-C ends a server, and that is no failure.
    #[track_caller]
    fn ends_on_ctrl_c(mut self) {
        self.signal("-INT");
        let ended = self.end();
        assert_eq!(ended.code(), Some(0), "{}: {ended} {}", self.name, self.said());
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs the test with each server, in parallel.
fn with_each_server(test: impl Fn(&'static str) + Sync) {
    thread::scope(|scope| {
        for name in SERVERS {
            scope.spawn(|| test(name));
        }
    });
}

#[test]
fn servers_serve_although_nothing_can_be_printed() {
    use Output::{Closed, Full, Kept, Unread};
    let outputs = [(Full, Full), (Full, Kept), (Kept, Full), (Unread, Unread), (Kept, Unread), (Closed, Closed)];
    with_each_server(|name| {
        for (stdout, stderr) in outputs {
            let server = Program::serve(name, World { stdout, stderr, ..World::default() });
            server.talk();
            server.misuse();
            server.talk();
            let _idle = server.connect();
            server.ends_on_ctrl_c();
        }
    });
}

#[test]
fn servers_on_several_loops_serve_and_end() {
    for name in ["echo_server", "http_server"] {
        for signal in ["-INT", "-TERM"] {
            let mut server = Program::serve_with(name, &["--loops", "3"], World::default());
            // The system decides which loop gets a client; each is likely to get some.
            (0..20).for_each(|_| server.talk());
            server.misuse();
            let _idle = [(); 5].map(|()| server.connect());
            server.talk();
            server.signal(signal);
            let ended = server.end();
            assert_eq!(ended.code(), Some(0), "{name}: {ended} {}", server.said());
            assert_eq!(server.said().matches("Serving on ").count(), 3, "{}", server.said());
        }
    }
    // A port that is taken ends all of them.
    let server = Program::serve("echo_server", World::default());
    let taken = Command::new(binary("http_server")).args([&server.address, "--loops", "2"]).output().unwrap();
    assert_eq!(taken.status.code(), Some(1), "{taken:?}");
}

#[test]
fn servers_outlive_a_lack_of_descriptors() {
    with_each_server(|name| {
        let server = Program::serve(name, World { before: "ulimit -n 24", ..World::default() });
        let clients: Vec<_> = (0..60).map(|_| server.connect()).collect();
        thread::sleep(Duration::from_millis(100));
        drop(clients);
        server.talk();
        server.ends_on_ctrl_c();
    });
}

#[test]
fn servers_have_enough_in_little_memory() {
    with_each_server(|name| {
        // Several times as much as the program itself and its buffers need.
        let server = Program::serve(name, World { before: "ulimit -v 400000", ..World::default() });
        thread::scope(|scope| {
            for _ in 0..20 {
                scope.spawn(|| {
                    let mut client = server.connect();
                    let _ =
                        client.write_all(b"POST /upper HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n");
                    let chunk = [b"10000\r\n".as_slice(), &[b'x'; 0x10000], b"\r\n"].concat();
                    // 40 MB from all of them together would be enough, if it were kept a few times.
                    for _ in 0..320 {
                        if client.write_all(&chunk).is_err() {
                            break;
                        }
                    }
                });
            }
        });
        server.talk();
        server.ends_on_ctrl_c();
    });
}

fn is_root() -> bool {
    // Only root may give a file away.
    let file = tempfile::NamedTempFile::new().unwrap();
    std::os::unix::fs::chown(file.path(), Some(USER), Some(USER)).is_ok()
}

#[test]
fn servers_need_no_thread_and_the_crawler_ends_without_one() {
    if !is_root() {
        println!("skipped: only root can become another user, and the limit on processes does not bind root");
        return;
    }
    let world = World { before: "ulimit -u 1", user: Some(USER), ..World::default() };
    with_each_server(|name| {
        let server = Program::serve(name, world);
        server.talk();
        server.misuse();
        server.talk();
        server.ends_on_ctrl_c();
    });
    // It writes and decodes in threads.
    let mut sites = Sites::new().unwrap();
    let url = sites.open(Protocol::Http, Manner::Sends(page(["/about"]))).unwrap();
    let mut crawler = Program::start("areq", &[&url], world);
    let ended = crawler.end();
    assert!(matches!(ended.code(), Some(0 | 1)), "{ended} {}", crawler.said());
}

/// The shell command that runs a program where the disk is full: in a mount of its own, which disappears with it.
fn can_mount() -> bool {
    let mount = "mount -t tmpfs -o size=4k none /mnt";
    let tried = Command::new("unshare").args(["-m", "sh", "-c", mount]).stderr(Stdio::null()).status();
    tried.is_ok_and(|status| status.success())
}

#[test]
fn a_full_disk_is_named_and_survived() {
    if !can_mount() {
        println!("skipped: a small disk cannot be mounted here (that takes root, and `unshare`)");
        return;
    }
    let fill = "mount -t tmpfs -o size=16k none /mnt; cat /dev/zero > /mnt/fill 2>&-";
    let mut sites = Sites::new().unwrap();
    let url = sites.open(Protocol::Http, Manner::Sends(page(["/about"]))).unwrap();
    let inside = |name: &str, rest: &str| {
        let script = format!("{fill}; exec {} {rest}", binary(name).display());
        let mut command = Command::new("unshare");
        command.args(["-m", "sh", "-c", &script]).stdin(Stdio::null());
        command
    };
    let crawled = inside("areq", &format!("{url} --output /mnt/found.txt")).output().unwrap();
    let said = String::from_utf8_lossy(&crawled.stderr);
    assert_eq!(crawled.status.code(), Some(1), "{said}");
    assert!(said.contains("cannot write '/mnt/found.txt': No space left on device"), "{said}");
    // Its output goes there, too.
    let crawled = inside("areq", &format!("{url} --output /dev/null > /mnt/out 2> /mnt/err")).status().unwrap();
    assert_eq!(crawled.code(), Some(0));
}

#[test]
fn the_crawler_ends_although_nothing_can_be_printed() {
    use Output::{Closed, Full, Kept, Unread};
    let mut sites = Sites::new().unwrap();
    let good = sites.open(Protocol::Http, Manner::Sends(page(["/about", "http://["]))).unwrap();
    let bad = sites.open(Protocol::Http, Manner::HangsUp).unwrap();
    for (stdout, stderr) in [(Full, Full), (Kept, Full), (Unread, Unread), (Closed, Closed)] {
        let mut crawler = Program::start("areq", &[&good, &bad], World { stdout, stderr, ..World::default() });
        assert_eq!(crawler.end().code(), Some(0), "{stdout:?} {stderr:?} {}", crawler.said());
    }
}

thread_local! {
    static KEPT: RefCell<Option<EventLoop>> = const { RefCell::new(None) };
}

/// A thread that ends with a loop in a thread local, which is made before or after the runtime's own thread locals.
fn leave_a_loop(first: bool, debug: bool) {
    let thread = thread::spawn(move || {
        if first {
            KEPT.with(|_| ());
        }
        let event_loop = new_event_loop();
        event_loop.set_debug(debug);
        event_loop.create_task(async { sleep(3600).await }).unwrap();
        event_loop.run_until_complete(sleep(0)).unwrap();
        KEPT.with(|kept| kept.replace(Some(event_loop)));
    });
    thread.join().unwrap();
}

#[test]
fn a_loop_in_a_thread_local_ends_with_its_thread() {
    const CHILD: &str = "HOSTILE_CHILD";
    if std::env::var_os(CHILD).is_some() {
        for (first, debug) in [(false, false), (false, true), (true, false), (true, true)] {
            leave_a_loop(first, debug);
        }
        return;
    }
    // In a process of its own, because the error would abort it.
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "a_loop_in_a_thread_local_ends_with_its_thread", "--nocapture"]).env(CHILD, "1");
    let ended = child.output().unwrap();
    assert!(ended.status.success(), "{} {}", ended.status, String::from_utf8_lossy(&ended.stderr));
}

const SIGNALS: [(&str, i32); 2] = [("-INT", 2), ("-TERM", 15)];

/// Checks that a program ends when it is asked to, by itself or through the signal.
#[track_caller]
fn assert_ends(mut program: Program, number: i32) {
    let ended = program.end();
    let is_right = matches!(ended.code(), Some(0 | 1)) || ended.signal() == Some(number);
    assert!(is_right, "{}: {ended} {}", program.name, program.said());
}

#[test]
fn signals_end_a_server_while_it_starts() {
    for (signal, number) in SIGNALS {
        for delay in [0, 1, 2, 5, 10, 20, 40] {
            with_each_server(|name| {
                let program = Program::start(name, &[], World::default());
                thread::sleep(Duration::from_millis(delay));
                program.signal(signal);
                assert_ends(program, number);
            });
        }
    }
}

#[test]
fn signals_end_a_server_whatever_its_clients_do() {
    type Client = fn(&Program) -> Vec<TcpStream>;
    let clients: [Client; 5] = [
        |_| Vec::new(),
        |server| vec![server.connect()],
        // In the middle of a request.
        |server| {
            let mut client = server.connect();
            client.write_all(b"POST /upper HTTP/1.1\r\nHost: here\r\nContent-Length: 10\r\n\r\nhalf").unwrap();
            vec![client]
        },
        // In the middle of work, for the server that has some.
        |server| {
            let mut client = server.connect();
            client.write_all(b"a long piece of work that takes some seconds\n").unwrap();
            vec![client]
        },
        // A client that requests much and does not read.
        |server| {
            let mut client = server.connect();
            client.set_write_timeout(Some(Duration::from_millis(200))).unwrap();
            let lines = "GET / HTTP/1.1\r\nHost: here\r\n\r\n".repeat(10_000);
            let _ = client.write_all(lines.as_bytes());
            vec![client, server.connect()]
        },
    ];
    thread::scope(|scope| {
        for (signal, number) in SIGNALS {
            for client in clients {
                scope.spawn(move || {
                    with_each_server(|name| {
                        let server = Program::serve(name, World::default());
                        let _clients = client(&server);
                        thread::sleep(Duration::from_millis(50));
                        server.signal(signal);
                        // As in CPython, what was written to a client is sent before the end, and one that does not read
                        // it delays the end until the second signal.
                        thread::sleep(Duration::from_millis(500));
                        server.signal(signal);
                        assert_ends(server, number);
                    });
                });
            }
        }
    });
}

#[test]
fn a_second_signal_does_no_harm() {
    for second in ["-INT", "-TERM"] {
        with_each_server(|name| {
            let server = Program::serve(name, World::default());
            let mut busy = server.connect();
            busy.write_all(b"POST /upper HTTP/1.1\r\nContent-Length: 10\r\n\r\n").unwrap();
            thread::sleep(Duration::from_millis(50));
            server.signal("-INT");
            thread::sleep(Duration::from_millis(20));
            server.signal(second);
            assert_ends(server, if second == "-INT" { 2 } else { 15 });
        });
    }
}

#[test]
fn signals_end_the_crawler_in_the_middle_of_its_work() {
    let mut sites = Sites::new().unwrap();
    let silent = sites.open(Protocol::Http, Manner::IsSilent).unwrap();
    for (signal, number) in SIGNALS {
        for delay in [0, 5, 20, 200] {
            let crawler = Program::start("areq", &[&silent], World::default());
            thread::sleep(Duration::from_millis(delay));
            crawler.signal(signal);
            assert_ends(crawler, number);
        }
    }
}

#[test]
fn finished_requests_are_answered_although_the_server_is_told_to_end() {
    for (signal, _) in SIGNALS {
        let mut server = Program::serve("http_server", World::default());
        let mut client = server.connect();
        client.write_all(b"POST /upper HTTP/1.1\r\nHost: here\r\nContent-Length: 10\r\n\r\nhalf ").unwrap();
        thread::sleep(Duration::from_millis(100));
        server.signal(signal);
        while !server.said().contains("POST") {
            thread::sleep(Duration::from_millis(5));
        }
        thread::sleep(Duration::from_millis(50));
        client.write_all(b"more!").unwrap();
        let mut heard = String::new();
        client.read_to_string(&mut heard).unwrap();
        assert!(heard.starts_with("HTTP/1.1 200 OK") && heard.ends_with("HALF MORE!"), "{heard}");
        assert_eq!(server.end().code(), Some(0));
        assert!(server.said().ends_with("stopped\n"), "{}", server.said());
    }
}
