//! Draws a program from a seed.

use fastrand::Rng;

use super::{Body, Catch, Exit, Program, Step};

/// How many pulses, channels, locks and queues a program has, each.
pub(super) const EACH: u8 = 3;

/// The most steps of a program.
const STEPS: u32 = 60;

struct Generator {
    rng: Rng,
    /// How many steps may still be drawn.
    left: u32,
    bodies: usize,
    /// Only steps that do the same with either kind of waits.
    comparable: bool,
}

impl Program {
    /// The program of this seed.
    #[must_use]
    pub fn random(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let (bodies, comparable) = (rng.usize(2..6), rng.u8(..3) > 0);
        let mut generator = Generator { left: rng.u32(6..STEPS), rng, bodies, comparable };
        let bodies = (0..bodies).map(|own| generator.body(own, 0)).collect();
        Self { bodies }
    }
}

impl Generator {
    /// Draws steps for the body with the number `own`, inside `depth` blocks.
    fn body(&mut self, own: usize, depth: u32) -> Body {
        let steps = if depth == 0 { self.rng.usize(2..7) } else { self.rng.usize(1..4) };
        (0..steps).map_while(|_| self.step(own, depth)).collect()
    }

    fn bodies(&mut self, own: usize, depth: u32) -> Vec<Body> {
        (0..self.rng.usize(1..4)).map(|_| self.body(own, depth)).collect()
    }

    fn delay(&mut self) -> u8 {
        self.rng.u8(..9)
    }

    fn exit(&mut self, may_wait: bool) -> Exit {
        match self.rng.u8(..4) {
            0 | 1 => Exit::Nothing,
            2 if may_wait => Exit::Wait(self.rng.u8(..EACH)),
            _ => Exit::Sleep(self.delay()),
        }
    }

    fn step(&mut self, own: usize, depth: u32) -> Option<Step> {
        self.left = self.left.checked_sub(1)?;
        let which = self.rng.u8(..EACH);
        let later = if own + 1 < self.bodies { Some(self.rng.usize(own + 1..self.bodies)) } else { None };
        let any = self.rng.usize(..self.bodies);
        // Waits are drawn often, blocks not too deep.
        Some(match self.rng.u8(..if depth < 4 { 64 } else { 42 }) {
            0..12 => Step::Wait(which),
            12..16 => Step::Pulse(which),
            16..19 => Step::Sleep(self.delay()),
            19..21 => Step::Send(which),
            21..23 => Step::Receive(which),
            23 => Step::Put(which),
            24 => Step::Get(which),
            25 => Step::Cancellable(which),
            26 if !self.comparable => Step::Uncancellable(which),
            27 | 28 if !self.comparable => Step::Either(which, self.delay()),
            26..29 => Step::Sleep(0),
            29 => Step::Fails,
            30 => Step::CancelSelf,
            31..35 => later.map_or(Step::Pulse(which), Step::Spawn),
            35..38 => Step::Cancel(any),
            // Not of its own group, or of one around that, which would wait for it in turn.
            38 | 39 => later.map_or(Step::Sleep(1), Step::Await),
            40 | 41 => later.map_or(Step::Sleep(1), Step::Shield),
            42..46 => Step::Value(self.body(own, depth + 1)),
            46..48 => Step::Lock(which, self.body(own, depth + 1)),
            48..51 => Step::WaitFor(self.delay(), self.body(own, depth + 1)),
            51..53 => Step::Timeout(self.delay(), self.body(own, depth + 1)),
            53 => Step::Boundary(self.body(own, depth + 1)),
            54..56 => Step::With(self.exit(false), self.body(own, depth + 1)),
            56..58 => {
                let exits = (0..self.rng.usize(1..4)).map(|_| self.exit(true)).collect();
                Step::Stack(exits, self.body(own, depth + 1))
            }
            58..60 => Step::Group(self.bodies(own, depth + 2), self.body(own, depth + 1)),
            60 => Step::Gather(self.bodies(own, depth + 2)),
            _ => {
                let is_block = self.comparable || self.rng.bool();
                Step::Try(Catch { is_block, keeps: self.rng.bool() }, self.body(own, depth + 1))
            }
        })
    }
}
