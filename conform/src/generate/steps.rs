//! One random step.

use super::{Feature, Place, Role, Sort, Writer};
use crate::language::{Drive, ErrorKind, Item, Kind, Operation, Question, Raised, Step, When};

/// Below this depth there are only simple steps.
const DEEPEST: usize = 3;

impl Writer {
    /// A step that is possible in this place. If the one that was drawn is not, it draws again.
    pub(super) fn step(&mut self, place: Place) -> Step {
        loop {
            // With a theme there is less of everything else.
            let (simple, block) = if self.themed { (15, 25) } else { (25, 40) };
            let step = match self.rng.u8(..100) {
                draw if draw < simple => self.simple(place),
                draw if draw < block && place.depth < DEEPEST => self.block(place),
                _ => {
                    let feature = self.features[self.rng.usize(..self.features.len())];
                    self.about(feature, place)
                }
            };
            if let Some(step) = step {
                return step;
            }
        }
    }

    fn simple(&mut self, place: Place) -> Option<Step> {
        let waits = place.sort != Sort::Callback;
        match self.rng.u8(..20) {
            0..2 => Some(Step::Log { text: self.word() }),
            2..7 if waits => Some(Step::Await { item: Item::Sleep(self.delay()) }),
            7..11 if waits => Some(Step::Ticks { times: if self.in_step { 1 } else { self.rng.usize(1..=3) } }),
            11..14 if waits => self.awaitable(place).map(|item| Step::Await { item }),
            14..16 => self.spawn(place),
            16 => Some(Step::Raise { error: self.error() }),
            17 => Some(Step::Return { value: self.rng.i64(0..10) }),
            18 => self.ask(),
            19 if place.sort == Sort::Generator => Some(Step::Yield { value: self.rng.i64(0..10) }),
            _ => None,
        }
    }

    fn block(&mut self, place: Place) -> Option<Step> {
        if place.sort == Sort::Callback {
            return None;
        }
        Some(match self.rng.u8(..10) {
            0 => Step::Repeat { times: self.rng.usize(2..=3), body: self.inner(place) },
            _ => Step::Try {
                body: self.inner(place),
                handlers: self.handlers(place),
                otherwise: self.body(place.inside(), 0..=1),
                finally: if self.chance(40) { self.inner(place) } else { Vec::new() },
            },
        })
    }

