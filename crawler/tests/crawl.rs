//! A worker among sites that answer badly: the results of their pages, and the state of the sites.

#[macro_use]
extern crate asyncio_testing;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Instant;

use areq::frontier::{Counts, End, Ended, Frontier, Gate, Host, Lease, Page, Record, Settings, Sqlite, State, Taken};
use areq::normal;
use areq::report::Report;
use areq::worker::Worker;
use asyncio::{Event, Result, Server, StreamReader, StreamWriter, create_task, run, sleep, start_server, timeout};
use asyncio_http::{Body, HttpServer};
use hyper::{Request, Response};

type Asked = Rc<RefCell<Vec<String>>>;

thread_local! {
    /// When each host was asked in this test.
    static TIMES: RefCell<Vec<(String, Instant)>> = const { RefCell::new(Vec::new()) };
}

/// The shortest time between the starts of two requests to the host whose name begins like this.
fn pause(name: &str) -> f64 {
    TIMES.with_borrow(|times| {
        let times: Vec<Instant> = times.iter().filter(|asked| asked.0.starts_with(name)).map(|asked| asked.1).collect();
        assert!(times.len() > 1, "{name} was not asked twice");
        times.windows(2).map(|pair| (pair[1] - pair[0]).as_secs_f64()).fold(f64::INFINITY, f64::min)
    })
}

/// A site of `answer`, which gets the path; and what it was asked for.
async fn site(answer: fn(&str, &str) -> (u16, &'static str, String)) -> Result<(String, Asked, Server)> {
    let (http, asked) = (HttpServer::new(), Asked::default());
    let noted = Rc::clone(&asked);
    let serve = async move |reader: StreamReader, writer: StreamWriter| {
        let respond = async |request: Request<Body>| {
            let (path, host) = (request.uri().path().to_owned(), request.headers()["host"].to_str()?.to_owned());
            noted.borrow_mut().push(path.clone());
            TIMES.with_borrow_mut(|times| times.push((host.clone(), Instant::now())));
            let (status, field, value) = answer(&path, &host);
            let response = Response::builder().status(status);
            if field == "never" {
                sleep(1000).await?;
            }
            Ok(match field {
                "" => response.header("content-type", "text/html").body(value)?,
                "x-robots-tag" => response.header(field, value).body("<a href=/no>".to_owned())?,
                "content-encoding" => {
                    let (packing, body) = value.split_once(' ').unwrap();
                    response.header(field, packing).body(body.to_owned())?
                }
                field => response.header(field, value).body(String::new())?,
            })
        };
        // A worker closes a connection whose body it does not read.
        match http.serve(reader, writer, respond).await {
            Err(error) if error.is_cancelled() => Err(error),
            _ => Ok(()),
        }
    };
    let server = start_server(serve, "0.0.0.0", 0).await?;
    let url = format!("http://127.0.0.1:{}/", server.sockets()[0].port().unwrap());
    Ok((url, asked, server))
}

fn settings() -> Settings {
    serde_json::from_value(serde_json::json!({
        "depth": 5, "hosts": [], "max_pages": 100, "max_bytes": 100_000_000, "max_urls": 1000, "max_per_host": 100,
        "max_queries": 2, "delay": 0.0, "lease": 10.0, "timeout": 2.0, "attempts": 2, "max_backoff": 5.0,
        "robots_age": 60.0, "agent": "areq/0 (test)",
    }))
    .unwrap()
}

fn page(url: &str) -> Page {
    normal::page(url::Url::parse(url).unwrap(), 0, 0).unwrap()
}

/// Works to the end, which must come.
async fn work<F: Frontier + 'static>(frontier: &Rc<F>, settings: Settings) -> Result<()> {
    let report = Rc::new(Report::new(None, true)?);
    let worker = Worker::new(Rc::clone(frontier), settings, 4, report)?;
    timeout(60).run(async |_| worker.run().await).await
}

/// Crawls from a URL to the end. Returns the record of each path, and the counters.
async fn crawl_with(url: &str, settings: Settings) -> Result<(BTreeMap<String, Record>, Counts)> {
    let folder = tempfile::tempdir()?;
    let frontier = Rc::new(Sqlite::open(&folder.path().join("frontier"))?);
    frontier.add(vec![page(url)], &settings).await?;
    work(&frontier, settings).await?;
    let records = frontier.records().await?;
    let paths = records.into_iter().map(|record| (record.url[record.url.find(":/").unwrap() + 3..].to_owned(), record));
    let paths = paths.map(|(rest, record)| (rest[rest.find('/').unwrap()..].to_owned(), record)).collect();
    Ok((paths, frontier.counts().await?))
}

