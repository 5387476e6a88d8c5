//! Workers crawl a web that this program serves. Meanwhile they are killed, and so is their Redis.
//!
//! The core idea: the web is a function from a URL to a page, so it is known what a crawl must find (`web`). The web also notes
//! when each host was asked, which reveals impolite workers (`log`). Nothing is simulated: the workers and Redis are processes,
//! killed with `kill -9`. `--speed` kills nothing and measures.

mod log;
mod processes;
mod web;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use areq::frontier::{Frontier as _, Record, Redis, Sqlite, State};
use asyncio::{Error, Result, RuntimeError, run};
use clap::Parser;
use processes::{RedisServer, Workers};
use web::Web;

#[derive(Parser)]
#[command(about = "Workers, a Redis and a web of their own, all of which are killed at random")]
struct Arguments {
    /// The program of the workers
    #[arg(long)]
    areq: PathBuf,
    /// Pages of the web, about
    #[arg(long, default_value_t = 1000)]
    pages: usize,
    /// Its hosts
    #[arg(long, default_value_t = 50)]
    hosts: usize,
    #[arg(long, default_value_t = 3)]
    workers: usize,
    /// Pages that a worker asks for at once
    #[arg(long, default_value_t = 16)]
    slots: usize,
    /// Seconds between two requests to a host
    #[arg(long, default_value_t = 0.05)]
    delay: f64,
    /// How many times somebody is killed
    #[arg(long, default_value_t = 6)]
    kills: usize,
    /// Seconds between two kills
    #[arg(long, default_value_t = 1.0)]
    kill_every: f64,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// A file of SQLite in the place of Redis
    #[arg(long)]
    sqlite: bool,
    /// Kill nobody, with 1 worker, then 2, up to --workers, and no delay
    #[arg(long)]
    speed: bool,
    /// Fail without a redis-server, instead of skipping
    #[arg(long)]
    required: bool,
}

/// The maximum duration of a trial.
const LIMIT: Duration = Duration::from_secs(600);

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if !arguments.sqlite && !RedisServer::is_here() {
        println!("skipped: there is no redis-server (Debian has it in the package of that name)");
        return if arguments.required { ExitCode::FAILURE } else { ExitCode::SUCCESS };
    }
    let tried = match arguments.speed {
        true => (1..=arguments.workers).try_for_each(|workers| trial(&arguments, workers, 0, 0.0)),
        false => trial(&arguments, arguments.workers, arguments.kills, arguments.delay),
    };
    match tried {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn trial(arguments: &Arguments, workers: usize, kills: usize, delay: f64) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let web = Web::new(arguments.hosts, arguments.pages, delay)?;
    let serving = web.serve()?;
    let mut redis = match arguments.sqlite {
        true => None,
        false => Some(RedisServer::start(folder.path())?),
    };
    let frontier = match &redis {
        Some(redis) => redis.url(),
        None => folder.path().join("frontier").display().to_string(),
    };
    let begun = Instant::now();
    let mut crowd = Workers::new(&arguments.areq, folder.path(), &frontier, &web, arguments.slots);
    for _ in 0..workers {
        crowd.start()?;
    }

    let mut random = fastrand::Rng::with_seed(arguments.seed);
    let (mut killed_workers, mut killed_redis) = (0, 0);
    let mut next_kill = begun + Duration::from_secs_f64(arguments.kill_every);
    while crowd.working()? {
        if begun.elapsed() > LIMIT {
            return Err(failure("the trial does not come to its end"));
        }
        std::thread::sleep(Duration::from_millis(5));
        if killed_workers + killed_redis < kills && Instant::now() > next_kill {
            match &mut redis {
                // At random, but once at least.
                Some(redis) if random.u8(..4) == 0 || (killed_redis == 0 && killed_workers + 1 == kills) => {
                    redis.kill_and_restart(Duration::from_millis(random.u64(50..500)))?;
                    killed_redis += 1;
                }
                _ => {
                    crowd.kill_and_restart(&mut random)?;
                    killed_workers += 1;
                }
            }
            next_kill = Instant::now() + Duration::from_secs_f64(arguments.kill_every * (0.5 + random.f64()));
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    let records = match arguments.sqlite {
        true => {
            let path = PathBuf::from(&frontier);
            run(async move { Sqlite::open(&path)?.records().await })?
        }
        false => run(async move { Redis::open(&frontier).await?.records().await })?,
    };
    let lines = crowd.log()?;
    let log = serving.log();
    compare(&web, &records)?;
    let again = log::check(&log, &lines, &web, killed_workers * arguments.slots)?;

    if killed_workers + killed_redis < kills {
        return Err(failure("the crawl ended before all had been killed who should be: give it more --pages"));
    }

    let (requests, peak) = log::figures(&lines);
    let committed = records.len();
    println!(
        "{committed} pages, {} hosts, {workers} workers of {} slots, {}: {seconds:.1} s, {:.0} pages/s, {:.2} requests of the \
         frontier per page, {:.1} MiB per worker at most{}",
        arguments.hosts,
        arguments.slots,
        if arguments.sqlite { "SQLite" } else { "Redis" },
        committed as f64 / seconds,
        requests,
        peak as f64 / f64::from(1 << 20),
        redis.as_ref().and_then(RedisServer::memory).map_or_else(String::new, |memory| format!(", Redis {memory}")),
    );
    if kills > 0 {
        println!(
            "killed: {killed_workers} workers, Redis {killed_redis} times; {again} requests were made again; nothing is lost, \
             committed twice, or asked for early"
        );
    }
    Ok(())
}

/// Every page of the web must be there once, with the right result, and nothing else.
fn compare(web: &Web, records: &[Record]) -> Result<()> {
    let expected = web.expected();
    let found: BTreeMap<&str, (State, u16)> =
        records.iter().map(|record| (&*record.url, (record.outcome.state, record.outcome.status))).collect();
    for (url, wanted) in &expected {
        match found.get(&**url) {
            None => return Err(failure(format!("{url} is lost"))),
            Some(got) if got != wanted => return Err(failure(format!("{url} is {got:?}, not {wanted:?}"))),
            Some(_) => {}
        }
    }
    match found.keys().find(|url| !expected.contains_key(**url)) {
        Some(url) => Err(failure(format!("{url} should not have been asked for"))),
        None => Ok(()),
    }
}

fn failure(message: impl Into<String>) -> Error {
    RuntimeError::new(message.into()).into()
}
