//! The pages and the links between them as a graph: DOT for Graphviz, and a drawing of a small site as SVG.
//!
//! The drawing has the first page in the middle and a ring for each depth. A page is near the page from which it was found, so
//! most lines are short; each page gets a share of the ring in proportion to the number of pages below it. No forces are
//! simulated, so the same site always gives the same drawing.

use std::collections::{BTreeMap, VecDeque};
use std::f64::consts::TAU;
use std::fmt::Write as _;

use crate::frontier::{Record, State};

/// The maximum number of pages in a drawing; larger graphs are for Graphviz.
pub const DRAWN: usize = 400;

/// Pages by number, and the links between them.
struct Graph<'a> {
    records: &'a [Record],
    links: Vec<Vec<usize>>,
}

impl<'a> Graph<'a> {
    fn new(records: &'a [Record]) -> Self {
        let numbers: BTreeMap<&str, usize> = records.iter().enumerate().map(|(i, record)| (&*record.url, i)).collect();
        let of =
            |record: &Record| record.outcome.links.iter().filter_map(|link| numbers.get(&**link).copied()).collect();
        Self { records, links: records.iter().map(of).collect() }
    }
}

/// The graph in Graphviz's language.
#[must_use]
pub fn dot(records: &[Record]) -> String {
    let graph = Graph::new(records);
    let mut text = "digraph areq {\n  node [shape=box, fontname=\"sans-serif\"];\n".to_owned();
    for record in records {
        let style = if record.outcome.state == State::Read { "" } else { ", style=dashed" };
        let (url, label) = (quoted(&record.url), quoted(&label(record)));
        writeln!(text, "  {url} [label={label}{style}];").expect("a string takes everything");
    }
    for (record, links) in records.iter().zip(&graph.links) {
        for &link in links {
            let (from, to) = (quoted(&record.url), quoted(&records[link].url));
            writeln!(text, "  {from} -> {to};").expect("a string takes everything");
        }
    }
    text.push_str("}\n");
    text
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Status and path, shortened to fit into a box.
fn label(record: &Record) -> String {
    let path = record.url.split_once("://").map_or(&*record.url, |(_, rest)| rest);
    match record.outcome.status {
        200 | 0 => path.to_owned(),
        status => format!("{path} [{status}]"),
    }
}

/// A drawing of at most [`DRAWN`] pages, or `None` if there are more or none.
#[must_use]
pub fn svg(records: &[Record]) -> Option<String> {
    if records.is_empty() || records.len() > DRAWN {
        return None;
    }
    let graph = Graph::new(records);
    let tree = Tree::of(&graph);
    let rings = tree.ring.iter().copied().max().unwrap_or(0);
    let widest = (0..=rings).map(|ring| tree.ring.iter().filter(|&&other| other == ring).count()).max().unwrap_or(1);
    // As far apart as the fullest ring needs.
    let step = (widest as f64 * 16.0 / TAU / f64::from(rings.max(1))).max(90.0);
    let half = step * f64::from(rings) + 170.0;
    let at = |page: usize| {
        let (radius, angle) = (step * f64::from(tree.ring[page]), tree.angle[page]);
        // Without the minus of a zero.
        (radius * angle.cos() + 0.0, radius * angle.sin() + 0.0)
    };
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"{0:.0} {0:.0} {1:.0} {1:.0}\" font-family=\"sans-serif\" \
         font-size=\"10\">\n<title>{2} pages</title>\n<rect x=\"{0:.0}\" y=\"{0:.0}\" width=\"{1:.0}\" height=\"{1:.0}\" \
         fill=\"#fff\"/>\n",
        -half,
        2.0 * half,
        records.len()
    );
    for (page, links) in graph.links.iter().enumerate() {
        for &link in links {
            let ((x1, y1), (x2, y2)) = (at(page), at(link));
            let (colour, width) = if tree.parent[link] == Some(page) { ("#567", 1.2) } else { ("#cdd", 0.6) };
            writeln!(
                text,
                "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" stroke=\"{colour}\" stroke-width=\"{width}\"/>"
            )
            .expect("a string takes everything");
        }
    }
    for (page, record) in records.iter().enumerate() {
        let (x, y) = at(page);
        let colour = match record.outcome.state {
            State::Read if record.outcome.status < 300 => "#2a7",
            State::Read => "#28c",
            State::Failed => "#c33",
            State::Skipped => "#999",
        };
        let (anchor, turn) = if x < -0.1 { ("end", -8.0) } else { ("start", 8.0) };
        writeln!(
            text,
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\" fill=\"{colour}\"><title>{}</title></circle>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{}</text>",
            escaped(&record.url),
            x + turn,
            y + 3.0,
            escaped(&shortened(&label(record)))
        )
        .expect("a string takes everything");
    }
    text.push_str("</svg>\n");
    Some(text)
}

