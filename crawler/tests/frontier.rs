//! What both frontiers promise: the same tests on a file and on a Redis that the test starts, if one is installed.

#[macro_use]
extern crate asyncio_testing;

use std::cell::Cell;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use areq::frontier::{Counts, End, Frontier, Gate, Host, Lease, Outcome, Page, Redis, Settings, Sqlite, State};
use asyncio::{Result, gather, run, sleep};

/// A redis-server without a file, which ends with the test.
struct Server(Child, u16);

impl Server {
    fn start() -> Option<Self> {
        Self::start_with(&[])
    }

    fn start_with(options: &[&str]) -> Option<Self> {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new("redis-server");
        command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
        let Ok(child) = command.args(options).stdout(Stdio::null()).spawn() else {
            eprintln!("skipped on Redis: there is no redis-server");
            return None;
        };
        let server = Self(child, port);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            thread::sleep(Duration::from_millis(5));
        }
        Some(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

fn settings() -> Settings {
    serde_json::from_value(serde_json::json!({
        "depth": 3, "hosts": [], "max_pages": 1000, "max_bytes": 1_000_000, "max_urls": 1000, "max_per_host": 100,
        "max_queries": 2, "delay": 0.0, "lease": 60.0, "timeout": 1.0, "attempts": 3, "max_backoff": 10.0,
        "robots_age": 60.0, "agent": "areq",
    }))
    .unwrap()
}

fn page(host: &str, name: &str) -> Page {
    let path = name.contains('?').then(|| format!("{host}/{}", name.split('?').next().unwrap()));
    Page { url: format!("http://{host}/{name}"), host: host.to_owned(), depth: 1, hops: 0, path }
}

fn commit(links: &[&str], found: Vec<Page>) -> End {
    let links = links.iter().map(|&link| link.to_owned()).collect();
    End::Commit(Outcome { status: 200, bytes: 10, links, ..Outcome::default() }, found)
}

/// A worker that gives its leases numbers.
struct Hand<'a, F>(&'a F, Settings, Cell<u32>);

impl<'a, F: Frontier> Hand<'a, F> {
    fn of(frontier: &'a F, settings: Settings) -> Self {
        Self(frontier, settings, Cell::new(0))
    }

    async fn add(&self, pages: &[Page]) -> Result<()> {
        self.0.add(pages.to_vec(), &self.1).await
    }

    fn token(&self) -> String {
        self.2.set(self.2.get() + 1);
        format!("hand-{}", self.2.get())
    }

    async fn take(&self, count: usize) -> Result<Vec<Lease>> {
        let tokens = (0..count).map(|_| self.token()).collect();
        Ok(self.0.take(tokens, &self.1).await?.leases)
    }

    async fn finished(&self) -> Result<bool> {
        Ok(self.0.take(Vec::new(), &self.1).await?.finished)
    }

    async fn end(&self, lease: &Lease, end: End, host: Host) -> Result<bool> {
        Ok(!self.0.end(lease, end, host, 10, None, &self.1).await?.lost)
    }

