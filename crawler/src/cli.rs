//! The command line of `areq`: `crawl`, which begins, joins or continues a crawl, and `export`.

use std::fmt;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::rc::Rc;

use asyncio::{KeyboardInterrupt, Result, ValueError, cancellable, create_task, run, sleep};
use clap::{Parser, Subcommand};
use url::Url;

use crate::frontier::{Frontier, Page, Redis, Settings, Sqlite};
use crate::report::Report;
use crate::worker::Worker;
use crate::{graph, normal, output};

#[derive(Parser)]
#[command(name = "areq", about = "Crawls sites, politely, and finds their links")]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Crawl the pages at these URLs, and those that they link to; without URLs, join a crawl or go on with it
    Crawl(Box<Crawl>),
    /// Write what a crawl has found so far
    Export(Place),
}

#[derive(clap::Args)]
struct Crawl {
    /// Where to begin
    urls: Vec<String>,
    #[command(flatten)]
    bounds: Bounds,
    #[command(flatten)]
    place: Place,
    /// Pages that this worker asks for at once, each of another host
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..))]
    slots: u16,
    /// Add a line of JSON for each event to this file
    #[arg(long)]
    json: Option<PathBuf>,
    /// No line of progress
    #[arg(short, long)]
    quiet: bool,
    /// Do not write the files of links and graphs when the crawl is finished
    #[arg(long)]
    no_export: bool,
}

/// Where the crawl is kept, and where to write what was found.
#[derive(clap::Args)]
struct Place {
    /// A file, or redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE][?crawl=NAME]
    #[arg(long, default_value = "areq.frontier")]
    frontier: String,
    /// The file for the links
    #[arg(short, long, default_value = "foundurls.txt")]
    output: PathBuf,
    /// A file for the graph of pages, for Graphviz
    #[arg(long)]
    dot: Option<PathBuf>,
    /// A file for a drawing of the graph, if it is small
    #[arg(long)]
    svg: Option<PathBuf>,
}

/// The settings of the crawl. What is not given is as the frontier has it, or as said here in a new one.
#[derive(clap::Args)]
struct Bounds {
    /// How many links to follow from the first pages [3]
    #[arg(long)]
    depth: Option<u32>,
    /// Only the hosts of the URLs that were given with this option, by all workers
    #[arg(long)]
    same_host: bool,
    /// How many pages to ask for, all workers together [1000]
    #[arg(long)]
    max_pages: Option<u64>,
    /// How many bytes to receive, all workers together, about [1 GiB]
    #[arg(long)]
    max_bytes: Option<u64>,
    /// How many URLs to remember [1000000]
    #[arg(long)]
    max_urls: Option<u64>,
    /// How many URLs of one host to remember [100000]
    #[arg(long)]
    max_per_host: Option<u64>,
    /// How many queries of one path to remember [100]
    #[arg(long)]
    max_queries: Option<u64>,
    /// Seconds between two requests to a host; its Crawl-delay counts if it is longer [1]
    #[arg(long)]
    delay: Option<f64>,
    /// Seconds for a request [10]
    #[arg(long)]
    timeout: Option<f64>,
    /// Seconds after which the pages of a dead worker go to others [60]
    #[arg(long)]
    lease: Option<f64>,
    /// How often to try a page [3]
    #[arg(long)]
    attempts: Option<u32>,
    /// Seconds that a host may ask to be left alone before it is given up [3600]
    #[arg(long)]
    max_backoff: Option<f64>,
    /// Seconds after which to fetch robots.txt again [86400]
    #[arg(long)]
    robots_age: Option<f64>,
    /// What the crawler calls itself; say there how to reach you [areq/0.1.0]
    #[arg(long)]
    agent: Option<String>,
}

impl Bounds {
    /// These settings, applied to the stored ones.
    fn over(&self, kept: Option<Settings>, hosts: &[String]) -> Result<Settings> {
        let mut settings = kept.unwrap_or_else(|| Settings {
            depth: 3,
            hosts: Vec::new(),
            max_pages: 1000,
            max_bytes: 1 << 30,
            max_urls: 1_000_000,
            max_per_host: 100_000,
            max_queries: 100,
            delay: 1.0,
            timeout: 10.0,
            lease: 60.0,
            attempts: 3,
            max_backoff: 3600.0,
            robots_age: 86400.0,
            agent: concat!("areq/", env!("CARGO_PKG_VERSION")).to_owned(),
        });
        fn set<T>(setting: &mut T, given: Option<T>) {
            if let Some(given) = given {
                *setting = given;
            }
        }
        set(&mut settings.depth, self.depth);
        set(&mut settings.max_pages, self.max_pages);
        set(&mut settings.max_bytes, self.max_bytes);
        set(&mut settings.max_urls, self.max_urls);
        set(&mut settings.max_per_host, self.max_per_host);
        set(&mut settings.max_queries, self.max_queries);
        set(&mut settings.delay, self.delay);
        set(&mut settings.timeout, self.timeout);
        set(&mut settings.lease, self.lease);
        set(&mut settings.attempts, self.attempts);
        set(&mut settings.max_backoff, self.max_backoff);
        set(&mut settings.robots_age, self.robots_age);
        set(&mut settings.agent, self.agent.clone());
        if self.same_host {
            // Other workers may have named others, and the same command without URLs goes on with all of them.
            let new = hosts.iter().filter(|host| !settings.hosts.contains(host)).cloned().collect::<Vec<_>>();
            settings.hosts.extend(new);
            if settings.hosts.is_empty() {
                return Err(ValueError::new("--same-host: name the URLs whose hosts are meant").into());
            }
        }
        let seconds = [settings.delay, settings.timeout, settings.lease, settings.max_backoff, settings.robots_age];
        if !seconds.iter().all(|seconds| seconds.is_finite()) {
            return Err(ValueError::new("seconds are finite").into());
        }
        let positive = [settings.timeout, settings.lease].iter().all(|&seconds| seconds > 0.0);
        if !positive || settings.delay < 0.0 {
            return Err(ValueError::new("--timeout and --lease are more than 0, and --delay is not less").into());
        }
        // Otherwise a host's rules could be out of date as soon as its pause ends, and be fetched again and again.
        if settings.robots_age < 2.0 * settings.max_backoff.max(settings.delay) {
            return Err(ValueError::new("--robots-age is at least twice --max-backoff and --delay").into());
        }
        if settings.lease < 2.0 * settings.timeout {
            return Err(ValueError::new("--lease is at least twice --timeout").into());
        }
        Ok(settings)
    }
}

