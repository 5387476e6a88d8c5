//! Writes random programs.
//!
//! A program uses a few features only, so that they interact. Many programs end badly: with exceptions that nobody handles,
//! tasks that wait for ever, or cancellations at every awkward moment. What is never written, and why, is listed in the README
//! of this package.

mod steps;
mod themes;

use fastrand::Rng;
pub use themes::themes;

use crate::language::{Body, ErrorKind, Handler, Item, Kind, Manager, Object, Program, Question, Raised, Step};

/// The program of a seed. Another version of this generator may write another program for the same seed.
#[must_use]
pub fn program(seed: u64) -> Program {
    Writer::new(seed, None).write()
}

/// The program that a seed gives with this theme, one of [`themes`].
#[must_use]
pub fn program_about(theme: &str, seed: u64) -> Program {
    Writer::new(seed, Some(theme)).write()
}

/// What a program uses, besides tasks that sleep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Feature {
    Cancels,
    Futures,
    Gathers,
    Waits,
    WaitFors,
    Shields,
    Timeouts,
    Groups,
    Completions,
    Callbacks,
    Objects,
    Vars,
    Generators,
    Managers,
    Stacks,
    Eager,
    /// Several runs of one runner.
    Runs,
    /// The loop is stopped, or somebody tries to close it.
    Stops,
}

const FEATURES: [Feature; 18] = [
    Feature::Cancels,
    Feature::Futures,
    Feature::Gathers,
    Feature::Waits,
    Feature::WaitFors,
    Feature::Shields,
    Feature::Timeouts,
    Feature::Groups,
    Feature::Completions,
    Feature::Callbacks,
    Feature::Objects,
    Feature::Vars,
    Feature::Generators,
    Feature::Managers,
    Feature::Stacks,
    Feature::Eager,
    Feature::Runs,
    Feature::Stops,
];

/// What a slot is for. If a function awaits a slot, only later functions fill it: tasks that await each other in a circle would
/// give a `RecursionError` in CPython.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// Tasks of this function.
    Task(usize),
    Future,
    /// Groups of futures that have at least this level.
    Gather(usize),
    Shield(usize),
}

impl Role {
    /// Functions below this number may await it.
    fn level(self) -> usize {
        match self {
            Self::Task(level) | Self::Gather(level) | Self::Shield(level) => level,
            Self::Future => usize::MAX,
        }
    }
}

/// Where the steps that are being written will run.
#[derive(Clone, Copy, Debug)]
struct Place {
    /// It may await only what has a higher level.
    level: usize,
    sort: Sort,
    depth: usize,
    /// The first manager that it may enter: a manager enters only later ones, or it would never end.
    managers: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    Function,
    Generator,
    Manager,
    Callback,
}

impl Place {
    fn inside(self) -> Self {
        Self { depth: self.depth + 1, ..self }
    }
}

struct Writer {
    rng: Rng,
    features: Vec<Feature>,
    roles: Vec<Role>,
    functions: usize,
    generators: usize,
    callbacks: usize,
    managers: usize,
    objects: Vec<Object>,
    eager: bool,
    /// The number of runs after the first.
    runs: usize,
    /// Tasks wait for iterations rather than for time.
    in_step: bool,
    themed: bool,
    /// The level of generators and managers: functions up to this level use them, and they await what is above it.
    shared_level: usize,
    /// The maximum number of steps in a body: most programs are small, because many small ones show more than a few large ones.
    most: usize,
}