    async fn counts(&self) -> Result<Counts> {
        self.0.counts().await
    }
}

fn urls(leases: &[Lease]) -> Vec<&str> {
    leases.iter().map(|lease| lease.page.url.as_str()).collect()
}

/// Both frontiers, each new: `on!(name, |frontier| …)` is a test on each.
macro_rules! on_both {
    ($($(#[$doc:meta])* async fn $name:ident($frontier:ident) $body:block)*) => {$(
        $(#[$doc])*
        #[test]
        fn $name() {
            async fn check<F: Frontier + 'static>($frontier: F) -> Result<()> {
                $body
                Ok(())
            }
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("frontier");
            run(async move { check(Sqlite::open(&path)?).await }).unwrap();
            if let Some(server) = Server::start() {
                let url = format!("redis://127.0.0.1:{}/3?crawl=test", server.1);
                run(async move { check(Redis::open(&url).await?).await }).unwrap();
            }
        }
    )*};
}

on_both! {
    async fn a_url_is_leased_once_and_a_host_has_one_lease(frontier) {
        let hand = Hand::of(&frontier, settings());
        hand.add(&[page("a", "1"), page("a", "2"), page("b", "1"), page("a", "1")]).await?;
        hand.add(&[page("a", "2")]).await?;
        let leases = hand.take(9).await?;
        assert_eq!(urls(&leases).len(), 2, "{leases:?}");
        assert!(urls(&leases).contains(&"http://a/1") && urls(&leases).contains(&"http://b/1"));
        assert_eq!(hand.take(9).await?, []);
        let of_a = leases.iter().find(|lease| lease.page.host == "a").unwrap();
        assert!(hand.end(of_a, commit(&[], Vec::new()), Host::Well(0.0)).await?);
        assert_eq!(urls(&hand.take(9).await?), ["http://a/2"]);
    }

    async fn the_next_page_comes_with_the_end_of_the_last(frontier) {
        let hand = Hand::of(&frontier, settings());
        hand.add(&[page("a", "1")]).await?;
        let leases = hand.take(1).await?;
        let found = vec![page("a", "1"), page("a", "2"), page("b", "1")];
        let end = commit(&["http://a/2", "http://b/1", "http://c/"], found);
        let ended = frontier.end(&leases[0], end, Host::Well(0.0), 10, Some("next".to_owned()), &hand.1).await?;
        assert!(!ended.lost && ended.more, "two hosts can be asked");
        let next = ended.lease.unwrap();
        assert_eq!((next.token.as_str(), next.attempt), ("next", 1));
        assert!(!hand.finished().await?);
        let counts = hand.counts().await?;
        assert_eq!((counts.read, counts.queued, counts.leased, counts.bytes, counts.hosts), (1, 1, 1, 10, 2));
        let records = frontier.records().await?;
        assert_eq!(records[0].outcome.links, ["http://a/2", "http://b/1", "http://c/"]);
    }

    async fn a_request_that_is_repeated_is_applied_once(frontier) {
        let hand = Hand::of(&frontier, settings());
        hand.add(&[page("a", "1"), page("b", "1")]).await?;
        let first = frontier.take(vec!["t".to_owned()], &hand.1).await?.leases;
        let again = frontier.take(vec!["t".to_owned()], &hand.1).await?.leases;
        assert_eq!(urls(&first), urls(&again));
        assert_eq!((again.len(), again[0].attempt), (1, 1));
        let end = || commit(&["http://a/"], vec![page("c", "1")]);
        let next = || Some("u".to_owned());
        let ended = frontier.end(&first[0], end(), Host::Well(0.0), 10, next(), &hand.1).await?;
        let repeated = frontier.end(&first[0], end(), Host::Well(0.0), 10, next(), &hand.1).await?;
        assert!(!ended.lost && !repeated.lost);
        assert_eq!(ended.lease.unwrap().page, repeated.lease.unwrap().page);
        let counts = hand.counts().await?;
        assert_eq!((counts.read, counts.queued, counts.leased), (1, 1, 1));
    }

    async fn a_host_rests_between_two_requests(frontier) {
        let hand = Hand::of(&frontier, settings());
        hand.add(&[page("a", "1"), page("a", "2")]).await?;
        let lease = hand.take(1).await?.remove(0);
        hand.end(&lease, commit(&[], Vec::new()), Host::Well(0.2)).await?;
        let taken = frontier.take(vec!["early".to_owned()], &hand.1).await?;
        assert_eq!(taken.leases, []);
        assert!(!taken.finished && taken.wait > 0.0 && taken.wait <= 0.2, "{}", taken.wait);
        sleep(0.25).await?;
        assert_eq!(urls(&hand.take(1).await?), ["http://a/2"]);
    }

    async fn a_host_rests_also_when_its_queue_was_empty_meanwhile(frontier) {
        let hand = Hand::of(&frontier, settings());
        hand.add(&[page("a", "1")]).await?;
        let lease = hand.take(1).await?.remove(0);
        hand.end(&lease, commit(&[], Vec::new()), Host::Well(0.2)).await?;
        hand.add(&[page("a", "2")]).await?;
        assert_eq!(hand.take(1).await?, []);
        sleep(0.25).await?;
        assert_eq!(hand.take(1).await?.len(), 1);
    }

    async fn the_pages_of_a_dead_worker_go_to_others(frontier) {
        let hand = Hand::of(&frontier, Settings { lease: 0.1, ..settings() });
        hand.add(&[page("a", "1")]).await?;
        let dead = hand.take(1).await?.remove(0);
        assert!(!hand.finished().await?);
        sleep(0.15).await?;
        let lease = hand.take(1).await?.remove(0);
        assert_eq!((lease.page.clone(), lease.attempt), (dead.page.clone(), 2));
        assert!(!hand.end(&dead, commit(&[], vec![page("z", "1")]), Host::Well(0.0)).await?, "it comes too late");
        assert!(hand.end(&lease, commit(&[], Vec::new()), Host::Well(0.0)).await?);
        assert!(!hand.end(&dead, commit(&[], Vec::new()), Host::Well(0.0)).await?);
        let counts = hand.counts().await?;
        assert_eq!((counts.read, counts.queued, counts.leased), (1, 0, 0));
        assert!(hand.finished().await?);
    }

    async fn a_page_that_kills_its_workers_is_tried_so_often(frontier) {
        let hand = Hand::of(&frontier, Settings { lease: 0.02, attempts: 2, ..settings() });
        hand.add(&[page("a", "1")]).await?;
        assert_eq!(hand.take(1).await?[0].attempt, 1);
        sleep(0.04).await?;
        let last = hand.take(1).await?.remove(0);
        assert_eq!(last.attempt, 2);
        sleep(0.04).await?;
        assert_eq!(hand.take(1).await?, []);
        assert!(!hand.end(&last, commit(&[], Vec::new()), Host::Well(0.0)).await?, "it comes too late");
        assert_eq!(hand.counts().await?.failed, 1);
        assert_eq!(frontier.records().await?[0].outcome.state, State::Failed);
    }

    async fn a_page_that_was_given_back_waits_behind_the_others(frontier) {
        let hand = Hand::of(&frontier, settings());
        hand.add(&[page("a", "1"), page("a", "2")]).await?;
        let lease = hand.take(1).await?.remove(0);
        hand.end(&lease, End::GiveBack(true), Host::Trouble(0.0)).await?;
        let lease = hand.take(1).await?.remove(0);
        assert_eq!((lease.page.url.as_str(), lease.trouble), ("http://a/2", 1));
        hand.end(&lease, commit(&[], Vec::new()), Host::Well(0.0)).await?;
        let lease = hand.take(1).await?.remove(0);
        assert_eq!((lease.page.url.as_str(), lease.attempt, lease.trouble), ("http://a/1", 2, 0));
        hand.end(&lease, End::GiveBack(false), Host::Untouched).await?;
        assert_eq!(hand.take(1).await?[0].attempt, 2, "the try did not count");
    }

    async fn bounds_hold(frontier) {
        let hand = Hand::of(&frontier, Settings { max_pages: 3, max_urls: 6, max_per_host: 4, ..settings() });
        let queries = ["cal?1", "cal?2", "cal?3"].map(|name| page("a", name));
        hand.add(&queries).await?;
        assert_eq!(hand.counts().await?.queued, 2, "of queries");
        hand.add(&["1", "2", "3"].map(|name| page("a", name))).await?;
        assert_eq!(hand.counts().await?.queued, 4, "of one host");
        hand.add(&["b", "c", "d"].map(|host| page(host, "1"))).await?;
        assert_eq!((hand.counts().await?.queued, hand.counts().await?.refused), (6, 3), "of URLs");
        let leases = hand.take(9).await?;
        assert_eq!(leases.len(), 3, "of pages");
        for lease in &leases {
            hand.end(lease, commit(&[], Vec::new()), Host::Well(0.0)).await?;
        }
        assert!(hand.finished().await?);
        let more = Hand::of(&frontier, settings());
        assert_eq!(more.take(9).await?.len(), 1, "it goes on with a higher bound");
    }

    async fn a_host_that_is_given_up_takes_its_pages_along(frontier) {
        let hand = Hand::of(&frontier, settings());
        hand.add(&[page("a", "1"), page("a", "2"), page("a", "3"), page("b", "1")]).await?;
        let leases = hand.take(2).await?;
        let lease = leases.iter().find(|lease| lease.page.host == "a").unwrap();
        let failed = Outcome { state: State::Failed, status: 503, ..Outcome::default() };
        hand.end(lease, End::Commit(failed, Vec::new()), Host::GivenUp).await?;
        hand.add(&[page("a", "4")]).await?;
        let counts = hand.counts().await?;
        assert_eq!((counts.failed, counts.abandoned, counts.queued, counts.refused), (1, 2, 0, 1));
        assert_eq!(frontier.enter("a", "t", &hand.1).await?, Gate::Gone);
    }

    async fn a_host_can_be_entered_without_a_page(frontier) {
        let hand = Hand::of(&frontier, settings());
        hand.add(&[page("a", "1")]).await?;
        assert_eq!(frontier.enter("a", "t", &hand.1).await?, Gate::Open(0.0));
        assert_eq!(frontier.enter("a", "t", &hand.1).await?, Gate::Open(0.0), "again with the same token");
        assert_eq!(frontier.enter("a", "u", &hand.1).await?, Gate::Busy(0.5));
        assert_eq!(hand.take(1).await?, []);
        assert!(!hand.finished().await?);
        frontier.leave("a", "t", 0.0).await?;
        assert_eq!(hand.take(1).await?.len(), 1);
        let short = Settings { lease: 0.02, ..settings() };
        assert_eq!(frontier.enter("elsewhere", "v", &short).await?, Gate::Open(0.0));
        sleep(0.04).await?;
        assert_eq!(hand.take(1).await?, []);
        assert_eq!(frontier.enter("elsewhere", "w", &hand.1).await?, Gate::Open(0.0), "the first has died");
        frontier.leave("elsewhere", "w", 5.0).await?;
        let Gate::Busy(wait) = frontier.enter("elsewhere", "x", &hand.1).await? else { panic!("it has to be left alone") };
        assert!(wait > 4.0 && wait <= 5.0, "{wait}");
    }

    async fn a_crawl_delay_counts_wherever_a_host_is_left(frontier) {
        let hand = Hand::of(&frontier, Settings { lease: 0.05, ..settings() });
        let ask = async || frontier.enter("a", "other", &hand.1).await;
        let wait = async || -> Result<f64> {
            let gate = ask().await?;
            let Gate::Busy(wait) = gate else { panic!("it may be asked: {gate:?}") };
            Ok(wait)
        };
        hand.add(&[page("a", "1"), page("a", "2"), page("b", "1"), page("b", "2")]).await?;
        // One origin of the two asks for a pause, and the other may have been asked last.
        frontier.set_robots("https://a", "Crawl-delay: 0.5", 0.5).await?;
        assert!(wait().await? > 0.4, "robots.txt has just been asked for");
        frontier.set_robots("http://a", "", 0.0).await?;
        sleep(0.5).await?;
        for host in [Host::Well(0.0), Host::Asked(0.1), Host::Trouble(0.0)] {
            let lease = hand.take(9).await?.into_iter().find(|lease| lease.page.host == "a").unwrap();
            assert_eq!(lease.pause, 0.5);
            hand.end(&lease, End::GiveBack(false), host).await?;
            assert!(wait().await? > 0.4, "after {host:?}");
            sleep(0.5).await?;
        }
        let lease = hand.take(9).await?.into_iter().find(|lease| lease.page.host == "a").unwrap();
        hand.end(&lease, End::GiveBack(false), Host::Untouched).await?;
        assert_eq!(ask().await?, Gate::Open(0.5));
        frontier.leave("a", "other", 0.1).await?;
        assert!(wait().await? > 0.4, "after it was left");
        // The worker dies.
        sleep(0.5).await?;
        assert_eq!(hand.take(9).await?.iter().filter(|lease| lease.page.host == "a").count(), 1);
        sleep(0.1).await?;
        assert_eq!(hand.take(9).await?.iter().filter(|lease| lease.page.host == "a").count(), 0);
        assert!(wait().await? > 0.3, "after its worker has died");
    }

    async fn a_dead_workers_host_rests_for_the_delay(frontier) {
        let hand = Hand::of(&frontier, Settings { lease: 0.05, delay: 0.3, ..settings() });
        hand.add(&[page("a", "1")]).await?;
        assert_eq!(hand.take(1).await?.len(), 1);
        sleep(0.1).await?;
        assert_eq!(hand.take(1).await?, [], "it may have been asked a moment ago");
        sleep(0.3).await?;
        assert_eq!(hand.take(1).await?.len(), 1);
    }

    async fn failures_count_until_the_host_answers(frontier) {
        let hand = Hand::of(&frontier, settings());
        hand.add(&[page("a", "1")]).await?;
        let troubles = [(Host::Trouble(0.0), 0), (Host::Asked(0.0), 1), (Host::Untouched, 1), (Host::Well(0.0), 1)];
        for (host, trouble) in troubles {
            let lease = hand.take(1).await?.remove(0);
            assert_eq!(lease.trouble, trouble, "before {host:?}");
            hand.end(&lease, End::GiveBack(false), host).await?;
        }
        assert_eq!(hand.take(1).await?[0].trouble, 0);
    }

    async fn bytes_count_however_a_lease_ends(frontier) {
        let hand = Hand::of(&frontier, Settings { max_bytes: 15, ..settings() });
        hand.add(&[page("a", "1"), page("a", "2")]).await?;
        let lease = hand.take(1).await?.remove(0);
        hand.end(&lease, End::GiveBack(true), Host::Trouble(0.0)).await?;
        let lease = hand.take(1).await?.remove(0);
        let failed = Outcome { state: State::Failed, ..Outcome::default() };
        hand.end(&lease, End::Commit(failed.clone(), Vec::new()), Host::Well(0.0)).await?;
        hand.end(&lease, End::Commit(failed, Vec::new()), Host::Well(0.0)).await?;
        assert_eq!(hand.counts().await?.bytes, 20, "the repeated request does not count");
        assert!(hand.finished().await?);
    }

    async fn beyond_a_bound_a_host_that_may_be_asked_is_not_waited_for(frontier) {
        for bound in [Settings { max_pages: 1, ..settings() }, Settings { max_bytes: 1, ..settings() }] {
            let free = Hand::of(&frontier, Settings { max_pages: 1000, ..settings() });
            let host = format!("of-{}", bound.max_pages);
            free.add(&[page(&host, "1"), page(&host, "2"), page("slow", &host)]).await?;
            let mut leases = free.take(2).await?;
            leases.sort_by_key(|lease| lease.page.host == "slow");
            free.end(&leases[0], commit(&[], Vec::new()), Host::Well(0.0)).await?;
            // Another worker has the other page, so it is not finished.
            let taken = frontier.take(vec!["t".to_owned()], &bound).await?;
            assert_eq!(taken.leases, []);
            assert!(!taken.finished && taken.wait > 0.5, "{}", taken.wait);
            free.end(&leases[1], commit(&[], Vec::new()), Host::Well(0.0)).await?;
        }
    }

    async fn robots_and_settings_are_kept(frontier) {
        let begun = frontier.change_settings(|kept| {
            assert!(kept.is_none());
            Ok(settings())
        });
        assert_eq!(begun.await?.max_pages, 1000);
        let refused = frontier.change_settings(|_| Err(asyncio::ValueError::new("no").into()));
        assert_eq!(refused.await.unwrap_err().to_string(), "no");
        // Several workers begin at the same time: the changes of each are stored.
        let frontier = Rc::new(frontier);
        let changes = (0..4).map(|n| {
            let frontier = Rc::clone(&frontier);
            async move {
                let change = move |kept: Option<Settings>| {
                    let mut settings = kept.unwrap();
                    match n {
                        0 => settings.depth = 7,
                        1 => settings.max_pages = 7,
                        2 => settings.max_urls = 7,
                        _ => settings.delay = 0.7,
                    }
                    Ok(settings)
                };
                frontier.change_settings(change).await
            }
        });
        gather(changes).await?;
        let kept = frontier.change_settings(|kept| Ok(kept.unwrap())).await?;
        assert_eq!((kept.depth, kept.max_pages, kept.max_urls, kept.delay), (7, 7, 7, 0.7));
        assert_eq!(frontier.robots("http://a").await?, None);
        frontier.set_robots("http://a", "User-agent: *\nDisallow: /\u{e9}", 0.0).await?;
        assert_eq!(frontier.robots("http://a").await?.as_deref(), Some("User-agent: *\nDisallow: /\u{e9}"));
        let hand = Hand::of(&*frontier, settings());
        hand.add(&[page("a", "1"), page("b", "1")]).await?;
        for lease in hand.take(2).await? {
            assert_eq!(lease.robots_at.is_some(), lease.page.host == "a");
            assert!(lease.robots_at.is_none_or(|at| lease.now - at < 5.0));
        }
    }
}

#[test]
fn a_crawl_goes_on_in_a_file_that_was_closed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("frontier");
    run(async move {
        let first = Sqlite::open(&path)?;
        let hand = Hand::of(&first, settings());
        hand.add(&[page("a", "1"), page("b", "1")]).await?;
        let leases = hand.take(1).await?;
        hand.end(&leases[0], commit(&["http://x/"], Vec::new()), Host::Well(0.0)).await?;
        drop(first);
        let second = Sqlite::open(&path)?;
        assert_eq!(second.counts().await?.read, 1);
        assert_eq!(Hand::of(&second, settings()).take(5).await?.len(), 1);
        assert_eq!(second.records().await?[0].outcome.links, ["http://x/"]);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_password_may_have_characters_that_a_url_has_not() {
    let Some(server) = Server::start_with(&["--requirepass", "p@ss/w\u{f6}rd"]) else { return };
    run(async move {
        let wrong = Redis::open(&format!("redis://:pass@127.0.0.1:{}/", server.1)).await;
        assert!(wrong.err().unwrap().to_string().contains("WRONGPASS"));
        let frontier = Redis::open(&format!("redis://:p%40ss%2Fw%C3%B6rd@127.0.0.1:{}/", server.1)).await?;
        assert_eq!(frontier.counts().await?, Counts::default());
        Ok(())
    })
    .unwrap();
}

/// The raw reply of Redis to a command: `:3` is a number.
fn ask_redis(connection: &mut BufReader<TcpStream>, command: &str) -> String {
    write!(connection.get_mut(), "{command}\r\n").unwrap();
    let mut reply = String::new();
    connection.read_line(&mut reply).unwrap();
    reply.trim().to_owned()
}

#[test]
fn redis_forgets_what_is_over() {
    let Some(server) = Server::start() else { return };
    let mut connection = BufReader::new(TcpStream::connect(("127.0.0.1", server.1)).unwrap());
    run(async move {
        let frontier = Redis::open(&format!("redis://127.0.0.1:{}/?crawl=test", server.1)).await?;
        let hand = Hand::of(&frontier, settings());
        let hosts = ["a", "b", "c"];
        hand.add(&hosts.map(|host| page(host, "1"))).await?;
        for lease in hand.take(3).await? {
            frontier.set_robots(&format!("http://{}", lease.page.host), "User-agent: *", 0.0).await?;
            let is_well = lease.page.host == "a";
            let host = if is_well { Host::Well(0.2) } else { Host::Trouble(0.3) };
            hand.end(&lease, commit(&[], Vec::new()), host).await?;
        }
        let mut sizes = || {
            let sizes = ["ZCARD next", "HLEN trouble", "ZCARD troubled", "HLEN robots", "ZCARD robots_at"];
            sizes.map(|size| {
                let (command, key) = size.split_once(' ').unwrap();
                ask_redis(&mut connection, &format!("{command} {{areq:test}}:{key}"))
            })
        };
        assert_eq!(sizes(), [":3", ":2", ":2", ":3", ":3"]);
        sleep(0.4).await?;
        assert!(hand.finished().await?);
        assert_eq!(sizes(), [":0", ":2", ":2", ":3", ":3"], "the pauses are over");
        let hand = Hand::of(&frontier, Settings { robots_age: 0.0, ..settings() });
        assert!(hand.finished().await?);
        assert_eq!(sizes(), [":0"; 5]);
        // It is as if they were new.
        hand.add(&[page("b", "2")]).await?;
        let lease = hand.take(1).await?.remove(0);
        assert_eq!((lease.trouble, lease.robots_at), (0, None));
        Ok(())
    })
    .unwrap();
}
