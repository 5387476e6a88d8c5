//! All small programs: not a random selection, but every one up to a size.
//!
//! A family is a subject: a few steps to choose from, for the main coroutine and for a function that it spawns, within a fixed
//! frame. The programs of a size are all sequences of these steps with at most that many steps together. They are numbered, so
//! that a run may take all of them, or every hundredth.

use crate::language::{
    Body, Drive, ErrorKind, Handler, Item, Kind, Manager, Object, Operation, Program, Question, Raised, Step, When,
};

/// A subject, and the steps to choose from.
#[derive(Debug)]
pub struct Family {
    /// What it is about.
    pub name: String,
    /// What the frame's main coroutine does around the chosen steps: a body with one [`hole`].
    main: Body,
    /// The steps to choose from for the main coroutine.
    first: Body,
    /// The steps to choose from for the function (or the generator).
    second: Body,
    /// Everything else: the first function is replaced, and the chosen steps of the other are filled into the second one, or
    /// into the first generator.
    frame: Program,
}

impl Family {
    /// How many programs have at most this many chosen steps.
    #[must_use]
    pub fn programs(&self, size: u32) -> u64 {
        self.lengths(size).map(|(first, second)| self.of_length(first, second)).sum()
    }

    /// The program with this number among those of a size.
    ///
    /// # Panics
    ///
    /// If there are not so many.
    #[must_use]
    pub fn program(&self, size: u32, mut number: u64) -> Program {
        for (first, second) in self.lengths(size) {
            let programs = self.of_length(first, second);
            if number < programs {
                let chosen = choose(&self.first, first, &mut number);
                return self.filled(chosen, choose(&self.second, second, &mut number));
            }
            number -= programs;
        }
        panic!("there are fewer programs");
    }

    /// The numbers of steps to choose from, for the main coroutine and for the function.
    #[must_use]
    pub fn choices(&self) -> (usize, usize) {
        (self.first.len(), self.second.len())
    }

    /// The small ones first.
    fn lengths(&self, size: u32) -> impl Iterator<Item = (u32, u32)> {
        (0..=size).flat_map(|all| (0..=all).map(move |second| (all - second, second)))
    }

    fn of_length(&self, first: u32, second: u32) -> u64 {
        (self.first.len() as u64).pow(first) * (self.second.len() as u64).pow(second)
    }

    fn filled(&self, first: Body, second: Body) -> Program {
        let mut program = self.frame.clone();
        let mut main = self.main.clone();
        fill(&mut main, &first);
        program.functions.insert(0, main);
        match program.generators.first_mut() {
            Some(generator) => *generator = second,
            None => program.functions.insert(1, second),
        }
        program
    }
}

fn choose(steps: &Body, length: u32, number: &mut u64) -> Body {
    let mut chosen = Vec::new();
    for _ in 0..length {
        chosen.push(steps[(*number % steps.len() as u64) as usize].clone());
        *number /= steps.len() as u64;
    }
    chosen
}

/// Where the chosen steps of the main coroutine go.
fn hole() -> Step {
    Step::Log { text: "hole".to_owned() }
}

fn fill(body: &mut Body, chosen: &Body) {
    if let Some(place) = body.iter().position(|step| *step == hole()) {
        body.splice(place..=place, chosen.iter().cloned());
        return;
    }
    for inner in body.iter_mut().flat_map(Step::bodies_mut) {
        fill(inner, chosen);
    }
}

/// All families.
#[must_use]
pub fn families() -> Vec<Family> {
    let mut families =
        vec![tasks(), eager(), groups(), limits(), futures(), gathers(), waits(), generators(), stacks(), runs()];
    families.extend(OBJECTS.iter().map(|(kind, operations)| objects(*kind, operations)));
    families
}

/// The number of programs of a size, in all families.
#[must_use]
pub fn programs(families: &[Family], size: u32) -> u64 {
    families.iter().map(|family| family.programs(size)).sum()
}

/// The program with this number among those of all families.
///
/// # Panics
///
/// If there are not so many.
#[must_use]
pub fn program(families: &[Family], size: u32, mut number: u64) -> Program {
    for family in families {
        let programs = family.programs(size);
        if number < programs {
            return family.program(size, number);
        }
        number -= programs;
    }
    panic!("there are fewer programs");
}

fn family(name: &str, main: Body, first: Body, second: Body, frame: Program) -> Family {
    Family { name: name.to_owned(), main, first, second, frame }
}

