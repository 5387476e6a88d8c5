//! Log lines in the form of the guide's `logging.basicConfig`, on standard error,
//! above a line that tells how far it is.

use std::io::{self, Write as _};

use guide_extra::text::visible;
use guide_extra::time::strftime;
use indicatif::{ProgressBar, ProgressStyle};
use log::{LevelFilter, Log, Metadata, Record};

struct Lines(ProgressBar);

impl Log for Lines {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let text = record.args().to_string();
        let line = format!(
            "{} {}:areq: {}",
            strftime("%H:%M:%S"),
            record.level(),
            visible(&text)
        );
        // Two lines of a terminal must not be written into each other. If they
        // cannot be written, the pages are crawled all the same.
        self.0.suspend(|| drop(writeln!(io::stderr(), "{line}")));
    }

    fn flush(&self) {}
}

/// Begins to log. Gives the line of progress, which is seen on a terminal only.
pub(crate) fn basic_config(pages: usize) -> ProgressBar {
    let style =
        ProgressStyle::with_template("{bar:30} {pos}/{len} pages, {elapsed}")
            .expect("it is well formed");
    let progress = ProgressBar::new(pages as u64).with_style(style);
    log::set_boxed_logger(Box::new(Lines(progress.clone())))
        .expect("there is no other logger");
    log::set_max_level(LevelFilter::Info);
    progress
}
