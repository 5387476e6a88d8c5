//! Runs a program with either kind of waits, and compares.

use std::convert::identity;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use asyncio::{
    AsyncContextManager, AsyncExitStack, Clock, Error, Exception, Result, Runner, Task, TaskGroup, TaskOptions,
    async_with, cancel_boundary, cancellable, current_task, gather, get_running_loop, shield, sleep, timeout,
    uncancellable, wait_for,
};

use super::world::{Event, Note, Wait, World, describe};
use super::{Body, Exit, Kind, Program, Step};

/// The main task is cancelled then, in seconds.
const END: f64 = 30.0;

/// From then on no clean-up keeps an error: one that keeps the cancellation of a limit, and then waits, would never end.
const LATE: f64 = 16.0;

/// Waits in exits, and those that must not be cancelled, end by then.
const OPENS: f64 = 20.0;

/// How a check that has found nothing wrong compared the two kinds of waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compared {
    /// They do the same.
    Equal,
    /// They may differ: a wait was cancelled and fulfilled in the same moment, or the program has steps that tell them apart.
    Not,
}

/// Runs the program twice with foreign waits, and once with own ones.
///
/// # Errors
///
/// The first rule that it breaks.
pub fn check(program: &Program) -> Result<Compared, String> {
    let (foreign, raced) = run(program, Kind::Foreign)?;
    let (again, _) = run(program, Kind::Foreign)?;
    if let Some(difference) = difference(&foreign, &again) {
        return Err(format!("it is different the second time: {difference}"));
    }
    let (own, raced_too) = run(program, Kind::Own)?;
    if raced || raced_too || !program.is_comparable() {
        return Ok(Compared::Not);
    }
    match difference(&foreign, &own) {
        Some(difference) => Err(format!("foreign and own waits differ: {difference}")),
        None => Ok(Compared::Equal),
    }
}

fn difference(one: &[Note], two: &[Note]) -> Option<String> {
    let same = one.iter().zip(two).take_while(|(one, two)| one == two).count();
    let after = |notes: &[Note]| format!("{:?}", notes.get(same..notes.len().min(same + 3)).unwrap_or_default());
    (one != two).then(|| format!("after {same} equal notes\n  {}\n  {}", after(one), after(two)))
}

fn run(program: &Program, kind: Kind) -> Result<(Vec<Note>, bool), String> {
    let runner = Runner::new().clock(Clock::Virtual).debug(false);
    let event_loop = runner.get_loop().map_err(|error| error.to_string())?;
    let world = World::new(kind, event_loop.time());
    event_loop.add_observer(world.clone());
    let seen = Rc::clone(&world);
    event_loop.set_exception_handler(Some(Box::new(move |context| {
        // Errors that no task asked for are no matter here; that the loop cannot end is.
        let text = context.to_string();
        if text.contains("deadlock") {
            seen.break_rule(text);
        }
    })));
    let bodies: Bodies = program.bodies.clone().into();
    let (main, number) = (Rc::clone(&world), world.announce());
    let all = async move {
        let opens = Rc::clone(&main);
        get_running_loop()?.call_later(OPENS, move || opens.open())?;
        let late = Rc::clone(&main);
        get_running_loop()?.call_later(LATE, move || late.is_late.set(true))?;
        let own = current_task()?.and_then(|task| task.downcast::<()>());
        own.iter().for_each(|own| main.adopt(number, own));
        let ctx = Ctx { world: main, task: number, bodies, is_member: false };
        let block = ctx.world.enter(number, true);
        let result = wait_for(ctx.content(ctx.bodies[0].clone()), END).await;
        block.end(&result);
        ctx.world.is_late.set(true);
        ctx.world.has_ended.set(true);
        Ok(())
    };
    let ended = runner.run_with(TaskOptions::new().name(World::name(number)), all);
    runner.close();
    event_loop.set_exception_handler(None);
    drop((runner, event_loop));
    if let Err(error) = ended.as_ref().map_err(Error::clone)
        && !error.is_cancelled()
    {
        world.break_rule(format!("the main task raised {error:?}"));
    }
    drop(ended);
    world.judge()
}