async fn crawl(url: &str) -> Result<(BTreeMap<String, Record>, u64)> {
    let (pages, counts) = crawl_with(url, settings()).await?;
    Ok((pages, counts.abandoned))
}

/// The same server as another host.
fn other(host: &str) -> String {
    host.replace("127.0.0.1", "127.0.0.2")
}

fn links(links: &[&str]) -> (u16, &'static str, String) {
    (200, "", links.iter().map(|link| format!("<a href=\"{link}\">")).collect())
}

#[test]
fn pages_end_as_what_they_are() {
    run(async {
        let (url, asked, _server) = site(|path, _| match path {
            "/robots.txt" => (200, "", "User-agent: areq\nDisallow: /no\n".to_owned()),
            "/" => links(&["/missing", "/no", "/moved", "/picture", "/broken", "/circle", "/mail"]),
            "/moved" => (301, "location", "/found".to_owned()),
            "/circle" => (302, "location", "/circle".to_owned()),
            "/mail" => (302, "location", "mailto:ada@example.org".to_owned()),
            "/picture" => (200, "content-type", "image/png".to_owned()),
            "/broken" => (500, "", String::new()),
            "/found" => links(&[]),
            _ => (404, "", String::new()),
        })
        .await?;
        let (pages, abandoned) = crawl(&url).await?;
        let states: Vec<_> =
            pages.iter().map(|(path, page)| (path.as_str(), page.outcome.state, page.outcome.status)).collect();
        let expected = [
            ("/", State::Read, 200),
            ("/broken", State::Failed, 500),
            ("/circle", State::Read, 302),
            ("/found", State::Read, 200),
            ("/mail", State::Failed, 302),
            ("/missing", State::Failed, 404),
            ("/moved", State::Read, 301),
            ("/no", State::Skipped, 0),
            ("/picture", State::Read, 200),
        ];
        assert_eq!(states, expected);
        assert_eq!(abandoned, 0);
        let times = |path: &str| asked.borrow().iter().filter(|asked| *asked == path).count();
        assert_eq!((times("/robots.txt"), times("/no"), times("/broken"), times("/circle")), (1, 0, 2, 1));
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_site_that_wants_to_be_left_alone_for_too_long_is_given_up() {
    run(async {
        let (url, asked, _server) = site(|path, _| match path {
            "/robots.txt" => (404, "", String::new()),
            "/" => links(&["/1", "/2", "/3"]),
            _ => (429, "retry-after", "86400".to_owned()),
        })
        .await?;
        let (pages, abandoned) = crawl(&url).await?;
        assert_eq!((pages["/1"].outcome.state, pages["/1"].outcome.status), (State::Failed, 429));
        assert_eq!((pages.len(), abandoned), (2, 2));
        assert_eq!(*asked.borrow(), ["/robots.txt", "/", "/1"]);
        Ok(())
    })
    .unwrap();
}

#[test]
fn what_a_page_says_about_its_links_is_obeyed() {
    run(async {
        let (url, asked, _server) = site(|path, _| match path {
            "/robots.txt" => (404, "", String::new()),
            "/" => (200, "", "<base href=/d/><a href=1><a rel=nofollow href=2><a href=3>".to_owned()),
            "/d/1" => (200, "", "<meta name=robots content=nofollow><a href=/no>".to_owned()),
            "/d/3" => (200, "x-robots-tag", "areq: noindex, nofollow".to_owned()),
            _ => (200, "", String::new()),
        })
        .await?;
        let (pages, _) = crawl(&url).await?;
        assert_eq!(pages.keys().collect::<Vec<_>>(), ["/", "/d/1", "/d/3"]);
        let of = |path: &str| pages[path].outcome.links.len();
        assert_eq!((of("/"), of("/d/1")), (3, 1), "the file of links has them all");
        assert_eq!(*asked.borrow(), ["/robots.txt", "/", "/d/1", "/d/3"]);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_site_that_asks_for_too_long_a_pause_is_given_up() {
    run(async {
        let (url, asked, _server) = site(|path, _| match path {
            "/robots.txt" => (200, "", "User-agent: *\nCrawl-delay: 86400\n".to_owned()),
            _ => links(&[]),
        })
        .await?;
        let (pages, _) = crawl(&url).await?;
        assert_eq!(pages["/"].outcome.why, "robots.txt asks for a pause of 86400 seconds");
        assert_eq!(*asked.borrow(), ["/robots.txt"]);
        Ok(())
    })
    .unwrap();
}

#[test]
fn without_robots_txt_nothing_is_asked_for_while_the_server_fails() {
    run(async {
        let (url, asked, _server) = site(|path, _| match path {
            "/robots.txt" => (500, "", String::new()),
            _ => links(&[]),
        })
        .await?;
        let (pages, _) = crawl(&url).await?;
        assert_eq!(pages["/"].outcome.state, State::Failed);
        assert_eq!(pages["/"].outcome.why, "robots.txt: status 500");
        assert_eq!(*asked.borrow(), ["/robots.txt", "/robots.txt"]);
        Ok(())
    })
    .unwrap();
}

#[test]
fn robots_txt_may_have_moved_to_another_host() {
    run(async {
        // The same server under another name.
        let (url, asked, _server) = site(|path, host| match path {
            "/robots.txt" => (302, "location", format!("http://{}/rules", other(host))),
            "/rules" => (200, "", "User-agent: *\nDisallow: /no\n".to_owned()),
            "/" => links(&["/no"]),
            _ => (404, "", String::new()),
        })
        .await?;
        let (pages, _) = crawl(&url).await?;
        assert_eq!((pages["/"].outcome.state, pages["/no"].outcome.state), (State::Read, State::Skipped));
        assert_eq!(*asked.borrow(), ["/robots.txt", "/rules", "/"]);
        Ok(())
    })
    .unwrap();
}

/// robots.txt has moved twice on the other host: `example.org` to `www.example.org`, which goes on to `https`.
fn moved_twice(path: &str, host: &str) -> (u16, &'static str, String) {
    match (path, host.starts_with("127.0.0.1")) {
        ("/robots.txt", true) => (301, "location", format!("http://{}/robots.txt", other(host))),
        ("/robots.txt", false) => (301, "location", "/rules".to_owned()),
        ("/rules", _) => (200, "", "User-agent: *\nDisallow: /no\n".to_owned()),
        _ => links(&["/no"]),
    }
}

#[test]
fn robots_txt_may_be_redirected_again_on_the_other_host() {
    run(async {
        let (url, asked, _server) = site(moved_twice).await?;
        let (pages, _) = crawl_with(&url, Settings { delay: 0.2, ..settings() }).await?;
        assert_eq!((pages["/"].outcome.state, pages["/no"].outcome.state), (State::Read, State::Skipped));
        assert_eq!(*asked.borrow(), ["/robots.txt", "/robots.txt", "/rules", "/"]);
        assert!(pause("127.0.0.1") >= 0.2 && pause("127.0.0.2") >= 0.2);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_host_rests_between_the_redirects_of_its_robots_txt() {
    run(async {
        let (url, asked, _server) = site(|path, _| match path {
            "/robots.txt" => (302, "location", "/1".to_owned()),
            "/1" => (302, "location", "/2".to_owned()),
            "/2" => (200, "", "User-agent: *\nDisallow: /no\n".to_owned()),
            _ => links(&["/no"]),
        })
        .await?;
        let (pages, _) = crawl_with(&url, Settings { delay: 0.2, ..settings() }).await?;
        assert_eq!(pages["/no"].outcome.state, State::Skipped);
        assert_eq!(*asked.borrow(), ["/robots.txt", "/1", "/2", "/"]);
        assert!(pause("127.0.0.1") >= 0.2);
        Ok(())
    })
    .unwrap();
}

#[test]
fn redirects_of_robots_txt_that_take_longer_than_a_lease_are_tried_as_often_as_any_page() {
    run(async {
        let (url, asked, _server) = site(moved_twice).await?;
        let settings = Settings { delay: 1.0, lease: 1.5, timeout: 0.7, ..settings() };
        let (pages, _) = crawl_with(&url, settings).await?;
        assert_eq!(pages["/"].outcome.state, State::Failed);
        assert!(pages["/"].outcome.why.contains("longer than a lease"), "{}", pages["/"].outcome.why);
        assert_eq!(*asked.borrow(), ["/robots.txt"; 4]);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_site_whose_robots_txt_is_at_a_host_that_was_given_up_is_unreachable() {
    run(async {
        let (url, asked, _server) = site(|path, host| match (path, host.starts_with("127.0.0.1")) {
            ("/robots.txt", true) => (301, "location", format!("http://{}/rules", other(host))),
            ("/robots.txt", false) => (200, "", "User-agent: *\nCrawl-delay: 86400\n".to_owned()),
            _ => links(&[]),
        })
        .await?;
        let folder = tempfile::tempdir()?;
        let frontier = Rc::new(Sqlite::open(&folder.path().join("frontier"))?);
        frontier.add(vec![page(&other(&url))], &settings()).await?;
        work(&frontier, settings()).await?;
        frontier.add(vec![page(&url)], &settings()).await?;
        work(&frontier, settings()).await?;
        let records = frontier.records().await?;
        let why = records[0].outcome.why.as_str();
        assert!(why.starts_with("robots.txt: it has moved to 127.0.0.2:") && why.ends_with("was given up"), "{why}");
        assert_eq!(*asked.borrow(), ["/robots.txt"; 3]);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_site_whose_robots_txt_is_at_a_busy_host_waits_for_that_host() {
    run(async {
        let (url, asked, _server) = site(moved_twice).await?;
        let settings = Settings { lease: 3.0, timeout: 1.0, ..settings() };
        let busy = page(&other(&url)).host;
        for waits in [0.7, 30.0] {
            let folder = tempfile::tempdir()?;
            let frontier = Rc::new(Sqlite::open(&folder.path().join("frontier"))?);
            frontier.add(vec![page(&url)], &settings).await?;
            let long = Settings { lease: 30.0, ..settings.clone() };
            assert_eq!(frontier.enter(&busy, "another worker", &long).await?, Gate::Open(0.0));
            let (leaver, host) = (Rc::clone(&frontier), busy.clone());
            let leaving = create_task(async move {
                sleep(waits).await?;
                leaver.leave(&host, "another worker", 0.0).await
            });
            // The other worker is never finished if it does not leave.
            let _ = timeout(10).run(async |_| work(&frontier, settings.clone()).await).await;
            leaving.cancel();
            let records = frontier.records().await?;
            let of_page = records.iter().find(|record| record.url == url).unwrap();
            let times = asked.borrow_mut().drain(..).filter(|path| path == "/robots.txt").count();
            if waits < 1.0 {
                // One at each of the two hosts.
                assert_eq!((of_page.outcome.state, times), (State::Read, 2));
            } else {
                assert!(of_page.outcome.why.ends_with("which is too busy"), "{:?}", of_page.outcome);
                assert_eq!(times, 2, "each attempt counts");
            }
        }
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_robots_txt_that_cannot_be_read_forbids_everything() {
    run(async {
        let (url, asked, _server) = site(|path, _| match path {
            "/robots.txt" => (200, "content-encoding", "br User-agent: *\nDisallow:\n".to_owned()),
            _ => links(&[]),
        })
        .await?;
        let (pages, _) = crawl(&url).await?;
        assert_eq!(pages["/"].outcome.state, State::Failed);
        assert_eq!(pages["/"].outcome.why, "robots.txt: the body is packed by \"br\"");
        assert_eq!(*asked.borrow(), ["/robots.txt", "/robots.txt"]);
        Ok(())
    })
    .unwrap();
}

#[test]
fn of_a_robots_txt_that_is_too_long_the_beginning_counts() {
    run(async {
        let (url, asked, _server) = site(|path, _| match path {
            "/robots.txt" => {
                let rules = format!("User-agent: *\nDisallow: /no\n{}", "# nothing\n".repeat(40_000));
                (200, "", format!("{rules}Disallow: /nor\n{}Disallow: /late\n", "# nothing\n".repeat(900_000)))
            }
            "/" => links(&["/no", "/nor", "/late"]),
            _ => links(&[]),
        })
        .await?;
        let (pages, counts) = crawl_with(&url, settings()).await?;
        let states = ["/", "/no", "/nor", "/late"].map(|path| pages[path].outcome.state);
        assert_eq!(states, [State::Read, State::Skipped, State::Skipped, State::Read]);
        assert_eq!(*asked.borrow(), ["/robots.txt", "/", "/late"]);
        assert!(counts.bytes > 500 << 10 && counts.bytes < 4 << 20, "{} bytes", counts.bytes);
        Ok(())
    })
    .unwrap();
}

#[test]
fn all_bytes_that_are_received_count() {
    run(async {
        let (url, _, _server) = site(|path, _| match path {
            "/robots.txt" => (200, "", "#".repeat(1000)),
            "/" => (200, "", format!("{:10000}<a href=/large><a href=/broken>", "")),
            "/broken" => (200, "content-encoding", format!("gzip {}", "x".repeat(100_000))),
            _ => (200, "", " ".repeat(9 << 20)),
        })
        .await?;
        let (pages, counts) = crawl_with(&url, settings()).await?;
        assert_eq!(pages["/large"].outcome.why, "the body has more than 8 MiB");
        assert_eq!(pages["/broken"].outcome.state, State::Failed);
        let read = 1000 + pages["/"].outcome.bytes;
        // A broken page is tried twice.
        let least = read + 2 * 100_000 + (8 << 20);
        assert!(counts.bytes >= least && counts.bytes < least + (2 << 20), "{} bytes, not {least}", counts.bytes);
        Ok(())
    })
    .unwrap();
}

/// A frontier whose answers to one operation do not come.
struct Silent {
    frontier: Sqlite,
    operation: Cell<&'static str>,
    reached: Event,
}

impl Silent {
    async fn answer<T>(&self, operation: &str, answer: T) -> Result<T> {
        if self.operation.get() == operation {
            self.operation.set("");
            self.reached.set();
            sleep(1000).await?;
        }
        Ok(answer)
    }
}

impl Frontier for Silent {
    async fn change_settings(
        &self,
        change: impl Fn(Option<Settings>) -> Result<Settings> + Send + 'static,
    ) -> Result<Settings> {
        self.frontier.change_settings(change).await
    }

    async fn add(&self, pages: Vec<Page>, settings: &Settings) -> Result<()> {
        self.frontier.add(pages, settings).await
    }

    async fn take(&self, tokens: Vec<String>, settings: &Settings) -> Result<Taken> {
        let taken = self.frontier.take(tokens, settings).await?;
        self.answer("take", taken).await
    }

    async fn end(
        &self,
        lease: &Lease,
        end: End,
        host: Host,
        received: u64,
        next: Option<String>,
        settings: &Settings,
    ) -> Result<Ended> {
        let ended = self.frontier.end(lease, end, host, received, next, settings).await?;
        self.answer("end", ended).await
    }

    async fn robots(&self, origin: &str) -> Result<Option<String>> {
        self.frontier.robots(origin).await
    }

    async fn set_robots(&self, origin: &str, text: &str, crawl_delay: f64) -> Result<()> {
        self.frontier.set_robots(origin, text, crawl_delay).await
    }

    async fn enter(&self, host: &str, token: &str, settings: &Settings) -> Result<Gate> {
        let entered = self.frontier.enter(host, token, settings).await?;
        self.answer("enter", entered).await
    }

    async fn leave(&self, host: &str, token: &str, delay: f64) -> Result<()> {
        self.frontier.leave(host, token, delay).await
    }

    async fn counts(&self) -> Result<Counts> {
        self.frontier.counts().await
    }

    async fn records(&self) -> Result<Vec<Record>> {
        self.frontier.records().await
    }

    fn requests(&self) -> u64 {
        self.frontier.requests()
    }
}

#[test]
fn a_worker_that_is_cancelled_gives_back_also_what_it_has_not_heard_of() {
    run(async {
        let (url, _, _server) = site(moved_twice).await?;
        for operation in ["take", "end", "enter"] {
            let folder = tempfile::tempdir()?;
            let frontier = Rc::new(Silent {
                frontier: Sqlite::open(&folder.path().join("frontier"))?,
                operation: Cell::new(operation),
                reached: Event::new(),
            });
            frontier.add(vec![page(&url), page(&format!("{url}1"))], &settings()).await?;
            let working = Rc::clone(&frontier);
            let worker = create_task(async move { work(&working, settings()).await });
            frontier.reached.wait().await?;
            if operation != "enter" {
                assert_eq!(frontier.counts().await?.leased, 1, "{operation}");
            }
            worker.cancel();
            assert!(worker.await.unwrap_err().is_cancelled());
            let counts = frontier.counts().await?;
            assert_eq!((counts.leased, counts.queued, counts.read), (0, 2, 0), "{operation}");
            // Another worker goes on at once.
            assert_eq!(frontier.enter(&page(&other(&url)).host, "another", &settings()).await?, Gate::Open(0.0));
            let tokens = vec!["another one".to_owned()];
            assert_eq!(frontier.take(tokens, &settings()).await?.leases[0].attempt, 1);
        }
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_worker_that_is_cancelled_leaves_a_host_its_crawl_delay() {
    run(async {
        let (url, asked, _server) = site(|path, _| match path {
            "/robots.txt" => (200, "", "User-agent: *\nCrawl-delay: 2\n".to_owned()),
            _ => (200, "never", String::new()),
        })
        .await?;
        let folder = tempfile::tempdir()?;
        let frontier = Rc::new(Sqlite::open(&folder.path().join("frontier"))?);
        frontier.add(vec![page(&url)], &settings()).await?;
        let working = Rc::clone(&frontier);
        let worker = create_task(async move { work(&working, settings()).await });
        while asked.borrow().len() < 2 {
            sleep(0.01).await?;
        }
        worker.cancel();
        assert!(worker.await.is_err());
        let gate = frontier.enter(&page(&url).host, "another", &settings()).await?;
        assert!(matches!(gate, Gate::Busy(wait) if wait > 1.0), "{gate:?}");
        Ok(())
    })
    .unwrap();
}