/// The page from which each page was first found, and the position that this gives it.
struct Tree {
    parent: Vec<Option<usize>>,
    ring: Vec<u32>,
    angle: Vec<f64>,
}

impl Tree {
    fn of(graph: &Graph<'_>) -> Self {
        let count = graph.records.len();
        let (mut parent, mut children, mut seen) = (vec![None; count], vec![Vec::new(); count], vec![false; count]);
        let mut order: Vec<usize> = (0..count).collect();
        order.sort_by_key(|&page| graph.records[page].depth);
        let (mut roots, mut walk) = (Vec::new(), Vec::new());
        for page in order {
            if seen[page] {
                continue;
            }
            // Nearer pages come first, so only a page that no drawn page leads to is a root.
            (seen[page], roots) = (true, [roots, vec![page]].concat());
            let mut queue = VecDeque::from([page]);
            while let Some(page) = queue.pop_front() {
                walk.push(page);
                for &link in &graph.links[page] {
                    if !seen[link] {
                        (seen[link], parent[link]) = (true, Some(page));
                        children[page].push(link);
                        queue.push_back(link);
                    }
                }
            }
        }
        let mut leaves = vec![1.0_f64; count];
        for &page in walk.iter().rev() {
            let below: f64 = children[page].iter().map(|&child: &usize| leaves[child]).sum();
            leaves[page] = below.max(1.0);
        }
        let single = roots.len() == 1;
        let (mut ring, mut angle, mut from) = (vec![0; count], vec![0.0; count], vec![0.0; count]);
        let whole: f64 = roots.iter().map(|&root| leaves[root]).sum();
        let mut begins = 0.0;
        for &root in &roots {
            from[root] = begins;
            begins += leaves[root];
            ring[root] = u32::from(!single);
        }
        for &page in &walk {
            angle[page] = (from[page] + leaves[page] / 2.0) / whole * TAU;
            let mut begins = from[page];
            for &child in &children[page] {
                (from[child], ring[child]) = (begins, ring[page] + 1);
                begins += leaves[child];
            }
        }
        Self { parent, ring, angle }
    }
}

fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(32).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frontier::Outcome;

    fn record(url: &str, depth: u32, links: &[&str]) -> Record {
        let links = links.iter().map(|&link| link.to_owned()).collect();
        Record { url: url.to_owned(), depth, outcome: Outcome { status: 200, links, ..Outcome::default() } }
    }

    #[test]
    fn the_graph_has_the_links_between_known_pages() {
        let records =
            [record("http://a/", 0, &["http://a/\"b\"", "http://elsewhere/"]), record("http://a/\"b\"", 1, &[])];
        let dot = dot(&records);
        assert_eq!(dot.matches(" -> ").count(), 1);
        assert!(dot.contains(r#""http://a/" -> "http://a/\"b\"";"#), "{dot}");
    }

    #[test]
    fn a_small_site_is_drawn_and_a_large_one_is_not() {
        let records = [record("http://a/", 0, &["http://a/b"]), record("http://a/b", 1, &["http://a/"])];
        let drawing = svg(&records).unwrap();
        assert_eq!((drawing.matches("<circle").count(), drawing.matches("<line").count()), (2, 2));
        assert!(drawing.contains("cx=\"0.0\""), "the first page is in the middle");
        let many: Vec<_> = (0..=DRAWN).map(|n| record(&format!("http://a/{n}"), 0, &[])).collect();
        assert!(svg(&many).is_none() && svg(&[]).is_none());
    }
}