    fn about(&mut self, feature: Feature, place: Place) -> Option<Step> {
        let deep = place.depth >= DEEPEST;
        match feature {
            Feature::Cancels => self.cancel(place),
            Feature::Futures => self.future(),
            Feature::Callbacks => self.callback(),
            Feature::Vars => Some(match self.rng.u8(..5) {
                0..2 => Step::SetVar { var: self.rng.usize(..2), value: self.rng.i64(0..10) },
                2..4 => Step::GetVar { var: self.rng.usize(..2) },
                // A generator's body may run in a different context from the one that made the token.
                _ if place.sort == Sort::Function => Step::ResetVar {},
                _ => return None,
            }),
            Feature::Objects => self.object_step(place),
            // One run of a program is enough to be stopped; what comes after it is of interest if there are others.
            Feature::Stops => {
                self.chance(30).then(|| if self.chance(80) { Step::StopLoop {} } else { Step::CloseLoop {} })
            }
            Feature::Runs => self.spawn(place),
            Feature::Timeouts if self.chance(15) => {
                Some(Step::RescheduleKept { key: self.rng.usize(..2), delay: self.limit() })
            }
            Feature::Timeouts if self.chance(5) => {
                Some(Step::NewTimeout { key: self.rng.usize(..2), delay: self.limit() })
            }
            Feature::Groups if self.chance(20) => Some(Step::CancelGroup { group: self.rng.usize(..2) }),
            Feature::Groups if self.chance(5) => Some(Step::NewGroup { group: self.rng.usize(..2) }),
            _ if place.sort == Sort::Callback => None,
            Feature::Gathers => self.gather(place),
            Feature::Shields => self.shield(place),
            Feature::Waits => Some(Step::Wait {
                slots: self.slots_above(place),
                when: [When::FirstCompleted, When::FirstException, When::AllCompleted][self.rng.usize(..3)],
                timeout: self.chance(50).then(|| self.delay()),
            }),
            Feature::WaitFors => Some(Step::WaitFor { item: self.awaitable(place)?, timeout: self.limit() }),
            Feature::Completions => Some(Step::AsCompleted {
                items: self.items(place, 0..=3),
                timeout: self.chance(40).then(|| self.delay()),
                asynchronous: self.rng.bool(),
            }),
            Feature::Timeouts if self.chance(25) => Some(Step::Reschedule { delay: self.limit() }),
            Feature::Eager => {
                let mut step = self.spawn(place)?;
                if let Step::Spawn { eager, .. } = &mut step {
                    *eager = true;
                }
                Some(step)
            }
            Feature::Groups if deep || self.chance(50) => self.group_spawn(place),
            Feature::Generators | Feature::Managers if place.level > self.shared_level => None,
            Feature::Generators if deep || self.chance(60) => self.drive(),
            Feature::Stacks if deep || self.chance(60) => self.stack(place),
            _ if deep => None,
            Feature::Timeouts if self.chance(10) => {
                Some(Step::EnterTimeout { key: self.rng.usize(..2), body: self.inner(place) })
            }
            Feature::Timeouts => Some(Step::Timeout {
                delay: self.limit(),
                body: self.inner(place),
                key: self.chance(50).then(|| self.rng.usize(..2)),
            }),
            Feature::Groups if self.chance(10) => {
                Some(Step::EnterGroup { group: self.rng.usize(..2), body: self.inner(place) })
            }
            Feature::Groups => {
                let group = self.rng.usize(..2);
                let mut body = self.inner(place);
                body.extend(self.group_spawn(place));
                self.rng.shuffle(&mut body);
                Some(Step::Group { group, body, cancelled: self.chance(8) })
            }
            // Within a group, a limit or a manager, too, so that a generator is closed in the middle of one.
            Feature::Generators if place.sort == Sort::Generator => Some(Step::Yield { value: self.rng.i64(0..10) }),
            Feature::Generators if self.chance(25) => {
                Some(Step::Aclosing { slot: self.rng.usize(..2), body: self.inner(place) })
            }
            Feature::Generators => Some(Step::ForEach {
                generator: self.rng.usize(..self.generators),
                most: self.rng.usize(1..=3),
                body: self.inner(place),
            }),
            Feature::Managers => Some(Step::With { manager: self.manager_behind(place)?, body: self.inner(place) }),
            Feature::Stacks => Some(Step::Stack { body: self.inner(place) }),
        }
    }

    // Starts something to wait for.

    pub(super) fn spawn(&mut self, place: Place) -> Option<Step> {
        let (slot, function) = self.task_above(place)?;
        Some(Step::Spawn { function, slot, eager: self.has(Feature::Eager) && self.chance(50) })
    }

    fn group_spawn(&mut self, place: Place) -> Option<Step> {
        let (slot, function) = self.task_above(place)?;
        let eager = self.has(Feature::Eager) && self.chance(50);
        Some(Step::GroupSpawn { group: self.rng.usize(..2), function, slot, eager })
    }

    /// A slot for tasks, and a function for them that this place may call.
    fn task_above(&mut self, place: Place) -> Option<(usize, usize)> {
        let slots = self.roles.iter().enumerate().filter_map(|(slot, role)| match role {
            Role::Task(function) if *function > place.level => Some((slot, *function)),
            _ => None,
        });
        let slots: Vec<_> = slots.collect();
        self.rng.choice(slots)
    }

    fn slot_above(&mut self, level: usize) -> Option<usize> {
        let slots: Vec<usize> = (0..self.roles.len()).filter(|slot| self.roles[*slot].level() > level).collect();
        self.rng.choice(slots)
    }

    /// Empty only if there are none.
    fn slots_above(&mut self, place: Place) -> Vec<usize> {
        let wanted = if self.chance(3) { 0 } else { self.rng.usize(1..=3) };
        (0..wanted).filter_map(|_| self.slot_above(place.level)).collect()
    }

    pub(super) fn awaitable(&mut self, place: Place) -> Option<Item> {
        Some(match self.rng.u8(..20) {
            0..9 => Item::Slot(self.slot_above(place.level)?),
            9..15 if place.level < self.functions => {
                Item::Call(self.rng.choice(place.level + 1..self.functions.max(place.level + 1))?)
            }
            _ => Item::Sleep(self.delay()),
        })
    }

