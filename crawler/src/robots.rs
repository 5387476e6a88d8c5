//! What robots.txt allows: the text that the frontier stores, and the rules that this worker has read from it.
//!
//! `robotxt` reads the file. This module adds what RFC 9309 says about the cases without a file: a 4xx allows everything, and a
//! 5xx or no answer forbids everything until there is one. The fetched text is stored in the frontier, for all workers; the
//! parsed rules are kept here.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use robotxt::Robots;

/// The maximum number of origins whose rules a worker keeps.
const KEPT: usize = 10_000;

/// The rules that this worker has read, by origin, with the time when the frontier stored their text.
#[derive(Default)]
pub struct Rules {
    kept: RefCell<HashMap<String, (f64, Rc<Robots>)>>,
}

impl Rules {
    /// The rules of an origin, if they are those that were stored at this time.
    #[must_use]
    pub fn get(&self, origin: &str, at: f64) -> Option<Rc<Robots>> {
        self.kept.borrow().get(origin).filter(|kept| kept.0 == at).map(|kept| Rc::clone(&kept.1))
    }

    /// Reads the text of an origin's rules.
    pub fn read(&self, origin: &str, at: f64, text: &str, agent: &str) -> Rc<Robots> {
        let robots = Rc::new(parse(text, agent));
        let mut kept = self.kept.borrow_mut();
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(origin.to_owned(), (at, Rc::clone(&robots)));
        robots
    }
}

/// The rules in a text for the crawler that calls itself `agent`.
#[must_use = "it is only read"]
pub fn parse(text: &str, agent: &str) -> Robots {
    Robots::parse(text.as_bytes(), product(agent))
}

/// The name by which robots.txt knows a crawler that calls itself `areq/0.1 (+https://…)`.
#[must_use]
pub fn product(agent: &str) -> &str {
    agent.split(['/', ' ']).next().unwrap_or(agent)
}

/// The text of a robots.txt. RFC 9309 asks for UTF-8; a byte that is not is written as in a URL, so a path in Latin-1 counts.
#[must_use]
pub fn text_of(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        chunk.invalid().iter().for_each(|byte| text.push_str(&format!("%{byte:02X}")));
    }
    text
}

/// The text to use as the robots.txt of an origin, depending on the status; `None` if the origin has to be asked again.
#[must_use]
pub fn text_for(status: u16, text: &str) -> Option<&str> {
    match status {
        200..=299 => Some(text),
        429 | 500..=599 => None,
        _ => Some(""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_for_the_product_and_are_read_once() {
        let rules = Rules::default();
        let text = "User-agent: *\nDisallow: /\nUser-agent: areq\nDisallow: /private\nCrawl-delay: 2\n";
        let read = rules.read("http://a", 1.0, text, "areq/0.1 (+https://example.org/)");
        assert!(read.is_allowed("/") && !read.is_allowed("/private/x"));
        assert_eq!(read.crawl_delay().unwrap().as_secs(), 2);
        assert!(Rc::ptr_eq(&read, &rules.get("http://a", 1.0).unwrap()));
        assert!(rules.get("http://a", 2.0).is_none(), "the frontier has a newer one");
    }

    #[test]
    fn a_path_that_is_not_in_utf_8_counts_all_the_same() {
        let text = text_of(b"User-agent: *\nDisallow: /caf\xe9/\nDisallow: /\xc3\xa9\n");
        assert_eq!(text, "User-agent: *\nDisallow: /caf%E9/\nDisallow: /\u{e9}\n");
        let rules = parse(&text, "areq");
        assert!(!rules.is_allowed("/caf%E9/x") && !rules.is_allowed("/%C3%A9") && rules.is_allowed("/caf"));
    }

    #[test]
    fn a_missing_file_allows_everything_and_a_broken_server_nothing() {
        assert_eq!(text_for(200, "x"), Some("x"));
        assert_eq!(text_for(404, "not found"), Some(""));
        assert_eq!(text_for(301, ""), Some(""), "too many redirects");
        assert_eq!((text_for(503, ""), text_for(429, "")), (None, None));
    }
}
