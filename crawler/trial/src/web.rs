//! The web that is crawled: many hosts on one port of this machine, 127.0.1.1 and following. The content of a page is a
//! function of its URL.
//!
//! Each host has a tree of pages, a robots.txt with a forbidden part, a calendar without end, a redirect, a circle of
//! redirects, links with session ids, a missing page, and one that first answers 503. The first pages of the hosts link to each
//! other, as a tree too. The last host has two pages, and asks for a pause that is longer than a lease.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::net::Ipv4Addr;
use std::rc::Rc;
use std::sync::{Arc, Mutex, mpsc};
use std::thread;

use areq::frontier::State;
use areq::normal;
use asyncio::{Result, StreamReader, StreamWriter, run, sleep, start_server_on};
use asyncio_http::{Body, HttpServer};
use hyper::{Request, Response};

use crate::log::Log;

/// How many months of a calendar the workers may request.
pub(crate) const MONTHS: u64 = 5;
/// The leases of the workers, and the longer pause that the last host asks for, in seconds.
pub(crate) const LEASE: f64 = 4.0;
const LONG: f64 = 5.0;

#[derive(Clone)]
pub(crate) struct Web {
    hosts: usize,
    pages: usize,
    delay: f64,
    port: u16,
    listener: Arc<Mutex<Option<std::net::TcpListener>>>,
}

/// The answer to a URL: status, header fields, body.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) field: Option<(&'static str, String)>,
    pub(crate) body: String,
}

/// The thread that serves the web.
pub(crate) struct Serving {
    log: Arc<Mutex<Log>>,
}

impl Serving {
    pub(crate) fn log(&self) -> Log {
        std::mem::take(&mut self.log.lock().expect("no request panics"))
    }
}

impl Web {
    pub(crate) fn new(hosts: usize, pages: usize, delay: f64) -> Result<Self> {
        let listener = std::net::TcpListener::bind(("0.0.0.0", 0))?;
        let port = listener.local_addr()?.port();
        Ok(Self {
            hosts: hosts.clamp(1, 250),
            pages: pages.div_ceil(hosts),
            delay,
            port,
            listener: Arc::new(Mutex::new(Some(listener))),
        })
    }

    /// The host with this number, from 0.
    fn host(&self, number: usize) -> String {
        format!("127.0.1.{}:{}", number + 1, self.port)
    }

    fn number(&self, host: &str) -> Option<usize> {
        let address: Ipv4Addr = host.split(':').next()?.parse().ok()?;
        usize::from(address.octets()[3]).checked_sub(1)
    }

    pub(crate) fn seed(&self) -> String {
        format!("http://{}/0", self.host(0))
    }

    /// The delay that workers are told.
    pub(crate) fn delay(&self) -> f64 {
        self.delay
    }

    /// Every tenth host asks for twice the delay, and the last for more than a lease.
    pub(crate) fn delay_of(&self, host: &str) -> f64 {
        match self.number(host) {
            Some(number) if self.is_slow(number) => LONG,
            Some(number) if number % 10 == 0 => 2.0 * self.delay,
            _ => self.delay,
        }
    }

    /// Is the host slow? While speed is measured, none is.
    fn is_slow(&self, number: usize) -> bool {
        number + 1 == self.hosts && self.delay > 0.0
    }

    pub(crate) fn answer(&self, host: &str, path: &str) -> Answer {
        let number = self.number(host).unwrap_or(0);
        let pages = if self.is_slow(number) { 2 } else { self.pages };
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let mut links = vec!["/0".to_owned()];
        let page = |status: u16, links: &[String]| Answer {
            status,
            field: Some(("content-type", "text/html".to_owned())),
            body: links.iter().map(|link| format!("<a href=\"{link}\">a page</a>\n")).collect(),
        };
        let moved = |to: &str| Answer { status: 302, field: Some(("location", to.to_owned())), body: String::new() };
        match path {
            "/robots.txt" => Answer {
                status: 200,
                field: None,
                body: format!("User-agent: *\nDisallow: /private/\nCrawl-delay: {}\n", self.delay_of(host)),
            },
            "/calendar" => {
                let month: u64 = query.strip_prefix("month=").and_then(|month| month.parse().ok()).unwrap_or(0);
                links.extend([month + 1, month + 2].map(|month| format!("/calendar?month={month}")));
                page(200, &links)
            }
            "/old" => moved("/1"),
            "/circle" => moved("/circle2"),
            "/circle2" => moved("/circle"),
            "/busy" => page(200, &links),
            path => {
                let Some(n) = path[1..].parse::<usize>().ok().filter(|&n| n < pages) else {
                    return page(404, &links);
                };
                let children = [2 * n + 1, 2 * n + 2].into_iter().filter(|&child| child < pages);
                links.extend(children.map(|child| format!("/{child}?PHPSESSID={}", fastrand::u32(..))));
                if n == 0 && !self.is_slow(number) {
                    let others = [2 * number + 1, 2 * number + 2].into_iter().filter(|&other| other < self.hosts);
                    links.extend(others.map(|other| format!("http://{}/0#top", self.host(other))));
                    let special =
                        ["/private/x", "/calendar?month=1", "/old", "/circle", "/busy", "/missing", "mailto:x"];
                    links.extend(special.map(str::to_owned));
                }
                page(200, &links)
            }
        }
    }