/// A task that is awaited, shielded and cancelled, and its child, which is then cancelled too and cleans up or refuses.
fn tasks() -> Family {
    let main = vec![spawn(0), hole()];
    let first = vec![
        tick(),
        await_(Item::Slot(0)),
        attempt(await_(Item::Slot(0))),
        cancel(0),
        Step::CancelSelf { message: Some("m".to_owned()) },
        attempt(tick()),
        Step::Uncancel {},
        Step::Cancelling {},
        Step::Ask { slot: 0, question: Question::Exception },
        Step::Shield { item: Item::Slot(0), slot: None },
        Step::WaitFor { item: Item::Slot(0), timeout: Some(0.1) },
    ];
    let second = vec![
        tick(),
        sleep(),
        raise(),
        Step::CancelSelf { message: None },
        attempt(sleep()),
        Step::Try { body: vec![tick()], handlers: Vec::new(), otherwise: Vec::new(), finally: vec![tick()] },
        Step::Return { value: 1 },
    ];
    family("tasks and cancellation", main, first, second, Program { slots: 1, ..Program::default() })
}

/// Tasks that start eagerly, one within another; the context variables show in whose context a step runs.
fn eager() -> Family {
    let main = vec![Step::SetVar { var: 0, value: 0 }, spawn(0), hole()];
    let set = |value| Step::SetVar { var: 0, value };
    let first = vec![
        spawn(1),
        tick(),
        attempt(await_(Item::Slot(0))),
        attempt(Step::Gather { items: vec![Item::Call(1), Item::Slot(0)], return_exceptions: false, slot: None }),
        cancel(0),
        Step::CancelSelf { message: None },
        Step::AddCallback { slot: 0, callback: 0, key: 0 },
        set(1),
        Step::GetVar { var: 0 },
    ];
    let second = vec![
        tick(),
        raise(),
        Step::CancelSelf { message: None },
        attempt(tick()),
        set(2),
        Step::GetVar { var: 0 },
        Step::Spawn { function: 2, slot: 1, eager: false },
    ];
    let frame = Program {
        eager: true,
        slots: 2,
        functions: vec![vec![tick(), Step::GetVar { var: 0 }]],
        callbacks: vec![vec![Step::GetVar { var: 0 }]],
        ..Program::default()
    };
    family("eager tasks", main, first, second, frame)
}

fn groups() -> Family {
    let group = |group, body| Step::Group { group, body, cancelled: false };
    let main = vec![attempt(group(0, vec![hole()])), Step::Cancelling {}, tick()];
    let spawn = |group, eager| Step::GroupSpawn { group, function: 1, slot: 0, eager };
    let inner = group(1, vec![spawn(1, false)]);
    let first = vec![
        spawn(0, false),
        spawn(0, true),
        tick(),
        raise(),
        cancel(0),
        Step::CancelSelf { message: None },
        attempt(sleep()),
        Step::CancelGroup { group: 0 },
        inner,
    ];
    let second = vec![
        tick(),
        sleep(),
        raise(),
        attempt(sleep()),
        Step::CancelSelf { message: None },
        Step::CancelGroup { group: 0 },
    ];
    family("task groups", main, first, second, Program { slots: 1, ..Program::default() })
}

fn limits() -> Family {
    let limit = |delay, body| Step::Timeout { delay: Some(delay), body, key: Some(0) };
    let main = vec![spawn(0), attempt(limit(0.1, vec![hole()])), Step::Cancelling {}, attempt(tick())];
    let reschedule = |delay| Step::Reschedule { delay };
    let first = vec![
        tick(),
        sleep(),
        attempt(sleep()),
        attempt(Step::Await { item: Item::Sleep(0.3) }),
        raise(),
        Step::CancelSelf { message: None },
        reschedule(Some(0.1)),
        reschedule(Some(0.0)),
        reschedule(None),
        attempt(Step::Timeout { delay: Some(0.1), body: vec![Step::Await { item: Item::Sleep(0.3) }], key: None }),
    ];
    let second = vec![
        tick(),
        sleep(),
        Step::RescheduleKept { key: 0, delay: Some(0.0) },
        Step::RescheduleKept { key: 0, delay: Some(0.3) },
    ];
    family("time limits", main, first, second, Program { slots: 1, ..Program::default() })
}

fn futures() -> Family {
    let main = vec![Step::Future { slot: 0 }, spawn(1), hole(), tick(), tick()];
    let shared = || {
        vec![
            attempt(Step::SetResult { slot: 0, value: 1 }),
            attempt(Step::SetException { slot: 0, error: error() }),
            cancel(0),
            Step::AddCallback { slot: 0, callback: 0, key: 0 },
            attempt(await_(Item::Slot(0))),
            tick(),
        ]
    };
    let mut first = shared();
    first.extend([
        Step::AddCallback { slot: 0, callback: 1, key: 1 },
        attempt(Step::RemoveCallback { slot: 0, key: 1 }),
        cancel(1),
        Step::CallSoon { callback: 1, key: 0 },
    ]);
    let callbacks = vec![vec![Step::Log { text: "a".to_owned() }], vec![cancel(0), cancel(1)]];
    family("futures and callbacks", main, first, shared(), Program { slots: 2, callbacks, ..Program::default() })
}

