//! The progress of a search: a line on standard error, if that is a terminal.
//!
//! The threads that search only count. Another thread reads the number ten times a second and draws the line, so a search does
//! not become slower. A search that ends within half a second draws nothing. Several searches at once, such as tests in threads,
//! would draw over each other, so only one of them has the line.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A search that takes less time draws nothing.
const PATIENCE: Duration = Duration::from_millis(500);

/// The time between two drawings.
const PERIOD: Duration = Duration::from_millis(100);

/// The length of the bar, which is full when a limit is reached.
const FULL: u64 = 1000;

/// Whether the line is in use.
#[derive(Debug, Default)]
pub(crate) struct Line(AtomicBool);

/// That of standard error.
static STDERR: Line = Line(AtomicBool::new(false));

/// What a search does, as far as its progress is concerned.
#[derive(Clone, Copy)]
pub(crate) enum Stage<'a> {
    /// It runs schedules: how many it has run, the greatest number, and the limit of time.
    Searches { done: &'a AtomicU64, most: u64, time: Option<Duration> },
    /// It has found something, and shortens the schedules to that.
    Shortens,
}

/// Calls `work`. Meanwhile, the progress is shown on standard error, if that is a terminal.
pub(crate) fn on_stderr<R>(stage: Stage<'_>, work: impl FnOnce() -> R) -> R {
    let target = ProgressDrawTarget::stderr();
    if target.is_hidden() { work() } else { on(&STDERR, target, stage, work) }
}

fn on<R>(line: &Line, target: ProgressDrawTarget, stage: Stage<'_>, work: impl FnOnce() -> R) -> R {
    thread::scope(|scope| {
        // Dropped when `work` returns or panics.
        let (_works, is_over) = channel();
        scope.spawn(move || draw(line, target, stage, &is_over));
        work()
    })
}

fn draw(line: &Line, target: ProgressDrawTarget, stage: Stage<'_>, is_over: &Receiver<()>) {
    let begun = Instant::now();
    let works = |wait| is_over.recv_timeout(wait) == Err(RecvTimeoutError::Timeout);
    if !works(PATIENCE) || line.0.swap(true, Ordering::Relaxed) {
        return;
    }
    let (bar, mut target) = (ProgressBar::with_draw_target(Some(FULL), ProgressDrawTarget::hidden()), Some(target));
    let template = match stage {
        Stage::Searches { .. } => "{spinner} {bar:25} {msg}",
        Stage::Shortens => "{spinner} {msg}",
    };
    bar.set_style(ProgressStyle::with_template(template).expect("the template is well formed"));
    loop {
        let (position, text) = stage.told(begun.elapsed());
        bar.set_message(text);
        bar.set_position(position);
        // Set when there is something to draw.
        target.take().into_iter().for_each(|target| bar.set_draw_target(target));
        bar.tick();
        if !works(PERIOD) {
            break;
        }
    }
    bar.finish_and_clear();
    line.0.store(false, Ordering::Relaxed);
}

impl Stage<'_> {
    /// The position of the bar, and the text beside it.
    fn told(self, elapsed: Duration) -> (u64, String) {
        let Self::Searches { done, most, time } = self else {
            return (0, format!("found; looking for the shortest schedule for {} s", elapsed.as_secs()));
        };
        let (done, seconds) = (done.load(Ordering::Relaxed), elapsed.as_secs_f64());
        let rate = (done as f64 / seconds) as u64;
        let mut text =
            format!("{} of up to {} schedules, {} a second", HumanCount(done), HumanCount(most), HumanCount(rate));
        let mut part = done as f64 / most.max(1) as f64;
        if let Some(time) = time {
            text += &format!(", {seconds:.0} of up to {} s", time.as_secs_f64());
            part = part.max(seconds / time.as_secs_f64());
        }
        ((part.min(1.0) * FULL as f64) as u64, text)
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::atomic::AtomicU64;
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::time::Duration;

    use indicatif::{ProgressDrawTarget, TermLike};

    use super::{FULL, Line, Stage, on};

    /// A terminal that passes on what is written.
    #[derive(Debug)]
    struct Terminal(Sender<String>);

    impl Terminal {
        fn pass(&self, text: &str) -> io::Result<()> {
            // The test may have seen enough.
            let _ = self.0.send(text.to_owned());
            Ok(())
        }
    }

    impl TermLike for Terminal {
        fn width(&self) -> u16 {
            200
        }
        fn move_cursor_up(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_down(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_right(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_left(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn write_line(&self, text: &str) -> io::Result<()> {
            self.pass(text)
        }
        fn write_str(&self, text: &str) -> io::Result<()> {
            self.pass(text)
        }
        fn clear_line(&self) -> io::Result<()> {
            self.pass("cleared")
        }
        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    fn terminal() -> (ProgressDrawTarget, Receiver<String>) {
        let (written, seen) = channel();
        (ProgressDrawTarget::term_like(Box::new(Terminal(written))), seen)
    }

    #[test]
    fn a_long_search_draws_its_progress_and_clears_it() {
        let (line, done, (target, seen)) = (Line::default(), AtomicU64::new(12_345), terminal());
        let stage = Stage::Searches { done: &done, most: 100_000, time: None };
        let drawn = on(&line, target, stage, || seen.iter().find(|text| text.contains("schedules")));
        assert!(drawn.unwrap().contains("12,345 of up to 100,000 schedules, "));
        assert_eq!(seen.iter().last().unwrap(), "cleared");
        assert!(!line.0.into_inner());
    }

    #[test]
    fn a_short_search_and_a_second_one_draw_nothing() {
        let line = Line::default();
        let (target, seen) = terminal();
        on(&line, target, Stage::Shortens, || ());
        assert_eq!(seen.iter().next(), None);
        let ((first, first_seen), (second, second_seen)) = (terminal(), terminal());
        let nothing = on(&line, first, Stage::Shortens, || {
            first_seen.recv().unwrap();
            // Its target is dropped when it finds the line in use.
            on(&line, second, Stage::Shortens, || second_seen.iter().next())
        });
        assert_eq!(nothing, None);
    }

    #[test]
    fn the_bar_is_full_when_a_limit_is_reached() {
        let done = AtomicU64::new(50);
        let told = |most, time: Option<u64>| {
            Stage::Searches { done: &done, most, time: time.map(Duration::from_secs) }.told(Duration::from_secs(2))
        };
        assert_eq!(told(100, None), (FULL / 2, "50 of up to 100 schedules, 25 a second".to_owned()));
        assert_eq!(told(50, None).0, FULL);
        assert_eq!(told(1000, Some(2)), (FULL, "50 of up to 1,000 schedules, 25 a second, 2 of up to 2 s".to_owned()));
    }
}
