//! The whole cluster in one process: three workers, fifty sites and a frontier on the simulated network. Some sites ask for a
//! pause that is longer than a lease, or have moved their robots.txt: to a host that redirects it again, to one that is busy, or
//! to one that was given up. Workers crash, the frontier becomes unreachable, and connections break, in thousands of schedules.
//!
//! Workers and sites are the real ones, down to HTTP. Redis is replaced by a model of the frontier, in memory that survives a
//! crash of its machine. It also records which worker was allowed to ask which host and when, and what was committed. A call to
//! it is a line with a number, so that its requests and answers can be lost in transit like others. `CLUSTER_SCHEDULES` is the
//! number of schedules.

#[macro_use]
extern crate asyncio_testing;

#[path = "cluster/model.rs"]
mod model;
#[path = "cluster/remote.rs"]
mod remote;

use std::cell::RefCell;
use std::rc::Rc;

use areq::frontier::{Frontier as _, Settings};
use areq::normal;
use areq::report::Report;
use areq::worker::Worker;
use asyncio::simulation::{Fault, Machine, Network, choose, explore};
use asyncio::{Result, StreamReader, StreamWriter, get_running_loop, sleep, start_server};
use asyncio_http::{Body, HttpServer};
use hyper::{Request, Response};
use model::Model;
use remote::Remote;

/// More pages than there are.
const ALL: u64 = 10_000;
const WORKERS: usize = 3;
const SITES: usize = 50;
/// The pages of each site, and of one whose queue is long.
const PAGES: [&str; 3] = ["", "a", "b"];
const MANY: [&str; 9] = ["", "a", "b", "c", "d", "e", "f", "g", "h"];
/// Its `Crawl-delay` is too long, so it is given up, and with it the site whose robots.txt has moved there.
const GONE: &str = "gone";
const UNREACHABLE: usize = SITES - 1;

/// Time for a request to travel, and for the pause of a full connection: a site may be asked this much later than the worker
/// began.
const SLACK: f64 = 0.2;

fn settings(max_pages: u64) -> Settings {
    serde_json::from_value(serde_json::json!({
        "depth": 20, "hosts": [], "max_pages": max_pages, "max_bytes": 100_000_000, "max_urls": 10_000, "max_per_host": 100,
        "max_queries": 2, "delay": 5.0, "lease": 24.0, "timeout": 10.0, "attempts": 50, "max_backoff": 40.0,
        "robots_age": 1e9, "agent": "areq/0 (test)",
    }))
    .unwrap()
}

fn host(site: usize) -> String {
    format!("site-{site:02}")
}

fn pages(site: usize) -> &'static [&'static str] {
    if site % 10 == 8 { &MANY } else { &PAGES }
}

/// The host whose robots.txt is redirected once more, on the same host.
fn www(site: usize) -> String {
    format!("www-{site:02}")
}

/// The robots.txt of a site, or where that has moved to.
fn robots(site: usize) -> Result<&'static str, String> {
    match site {
        UNREACHABLE => Err(format!("http://{GONE}/rules")),
        // Longer than a lease.
        _ if site % 10 == 3 => Ok("User-agent: *\nCrawl-delay: 30\n"),
        _ if site % 10 == 5 => Err(format!("http://{}/robots.txt", www(site))),
        // That host has many pages of its own.
        _ if site % 10 == 7 => Err(format!("http://{}/rules", host(site + 1))),
        _ => Ok(""),
    }
}

/// The links of a site's first page: its other pages, and two sites further down the tree of all sites.
fn links(site: usize) -> Vec<String> {
    let below = [2 * site + 1, 2 * site + 2].into_iter().filter(|site| *site < SITES);
    let own = pages(site).iter().filter(|page| !page.is_empty()).map(|page| format!("http://{}/{page}", host(site)));
    own.chain(below.map(|site| format!("http://{}/", host(site)))).collect()
}

/// Status, body, and where it redirects to.
type Answer = (u16, String, Option<String>);

fn of_site(site: usize, path: &str) -> Answer {
    match path {
        "/robots.txt" => match robots(site) {
            Ok(text) => (200, text.to_owned(), None),
            Err(moved) => (302, String::new(), Some(moved)),
        },
        "/" => (200, links(site).iter().map(|link| format!("<a href=\"{link}\">there</a>")).collect(), None),
        _ => (200, "<p>no links</p>".to_owned(), None),
    }
}

fn of_www(path: &str) -> Answer {
    match path {
        "/robots.txt" => (301, String::new(), Some("/rules".to_owned())),
        _ => (200, String::new(), None),
    }
}

fn of_gone(path: &str) -> Answer {
    match path {
        "/robots.txt" => (200, "User-agent: *\nCrawl-delay: 100000\n".to_owned(), None),
        _ => (503, String::new(), None),
    }
}