    fn items(&mut self, place: Place, sizes: std::ops::RangeInclusive<usize>) -> Vec<Item> {
        (0..self.rng.usize(sizes)).filter_map(|_| self.awaitable(place)).collect()
    }

    /// A `gather` that is awaited at once, or kept in a slot; everything in it has at least the level of the slot.
    fn gather(&mut self, place: Place) -> Option<Step> {
        let kept = self.kept(place, |role| matches!(role, Role::Gather(_)));
        if self.chance(4) {
            // With this many timers the loop sorts them, and frees memory afterwards.
            let sleeps = [5, 70, 140][self.rng.usize(..3)];
            return Some(Step::Crowd { sleeps, delay: self.delay(), slot: kept });
        }
        let level = kept.map_or(place.level, |slot| self.roles[slot].level() - 1);
        let items = self.items(Place { level, ..place }, 0..=3);
        Some(Step::Gather { items, return_exceptions: self.chance(30), slot: kept })
    }

    fn shield(&mut self, place: Place) -> Option<Step> {
        let kept = self.kept(place, |role| matches!(role, Role::Shield(_)));
        let level = kept.map_or(place.level, |slot| self.roles[slot].level() - 1);
        Some(Step::Shield { item: self.awaitable(Place { level, ..place })?, slot: kept })
    }

    /// The step that fills the slot of a group or of a shield with the futures of earlier slots.
    pub(super) fn filling(&mut self, slot: usize, place: Place) -> Option<Step> {
        let role = self.roles[slot];
        let fits = |other: &usize| self.roles[*other].level() >= role.level() && *other < slot;
        let before: Vec<usize> = (0..slot).filter(fits).collect();
        let level = role.level() - 1;
        let place = Place { level, ..place };
        let item = |writer: &mut Self| match writer.rng.choice(&before) {
            Some(slot) if writer.chance(85) => Some(Item::Slot(*slot)),
            _ => writer.awaitable(place),
        };
        Some(match role {
            Role::Shield(_) => Step::Shield { item: item(self)?, slot: Some(slot) },
            _ => Step::Gather {
                items: (0..self.rng.usize(1..=3)).filter_map(|_| item(self)).collect(),
                return_exceptions: self.chance(30),
                slot: Some(slot),
            },
        })
    }

    fn kept(&mut self, place: Place, fits: fn(&Role) -> bool) -> Option<usize> {
        if self.chance(40) {
            return None;
        }
        let slots: Vec<usize> = (0..self.roles.len())
            .filter(|slot| fits(&self.roles[*slot]) && self.roles[*slot].level() > place.level)
            .collect();
        self.rng.choice(slots)
    }

    // What can be done to others.

    fn any_slot(&mut self) -> usize {
        self.rng.usize(..self.roles.len())
    }

    fn ask(&mut self) -> Option<Step> {
        const QUESTIONS: [Question; 4] = [Question::Done, Question::Cancelled, Question::Result, Question::Exception];
        Some(Step::Ask { slot: self.any_slot(), question: QUESTIONS[self.rng.usize(..4)] })
    }

    fn cancel(&mut self, place: Place) -> Option<Step> {
        Some(match self.rng.u8(..10) {
            0..6 => Step::Cancel { slot: self.any_slot(), message: self.message() },
            _ if place.sort == Sort::Callback => return None,
            6 => Step::CancelSelf { message: self.message() },
            7 => Step::Uncancel {},
            _ => Step::Cancelling {},
        })
    }

    fn future(&mut self) -> Option<Step> {
        let slots: Vec<usize> =
            (0..self.roles.len()).filter(|slot| matches!(self.roles[*slot], Role::Future | Role::Task(_))).collect();
        let futures: Vec<usize> = slots.iter().copied().filter(|slot| self.roles[*slot] == Role::Future).collect();
        let any = self.rng.choice(&slots).copied()?;
        let future = self.rng.choice(&futures).copied().unwrap_or(any);
        let slot = if self.chance(90) { future } else { any };
        Some(match self.rng.u8(..6) {
            0..2 if self.roles[slot] == Role::Future => Step::Future { slot },
            2..4 => Step::SetResult { slot, value: self.rng.i64(0..10) },
            4 => Step::SetException { slot, error: self.error() },
            _ => return None,
        })
    }