/// Runs the program.
#[must_use]
pub fn main() -> ExitCode {
    let done = match Arguments::parse().verb {
        Verb::Crawl(crawl) => run(async {
            match is_redis(&crawl.place.frontier) {
                true => {
                    let frontier = Redis::open(&crawl.place.frontier).await?;
                    crawl.with(frontier).await
                }
                false => {
                    let frontier = Sqlite::open(crawl.place.frontier.as_ref())?;
                    crawl.with(frontier).await
                }
            }
        }),
        Verb::Export(place) => run(async {
            match is_redis(&place.frontier) {
                true => {
                    let frontier = Redis::open(&place.frontier).await?;
                    place.export(&frontier).await
                }
                false => {
                    let frontier = Sqlite::open(place.frontier.as_ref())?;
                    place.export(&frontier).await
                }
            }
        }),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<KeyboardInterrupt>() => {
            print_to(io::stderr(), format_args!("interrupted; the same command without URLs goes on"));
            ExitCode::from(130)
        }
        Err(error) => {
            print_to(io::stderr(), format_args!("areq: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// A line that cannot be written is lost: `println!` would end the worker with a panic.
fn print_to(mut stream: impl Write, line: fmt::Arguments<'_>) {
    let _ = writeln!(stream, "{line}");
}

fn is_redis(frontier: &str) -> bool {
    frontier.starts_with("redis://") || frontier.starts_with("rediss://")
}

impl Crawl {
    async fn with<F: Frontier + 'static>(self, frontier: F) -> Result<()> {
        let seeds: Vec<Page> = self.urls.iter().map(|url| seed(url)).collect::<Result<_>>()?;
        let (bounds, hosts) = (self.bounds, seeds.iter().map(|page| page.host.clone()).collect::<Vec<_>>());
        let change = move |kept: Option<Settings>| match kept.is_none() && hosts.is_empty() {
            true => Err(ValueError::new("there is no crawl yet: name a URL to begin with").into()),
            false => bounds.over(kept, &hosts),
        };
        let settings = frontier.change_settings(change).await?;
        frontier.add(seeds, &settings).await?;

        let (frontier, report) = (Rc::new(frontier), Rc::new(Report::new(self.json.as_deref(), self.quiet)?));
        report.begin(&frontier.counts().await?);
        let showing = create_task(show(Rc::clone(&frontier), Rc::clone(&report)));
        let worker = Worker::new(Rc::clone(&frontier), settings, self.slots.into(), Rc::clone(&report))?;
        let worked = worker.run().await;
        showing.cancel();
        worked?;
        let counts = frontier.counts().await?;
        print_to(io::stdout(), format_args!("{}", report.finish(&counts, frontier.requests())));
        if self.no_export { Ok(()) } else { self.place.export(&*frontier).await }
    }
}

impl Place {
    async fn export<F: Frontier>(self, frontier: &F) -> Result<()> {
        let records = frontier.records().await?;
        let links = output::links(&self.output, &records)?;
        print_to(io::stdout(), format_args!("{links} links of {} pages in {}", records.len(), self.output.display()));
        if let Some(path) = &self.dot {
            output::whole(path, |file| Write::write_all(file, graph::dot(&records).as_bytes()))?;
            print_to(io::stdout(), format_args!("the graph is in {}", path.display()));
        }
        if let Some(path) = &self.svg {
            match graph::svg(&records) {
                Some(drawing) => {
                    output::whole(path, |file| Write::write_all(file, drawing.as_bytes()))?;
                    print_to(io::stdout(), format_args!("the drawing is in {}", path.display()));
                }
                None => print_to(
                    io::stdout(),
                    format_args!("no drawing: {} pages, and at most {} are drawn", records.len(), graph::DRAWN),
                ),
            }
        }
        Ok(())
    }
}

fn seed(url: &str) -> Result<Page> {
    let page = normal::page(Url::parse(url)?, 0, 0);
    page.ok_or_else(|| ValueError::new(format!("{url} is no page of http or https")).into())
}

/// Shows how far the crawl is, once a second.
async fn show<F: Frontier>(frontier: Rc<F>, report: Rc<Report>) -> Result<()> {
    loop {
        sleep(1).await?;
        if report.is_shown() {
            // This task ignores a frontier that is unavailable for a moment.
            match cancellable(frontier.counts()).await? {
                Err(error) if error.is_cancelled() => return Err(error),
                Err(_) => {}
                Ok(counts) => report.progress(&counts),
            }
        }
    }
}