/// Serves a host, and checks that each request was allowed.
async fn serve(name: String, model: Rc<RefCell<Model>>, answer: impl Fn(&str) -> Answer + 'static) -> Result<()> {
    let http = HttpServer::new();
    let connected = async move |reader: StreamReader, writer: StreamWriter| {
        let respond = async |request: Request<Body>| {
            let now = get_running_loop()?.time();
            let path = request.uri().path();
            model.borrow_mut().asked(&name, path, now, SLACK);
            let (status, body, moved) = answer(path);
            let response = Response::builder().status(status).header("content-type", "text/html");
            Ok(match moved {
                Some(moved) => response.header("location", moved).body(body)?,
                None => response.body(body)?,
            })
        };
        match http.serve(reader, writer, respond).await {
            Err(error) if error.is_cancelled() => Err(error),
            // Connections break.
            _ => Ok(()),
        }
    };
    start_server(connected, None::<&str>, 80).await.map(drop)
}

/// Chooses what happens every two seconds: nothing, or trouble for a worker or the frontier.
async fn trouble(network: &Network, workers: &[Machine], frontier: &Machine) -> Result<()> {
    let worker = |index: usize| workers[index % WORKERS].clone();
    let later = |delay: f64, f: Box<dyn FnOnce()>| get_running_loop()?.call_later(delay, f).map(drop);
    match choose(1 + 4 * WORKERS + 1) {
        0 => {}
        // Down for a moment, or for longer than its leases.
        index @ 1..=6 => {
            let machine = worker(index);
            if machine.is_up() {
                machine.crash();
                let down = if index <= WORKERS { 3.0 } else { 90.0 };
                later(down, Box::new(move || machine.restart()))?;
            }
        }
        index @ 7..=12 => {
            let (machine, frontier, network) = (worker(index), frontier.clone(), network.clone());
            network.partition(&machine, &frontier);
            let apart = if index <= 3 * WORKERS { 10.0 } else { 90.0 };
            later(apart, Box::new(move || network.heal(&machine, &frontier)))?;
        }
        _ => {
            let frontier = frontier.clone();
            if frontier.is_up() {
                frontier.crash();
                later(5.0, Box::new(move || frontier.restart()))?;
            }
        }
    }
    Ok(())
}

/// Crawls everything in spite of all trouble, or up to a bound. Returns the number of committed pages.
async fn cluster(max_pages: u64) -> Result<usize> {
    // The names of the workers, which are parts of tokens.
    fastrand::seed(1);
    let network = Network::new().latency(0.01).faults([Fault::Split, Fault::Full, Fault::Reset, Fault::Choice]);
    let model = Rc::new(RefCell::new(Model::default()));
    for site in 0..SITES {
        let answer = move |path: &str| of_site(site, path);
        network.machine(&host(site)).create_task(serve(host(site), Rc::clone(&model), answer)).await?;
        if site % 10 == 5 {
            network.machine(&www(site)).create_task(serve(www(site), Rc::clone(&model), of_www)).await?;
        }
    }
    network.machine(GONE).create_task(serve(GONE.to_owned(), Rc::clone(&model), of_gone)).await?;
    let frontier = network.machine("frontier");
    let calls = remote::start(&frontier, &model);
    let page = |host: &str| normal::page(url::Url::parse(&format!("http://{host}/")).expect("it is one"), 0, 0);
    let first = [page(&host(0)), page(GONE)].into_iter().flatten().collect();
    let here = network.enter();
    Remote::new(&calls).add(first, &settings(max_pages)).await?;
    drop(here);
    let workers: Vec<_> = (0..WORKERS).map(|number| network.machine(&format!("worker-{number}"))).collect();
    for worker in &workers {
        let calls = Rc::clone(&calls);
        worker.start(async move || {
            let report = Rc::new(Report::new(None, true)?);
            Worker::new(Rc::new(Remote::new(&calls)), settings(max_pages), 4, report)?.run().await
        });
    }
    for _ in 0..40 {
        sleep(2).await?;
        trouble(&network, &workers, &frontier).await?;
    }
    // Whatever happens, the crawl ends within a day.
    for _ in 0..24 * 60 {
        if model.borrow().is_finished() {
            break;
        }
        sleep(60).await?;
    }
    let model = model.borrow();
    if max_pages == ALL {
        model.check();
    }
    Ok(model.committed())
}

/// Without trouble all pages are read, except those of the site that nobody may ask.
#[test]
fn three_workers_read_fifty_sites() {
    let read = asyncio::Runner::new().clock(asyncio::Clock::Virtual).run(cluster(ALL)).unwrap();
    let expected = (0..SITES).filter(|site| *site != UNREACHABLE).map(|site| pages(site).len()).sum::<usize>();
    assert_eq!(read, expected);
}

/// The model fails if it has to tell a worker to come back at once, without a page.
#[test]
fn workers_rest_when_the_bound_is_reached() {
    let read = asyncio::Runner::new().clock(asyncio::Clock::Virtual).run(cluster(40)).unwrap();
    assert!((37..=40).contains(&read), "{read}");
}

#[test]
fn no_host_is_asked_early_no_page_is_lost_and_none_is_committed_twice() {
    let schedules = std::env::var("CLUSTER_SCHEDULES").map_or(40, |number| number.parse().expect("a number"));
    let result = explore(|| cluster(ALL)).schedules(schedules).steps(10_000_000).allow_leaked_tasks().run();
    assert!(result.failure.is_none(), "{result}");
    println!("{} schedules in {:.1?}", result.schedules, result.took);
}