    fn callback(&mut self) -> Option<Step> {
        let (callback, key) = (self.rng.usize(..self.callbacks), self.rng.usize(..2));
        Some(match self.rng.u8(..8) {
            0..3 => Step::AddCallback { slot: self.any_slot(), callback, key },
            3 => Step::RemoveCallback { slot: self.any_slot(), key },
            4 => Step::CallSoon { callback, key },
            5..7 => Step::CallLater { delay: self.delay(), callback, key },
            _ => Step::CancelHandle { key },
        })
    }

    fn object_step(&mut self, place: Place) -> Option<Step> {
        use Operation::{
            Abort, Acquire, Clear, Get, GetNowait, Join, Notify, NotifyAll, Put, PutNowait, Release, Reset, Set,
            Shutdown, TaskDone, Wait, WaitFor,
        };
        let object = self.rng.usize(..self.objects.len());
        let kind = self.objects[object].kind;
        let held = matches!(kind, Kind::Lock | Kind::Condition | Kind::Semaphore | Kind::BoundedSemaphore);
        if held && place.sort != Sort::Callback && place.depth < 3 && self.chance(30) {
            return Some(Step::Hold { object, body: self.inner(place) });
        }
        let operations: &[Operation] = match kind {
            Kind::Queue | Kind::LifoQueue | Kind::PriorityQueue => {
                &[Put, Put, Put, Get, Get, Get, PutNowait, GetNowait, TaskDone, Join, Shutdown]
            }
            Kind::Lock => &[Acquire, Acquire, Release],
            Kind::Semaphore | Kind::BoundedSemaphore => &[Acquire, Acquire, Release],
            Kind::Event => &[Wait, Wait, Set, Clear],
            Kind::Condition => &[Acquire, Acquire, Wait, Wait, WaitFor, Notify, NotifyAll, Release],
            Kind::Barrier => &[Wait, Wait, Wait, Reset, Abort],
        };
        let operation = operations[self.rng.usize(..operations.len())];
        let argument = match operation {
            Put | PutNowait => Some(self.rng.i64(0..50)),
            Notify => Some(self.rng.i64(0..3)),
            WaitFor => Some(self.rng.i64(1..4)),
            Shutdown => Some(self.rng.i64(0..2)),
            _ => None,
        };
        let waits = matches!(operation, Acquire | Wait | WaitFor | Put | Get | Join | Reset | Abort);
        (place.sort != Sort::Callback || !waits).then_some(Step::Operate { object, operation, argument })
    }

    fn drive(&mut self) -> Option<Step> {
        let slot = self.rng.usize(..2);
        let how = match self.rng.u8(..10) {
            0..2 => return Some(Step::NewGenerator { generator: self.rng.usize(..self.generators), slot }),
            2 => return Some(Step::DropGenerator { slot }),
            3..6 => Drive::Anext(()),
            6..8 => Drive::Asend(self.rng.i64(0..10)),
            8 if self.chance(30) => Drive::Athrow(Raised { kind: ErrorKind::GeneratorExit, text: String::new() }),
            8 => Drive::Athrow(self.error()),
            _ => Drive::Aclose(()),
        };
        Some(Step::Drive { slot, how })
    }

    fn stack(&mut self, place: Place) -> Option<Step> {
        Some(match self.rng.u8(..6) {
            0..2 if place.level <= self.shared_level => Step::StackEnter { manager: self.manager_behind(place)? },
            2 if place.level < self.functions - 1 => {
                Step::StackCall { function: self.rng.usize(place.level + 1..self.functions) }
            }
            3 if place.level < self.functions - 1 => Step::StackPushAsync {
                function: self.rng.usize(place.level + 1..self.functions),
                suppress: self.chance(30),
            },
            4 => Step::StackPush { callback: self.rng.usize(..self.callbacks), suppress: self.chance(30) },
            5 if self.chance(15) => Step::StackClose {},
            5 if self.chance(15) => Step::StackPop {},
            5 => Step::StackCallback { callback: self.rng.usize(..self.callbacks) },
            _ => return None,
        })
    }

    fn manager_behind(&mut self, place: Place) -> Option<usize> {
        self.rng.choice(place.managers..self.managers.max(place.managers))
    }
}
