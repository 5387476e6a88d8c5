//! The programs to inspect: this test binary again, each in a process of its own.
//!
//! A subject prints a line when it has reached the state that the test wants, so no test has to wait for a fixed time.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use asyncio::{
    EventLoop, Lock, Queue, Result, Semaphore, TaskGroup, create_task, gather, get_running_loop, run, shield, signal,
    sleep, to_thread, wait, wait_for,
};
use asyncio_inspect::Snapshot;
use tempfile::TempDir;

const VARIABLE: &str = "ASYNCIO_INSPECT_SUBJECT";

/// Runs the subject that the environment names, in the process of a [`Subject`].
#[test]
fn subject() -> Result<()> {
    match std::env::var(VARIABLE).as_deref() {
        Err(_) => Ok(()),
        Ok("kitchen") => run(kitchen()),
        Ok("tasks") => run(tasks()),
        Ok("circle") => run(circle()),
        Ok("stuck") => run(stuck()),
        Ok("stuck in a callback") => run(stuck_in_a_callback()),
        Ok("futurelock") => run(futurelock()),
        Ok("crowd") => run(crowd()),
        Ok("crowd that a closed pipe ends") => run(crowd_that_a_closed_pipe_ends()),
        Ok("abandoned") => run(abandoned()),
        Ok("forgetful") => run(forgetful()),
        Ok("healthy") => run(healthy()),
        Ok("handed over") => run(handed_over()),
        Ok("beside") => run(beside()),
        Ok("closing") => run(closing()),
        Ok("parent") => run(parent()),
        Ok("server") => run(crate::healthy::server()),
        Ok("two loops") => two_loops(),
        Ok("stuck beside another") => stuck_beside_another(),
        Ok("deadlock") => run(deadlock()),
        Ok("short") => {
            run(async { Ok(()) })?;
            say("over");
            wait_for_the_end();
            Ok(())
        }
        Ok(other) => panic!("there is no subject {other}"),
    }
}

/// To the test; the test harness writes to standard output too.
pub(crate) fn say(line: &str) {
    let mut stdout = File::from(std::io::stdout().as_fd().try_clone_to_owned().expect("a descriptor"));
    writeln!(stdout, "\nsubject: {line}").expect("the test reads");
}

/// Blocks the thread until the test closes our standard input.
fn wait_for_the_end() {
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}

async fn wash(first: Lock, second: Lock) -> Result<()> {
    let _first = first.lock().await?;
    sleep(0).await?;
    let _second = second.lock().await?; // line: second lock
    Ok(())
}

async fn bake() -> Result<()> {
    sleep(3600).await // line: oven
}

/// Tasks that wait in every possible way, two of them for each other.
async fn kitchen() -> Result<()> {
    let (sink, drainer, broom) = (Lock::new(), Lock::new(), Lock::new());
    let left = broom.clone();
    create_task(async move { left.acquire().await }).named("gone").await?; // line: broom
    let tables = Semaphore::new(1)?;
    tables.acquire().await?;
    let orders = Queue::<u32>::new(1);
    let start = async move |group: TaskGroup| {
        drop(group.create_task(wash(sink.clone(), drainer.clone()))?.named("cups"));
        drop(group.create_task(wash(drainer, sink))?.named("plates"));
        drop(group.create_task(async move { broom.lock().await.map(drop) })?.named("sweeper"));
        drop(group.create_task(async move { tables.acquire().await })?.named("guest"));
        drop(group.create_task(async move { orders.get().await.map(drop) })?.named("cook"));
        drop(group.create_task(async { gather([bake(), bake()]).await.map(drop) })?.named("baker"));
        drop(group.create_task(async { wait_for(std::future::pending::<Result<()>>(), 3600).await })?.named("dreamer"));
        create_task(async {
            for _ in 0..3 {
                sleep(0).await?;
            }
            say("ready");
            Ok(())
        })
        .await
    };
    TaskGroup::new().run(start).await
}

