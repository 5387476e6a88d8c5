//! A worker among sites that answer badly: the results of their pages, and the state of the sites.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use areq::frontier::{Frontier, Record, Settings, Sqlite, State};
use areq::normal;
use areq::report::Report;
use areq::worker::Worker;
use asyncio::{Result, Server, StreamReader, StreamWriter, run, start_server};
use asyncio_http::{Body, HttpServer};
use hyper::{Request, Response};

type Asked = Rc<RefCell<Vec<String>>>;

/// A site of `answer`, which gets the path; and what it was asked for.
async fn site(answer: fn(&str, &str) -> (u16, &'static str, String)) -> Result<(String, Asked, Server)> {
    let (http, asked) = (HttpServer::new(), Asked::default());
    let noted = Rc::clone(&asked);
    let serve = async move |reader: StreamReader, writer: StreamWriter| {
        let respond = async |request: Request<Body>| {
            let (path, host) = (request.uri().path().to_owned(), request.headers()["host"].to_str()?.to_owned());
            noted.borrow_mut().push(path.clone());
            let (status, field, value) = answer(&path, &host);
            let response = Response::builder().status(status);
            Ok(match field {
                "" => response.header("content-type", "text/html").body(value)?,
                field => response.header(field, value).body(String::new())?,
            })
        };
        // A worker closes a connection whose body it does not read.
        match http.serve(reader, writer, respond).await {
            Err(error) if error.is_cancelled() => Err(error),
            _ => Ok(()),
        }
    };
    let server = start_server(serve, "127.0.0.1", 0).await?;
    let url = format!("http://127.0.0.1:{}/", server.sockets()[0].port().unwrap());
    Ok((url, asked, server))
}

/// Crawls from a URL to the end. Returns the record of each path, and the number of abandoned pages.
async fn crawl(url: &str) -> Result<(BTreeMap<String, Record>, u64)> {
    let folder = tempfile::tempdir()?;
    let frontier = Rc::new(Sqlite::open(&folder.path().join("frontier"))?);
    let settings: Settings = serde_json::from_value(serde_json::json!({
        "depth": 5, "hosts": [], "max_pages": 100, "max_bytes": 1_000_000, "max_urls": 1000, "max_per_host": 100,
        "max_queries": 2, "delay": 0.0, "lease": 10.0, "timeout": 2.0, "attempts": 2, "max_backoff": 5.0,
        "robots_age": 60.0, "agent": "areq/0 (test)",
    }))?;
    frontier.add(vec![normal::page(url::Url::parse(url)?, 0, 0).unwrap()], &settings).await?;
    let report = Rc::new(Report::new(None, true)?);
    Worker::new(Rc::clone(&frontier), settings, 4, report)?.run().await?;
    let records = frontier.records().await?;
    let paths = records.into_iter().map(|record| (record.url[record.url.find(":/").unwrap() + 3..].to_owned(), record));
    let paths = paths.map(|(rest, record)| (rest[rest.find('/').unwrap()..].to_owned(), record)).collect();
    Ok((paths, frontier.counts().await?.abandoned))
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
            "/d/3" => (200, "x-robots-tag", "nofollow".to_owned()),
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
            "/robots.txt" => (302, "location", format!("http://{}/rules", host.replace("127.0.0.1", "localhost"))),
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
