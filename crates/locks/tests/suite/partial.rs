//! Partial deadlocks: tasks that wait for each other are reported once, while others go on. Programs that only look like that are
//! not reported.
//!
//! The log is standard error, so each test runs itself as a child process.

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::process::Command;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use asyncio_locks::{Condition, Event, Lock, Semaphore};
use asyncio_runtime::{Clock, Result, Runner, Task, TaskGroup, create_task, gather, get_running_loop, sleep, wait_for};

/// Runs a program in a process of its own, as the test of this name, and returns its log lines about partial deadlocks. The lines
/// of tasks are cut before the location. In the child, the program runs and nothing is returned.
fn told(test: &str, program: impl Future<Output = Result<()>> + 'static) -> Option<Vec<String>> {
    if std::env::var_os("IN_CHILD").is_some() {
        Runner::new().clock(Clock::Virtual).run(program).unwrap();
        return None;
    }
    let mut child = Command::new(std::env::current_exe().unwrap());
    let child = child.args(["--exact", &format!("partial::{test}"), "--nocapture"]).env("IN_CHILD", "1");
    let output = child.output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && stdout.contains(" 1 passed;"), "{test:?} is not this test, or failed: {stdout}");
    let stderr = String::from_utf8(output.stderr).unwrap();
    let own = stderr.lines().map(|line| line.split(" at crates").next().unwrap().split(" at tests").next().unwrap());
    let own = own.filter(|line| line.contains("deadlock") || line.contains("waits for") || line.contains("futurelock"));
    Some(own.map(|line| line.trim_start().to_owned()).collect())
}

macro_rules! is_told {
    ($test:ident, $program:expr, $expected:expr) => {
        if let Some(lines) = told(stringify!($test), $program) {
            assert_eq!(lines, $expected);
        }
    };
}

const NOTHING: [&str; 0] = [];

fn start<T: 'static>(name: &str, coroutine: impl Future<Output = Result<T>> + 'static) -> Task<T> {
    create_task(coroutine).named(name)
}

/// Others go on, and the loop waits between their steps.
async fn others_go_on() -> Result<()> {
    for _ in 0..200 {
        sleep(1).await?;
    }
    Ok(())
}

/// Takes one lock, lets the others take theirs, and wants another one.
async fn take_both(first: Lock, second: Lock) -> Result<()> {
    let _first = first.lock().await?;
    sleep(1).await?;
    second.lock().await.map(drop)
}

#[test]
fn tasks_that_wait_for_each_others_locks_are_told_of_once() {
    let program = async {
        let locks: Vec<Lock> = (0..3).map(|_| Lock::new()).collect();
        let tasks: Vec<_> = ["Anna", "Berta", "Carla"]
            .iter()
            .enumerate()
            .map(|(i, name)| start(name, take_both(locks[i].clone(), locks[(i + 1) % 3].clone())))
            .collect();
        // They wait for the knot, but are not part of it.
        let _waiting = start("waiting", async move { gather(tasks).await });
        let _behind = start("behind", take_both(Lock::new(), locks[0].clone()));
        others_go_on().await
    };
    let told = [
        "partial deadlock: 3 tasks wait for each other, while others go on",
        "Anna waits for <Lock waiters=1>, acquired by Berta,",
        "Berta waits for <Lock waiters=1>, acquired by Carla,",
        "Carla waits for <Lock waiters=2>, acquired by Anna,",
    ];
    is_told!(tasks_that_wait_for_each_others_locks_are_told_of_once, program, told);
}

/// A task holds a lock and awaits one that needs it; two others wait for each other's end through groups.
#[test]
fn every_knot_is_told_of_with_the_sort_of_each_wait() {
    let program = async {
        let lock = Lock::new();
        let worker = start("worker", {
            let lock = lock.clone();
            async move {
                sleep(1).await?;
                lock.lock().await.map(drop)
            }
        });
        let _boss = start("boss", async move {
            let _held = lock.lock().await?;
            worker.await
        });
        let (one, two) = (Event::new(), Event::new());
        let other = Rc::new(RefCell::new(None));
        let left = start("left", {
            let (one, other) = (one.clone(), other.clone());
            async move {
                one.wait().await?;
                let right: Task<()> = other.take().expect("it is there");
                gather([right]).await.map(drop)
            }
        });
        let right = start("right", async move {
            two.wait().await?;
            left.await
        });
        // In the end both wait.
        other.replace(Some(right));
        one.set();
        others_go_on().await
    };
    let told = [
        "partial deadlock: 2 tasks wait for each other, while others go on",
        "worker waits for <Lock waiters=1>, acquired by boss,",
        "boss waits for worker",
    ];
    // `right` waits for an event that no task sets: that may still happen.
    is_told!(every_knot_is_told_of_with_the_sort_of_each_wait, program, told);
}