fn gathers() -> Family {
    let gather = |items: [usize; 2], slot, return_exceptions| Step::Gather {
        items: items.map(Item::Slot).into(),
        return_exceptions,
        slot: Some(slot),
    };
    let future = Step::Future { slot: 4 };
    let main = vec![future, spawn(0), spawn(1), gather([0, 1], 2, false), hole(), attempt(await_(Item::Slot(2)))];
    let first = vec![
        gather([2, 0], 3, false),
        gather([2, 4], 3, true),
        Step::Shield { item: Item::Slot(2), slot: Some(3) },
        tick(),
        cancel(0),
        cancel(2),
        attempt(cancel(3)),
        attempt(await_(Item::Slot(3))),
    ];
    let second = vec![tick(), sleep(), raise(), Step::CancelSelf { message: None }, attempt(sleep())];
    family("groups that gather", main, first, second, Program { slots: 5, ..Program::default() })
}

fn waits() -> Family {
    let main = vec![spawn(0), Step::Future { slot: 1 }, hole()];
    let wait = |when, timeout| attempt(Step::Wait { slots: vec![0, 1], when, timeout });
    let completed = |timeout, asynchronous| {
        attempt(Step::AsCompleted { items: vec![Item::Slot(0), Item::Slot(1)], timeout, asynchronous })
    };
    let first = vec![
        wait(When::FirstCompleted, None),
        wait(When::AllCompleted, Some(0.1)),
        wait(When::FirstException, Some(0.3)),
        completed(None, true),
        completed(Some(0.1), false),
        attempt(Step::SetResult { slot: 1, value: 1 }),
        cancel(1),
        tick(),
        cancel(0),
    ];
    let second = vec![
        tick(),
        sleep(),
        raise(),
        cancel(1),
        attempt(sleep()),
        attempt(Step::SetException { slot: 1, error: error() }),
    ];
    family("waiting for several", main, first, second, Program { slots: 2, ..Program::default() })
}

fn generators() -> Family {
    let main = vec![Step::NewGenerator { generator: 0, slot: 0 }, spawn(0), hole()];
    let drive = |how| attempt(Step::Drive { slot: 0, how });
    let first = vec![
        drive(Drive::Anext(())),
        drive(Drive::Asend(1)),
        drive(Drive::Athrow(error())),
        drive(Drive::Aclose(())),
        tick(),
        cancel(0),
        Step::DropGenerator { slot: 0 },
        Step::NewGenerator { generator: 0, slot: 0 },
    ];
    let guarded = |finally| Step::Try {
        body: vec![yield_()],
        handlers: Vec::new(),
        otherwise: Vec::new(),
        finally: vec![finally],
    };
    let second = vec![yield_(), tick(), raise(), guarded(tick()), guarded(yield_()), attempt(yield_())];
    let frame = Program {
        slots: 1,
        // Another task that drives the same generator.
        functions: vec![vec![drive(Drive::Anext(())), drive(Drive::Aclose(()))]],
        generators: vec![Vec::new()],
        ..Program::default()
    };
    family("asynchronous generators", main, first, second, frame)
}

/// Things that are left in order: managers of both kinds, one that fails and one that swallows the exception, and functions.
/// The chosen steps of the function are those of an exit.
fn stacks() -> Family {
    let main = vec![attempt(Step::Stack { body: vec![hole()] }), Step::Cancelling {}, tick()];
    let first = vec![
        Step::StackEnter { manager: 0 },
        Step::StackEnter { manager: 1 },
        Step::StackEnter { manager: 2 },
        Step::StackCall { function: 1 },
        Step::StackPush { callback: 0, suppress: false },
        Step::StackPushAsync { function: 1, suppress: true },
        Step::StackPop {},
        raise(),
        Step::CancelSelf { message: None },
        tick(),
    ];
    let second = vec![tick(), raise(), Step::CancelSelf { message: None }, attempt(sleep())];
    let manager = |generator, exit, suppress| Manager { generator, enter: Vec::new(), exit, suppress, again: false };
    let frame = Program {
        managers: vec![
            manager(true, vec![tick()], false),
            manager(false, vec![tick(), raise()], false),
            manager(true, Vec::new(), true),
        ],
        callbacks: vec![Vec::new()],
        ..Program::default()
    };
    family("exit stacks", main, first, second, frame)
}