impl Writer {
    fn new(seed: u64, theme: Option<&str>) -> Self {
        let mut rng = Rng::with_seed(seed);
        let mut features = FEATURES.to_vec();
        rng.shuffle(&mut features);
        features.truncate(rng.usize(2..=5));
        if rng.u8(..8) == 0 {
            // Several tasks that use the same locks or queues, and nothing else.
            features = vec![Feature::Objects, Feature::Objects, Feature::Cancels];
        }
        let theme = themes::draw(&mut rng, theme);
        let theme = theme.unwrap_or_default();
        if !theme.features.is_empty() {
            features = theme.features.to_vec();
        }
        let has = |feature| features.contains(&feature);
        // A theme needs several of its steps in one program.
        let sizes = if theme.features.is_empty() { [1, 1, 2, 2, 2, 3, 3, 5] } else { [2, 3, 3, 4, 4, 5, 5, 6] };
        let most = sizes[rng.usize(..8)];
        let functions = rng.usize(2..=most.clamp(2, 4) + 1);
        let mut roles: Vec<Role> = (1..functions).map(Role::Task).collect();
        if has(Feature::Futures) || rng.u8(..4) == 0 {
            roles.extend([Role::Future, Role::Future]);
        }
        for _ in 0..theme.gathers + usize::from(has(Feature::Gathers)) {
            roles.push(Role::Gather(rng.usize(1..functions)));
        }
        for _ in 0..theme.shields + usize::from(has(Feature::Shields)) {
            roles.push(Role::Shield(rng.usize(1..functions)));
        }
        roles.push(Role::Task(rng.usize(1..functions)));
        let mut writer = Self {
            functions,
            generators: if has(Feature::Generators) { rng.usize(1..=2) } else { 0 },
            callbacks: if has(Feature::Callbacks) || has(Feature::Stacks) { 2 } else { 0 },
            managers: if has(Feature::Managers) || has(Feature::Stacks) { rng.usize(1..=2) } else { 0 },
            objects: Vec::new(),
            eager: theme.eager || has(Feature::Eager) && rng.bool(),
            runs: if has(Feature::Runs) { rng.usize(1..=2) } else { 0 },
            in_step: theme.in_step,
            themed: !theme.features.is_empty(),
            shared_level: rng.usize(0..functions).max(rng.usize(0..functions)),
            most,
            rng,
            features,
            roles,
        };
        for kind in theme.objects {
            // The smallest size with which it can block.
            let size = usize::from(!matches!(kind, Kind::Lock | Kind::Event | Kind::Condition));
            let size = if *kind == Kind::Barrier { writer.rng.usize(2..=3) } else { size };
            writer.objects.push(Object { kind: *kind, size });
        }
        if writer.has(Feature::Objects) && writer.objects.is_empty() {
            writer.objects = (0..writer.rng.usize(1..=2)).map(|_| writer.object()).collect();
        }
        writer
    }

    fn write(mut self) -> Program {
        let functions = (0..self.functions).map(|function| self.function(function)).collect();
        let place = Place { level: self.shared_level, sort: Sort::Generator, depth: 1, managers: 0 };
        let generators = (0..self.generators).map(|_| self.generator(place)).collect();
        let managers = (0..self.managers).map(|manager| self.manager(manager)).collect();
        // A callback awaits nothing, so it may spawn anything.
        let place = Place { level: 0, sort: Sort::Callback, depth: 1, managers: 0 };
        let callbacks = (0..self.callbacks).map(|_| self.body(place, 0..=3)).collect();
        let runs = (0..self.runs).map(|_| self.rng.usize(..self.functions)).collect();
        Program {
            schedule: None,
            runs,
            eager: self.eager,
            slots: self.roles.len(),
            objects: self.objects,
            functions,
            generators,
            managers,
            callbacks,
        }
    }

    fn function(&mut self, function: usize) -> Body {
        let place = Place { level: function, sort: Sort::Function, depth: 0, managers: 0 };
        let careful = self.chance(60);
        if function > 0 {
            if self.themed && self.chance(40) {
                // A short one, so that several end in the same iteration.
                return (0..self.rng.usize(0..=1)).map(|_| self.step(place)).collect();
            }
            let body = self.body(place, 1..=5);
            return if careful { self.guarded(body, place) } else { body };
        }
        // The main coroutine fills the slots, and mostly does not end before the others.
        let mut body: Body = Vec::new();
        for slot in 0..self.roles.len() {
            let role = self.roles[slot];
            match role {
                Role::Future if self.chance(90) => body.push(Step::Future { slot }),
                Role::Task(function) if self.chance(70) => body.push(Step::Spawn { function, slot, eager: false }),
                Role::Gather(_) | Role::Shield(_) if self.themed && self.chance(80) => {
                    body.extend(self.filling(slot, place));
                }
                _ => {}
            }
        }
        let rest = self.body(place, 2..=6);
        body.extend(if careful { self.guarded(rest, place) } else { rest });
        if self.themed {
            // Asks for each result: a lost one would not show otherwise.
            body.push(Step::Ticks { times: 2 });
            let asks = (0..self.roles.len()).map(|slot| Step::Ask { slot, question: Question::Result });
            body.extend(asks.map(|step| Step::Try {
                body: vec![step],
                handlers: vec![Handler { kind: ErrorKind::BaseException, body: Vec::new(), again: false }],
                otherwise: Vec::new(),
                finally: Vec::new(),
            }));
            return body;
        }
        match self.rng.u8(..10) {
            0..3 => body.push(Step::Ticks { times: self.rng.usize(2..=8) }),
            3..5 => body.push(Step::Await { item: Item::Sleep(self.delay()) }),
            5..7 => body.extend(self.awaitable(place).map(|item| Step::Await { item })),
            _ => {}
        }
        body
    }

