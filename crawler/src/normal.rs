//! One URL for each page, and which URLs are not pages at all.
//!
//! The core idea: differences in spelling that cannot matter are removed, and URLs that only a trap produces are refused. `url`
//! does the first half (case, default ports, dot segments). Deliberately not here: guesses that change what a server sees, such
//! as the order of a query or the slash at the end of a path.

use url::Url;

use crate::frontier::Page;

/// A URL that is longer than this is refused.
const LONGEST: usize = 2000;
/// The maximum number of segments of a path.
const SEGMENTS: usize = 20;
/// How often the same segment may occur in a path: `/a/b/a/b/a/b/a/` comes from a wrong relative link.
const REPEATED: usize = 3;

/// Parameters of a query, and of a path after `;`, that name the visitor and not the page.
const VISITORS: [&str; 9] =
    ["jsessionid", "phpsessid", "aspsessionid", "sessionid", "session_id", "sid", "gclid", "fbclid", "msclkid"];

/// The page that `url` leads to, or `None` if it is not one for a crawler.
#[must_use]
pub fn page(url: Url, depth: u32, hops: u32) -> Option<Page> {
    let url = normalise(url)?;
    let host = host(&url)?;
    let path = url.query().is_some().then(|| format!("{host}{}", url.path()));
    Some(Page { url: url.into(), host, depth, hops, path })
}

/// The URL, without the parts that do not identify the page.
#[must_use]
pub fn normalise(mut url: Url) -> Option<Url> {
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    url.set_fragment(None);
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    if let Some(name) = url.host_str().and_then(|host| host.strip_suffix('.')).map(str::to_owned) {
        url.set_host(Some(&name)).ok()?;
    }
    if let Some((path, parameter)) = url.path().split_once(';') {
        let is_visitor = VISITORS.contains(&name_of(parameter).as_str());
        let path = path.to_owned();
        if is_visitor {
            url.set_path(&path);
        }
    }
    if let Some(query) = url.query() {
        let kept: Vec<&str> = query.split('&').filter(|part| !part.is_empty() && !is_visitor(part)).collect();
        let kept = kept.join("&");
        url.set_query((!kept.is_empty()).then_some(&*kept));
    }
    let is_page = url.as_str().len() <= LONGEST && !is_trap(url.path());
    is_page.then_some(url)
}

/// Name, and port if it is not the usual one.
#[must_use]
pub fn host(url: &Url) -> Option<String> {
    let name = url.host_str()?;
    Some(url.port().map_or_else(|| name.to_owned(), |port| format!("{name}:{port}")))
}

/// Scheme, name and port of a normalised URL.
#[must_use]
pub fn origin(url: &str) -> &str {
    let begins = url.find("://").map_or(0, |i| i + 3);
    let end = url[begins..].find('/').map_or(url.len(), |i| begins + i);
    &url[..end]
}

fn name_of(parameter: &str) -> String {
    parameter.split('=').next().unwrap_or_default().to_ascii_lowercase()
}

fn is_visitor(parameter: &str) -> bool {
    let name = name_of(parameter);
    VISITORS.contains(&name.as_str()) || name.starts_with("utm_")
}

fn is_trap(path: &str) -> bool {
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let repeats = |segment| segments.iter().filter(|&&other| other == segment).count() > REPEATED;
    segments.len() > SEGMENTS || segments.iter().any(|&segment| repeats(segment))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal(url: &str) -> Option<String> {
        normalise(Url::parse(url).unwrap()).map(String::from)
    }

    #[test]
    fn spellings_of_one_page_are_one_url() {
        for url in [
            "http://example.org/a?b=1",
            "HTTP://EXAMPLE.ORG:80/./x/../a?b=1#top",
            "http://ada:secret@example.org/a?b=1",
            "http://example.org./a?&b=1&",
            "http://example.org/a?PHPSESSID=77&b=1&utm_source=mail",
            "http://example.org/a;jsessionid=1F?b=1",
        ] {
            assert_eq!(normal(url).as_deref(), Some("http://example.org/a?b=1"), "{url}");
        }
        assert_eq!(normal("http://example.org?sid=1").as_deref(), Some("http://example.org/"));
        assert_eq!(normal("http://example.org/a;v=2").as_deref(), Some("http://example.org/a;v=2"));
    }

    #[test]
    fn what_is_no_page_or_a_trap_is_refused() {
        let long = format!("http://example.org/{}", "a".repeat(LONGEST));
        let deep = format!("http://example.org/{}1/2/3/4/5/6/7/8/9", "a/b/c/d/e/f/".repeat(2));
        for url in ["mailto:ada@example.org", "javascript:void(0)", &long, &deep, "http://example.org/a/b/a/b/a/b/a/"] {
            assert_eq!(normal(url), None, "{url}");
        }
        assert!(normal("http://example.org/a/b/a/b/a/").is_some());
    }

    #[test]
    fn hosts_and_origins() {
        let page = page(Url::parse("https://example.org:8443/a?b").unwrap(), 1, 0).unwrap();
        assert_eq!((page.host.as_str(), page.path.as_deref()), ("example.org:8443", Some("example.org:8443/a")));
        assert_eq!(origin(&page.url), "https://example.org:8443");
        assert_eq!(host(&Url::parse("https://example.org:443/").unwrap()).as_deref(), Some("example.org"));
    }
}
