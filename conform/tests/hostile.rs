//! A fuzzer of what user code may do where the runtime calls it: in destructors, `Clone`, `Debug`, callbacks, observers,
//! policies, exception handlers and foreign wakers.
//!
//! The core idea: a `Bomb` is in every result, coroutine and callback, and whenever one is touched it does something at random:
//! it completes, cancels, aborts, drops, forgets, moves, closes, runs another loop, or panics. Nothing is compared. A program
//! passes if it ends, and the sanitizers (`cargo xtask sanitize`) report nothing. `ASYNCIO_HOSTILE_PROGRAMS` is the number of
//! programs, and `ASYNCIO_HOSTILE_SEED` the seed of the first.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::{Future as _, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Wake, Waker};
use std::time::Duration;

use asyncio::events::ExceptionHandler;
use asyncio::futures::{CallbackKey, Join};
use asyncio::*;
use fastrand::Rng;

/// The most actions that one program takes.
const ACTIONS: u32 = 400;

thread_local! {
    /// Where wakers, which have no reference to the world, find it.
    static WORLD: RefCell<Option<Rc<World>>> = const { RefCell::new(None) };
}

struct World {
    rng: RefCell<Rng>,
    left: Cell<u32>,
    loops: Vec<EventLoop>,
    futures: RefCell<Vec<Future<Bomb>>>,
    tasks: RefCell<Vec<Task<Bomb>>>,
    keys: RefCell<Vec<CallbackKey>>,
    wakers: RefCell<Vec<Waker>>,
    handles: RefCell<Vec<Handle>>,
    observers: RefCell<Vec<Rc<dyn Observer>>>,
}

impl World {
    fn below(&self, n: usize) -> usize {
        self.rng.borrow_mut().usize(..n)
    }

    /// Takes out one at random, so that it can be used while nothing is borrowed.
    fn take<T>(&self, things: &RefCell<Vec<T>>) -> Option<T> {
        let count = things.borrow().len();
        if count == 0 {
            return None;
        }
        let index = self.below(count);
        let mut things = things.borrow_mut();
        (index < things.len()).then(|| things.swap_remove(index))
    }

    /// A copy of one at random.
    fn pick<T: Clone>(&self, things: &RefCell<Vec<T>>) -> Option<T> {
        let count = things.borrow().len();
        if count == 0 {
            return None;
        }
        let index = self.below(count);
        things.borrow().get(index).cloned()
    }

    fn event_loop(&self) -> EventLoop {
        self.loops[self.below(self.loops.len())].clone()
    }
}

#[derive(Clone)]
struct Acts(Rc<World>);

/// Acts whenever it is dropped, cloned or printed.
struct Bomb(Acts);

impl Acts {
    fn bomb(&self) -> Bomb {
        Bomb(self.clone())
    }

    /// Perhaps.
    fn act(&self) {
        if self.0.below(3) == 0 {
            if std::thread::panicking() {
                // A second panic would abort the process: that is Rust's rule, not ours.
                let _ = catch_unwind(AssertUnwindSafe(|| self.do_something()));
            } else {
                self.do_something();
            }
        }
    }