    /// Puts every step that may fail into a `try` of its own, so that the following ones run.
    fn guarded(&mut self, body: Body, place: Place) -> Body {
        let mut guard = |step: Step| match step {
            Step::Log { .. } | Step::Ticks { .. } | Step::Return { .. } => step,
            step => {
                let kind = if self.chance(80) { ErrorKind::Exception } else { ErrorKind::BaseException };
                let handler = Handler { kind, body: self.body(place.inside().inside(), 0..=1), again: self.chance(5) };
                Step::Try { body: vec![step], handlers: vec![handler], otherwise: Vec::new(), finally: Vec::new() }
            }
        };
        body.into_iter().map(&mut guard).collect()
    }

    fn generator(&mut self, place: Place) -> Body {
        let mut body = self.body(place, 1..=4);
        body.push(Step::Yield { value: self.rng.i64(0..10) });
        self.rng.shuffle(&mut body);
        if self.chance(50) {
            body = vec![Step::Try {
                body,
                handlers: self.handlers(place),
                otherwise: Vec::new(),
                finally: self.body(place.inside(), 0..=2),
            }];
        }
        body
    }

    fn manager(&mut self, manager: usize) -> Manager {
        let place = Place { level: self.shared_level, sort: Sort::Manager, depth: 1, managers: manager + 1 };
        Manager {
            generator: self.rng.bool(),
            enter: self.body(place, 0..=2),
            exit: self.body(place, 0..=2),
            suppress: self.chance(25),
            again: self.chance(8),
        }
    }

    fn body(&mut self, place: Place, sizes: std::ops::RangeInclusive<usize>) -> Body {
        let most = (*sizes.end()).min(self.most.max(*sizes.start()));
        (0..self.rng.usize(*sizes.start()..=most)).map(|_| self.step(place)).collect()
    }

    fn inner(&mut self, place: Place) -> Body {
        self.body(place.inside(), 1..=3)
    }

    fn handlers(&mut self, place: Place) -> Vec<Handler> {
        const KINDS: [ErrorKind; 11] = [
            ErrorKind::CancelledError,
            ErrorKind::CancelledError,
            ErrorKind::GeneratorExit,
            ErrorKind::LookupError,
            ErrorKind::Exception,
            ErrorKind::Exception,
            ErrorKind::BaseException,
            ErrorKind::ValueError,
            ErrorKind::TimeoutError,
            ErrorKind::RuntimeError,
            ErrorKind::ExceptionGroup,
        ];
        (0..self.rng.usize(0..=2))
            .map(|_| Handler {
                kind: KINDS[self.rng.usize(..KINDS.len())],
                body: self.body(place.inside(), 0..=2),
                again: self.chance(30),
            })
            .collect()
    }

    fn object(&mut self) -> Object {
        const KINDS: [Kind; 9] = [
            Kind::Queue,
            Kind::LifoQueue,
            Kind::PriorityQueue,
            Kind::Lock,
            Kind::Semaphore,
            Kind::BoundedSemaphore,
            Kind::Event,
            Kind::Condition,
            Kind::Barrier,
        ];
        let kind = KINDS[self.rng.usize(..KINDS.len())];
        let size = match kind {
            Kind::Lock | Kind::Event | Kind::Condition => 0,
            Kind::Barrier => self.rng.usize(1..=3),
            _ => self.rng.usize(0..=2),
        };
        Object { kind, size }
    }

    fn error(&mut self) -> Raised {
        const KINDS: [ErrorKind; 8] = [
            ErrorKind::ValueError,
            ErrorKind::ValueError,
            ErrorKind::StopAsyncIteration,
            ErrorKind::TypeError,
            ErrorKind::RuntimeError,
            ErrorKind::LookupError,
            ErrorKind::TimeoutError,
            ErrorKind::CancelledError,
        ];
        let kind = KINDS[self.rng.usize(..KINDS.len())];
        let without_text = matches!(kind, ErrorKind::TimeoutError | ErrorKind::StopAsyncIteration);
        let text = if without_text { String::new() } else { self.word() };
        Raised { kind, text }
    }

    fn word(&mut self) -> String {
        ["a", "b", "c"][self.rng.usize(..3)].to_owned()
    }

    fn message(&mut self) -> Option<String> {
        self.chance(40).then(|| self.word())
    }

    /// Many timers are due at the same instant, and some at nearly the same.
    fn delay(&mut self) -> f64 {
        const DELAYS: [f64; 10] = [0.0, 0.0, 0.1, 0.1, 0.2, 0.3, 0.3, 0.5, 1.0, -1.0];
        if self.in_step {
            return if self.chance(70) { 0.0 } else { 0.1 };
        }
        DELAYS[self.rng.usize(..DELAYS.len())]
    }

    fn limit(&mut self) -> Option<f64> {
        (!self.chance(10)).then(|| self.delay())
    }

    fn has(&self, feature: Feature) -> bool {
        self.features.contains(&feature)
    }

    fn chance(&mut self, percent: u8) -> bool {
        self.rng.u8(..100) < percent
    }
}