    /// What a crawl of the whole web must have found.
    pub(crate) fn expected(&self) -> BTreeMap<String, (State, u16)> {
        let mut expected = BTreeMap::new();
        let mut months: BTreeMap<String, u64> = BTreeMap::new();
        let mut seen = BTreeSet::new();
        let mut queue = VecDeque::from([self.seed()]);
        while let Some(url) = queue.pop_front() {
            if !seen.insert(url.clone()) {
                continue;
            }
            let (host, path) = url["http://".len()..].split_once('/').expect("it is normalised");
            if path.starts_with("private/") {
                expected.insert(url, (State::Skipped, 0));
                continue;
            }
            if path.contains('?') {
                let known = months.entry(host.to_owned()).or_default();
                *known += 1;
                if *known > MONTHS {
                    continue;
                }
            }
            let answer = self.answer(host, &format!("/{path}"));
            let state = if answer.status == 404 { State::Failed } else { State::Read };
            expected.insert(url.clone(), (state, answer.status));
            if state == State::Failed {
                continue;
            }
            let base = url::Url::parse(&url).expect("it is one");
            let targets = answer.body.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
            let redirect = answer.field.iter().filter(|field| field.0 == "location").map(|field| &*field.1);
            for target in targets.chain(redirect) {
                let target = base.join(target).ok().and_then(normal::normalise);
                queue.extend(target.map(String::from));
            }
        }
        expected
    }

    /// Serves it in a thread, until the program ends.
    pub(crate) fn serve(&self) -> Result<Serving> {
        let log = Arc::new(Mutex::new(Log::default()));
        let (web, noted) = (self.clone(), Arc::clone(&log));
        let (ready, is_ready) = mpsc::channel();
        thread::spawn(move || {
            run(async move {
                let listener = web.listener.lock().expect("nobody else has it").take().expect("it is served once");
                let (http, was_busy) = (HttpServer::new(), Rc::new(RefCell::new(HashSet::new())));
                let serve = async move |reader: StreamReader, writer: StreamWriter| {
                    let respond = async |request| web.respond(request, &noted, &was_busy).await;
                    // A killed worker has broken the connection.
                    match http.serve(reader, writer, respond).await {
                        Err(error) if error.is_cancelled() => Err(error),
                        _ => Ok(()),
                    }
                };
                let server = start_server_on(serve, listener).await?;
                let _ = ready.send(());
                server.serve_forever().await
            })
        });
        is_ready.recv()?;
        Ok(Serving { log })
    }

    async fn respond(
        &self,
        request: Request<Body>,
        log: &Mutex<Log>,
        was_busy: &RefCell<HashSet<String>>,
    ) -> Result<Response<String>> {
        let host = request.headers()["host"].to_str()?.to_owned();
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
        let noted = Noted { log, host: &host, number: log.lock().expect("no panic").begins(&host, &path) };
        // When workers are killed, the servers delay their answers, so that the workers are busy with pages.
        let longest = if self.delay > 0.0 { 0.08 } else { 0.002 };
        sleep(0.0005 + longest * fastrand::f64()).await?;
        let mut answer = self.answer(&host, &path);
        // When speed is measured, nothing waits.
        if path == "/busy" && self.delay > 0.0 && was_busy.borrow_mut().insert(host.clone()) {
            answer = Answer { status: 503, field: Some(("retry-after", "1".to_owned())), body: String::new() };
        }
        drop(noted);
        let mut response = Response::builder().status(answer.status);
        if let Some((name, value)) = answer.field {
            response = response.header(name, value);
        }
        Ok(response.body(answer.body)?)
    }
}

/// A request that is being answered. It is dropped when that ends, even because the client has gone.
struct Noted<'a> {
    log: &'a Mutex<Log>,
    host: &'a str,
    number: usize,
}

impl Drop for Noted<'_> {
    fn drop(&mut self) {
        self.log.lock().expect("no panic").ends(self.host, self.number);
    }
}