/// Tasks that wait for other tasks in every possible way, and one that waits for a thread.
async fn tasks() -> Result<()> {
    let block = async |group: TaskGroup| {
        for loaf in 1..=2 {
            drop(group.create_task(bake())?.named(format_args!("loaf {loaf}")));
        }
        Ok(())
    };
    let _groups = create_task(async move { TaskGroup::new().run(block).await }).named("groups");
    let body = async |group: TaskGroup| {
        drop(group.create_task(bake())?.named("rye"));
        to_thread(wait_for_the_end).await
    };
    let _body = create_task(async move { TaskGroup::new().run(body).await }).named("body");
    let _waits = create_task(async { wait([create_task(bake()).named("roll")]).await.map(drop) }).named("waits");
    let _shields = create_task(async { shield(create_task(bake()).named("bun")).await }).named("shields");
    let _gathers = create_task(async { gather([create_task(bake()).named("scone")]).await.map(drop) }).named("gathers");
    let _delegates = create_task(to_thread(wait_for_the_end)).named("delegates");
    sleep(0).await?;
    sleep(0).await?;
    say("ready");
    bake().await
}

/// Two tasks that wait for each other in a busy program, which finds that out by itself.
async fn circle() -> Result<()> {
    let (sink, drainer) = (Lock::new(), Lock::new());
    let _cups = create_task(wash(sink.clone(), drainer.clone())).named("cups");
    let _plates = create_task(wash(drainer, sink)).named("plates");
    let bread = create_task(bake()).named("bread");
    tick();
    say("ready");
    bread.await
}

async fn block() -> Result<()> {
    sleep(0).await?; // line: last await
    say("ready");
    wait_for_the_end();
    Ok(())
}

async fn stuck() -> Result<()> {
    let waiting = create_task(bake()).named("bread");
    let blocking = create_task(block()).named("blocker");
    blocking.await?;
    waiting.cancel();
    Ok(())
}

fn wait_in_a_callback() {
    say("ready");
    wait_for_the_end();
}

async fn stuck_in_a_callback() -> Result<()> {
    get_running_loop()?.call_soon(wait_in_a_callback)?;
    sleep(0).await
}

async fn futurelock() -> Result<()> {
    let lock = Lock::new();
    let guard = lock.lock().await?;
    let mut unpolled = std::pin::pin!(lock.lock()); // line: unpolled
    assert!(std::future::poll_fn(|cx| std::task::Poll::Ready(unpolled.as_mut().poll(cx).is_pending())).await);
    let second = create_task(lock.lock()).named("second");
    sleep(0).await?;
    drop(guard);
    create_task(async {
        sleep(0).await?;
        say("ready");
        Ok(())
    });
    second.await.map(drop)
}

/// A queue whose consumer has ended in the middle of its work.
async fn abandoned() -> Result<()> {
    let orders = Queue::new(1);
    let taken = orders.clone();
    let cook = create_task(async move { taken.get().await }).named("cook"); // line: cook takes
    sleep(0).await?;
    orders.put_nowait(1)?;
    cook.await?;
    orders.put_nowait(2)?;
    let put = orders.clone();
    let _waiter = create_task(async move { put.put(3).await.map_err(Into::into) }).named("waiter");
    let _owner = create_task(async move { orders.join().await }).named("owner");
    create_task(async {
        sleep(0).await?;
        say("ready");
        sleep(3600).await
    })
    .await
}

/// Two workers, one of which forgets `task_done` for an item, while the program goes on.
async fn forgetful() -> Result<()> {
    let dishes = Queue::new(0);
    let taken = dishes.clone();
    let _washer = create_task(async move {
        loop {
            let dish = taken.get().await?; // line: washer takes
            if dish == "a broken cup" {
                continue;
            }
            taken.task_done()?;
        }
        #[allow(unreachable_code, reason = "the type of the result")]
        Ok(())
    })
    .named("washer");
    let dried = dishes.clone();
    let _dryer = create_task(async move {
        loop {
            dried.get().await?;
            dried.task_done()?;
        }
        #[allow(unreachable_code, reason = "the type of the result")]
        Ok(())
    })
    .named("dryer");
    ["a broken cup", "a plate", "a glass", "a pot"].into_iter().try_for_each(|dish| dishes.put_nowait(dish))?;
    let _owner = create_task(async move { dishes.join().await }).named("owner");
    tick();
    for _ in 0..5 {
        sleep(0).await?;
    }
    say("ready");
    sleep(3600).await
}