type Bodies = Rc<[Body]>;

/// A task, for its steps.
#[derive(Clone)]
struct Ctx {
    world: Rc<World>,
    task: usize,
    bodies: Bodies,
    /// A group cancels its members once. A member that suppressed this, and then waited, might never end.
    is_member: bool,
}

type Steps<'a> = Pin<Box<dyn Future<Output = Result<()>> + 'a>>;

impl Ctx {
    fn note(&self, event: Event) {
        self.world.note(self.task, event);
    }

    /// A task with this body.
    fn start(
        &self,
        body: Body,
        is_member: bool,
        start: impl FnOnce(TaskOptions, Steps<'static>) -> Result<Task<()>>,
    ) -> Result<Task<()>> {
        let number = self.world.announce();
        self.note(Event::Starts(number));
        let ctx = Self { task: number, is_member, ..self.clone() };
        let coroutine: Steps<'static> = Box::pin(async move { ctx.steps(&body).await });
        let task = start(TaskOptions::new().name(World::name(number)), coroutine)?;
        self.world.adopt(number, &task);
        Ok(task)
    }

    fn spawn(&self, body: Body) -> Result<Task<()>> {
        self.start(body, false, |options, coroutine| Ok(options.create_task(coroutine)?))
    }

    fn last(&self, body: usize) -> Option<Task<()>> {
        self.world.last.borrow().get(&body).cloned()
    }

    /// The content of a block.
    fn content(&self, body: Body) -> Steps<'static> {
        let ctx = self.clone();
        Box::pin(async move {
            let _value = ctx.world.enter(ctx.task, false);
            ctx.steps(&body).await
        })
    }

    fn steps<'a>(&'a self, body: &'a Body) -> Steps<'a> {
        Box::pin(async move {
            for step in body {
                let result = self.step(step).await;
                self.world.raised(self.task, &result);
                result?;
            }
            Ok(())
        })
    }

    async fn step(&self, step: &Step) -> Result<()> {
        let (world, task) = (&self.world, self.task);
        match step {
            Step::Sleep(eighths) => sleep(seconds(*eighths)).await,
            Step::Wait(which) => world.wait_for_pulse(task, *which, Wait::Alone).await,
            Step::Pulse(which) => world.pulse(task, *which),
            Step::Send(which) => world.send(task, *which),
            Step::Receive(which) => world.receive(task, *which).await,
            Step::Uncancellable(which) => uncancellable(world.wait_for_pulse(task, *which, Wait::ToTheEnd)).await,
            Step::Either(which, eighths) => {
                let wait = world.wait_for_pulse(task, *which, Wait::Beside);
                futures_lite::future::or(wait, async { sleep(seconds(*eighths)).await }).await
            }
            Step::Put(which) => {
                let item = world.new_item();
                world.queues[usize::from(*which)].put(item).await?;
                world.sent(task, item)
            }
            Step::Get(which) => {
                let item = world.queues[usize::from(*which)].get().await?;
                world.received(task, item)
            }
            Step::Fails => Err(Exception::new("failed").into()),
            Step::CancelSelf => Ok(current_task()?.iter().for_each(|own| _ = own.cancel())),
            Step::Spawn(_) if world.has_ended.get() => Ok(()),
            Step::Spawn(body) => {
                let started = self.spawn(self.bodies[*body].clone())?;
                world.last.borrow_mut().insert(*body, started);
                Ok(())
            }
            Step::Cancel(body) => Ok(self.last(*body).iter().for_each(|other| _ = other.cancel())),
            Step::Await(body) => match self.last(*body) {
                Some(other) => (&other).await,
                None => Ok(()),
            },
            Step::Shield(body) => match self.last(*body) {
                Some(other) => shield(&other).await,
                None => Ok(()),
            },
            _ => self.block(step).await,
        }
    }