async fn poll_once<F: Future + ?Sized>(mut wait: Pin<&mut F>) {
    let ready = poll_fn(|cx| Poll::Ready(wait.as_mut().poll(cx).is_ready())).await;
    assert!(!ready);
}

#[test]
fn a_futurelock_is_a_knot_of_one() {
    let program = async {
        let lock = Lock::new();
        let held = lock.lock().await?;
        let _release = start("release", async move { sleep(1).await.map(|()| drop(held)) });
        let _locked = start("futurelocked", async move {
            let mut branch = pin!(lock.lock());
            poll_once(branch.as_mut()).await;
            lock.lock().await.map(drop)
        });
        others_go_on().await
    };
    let told = [
        "partial deadlock: a task waits for itself, while others go on",
        "futurelocked waits for <Lock waiters=2>",
        "futurelock: the lock was released, and offered to a wait of this task",
    ];
    is_told!(a_futurelock_is_a_knot_of_one, program, told);
}

/// The guard went to a task, or into a callback, so the task that acquired the lock does not wait for itself.
#[test]
fn a_guard_that_was_moved_makes_no_knot() {
    let program = async {
        let lock = Lock::new();
        let _dispatcher = start("dispatcher", async move {
            for _ in 0..5 {
                let job = lock.lock().await?;
                drop(create_task(async move { sleep(50).await.map(|()| drop(job)) }));
                let later = lock.lock().await?;
                drop(get_running_loop()?.call_later(50, move || drop(later))?);
            }
            Ok(())
        });
        others_go_on().await?;
        others_go_on().await
    };
    is_told!(a_guard_that_was_moved_makes_no_knot, program, NOTHING);
}

/// The guard goes to an existing task, in the result of a future.
#[test]
fn a_guard_that_was_handed_over_makes_no_knot() {
    let program = async {
        let lock = Lock::new();
        for _ in 0..3 {
            let job = get_running_loop()?.create_future();
            let _worker = start("worker", {
                let job = job.clone();
                async move {
                    let (_guard, seconds) = job.await?;
                    sleep(seconds).await
                }
            });
            let lock = lock.clone();
            let _dispatcher = start("dispatcher", async move {
                let guard = lock.lock().await?;
                job.set_result((guard, 100))?;
                // The worker has it.
                lock.lock().await.map(drop)
            });
        }
        for _ in 0..10 {
            others_go_on().await?;
        }
        Ok(())
    };
    is_told!(a_guard_that_was_handed_over_makes_no_knot, program, NOTHING);
}

/// The guard goes through a `RefCell`, of which the loop knows nothing, to a task that releases the lock after some seconds.
#[test]
fn a_guard_that_another_task_has_unseen_for_a_while_makes_no_knot() {
    let program = async {
        let (lock, handed, event) = (Lock::new(), Rc::new(RefCell::new(None)), Event::new());
        let (guards, came) = (handed.clone(), event.clone());
        let _worker = start("worker", async move {
            for _ in 0..60 {
                came.wait().await?;
                came.clear();
                let guard = guards.take();
                sleep(9).await?;
                drop(guard);
            }
            Ok(())
        });
        let _dispatcher = start("dispatcher", async move {
            for _ in 0..60 {
                handed.replace(Some(lock.lock().await?));
                event.set();
            }
            Ok(())
        });
        others_go_on().await?;
        others_go_on().await
    };
    is_told!(a_guard_that_another_task_has_unseen_for_a_while_makes_no_knot, program, NOTHING);
}

/// The values that are handed over cannot contain a guard, so the task that acquired the lock still holds it.
#[test]
fn a_task_that_hands_numbers_over_still_has_its_guard() {
    let program = async {
        let (lock, number) = (Lock::new(), get_running_loop()?.create_future());
        let _number = number.clone();
        let _counting = start("counting", async move {
            let _guard = lock.lock().await?;
            number.set_result(1)?;
            lock.lock().await.map(drop)
        });
        others_go_on().await
    };
    let told = [
        "partial deadlock: a task waits for itself, while others go on",
        "counting waits for <Lock waiters=1>, acquired by counting,",
    ];
    is_told!(a_task_that_hands_numbers_over_still_has_its_guard, program, told);
}