/// All is well: tasks that share locks, tables and queues, and that wait for each other.
async fn healthy() -> Result<()> {
    let (sink, tables, orders) = (Lock::new(), Semaphore::new(2)?, Queue::<u32>::new(2));
    for number in 0..8 {
        let (sink, tables, orders) = (sink.clone(), tables.clone(), orders.clone());
        let cook = async move {
            loop {
                let order = wait_for(orders.get(), 3600).await?;
                let _table = tables.permit().await?;
                let _sink = sink.lock().await?;
                sleep(0.0001 * f64::from(order)).await?;
                orders.task_done()?;
            }
        };
        drop(create_task::<(), _>(cook).named(format_args!("cook {number}")));
    }
    let guests = async move {
        for number in 0.. {
            let put = |order| {
                let put = orders.put(order);
                async { put.await.map_err(asyncio::Error::from) }
            };
            gather((0..4).map(put)).await?;
            orders.join().await?;
            if number == 10 {
                say("ready");
            }
        }
        Ok(())
    };
    create_task(guests).named("guests").await
}

/// A guard goes through a queue to a task that holds it for long, while the task that acquired it wants the lock again.
async fn handed_over() -> Result<()> {
    let (lock, jobs) = (Lock::new(), Queue::new(0));
    let taken = jobs.clone();
    let _worker = create_task(async move {
        let guard = taken.get().await?;
        say("ready");
        sleep(3600).await?;
        drop(guard);
        Ok(())
    });
    let dispatcher = async move {
        jobs.put_nowait(lock.lock().await?)?;
        lock.lock().await.map(drop)
    };
    tick();
    create_task(dispatcher).named("dispatcher").await
}

/// Two tasks that seem to wait for each other, one of which waits for something of another crate, too.
async fn beside() -> Result<()> {
    let (one, two) = (Lock::new(), Lock::new());
    let (first, second) = (one.clone(), two.clone());
    let _locks = create_task(wash(first, second)).named("locks");
    let both = async move {
        let _second = two.lock().await?;
        sleep(0).await?;
        let (mut lock, mut other) = (std::pin::pin!(one.lock()), std::pin::pin!(Elsewhere));
        std::future::poll_fn(|cx| {
            let lock = lock.as_mut().poll(cx);
            if other.as_mut().poll(cx).is_ready() { std::task::Poll::Ready(Ok(())) } else { lock.map(|_| Ok(())) }
        })
        .await
    };
    let _both = create_task(both).named("both");
    tick();
    for _ in 0..3 {
        sleep(0).await?;
    }
    say("ready");
    sleep(3600).await
}

/// Another crate's future, which a thread of its own will wake.
struct Elsewhere;

impl Future for Elsewhere {
    type Output = ();

