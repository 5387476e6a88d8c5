//! Makes a program that shows a difference as small as possible.
//!
//! The core idea: a candidate is the program with something removed, and it is better if it still shows a difference. This is
//! repeated until no candidate is better.

use crate::language::{Body, Program, Step};

/// The smallest program found that `differs`, starting from one that does.
///
/// # Errors
///
/// Passes on the errors of `differs`.
pub fn shrink<E>(program: Program, mut differs: impl FnMut(&Program) -> Result<bool, E>) -> Result<Program, E> {
    let mut best = program;
    loop {
        let before = best.clone();
        for change in CHANGES {
            let mut place = 0;
            while let Some(candidate) = change(&best, place) {
                if candidate != best && differs(&candidate)? {
                    best = candidate;
                } else {
                    place += 1;
                }
            }
        }
        if best == before {
            return Ok(best);
        }
    }
}

/// A way to make a program smaller at one of its places; `None` after the last place.
type Change = fn(&Program, usize) -> Option<Program>;

const CHANGES: [Change; 7] = [
    |program, place| with_bodies(program, place, |body| body.clear()),
    |program, place| with_step(program, place, |body, i| drop(body.remove(i))),
    |program, place| with_step(program, place, unwrap),
    |program, place| with_step(program, place, |body, i| less(&mut body[i])),
    |program, place| {
        let mut program = program.clone();
        let manager = program.managers.get_mut(place / 3)?;
        *[&mut manager.generator, &mut manager.suppress, &mut manager.again][place % 3] = false;
        Some(program)
    },
    |program, place| {
        let mut program = program.clone();
        (place < program.runs.len()).then(|| program.runs.remove(place))?;
        Some(program)
    },
    |program, place| (place == 0).then(|| Program { eager: false, ..program.clone() }),
];

/// Changes the body with this number, counted from the outside in.
fn with_bodies(program: &Program, number: usize, change: impl FnOnce(&mut Body)) -> Option<Program> {
    let mut program = program.clone();
    change(program.bodies_mut().into_iter().nth(number)?);
    Some(program)
}

/// Changes the body that has the step with this number, counted in the order in which they are written.
fn with_step(program: &Program, number: usize, change: impl FnOnce(&mut Body, usize)) -> Option<Program> {
    let mut program = program.clone();
    let mut left = number;
    let mut bodies = program.bodies_mut();
    bodies.reverse();
    while let Some(body) = bodies.pop() {
        if left < body.len() {
            change(body, left);
            return Some(program);
        }
        left -= body.len();
        bodies.extend(body.iter_mut().flat_map(Step::bodies_mut));
    }
    None
}

/// Replaces a step by the steps within it.
fn unwrap(body: &mut Body, i: usize) {
    let inner: Body = body[i].bodies_mut().into_iter().flat_map(std::mem::take).collect();
    if !inner.is_empty() {
        body.splice(i..=i, inner);
    }
}

/// Fewer rounds, items, clauses and words.
fn less(step: &mut Step) {
    match step {
        Step::Repeat { times, .. } | Step::Ticks { times } if *times > 1 => *times -= 1,
        Step::Gather { items, .. } | Step::AsCompleted { items, .. } => drop(items.pop()),
        Step::Wait { slots, .. } => drop(slots.pop()),
        Step::Try { handlers, .. } => drop(handlers.pop()),
        Step::Cancel { message, .. } | Step::CancelSelf { message } => *message = None,
        Step::Spawn { eager, .. } | Step::GroupSpawn { eager, .. } => *eager = false,
        Step::Group { cancelled, .. } => *cancelled = false,
        Step::StackPush { suppress, .. } | Step::StackPushAsync { suppress, .. } => *suppress = false,
        Step::Crowd { sleeps, .. } if *sleeps > 1 => *sleeps /= 2,
        Step::Timeout { key, .. } => *key = None,
        Step::ForEach { most, .. } if *most > 1 => *most -= 1,
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate;

    #[test]
    fn what_is_left_cannot_be_made_smaller() {
        let ticks = |program: &Program| serde_json::to_string(program).unwrap().contains("ticks");
        let program = (0..).map(generate::program).find(ticks).unwrap();
        let small = shrink(program, |program| Ok::<_, ()>(ticks(program))).unwrap();
        let steps: Vec<Step> = small.clone().bodies_mut().into_iter().flat_map(std::mem::take).collect();
        assert_eq!(steps, [Step::Ticks { times: 1 }]);
    }
}