/// Stands for a channel of another crate, unknown to the loop.
#[derive(Clone, Default)]
struct Channel(Rc<RefCell<(bool, Option<Waker>)>>);

impl Channel {
    fn send(&self) {
        let waker = {
            let mut inner = self.0.borrow_mut();
            inner.0 = true;
            inner.1.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl Future for Channel {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut inner = self.0.borrow_mut();
        // Like most crates, it keeps a waker that wakes the same task.
        if !inner.1.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            inner.1 = Some(cx.waker().clone());
        }
        if inner.0 { Poll::Ready(()) } else { Poll::Pending }
    }
}

/// Waits for a lock or a message, whichever comes first.
async fn lock_or_message(lock: Lock, channel: Channel, is_lock_first: bool) -> Result<()> {
    let (mut lock, mut channel) = (pin!(lock.lock()), pin!(channel));
    poll_fn(|cx| {
        let message = |cx: &mut Context<'_>, channel: Pin<&mut Channel>| channel.poll(cx).map(|()| Ok(()));
        if !is_lock_first && message(cx, channel.as_mut()).is_ready() {
            return Poll::Ready(Ok(()));
        }
        if let Poll::Ready(guard) = lock.as_mut().poll(cx) {
            return Poll::Ready(guard.map(drop));
        }
        message(cx, channel.as_mut())
    })
    .await
}

/// Its message ends the wait.
#[test]
fn a_wait_beside_a_future_of_another_crate_is_in_no_knot() {
    let program = async {
        let mut channels = Vec::new();
        for is_lock_first in [false, true] {
            let (one, two, channel) = (Lock::new(), Lock::new(), Channel::default());
            channels.push(channel.clone());
            let _other = start("other", take_both(one.clone(), two.clone()));
            let _selects = start("selects", async move {
                let _held = two.lock().await?;
                sleep(1).await?;
                lock_or_message(one, channel, is_lock_first).await
            });
        }
        // The same in a task that is awaited by the holder of the lock it needs.
        let (lock, channel) = (Lock::new(), Channel::default());
        channels.push(channel.clone());
        let inner = start("inner", lock_or_message(lock.clone(), channel, true));
        let outer = start("outer", async move {
            let _held = lock.lock().await?;
            inner.await
        });
        others_go_on().await?;
        channels.iter().for_each(Channel::send);
        outer.await?;
        others_go_on().await
    };
    is_told!(a_wait_beside_a_future_of_another_crate_is_in_no_knot, program, NOTHING);
}

/// A future that has been awaited, or was dropped, wakes no task any more.
#[test]
fn futures_of_other_crates_that_are_gone_hide_no_knot() {
    let program = async {
        let (one, two) = (Lock::new(), Lock::new());
        let tasks = [("left", one.clone(), two.clone()), ("right", two, one)];
        for (name, first, second) in tasks {
            let (awaited, dropped) = (Channel::default(), Channel::default());
            awaited.send();
            let _task = start(name, async move {
                awaited.await;
                poll_once(pin!(dropped)).await;
                take_both(first, second).await
            });
        }
        others_go_on().await
    };
    let told = [
        "partial deadlock: 2 tasks wait for each other, while others go on",
        "left waits for <Lock waiters=1>, acquired by right,",
        "right waits for <Lock waiters=1>, acquired by left,",
    ];
    is_told!(futures_of_other_crates_that_are_gone_hide_no_knot, program, told);
}

/// Polls only the parts that were woken, as unordered collections of futures do.
struct Unordered(Vec<(Wait, Arc<Part>)>);

type Wait = Pin<Box<dyn Future<Output = ()>>>;

/// Has it been woken, and what does it wake?
struct Part(AtomicBool, Mutex<Option<Waker>>);

impl Wake for Part {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
        let whole = self.1.lock().unwrap().take();
        whole.into_iter().for_each(Waker::wake);
    }
}

impl Unordered {
    fn push(&mut self, wait: impl Future<Output = ()> + 'static) {
        self.0.push((Box::pin(wait), Arc::new(Part(true.into(), Mutex::default()))));
    }
}

impl Future for Unordered {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.0.retain_mut(|(wait, part)| {
            part.1.lock().unwrap().replace(cx.waker().clone());
            let waker = Waker::from(Arc::clone(part));
            let is_woken = part.0.swap(false, Ordering::Relaxed);
            !is_woken || wait.as_mut().poll(&mut Context::from_waker(&waker)).is_pending()
        });
        if self.0.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    }
}