    fn poll(self: std::pin::Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> std::task::Poll<()> {
        let waker = cx.waker().clone();
        std::thread::spawn(move || {
            std::thread::sleep(std::time::Duration::from_secs(3600));
            waker.wake();
        });
        std::task::Poll::Pending
    }
}

/// The loop is never idle for long, and looks for partial deadlocks.
fn tick() {
    create_task(async {
        loop {
            sleep(0.001).await?;
        }
        #[allow(unreachable_code, reason = "the type of the result")]
        Ok(())
    });
}

/// Its end takes a while, because each task blocks the loop when it is cancelled.
async fn closing() -> Result<()> {
    for number in 0..100 {
        let cleans_up = async {
            let cancelled = sleep(3600).await;
            std::thread::sleep(std::time::Duration::from_millis(20));
            cancelled
        };
        drop(create_task(cleans_up).named(format_args!("guest {number}")));
    }
    sleep(0).await?;
    say("ready");
    Ok(())
}

/// Starts another program with this one's environment, and continues when that has ended.
async fn parent() -> Result<()> {
    let mut child = Command::new(std::env::current_exe()?);
    child.args(["subjects::subject", "--exact", "--nocapture"]).env(VARIABLE, "short").stdin(Stdio::null());
    let output = to_thread(move || child.output()).await??;
    assert!(output.status.success() && String::from_utf8_lossy(&output.stdout).contains("subject: over"));
    say("ready");
    to_thread(wait_for_the_end).await
}

/// Many tasks, and an end by SIGTERM.
async fn crowd() -> Result<()> {
    let tasks: Vec<_> = (0..5000).map(|number| create_task(bake()).named(format_args!("loaf {number}"))).collect();
    let enough = asyncio::Event::new();
    let end = enough.clone();
    get_running_loop()?.add_signal_handler(signal::SIGTERM, move || end.set())?;
    sleep(0).await?;
    say("ready");
    enough.wait().await?;
    for task in tasks {
        task.cancel();
    }
    say("over");
    Ok(())
}

/// SIGPIPE has its default action, as in programs in other languages.
async fn crowd_that_a_closed_pipe_ends() -> Result<()> {
    let event_loop = get_running_loop()?;
    event_loop.add_signal_handler(signal::SIGPIPE, || ())?;
    assert!(event_loop.remove_signal_handler(signal::SIGPIPE));
    crowd().await
}

/// A loop that is stuck in a step, and a later one in another thread that goes on.
fn stuck_beside_another() -> Result<()> {
    let (made, wait_for_first) = std::sync::mpsc::channel();
    let (go, wait_for_second) = std::sync::mpsc::channel();
    let first = move || {
        let event_loop = asyncio::new_event_loop();
        made.send(()).expect("it is waited for");
        wait_for_second.recv().expect("the second begins");
        event_loop.run_until_complete(stuck())
    };
    let _stuck = std::thread::Builder::new().name("first".to_owned()).spawn(first)?;
    wait_for_first.recv().expect("the first is made");
    run(async move {
        tick();
        let kettle = create_task(bake()).named("kettle");
        sleep(0).await?;
        go.send(()).expect("it is waited for");
        kettle.await
    })
}

fn two_loops() -> Result<()> {
    let (tell, told) = std::sync::mpsc::channel();
    let threads: Vec<_> = ["first", "second"]
        .into_iter()
        .map(|name| {
            let tell = tell.clone();
            let program = move || {
                let event_loop = asyncio::new_event_loop();
                event_loop.run_until_complete(async move {
                    let kettle = create_task(bake()).named(format_args!("kettle of the {name}"));
                    sleep(0).await?;
                    tell.send(()).expect("it is waited for");
                    kettle.await
                })
            };
            std::thread::Builder::new().name(name.to_owned()).spawn(program).expect("a thread")
        })
        .collect();
    threads.iter().for_each(|_| told.recv().expect("both begin"));
    // A loop that does not run.
    let _idle = EventLoop::with_clock(asyncio::Clock::Real);
    say("ready");
    threads.into_iter().for_each(|thread| thread.join().expect("no panic").expect("no error"));
    Ok(())
}

async fn deadlock() -> Result<()> {
    let never = get_running_loop()?.create_future::<()>();
    let task = create_task(async move { never.await }).named("waiter");
    sleep(0).await?;
    say("ready");
    task.await
}

/// A process that is looked into, with a folder for its socket.
pub(crate) struct Subject {
    process: Child,
    said: BufReader<std::process::ChildStdout>,
    pub(crate) folder: TempDir,
}

impl Subject {
    /// Starts a subject, and waits until it says that it is ready.
    pub(crate) fn start(name: &str) -> Self {
        Self::start_in(name, TempDir::new().expect("a folder"), &[("ASYNCIO_INSPECT", "1")], "ready")
    }