/// Several runs of one runner.
fn runs() -> Family {
    let main = vec![Step::Future { slot: 1 }, spawn(0), hole()];
    let first = vec![
        tick(),
        Step::StopLoop {},
        raise(),
        attempt(await_(Item::Slot(1))),
        cancel(0),
        Step::CallSoon { callback: 0, key: 0 },
        Step::CallLater { delay: 0.1, callback: 1, key: 0 },
        Step::CancelSelf { message: None },
    ];
    let second =
        vec![tick(), sleep(), Step::StopLoop {}, attempt(sleep()), attempt(Step::SetResult { slot: 1, value: 1 })];
    let callbacks = vec![vec![Step::StopLoop {}], vec![cancel(0)]];
    let frame = Program { slots: 2, runs: vec![1, 1], callbacks, ..Program::default() };
    family("several runs", main, first, second, frame)
}

const OBJECTS: [(Kind, &[Operation]); 7] = {
    use Operation::{
        Abort, Acquire, Clear, Get, GetNowait, Join, Notify, Put, PutNowait, Release, Reset, Set, Shutdown, TaskDone,
        Wait,
    };
    [
        (Kind::Lock, &[Acquire, Release]),
        (Kind::Semaphore, &[Acquire, Release]),
        (Kind::BoundedSemaphore, &[Acquire, Release]),
        (Kind::Event, &[Wait, Set, Clear]),
        (Kind::Condition, &[Acquire, Release, Wait, Notify]),
        (Kind::Barrier, &[Wait, Reset, Abort]),
        (Kind::Queue, &[Put, Get, PutNowait, GetNowait, TaskDone, Join, Shutdown]),
    ]
};

/// Two tasks and the main coroutine that use one object, whose bound or number is one (a barrier has two parties).
fn objects(kind: Kind, operations: &[Operation]) -> Family {
    let operate = |operation: &Operation| {
        let argument = match operation {
            Operation::Put | Operation::PutNowait | Operation::Notify => Some(1),
            Operation::Shutdown => Some(0),
            _ => None,
        };
        attempt(Step::Operate { object: 0, operation: *operation, argument })
    };
    let mut steps: Body = operations.iter().map(operate).collect();
    if operations.contains(&Operation::Shutdown) {
        steps.push(attempt(Step::Operate { object: 0, operation: Operation::Shutdown, argument: Some(1) }));
    }
    steps.push(tick());
    let mut first = steps.clone();
    first.extend([cancel(0), cancel(1)]);
    let main = vec![spawn(0), spawn(1), hole(), attempt(await_(Item::Slot(1)))];
    let size = match kind {
        Kind::Barrier => 2,
        Kind::Lock | Kind::Event | Kind::Condition => 0,
        _ => 1,
    };
    let frame = Program { slots: 2, objects: vec![Object { kind, size }], ..Program::default() };
    family(&format!("{kind:?}"), main, first, steps, frame)
}

// The steps that many families have.

fn tick() -> Step {
    Step::Ticks { times: 1 }
}

fn sleep() -> Step {
    Step::Await { item: Item::Sleep(0.1) }
}

fn spawn(slot: usize) -> Step {
    Step::Spawn { function: 1, slot, eager: false }
}

fn await_(item: Item) -> Step {
    Step::Await { item }
}

fn cancel(slot: usize) -> Step {
    Step::Cancel { slot, message: None }
}

fn yield_() -> Step {
    Step::Yield { value: 1 }
}

fn error() -> Raised {
    Raised { kind: ErrorKind::ValueError, text: String::new() }
}

fn raise() -> Step {
    Step::Raise { error: error() }
}

/// `try: step` with `except BaseException`.
fn attempt(step: Step) -> Step {
    let handler = Handler { kind: ErrorKind::BaseException, body: Vec::new(), again: false };
    Step::Try { body: vec![step], handlers: vec![handler], otherwise: Vec::new(), finally: Vec::new() }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_number_is_another_program_and_no_hole_is_left() {
        let families = families();
        let all = programs(&families, 2);
        let mut seen = HashSet::new();
        for number in 0..all {
            let text = serde_json::to_string(&program(&families, 2, number)).unwrap();
            assert!(!text.contains("hole"), "{text}");
            assert!(seen.insert(text), "program {number} was there before");
        }
    }

    #[test]
    fn the_readme_tells_what_is_enumerated() {
        let row = |name: &str, choices: String, size: &dyn Fn(u32) -> u64| {
            format!("| {name} | {choices} | {} | {} |\n", size(3), size(4))
        };
        let families = families();
        let mut table: String = families
            .iter()
            .map(|family| {
                let (first, second) = family.choices();
                row(&family.name, format!("{first} and {second}"), &|size| family.programs(size))
            })
            .collect();
        table += &row("all", String::new(), &|size| programs(&families, size));
        let readme = std::fs::read_to_string(crate::root().join("README.md")).unwrap();
        assert!(readme.contains(&table), "the table of README.md is not:\n{table}");
    }
}