#[test]
fn a_wait_in_a_collection_that_polls_what_was_woken_is_in_no_knot() {
    let program = async {
        let (one, two, event) = (Lock::new(), Lock::new(), Event::new());
        let _other = start("other", take_both(one.clone(), two.clone()));
        let late = event.clone();
        let collects = start("collects", async move {
            let held = two.lock().await?;
            let mut waits = Unordered(Vec::new());
            waits.push(async move {
                late.wait().await.unwrap();
                drop(held);
            });
            waits.push(async move {
                sleep(1).await.unwrap();
                drop(one.lock().await.unwrap());
            });
            waits.await;
            Ok(())
        });
        others_go_on().await?;
        event.set();
        collects.await
    };
    is_told!(a_wait_in_a_collection_that_polls_what_was_woken_is_in_no_knot, program, NOTHING);
}

/// A task of a group has a time limit, so the group fails, and the task that awaits it releases what the others need.
#[test]
fn a_group_of_which_a_task_has_a_time_limit_is_in_no_knot() {
    let program = async {
        let lock = Lock::new();
        let owner = start("owner", async move {
            let limited = {
                let lock = lock.clone();
                async move { wait_for(lock.lock(), 150).await.map(drop) }
            };
            let needs = {
                let lock = lock.clone();
                async move { lock.lock().await.map(drop) }
            };
            let (limited, needs) = (start("limited", limited), start("needs", needs));
            // They begin when this task waits.
            let _held = lock.lock().await?;
            gather([limited, needs]).await.map(drop)
        });
        others_go_on().await?;
        assert!(owner.done() && owner.await.is_err());
        Ok(())
    };
    is_told!(a_group_of_which_a_task_has_a_time_limit_is_in_no_knot, program, NOTHING);
}

/// Each of these ends by itself, or may end.
#[test]
fn a_wait_that_something_may_end_is_in_no_knot() {
    let program = async {
        // A time limit: of the task, of one that awaits it, of a group around it.
        for around in 0..3 {
            let (one, two) = (Lock::new(), Lock::new());
            let first = take_both(one.clone(), two.clone());
            let second = take_both(two, one);
            let pair = async move { gather([first, second]).await.map(drop) };
            let _pair = match around {
                0 => start("limited", wait_for(pair, 150)),
                1 => start("awaits", wait_for(start("inner", pair), 150)),
                _ => start("group", async move {
                    let block = async move |group: TaskGroup| group.create_task(pair)?.await;
                    wait_for(TaskGroup::new().run(block), 150).await
                }),
            };
        }
        // A branch of a `select`: the other one is a sleep.
        let (one, two) = (Lock::new(), Lock::new());
        let _other = start("other", take_both(one.clone(), two.clone()));
        let _selects = start("selects", async move {
            let _held = two.lock().await?;
            sleep(1).await?;
            let (mut lock, mut nap) = (pin!(one.lock()), pin!(sleep(150)));
            poll_fn(|cx| {
                let rested = nap.as_mut().poll(cx);
                if rested.is_ready() { rested } else { lock.as_mut().poll(cx).map(|guard| guard.map(drop)) }
            })
            .await
        });
        // Any task may release permits, or a lock by hand; an event may be set, and a condition notified.
        let (semaphore, by_hand, condition) = (Semaphore::new(1)?, Lock::new(), Condition::new());
        let (their_semaphore, their_lock) = (semaphore.clone(), by_hand.clone());
        let _permits = start("permits", async move {
            semaphore.acquire().await?;
            semaphore.acquire().await
        });
        let _by_hand = start("by hand", async move {
            by_hand.acquire().await?;
            by_hand.acquire().await
        });
        let _condition = start("condition", async move { condition.lock().await?.wait().await });
        others_go_on().await?;
        their_semaphore.release();
        their_lock.release().map_err(Into::into)
    };
    is_told!(a_wait_that_something_may_end_is_in_no_knot, program, NOTHING);
}

/// Ten thousand tasks that wait for something outside of the loop, some of them behind a lock, others in a long chain.
#[test]
fn a_busy_program_is_not_accused() {
    let program = async {
        let lock = Lock::new();
        for _ in 0..5_000 {
            let lock = lock.clone();
            drop(create_task(async move {
                let _guard = lock.lock().await?;
                sleep(0.1).await
            }));
        }
        let mut last = create_task(sleep(900));
        for _ in 0..5_000 {
            let before = last;
            last = create_task(async move { before.await });
        }
        last.await
    };
    is_told!(a_busy_program_is_not_accused, program, NOTHING);
}