    async fn block(&self, step: &Step) -> Result<()> {
        let (world, task) = (&self.world, self.task);
        // Neither of these is a block for a cancellation.
        match step {
            Step::Value(body) => {
                let _value = world.enter(task, false);
                return self.steps(body).await;
            }
            Step::Lock(which, body) => {
                let _guard = world.locks[usize::from(*which)].lock().await?;
                let _value = world.enter(task, false);
                return self.steps(body).await;
            }
            Step::Try(catch, body) if !catch.is_block => {
                let result = self.steps(body).await;
                return self.clean_up(catch.keeps, result).await;
            }
            _ => {}
        }
        let block = world.enter(task, true);
        let result = match step {
            Step::Cancellable(which) => {
                let wait = world.wait_for_pulse(task, *which, Wait::Alone);
                // One of this library needs no help.
                if world.kind == Kind::Own { wait.await } else { cancellable(wait).await.and_then(identity) }
            }
            Step::WaitFor(eighths, body) => wait_for(self.content(body.clone()), seconds(*eighths)).await,
            Step::Timeout(eighths, body) => {
                let limit = timeout(seconds(*eighths));
                limit.run(async |_| self.content(body.clone()).await).await
            }
            Step::Boundary(body) | Step::Try(_, body) => cancel_boundary(self.content(body.clone())).await,
            Step::With(exit, body) => {
                let manager = Manager { ctx: self.clone(), exit: *exit, number: 0 };
                async_with(manager, async |()| self.content(body.clone()).await).await.map(drop)
            }
            Step::Stack(exits, body) => self.stack(exits, body).await,
            Step::Group(members, body) => {
                let run = TaskGroup::new().run(async |group: TaskGroup| {
                    for member in members {
                        let add = |options, coroutine| Ok(group.create_task_with(options, coroutine)?);
                        self.start(member.clone(), true, add)?;
                    }
                    self.content(body.clone()).await
                });
                run.await
            }
            Step::Gather(members) => {
                let tasks: Result<Vec<_>> = members.iter().map(|member| self.spawn(member.clone())).collect();
                gather(tasks?).await.map(drop)
            }
            _ => unreachable!("{step:?} is no block"),
        };
        block.end(&result);
        match step {
            Step::Try(catch, _) => self.clean_up(catch.keeps, result).await,
            _ => result,
        }
    }

    async fn clean_up(&self, keeps: bool, result: Result<()>) -> Result<()> {
        if result.is_ok() {
            return result;
        }
        self.note(Event::Caught(describe(&result)));
        sleep(0).await?;
        let is_cancelled = result.as_ref().is_err_and(Error::is_cancelled);
        if keeps && !self.world.is_late.get() && !(self.is_member && is_cancelled) { Ok(()) } else { result }
    }

    async fn stack(&self, exits: &[Exit], body: &Body) -> Result<()> {
        let done = async_with(AsyncExitStack::new(), async |stack: AsyncExitStack<'_>| {
            for exit in exits {
                let (ctx, exit, number) = (self.clone(), *exit, self.world.new_exit());
                stack.push_async_exit(async move |_: Option<&Error>| {
                    ctx.exit(exit, number).await?;
                    Ok(false)
                });
            }
            self.content(body.clone()).await
        });
        done.await.map(drop)
    }

    async fn exit(&self, exit: Exit, number: u32) -> Result<()> {
        self.world.exit_begins(self.task, number);
        let _value = self.world.enter(self.task, false);
        match exit {
            Exit::Nothing => {}
            Exit::Sleep(eighths) => sleep(seconds(eighths)).await?,
            Exit::Wait(which) => self.world.wait_for_pulse(self.task, which, Wait::InExit).await?,
        }
        self.note(Event::ExitEnds(number));
        Ok(())
    }
}

/// Its exit is counted.
struct Manager {
    ctx: Ctx,
    exit: Exit,
    number: u32,
}

impl AsyncContextManager for Manager {
    type Value = ();

    async fn enter(&mut self) -> Result<()> {
        self.number = self.ctx.world.new_exit();
        Ok(())
    }

    async fn exit(&mut self, _error: Option<&Error>) -> Result<bool> {
        self.ctx.exit(self.exit, self.number).await?;
        Ok(false)
    }
}

/// Exact, so that the order of timers does not depend on when a program starts.
fn seconds(eighths: u8) -> f64 {
    f64::from(eighths) / 8.0
}