    pub(crate) fn start_in(name: &str, folder: TempDir, variables: &[(&str, &str)], until: &str) -> Self {
        let mut process = Command::new(std::env::current_exe().expect("this file"))
            .args(["subjects::subject", "--exact", "--nocapture"])
            .env(VARIABLE, name)
            .env_remove("ASYNCIO_INSPECT")
            .env_remove("ASYNCIO_CLOCK")
            .env("XDG_RUNTIME_DIR", folder.path())
            .env("TMPDIR", folder.path())
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let said = BufReader::new(process.stdout.take().expect("it is piped"));
        let mut subject = Self { process, said, folder };
        if !until.is_empty() {
            subject.wait_until(until);
        }
        subject
    }

    /// The port that the subject reports.
    pub(crate) fn port(&mut self) -> u16 {
        let said = self.wait_until("port ");
        said.trim_end().parse().expect("a number")
    }

    /// Reads up to a line of the subject that begins with `line`, and returns the rest of that line.
    pub(crate) fn wait_until(&mut self, line: &str) -> String {
        let line = format!("subject: {line}");
        let mut read = String::new();
        loop {
            read.clear();
            assert_ne!(self.said.read_line(&mut read).expect("text"), 0, "the subject ended before it said {line:?}");
            if let Some(rest) = read.strip_prefix(&line) {
                return rest.to_owned();
            }
        }
    }

    /// Reads standard error up to a line that begins with `line`, and returns what was read.
    pub(crate) fn errors_until(&mut self, line: &str) -> String {
        let stderr = self.process.stderr.as_mut().expect("it is piped");
        let (mut read, mut byte) = (Vec::new(), [0]);
        while !String::from_utf8_lossy(&read).lines().any(|read| read.starts_with(line)) {
            stderr.read_exact(&mut byte).expect("the subject runs");
            read.push(byte[0]);
        }
        String::from_utf8(read).expect("text")
    }

    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    pub(crate) fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.id().to_string()]).status();
        assert!(sent.expect("kill runs").success());
    }

    /// The path of the subject's socket.
    pub(crate) fn socket(&self) -> std::path::PathBuf {
        self.folder.path().join(format!("asyncio-inspect/{}.sock", self.id()))
    }

    /// What a tool prints of the subject.
    pub(crate) fn look(&self, tool: &str, arguments: &[&str]) -> String {
        let output = look(self.folder.path(), tool, self.id(), arguments);
        let (printed, errors) = (String::from_utf8(output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success() && errors.is_empty(), "{tool}: {errors}");
        printed.expect("text")
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot::from_json(&self.look("asyncio-ps", &["--json"])).expect("JSON")
    }

    /// Ends a subject that waits for its end, and returns what it has written to standard error.
    pub(crate) fn end(mut self) -> (bool, String) {
        drop(self.process.stdin.take());
        self.rest()
    }

    pub(crate) fn kill(mut self) -> (bool, String) {
        self.process.kill().expect("it has not ended");
        self.rest()
    }

    fn rest(&mut self) -> (bool, String) {
        let mut errors = String::new();
        let _ = self.process.stderr.take().expect("it is piped").read_to_string(&mut errors);
        let _ = self.said.read_to_end(&mut Vec::new());
        (self.process.wait().expect("it ends").success(), errors)
    }
}

impl Drop for Subject {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Runs a tool on a process.
pub(crate) fn look(folder: &Path, tool: &str, pid: u32, arguments: &[&str]) -> Output {
    let tool = match tool {
        "asyncio-ps" => env!("CARGO_BIN_EXE_asyncio-ps"),
        "asyncio-pstree" => env!("CARGO_BIN_EXE_asyncio-pstree"),
        other => panic!("there is no tool {other}"),
    };
    let mut command = Command::new(tool);
    command.arg(pid.to_string()).args(arguments).env("XDG_RUNTIME_DIR", folder).env("TMPDIR", folder);
    command.output().expect("it runs")
}

/// The line of this file with the comment `line: NAME`.
pub(crate) fn line_of(name: &str) -> u32 {
    let comment = format!("// line: {name}");
    let place = include_str!("subjects.rs").lines().position(|line| line.ends_with(&comment));
    u32::try_from(place.expect("a line has this comment") + 1).expect("a small file")
}
