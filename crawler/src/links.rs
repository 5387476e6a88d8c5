//! What a page says about its links: which there are, what they are relative to, and which of them a crawler may follow.
//!
//! `html5gum` splits the page into tags as a browser does, so a comment or a script has no links. All links are found, as in the
//! guide's crawler; those of `a` and `area` may be followed, unless the page says `nofollow`.

use html5gum::emitters::default::DefaultEmitter;
use html5gum::{StartTag, Token, Tokenizer};
use url::Url;

use crate::robots::product;

/// The maximum number of links taken from a page.
const LINKS: usize = 5000;

/// A link of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Where it leads to.
    pub url: Url,
    /// May a crawler follow it?
    pub follow: bool,
}

/// The links of the page `html`, which was found at `url`, for the crawler that calls itself `agent`.
#[must_use]
pub fn links(html: &str, url: &Url, agent: &str) -> Vec<Link> {
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    let (mut base, mut links, mut follow) = (None, Vec::new(), true);
    for Ok(token) in Tokenizer::new_with_emitter(html, emitter) {
        let Token::StartTag(tag) = token else { continue };
        match &**tag.name {
            b"meta" if is_for(&attribute(&tag, "name"), agent) => {
                follow = follow && !forbids(&attribute(&tag, "content"));
            }
            // Only the first counts.
            b"base" if base.is_none() => base = url.join(attribute(&tag, "href").trim()).ok(),
            b"base" => {}
            name if links.len() < LINKS && tag.attributes.contains_key(b"href".as_slice()) => {
                let is_page = matches!(name, b"a" | b"area");
                let rel = attribute(&tag, "rel").to_ascii_lowercase();
                let is_allowed = !rel.split_ascii_whitespace().any(|word| word == "nofollow");
                links.push((attribute(&tag, "href"), is_page && is_allowed));
            }
            _ => {}
        }
    }
    let base = base.as_ref().unwrap_or(url);
    let link = |(href, may): (String, bool)| Some(Link { url: base.join(href.trim()).ok()?, follow: may && follow });
    links.into_iter().filter_map(link).collect()
}

/// Does this value of `X-Robots-Tag` forbid the crawler to follow the links? A name before a colon, as in `areq: nofollow`,
/// addresses all that comes after it to one crawler.
#[must_use]
pub fn header_forbids(value: &str, agent: &str) -> bool {
    let mut is_for_us = true;
    value.split(',').any(|part| {
        let directive = match part.split_once(':') {
            Some((name, directive)) if !VALUED.contains(&name.trim().to_ascii_lowercase().as_str()) => {
                is_for_us = name.trim() == "*" || is_for(name.trim(), agent);
                directive
            }
            _ => part,
        };
        is_for_us && forbids(directive)
    })
}

/// Directives that have a value after a colon.
const VALUED: [&str; 4] = ["unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"];

/// Do these directives forbid following the links?
fn forbids(directives: &str) -> bool {
    directives.split(',').any(|word| matches!(&*word.trim().to_ascii_lowercase(), "nofollow" | "none"))
}

/// Is a `meta` tag, or a part of a header, with this name addressed to the crawler?
fn is_for(name: &str, agent: &str) -> bool {
    name.eq_ignore_ascii_case("robots") || name.eq_ignore_ascii_case(product(agent))
}

fn attribute(tag: &StartTag<()>, name: &str) -> String {
    let value = tag.attributes.get(name.as_bytes());
    value.map_or_else(String::new, |value| String::from_utf8_lossy(value).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(html: &str) -> Vec<(String, bool)> {
        let url = Url::parse("http://h.example/d/").unwrap();
        links(html, &url, "areq/0.1").into_iter().map(|link| (link.url.into(), link.follow)).collect()
    }

    fn urls(html: &str) -> Vec<String> {
        found(html).into_iter().map(|link| link.0).collect()
    }

    #[test]
    fn links_are_found_however_they_are_quoted() {
        let html = r##"<a href="/a?x=1&amp;y=2"> <A HREF = 'b'> <a href=c/d> <a data-href="no"> <a href="//o.example">
            <a href=" e&#x2f;f "> <a name="none">"##;
        let expected = [
            "http://h.example/a?x=1&y=2",
            "http://h.example/d/b",
            "http://h.example/d/c/d",
            "http://o.example/",
            "http://h.example/d/e/f",
        ];
        assert_eq!(urls(html), expected);
    }

    #[test]
    fn comments_scripts_and_text_have_no_links() {
        let html = "<!-- <a href=1> --> <script>'<a href=2>'</script> <textarea><a href=3></textarea> &lt;a href=4&gt;";
        assert_eq!(urls(html), [""; 0]);
    }

    #[test]
    fn links_are_relative_to_the_first_base() {
        let html = "<a href=x> <base target=_top href='../e/'> <base href=/no/> <a href=y>";
        assert_eq!(urls(html), ["http://h.example/e/x", "http://h.example/e/y"]);
        assert_eq!(urls("<base href='http://o.example/p/q'><a href=r>"), ["http://o.example/p/r"]);
        assert_eq!(urls("<base href='http://['><a href=r>"), ["http://h.example/d/r"]);
    }

    #[test]
    fn what_is_no_page_or_not_to_be_followed_is_found_only() {
        let html =
            "<link rel=stylesheet href=s> <a rel='external NoFollow' href=1> <a rel=nofollower href=2> <area href=3>";
        let follow: Vec<bool> = found(html).into_iter().map(|link| link.1).collect();
        assert_eq!(follow, [false, false, true, true]);
        let page = |meta: &str| found(&format!("<a href=1>{meta}"))[0].1;
        assert!(page("") && page("<meta name=robots content=noindex>") && page("<meta name=other content=nofollow>"));
        assert!(!page("<meta name=ROBOTS content='noindex, NOFOLLOW'>") && !page("<meta name=areq content=none>"));
    }
    #[test]
    fn a_header_may_be_addressed_to_one_crawler() {
        let forbids = |value: &str| header_forbids(value, "areq/0.1");
        for value in
            ["nofollow", "noindex, None", "areq: nofollow", "AREQ: noindex, nofollow", "robots: none", "*: none"]
        {
            assert!(forbids(value), "{value}");
        }
        assert!(forbids("otherbot: noindex, areq: nofollow") && forbids("unavailable_after: 25 Jun 2027, nofollow"));
        for value in
            ["", "noindex", "otherbot: nofollow", "otherbot: noindex, nofollow", "areq: noindex, otherbot: none"]
        {
            assert!(!forbids(value), "{value}");
        }
    }
}