    fn do_something(&self) {
        let world = &*self.0;
        if world.left.get() == 0 {
            return;
        }
        world.left.set(world.left.get() - 1);
        let event_loop = world.event_loop();
        match world.below(26) {
            0 | 1 => {
                let future = event_loop.create_future();
                world.futures.borrow_mut().push(future);
            }
            2 | 3 => {
                let set = world.pick(&world.futures).map(|future| future.set_result(self.bomb()));
                drop(set);
            }
            4 => drop(world.pick(&world.futures).map(|future| future.set_exception(ValueError::new("x")))),
            5 => _ = world.pick(&world.futures).map(|future| future.cancel()),
            6 => _ = world.pick(&world.tasks).map(|task| task.cancel_with("stop")),
            7 => _ = world.pick(&world.tasks).map(|task| task.abort()),
            8..=11 => {
                let made = event_loop.create_task(self.clone().coroutine(self.bomb()));
                if let Ok(task) = made {
                    world.tasks.borrow_mut().push(task);
                }
            }
            12 => drop((world.take(&world.tasks), world.take(&world.futures))),
            13 => std::mem::forget((world.take(&world.tasks), world.take(&world.wakers))),
            14 => {
                let (acts, bomb) = (self.clone(), self.bomb());
                if let Some(future) = world.pick(&world.futures) {
                    let key = future.add_done_callback(move |_| {
                        let _bomb = bomb;
                        acts.do_something();
                    });
                    world.keys.borrow_mut().push(key);
                }
            }
            15 => {
                if let (Some(key), Some(future)) = (world.take(&world.keys), world.pick(&world.futures)) {
                    future.remove_done_callback(key);
                }
            }
            16 => drop(world.take(&world.wakers).map(Waker::wake)),
            17 => {
                // In another thread, which ends before anything else happens.
                if let Some(waker) = world.take(&world.wakers) {
                    std::thread::spawn(move || waker.wake()).join().expect("only the waker runs there");
                }
            }
            18 => {
                let (acts, bomb) = (self.clone(), self.bomb());
                let delay = world.below(3) as f64;
                let call = move || {
                    let _bomb = bomb;
                    acts.do_something();
                };
                if delay == 0.0 {
                    let handle = event_loop.call_soon(call);
                    world.handles.borrow_mut().extend(handle);
                } else {
                    drop(event_loop.call_later(delay, call));
                }
            }
            19 => drop(world.take(&world.handles).map(|handle| handle.cancel())),
            20 => drop(format!("{:?} {:?}", world.pick(&world.tasks), world.pick(&world.futures))),
            21 => drop((
                world.pick(&world.futures).map(|f| f.result()),
                world.pick(&world.tasks).map(|t| t.take_result()),
            )),
            22 if world.below(4) == 0 => drop(event_loop.close()),
            22 => drop(event_loop.run_until_complete(sleep(0))),
            23 => match world.below(6) {
                0 => {
                    let observer: Rc<dyn Observer> = Rc::new(self.clone());
                    event_loop.add_observer(Rc::clone(&observer));
                    world.observers.borrow_mut().push(observer);
                }
                1 => drop(world.take(&world.observers).map(|observer| event_loop.remove_observer(&observer))),
                2 => event_loop.set_scheduling_policy(Some(Box::new(self.clone()))),
                3 => event_loop.set_scheduling_policy(None),
                4 => event_loop.set_exception_handler(Some(handler(self))),
                _ => event_loop.set_debug(world.below(2) == 0),
            },
            24 => event_loop.set_task_factory([TaskFactory::Eager, TaskFactory::Lazy][world.below(2)]),
            _ => {
                if world.below(3) == 0 && !std::thread::panicking() {
                    panic!("expected");
                }
            }
        }
    }

    /// Waits for a few things, with a bomb among its variables.
    async fn coroutine(self, bomb: Bomb) -> Result<Bomb> {
        let world = Rc::clone(&self.0);
        for _ in 0..world.below(4) {
            self.act();
            let (future, task) = (world.pick(&world.futures), world.pick(&world.tasks));
            let waited = match (world.below(9), future, task) {
                (0, Some(future), _) => (&future).await.map(drop),
                (1, Some(future), _) => future.await.map(drop),
                (2, _, Some(task)) => (&task).await.map(drop),
                (3, Some(future), _) => wait_for(&future, 1).await.map(drop),
                (4, Some(future), Some(task)) => gather!(&future, &task).return_exceptions().await.map(drop),
                (5, Some(future), _) => shield(&future).await.map(drop),
                (6, _, Some(task)) => self.watch(task.join()).await,
                (7, Some(future), _) => {
                    drop((shield(&future), gather([&future]), as_completed([&future])));
                    sleep(0).await
                }
                _ => sleep(world.below(3) as f64).await,
            };
            if world.below(2) == 0 {
                waited?;
            }
        }
        Ok(bomb)
    }

    /// Polls with a waker of our own, and keeps one more.
    async fn watch(&self, wait: Join) -> Result<()> {
        let mut wait = std::pin::pin!(wait);
        poll_fn(|cx| {
            self.0.wakers.borrow_mut().push(cx.waker().clone());
            let foreign = Waker::from(Arc::new(Foreign(cx.waker().clone())));
            wait.as_mut().poll(&mut Context::from_waker(&foreign))
        })
        .await
    }
}

fn handler(acts: &Acts) -> Box<ExceptionHandler> {
    let acts = acts.clone();
    Box::new(move |context| {
        drop(context.to_string());
        acts.act();
    })
}

impl Drop for Bomb {
    fn drop(&mut self) {
        self.0.act();
    }
}

