//! Themes: one subject, drawn many times in one program.
//!
//! If all features were equally likely, situations that need several of one kind at one moment would hardly ever be written:
//! for example, a group within another group, cancelled in the one iteration in which its own children are done. So every other
//! program has a theme, with more slots and objects for its subject, and tasks that keep in step.

use fastrand::Rng;

use super::Feature;
use crate::language::Kind;

/// What a program has more of.
#[derive(Clone, Debug, Default)]
pub(super) struct Theme {
    pub(super) name: &'static str,
    pub(super) features: &'static [Feature],
    /// Slots for groups and for shields, in addition to those for its features.
    pub(super) gathers: usize,
    pub(super) shields: usize,
    /// The classes of its objects, one after the other.
    pub(super) objects: &'static [Kind],
    pub(super) eager: bool,
    /// Tasks wait for iterations rather than for time, and begin together.
    pub(super) in_step: bool,
}

/// The names of the themes.
pub fn themes() -> impl Iterator<Item = &'static str> {
    THEMES.iter().map(|theme| theme.name)
}

/// The theme with this name; without a name, a theme for every other program, and none for the rest.
pub(super) fn draw(rng: &mut Rng, name: Option<&str>) -> Option<Theme> {
    let drawn = rng.bool().then(|| rng.usize(..THEMES.len()));
    let named = name.map(|name| THEMES.iter().position(|theme| theme.name == name));
    let mut theme = THEMES[named.unwrap_or(drawn)?].clone();
    theme.in_step = rng.u8(..4) > 0;
    theme.eager |= rng.u8(..8) == 0;
    Some(theme)
}

const NONE: Theme =
    Theme { name: "", features: &[], gathers: 0, shields: 0, objects: &[], eager: false, in_step: false };

const THEMES: [Theme; 18] = {
    use Feature::{
        Callbacks, Cancels, Completions, Eager, Futures, Gathers, Generators, Groups, Managers, Objects, Runs, Shields,
        Stacks, Stops, Timeouts, Vars, WaitFors, Waits,
    };
    [
        // Groups of groups, and shields of them.
        Theme { name: "groups", features: &[Gathers, Gathers, Gathers, Cancels, Futures], gathers: 3, ..NONE },
        Theme { name: "shields", features: &[Shields, Gathers, Cancels, Futures], gathers: 2, shields: 2, ..NONE },
        Theme { name: "task-groups", features: &[Groups, Groups, Cancels], ..NONE },
        Theme { name: "eager-task-groups", features: &[Groups, Groups, Eager, Cancels], eager: true, ..NONE },
        // Limits within limits, rescheduled from inside and outside, even after they have expired.
        Theme { name: "timeouts", features: &[Timeouts, Timeouts, Cancels], ..NONE },
        Theme { name: "wait-for", features: &[WaitFors, WaitFors, Timeouts, Cancels], ..NONE },
        Theme { name: "waits", features: &[Waits, Completions, Cancels, Futures], ..NONE },
        Theme { name: "callbacks", features: &[Callbacks, Callbacks, Cancels, Futures], ..NONE },
        Theme {
            name: "barriers",
            features: &[Objects, Objects, Cancels],
            objects: &[Kind::Barrier, Kind::Barrier],
            ..NONE
        },
        // Queues with a maximum size of one: putters and getters are blocked in turn, and then the queue is shut down.
        Theme {
            name: "queues",
            features: &[Objects, Objects, Cancels],
            objects: &[Kind::Queue, Kind::PriorityQueue],
            ..NONE
        },
        Theme {
            name: "conditions",
            features: &[Objects, Objects, Timeouts],
            objects: &[Kind::Condition, Kind::Lock],
            ..NONE
        },
        Theme {
            name: "semaphores",
            features: &[Objects, WaitFors, Cancels],
            objects: &[Kind::Semaphore, Kind::Event],
            ..NONE
        },
        // Generators that several tasks drive and close.
        Theme { name: "generators", features: &[Generators, Generators, Cancels], ..NONE },
        Theme { name: "blocks-in-generators", features: &[Generators, Generators, Groups, Timeouts], ..NONE },
        Theme { name: "stacks", features: &[Stacks, Stacks, Managers, Cancels], ..NONE },
        // What one run leaves behind is there in the next.
        Theme { name: "runs", features: &[Runs, Stops, Cancels, Futures], ..NONE },
        Theme { name: "runs-and-timers", features: &[Runs, Stops, Timeouts, Generators, Callbacks], ..NONE },
        Theme { name: "eager", features: &[Eager, Vars, Gathers, Callbacks, Cancels], eager: true, gathers: 1, ..NONE },
    ]
};