impl Clone for Bomb {
    fn clone(&self) -> Self {
        self.0.act();
        Self(self.0.clone())
    }
}

impl fmt::Debug for Bomb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.act();
        f.write_str("Bomb")
    }
}

impl Observer for Acts {
    fn event(&self, event: LoopEvent<'_>) {
        drop(format!("{event:?}"));
        self.act();
    }
}

impl SchedulingPolicy for Acts {
    fn next(&mut self, ready: &Choices<'_>) -> usize {
        drop(format!("{ready:?}"));
        self.act();
        self.0.below(ready.len())
    }
}

/// A waker that is not the task's own.
struct Foreign(Waker);

fn act_as_a_waker() {
    let world = WORLD.try_with(|world| world.borrow().clone()).ok().flatten();
    if let Some(world) = world {
        Acts(world).act();
    }
}

impl Wake for Foreign {
    fn wake(self: Arc<Self>) {
        self.0.wake_by_ref();
        act_as_a_waker();
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        act_as_a_waker();
    }
}

fn program(seed: u64) {
    let loops = [Clock::Virtual, Clock::Virtual].map(EventLoop::with_clock);
    let world = Rc::new(World {
        rng: RefCell::new(Rng::with_seed(seed)),
        left: Cell::new(ACTIONS),
        // Handles, which do not own the loops: the loops own things that own the world.
        loops: loops.to_vec(),
        futures: RefCell::default(),
        tasks: RefCell::default(),
        keys: RefCell::default(),
        wakers: RefCell::default(),
        handles: RefCell::default(),
        observers: RefCell::default(),
    });
    WORLD.set(Some(Rc::clone(&world)));
    let acts = Acts(Rc::clone(&world));
    for event_loop in &loops {
        event_loop.set_exception_handler(Some(handler(&acts)));
    }
    let step = |f: &dyn Fn()| drop(catch_unwind(AssertUnwindSafe(f)));
    for _ in 0..40 {
        step(&|| acts.do_something());
    }
    for _ in 0..4 {
        step(&|| drop(loops[0].run_until_complete(acts.clone().coroutine(acts.bomb()))));
        step(&|| drop(loops[1].run_until_complete(sleep(world.below(3) as f64))));
        step(&|| acts.do_something());
    }
    // The end: the bombs do nothing any more, so that everything is dropped.
    if world.below(2) == 0 {
        world.left.set(0);
    }
    WORLD.set(None);
    let [first, second] = loops;
    for event_loop in [first, second] {
        step(&|| drop(event_loop.close()));
        // Again, in case a panic has unwound through it.
        step(&|| drop(event_loop.close()));
        let _ = catch_unwind(AssertUnwindSafe(|| drop(event_loop)));
    }
    world.left.set(0);
    for _ in 0..3 {
        let _ = catch_unwind(AssertUnwindSafe(|| drop((world.tasks.take(), world.futures.take(), world.keys.take()))));
        let _ = catch_unwind(AssertUnwindSafe(|| {
            drop((world.wakers.take(), world.handles.take(), world.observers.take()))
        }));
    }
}

/// Ours, and those that are documented.
const PANICS: [&str; 3] = ["expected", "belongs to a different loop", "no running event loop"];

static SEED: AtomicU64 = AtomicU64::new(0);

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().expect("a whole number"))
}

fn main() {
    let (programs, first) = (number("ASYNCIO_HOSTILE_PROGRAMS", 300), number("ASYNCIO_HOSTILE_SEED", 0));
    let print = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let payload = panic.payload();
        let text = payload.downcast_ref::<String>().map(String::as_str);
        let message = text.or(payload.downcast_ref::<&str>().copied()).unwrap_or_default();
        if !PANICS.iter().any(|known| message.contains(known)) {
            print(panic);
            eprintln!("in the program of seed {}", SEED.load(Ordering::Relaxed));
            std::process::abort();
        }
    }));
    // A program that never ends is reported by its seed.
    std::thread::spawn(|| {
        loop {
            let before = SEED.load(Ordering::Relaxed);
            std::thread::sleep(Duration::from_secs(120));
            if SEED.load(Ordering::Relaxed) == before {
                eprintln!("the program of seed {before} does not end");
                std::process::abort();
            }
        }
    });
    for seed in first..first + programs {
        SEED.store(seed, Ordering::Relaxed);
        program(seed);
    }
    println!("{programs} hostile programs from seed {first}: all have ended");
}
