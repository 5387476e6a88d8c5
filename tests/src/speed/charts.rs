//! The two charts, as SVG: how much more each peer needs than this runtime, and what an operation costs among many others.
//!
//! Both axes of numbers are logarithmic. A chart is as wide as a phone, so that its letters can be read there. It has no
//! background: lines and letters have the colour of the surrounding text, from the theme of the book or, if the chart is an
//! image, from the reader's system.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::data::{OURS, Recorded};
use super::tables::{PEERS, SCALING_PEERS, SIZES};

/// Colours that people with any sight can tell apart (Okabe and Ito), by peer.
const COLOURS: &[(&str, &str)] = &[
    (OURS, "currentColor"),
    ("raw", "#8a8a8a"),
    ("tokio_localset", "#0072b2"),
    ("tokio_localrt", "#56b4e9"),
    ("smol_local", "#009e73"),
    ("monoio_epoll", "#cc79a7"),
    ("asyncio", "#d55e00"),
    ("uvloop", "#e69f00"),
];

/// The rows of the first chart: processor time of one operation.
const ROWS: &[&str] = &[
    "spawn_join",
    "gather_1k",
    "gather_100k",
    "idle_event",
    "yield_2",
    "yield_1000",
    "cancel_pending",
    "cancel_sleep",
    "sleep_1m",
    "timeout_yield",
    "queue_bounded",
    "queue_unbounded",
    "event_pingpong",
    "mutex_free",
    "mutex_hot",
    "oneshot",
    "tcp_echo",
    "tcp_sink",
    "tcp_source",
    "subprocess",
];

/// The panels of the second chart.
const PANELS: &[(&str, &str)] = &[
    ("scale_tasks", "spawn, yield, await"),
    ("scale_timers", "sleep up to 20 ms"),
    ("scale_waiters", "get a lock in turn"),
    ("scale_items", "put an item, take it"),
    ("scale_wake", "take turns at a lock"),
    ("scale_cancel", "cancel any one waiter"),
    ("scale_cancel_timer", "cancel any one sleeper"),
    ("scale_time_out", "time out any one waiter"),
];

/// The width of a chart, and the left and right ends of the first chart's rows.
const WIDTH: f64 = 400.0;
const LEFT: f64 = 125.0;
const RIGHT: f64 = 385.0;

/// The style of a chart outside of the book.
const STYLE: &str = "<style>\nsvg { color: #1f2328 }\n.axis { stroke: currentColor }\n.grid { stroke: #8888; fill: none }\n\
                     @media (prefers-color-scheme: dark) { svg { color: #d1d7e0 } }\n</style>\n";

/// Where a value stands between two ends of a logarithmic axis, in pixels.
struct Axis {
    values: [f64; 2],
    pixels: [f64; 2],
}

impl Axis {
    fn at(&self, value: f64) -> f64 {
        let [low, high] = self.values.map(f64::ln);
        let share = ((value.ln() - low) / (high - low)).clamp(0.0, 1.0);
        self.pixels[0] + share * (self.pixels[1] - self.pixels[0])
    }
}

/// A dot for each peer and workload: to the right of the middle line, the peer needs more than this runtime.
pub(super) fn ratios(all: &BTreeMap<String, Recorded>) -> String {
    let rows: Vec<(&str, &Recorded)> = ROWS.iter().filter_map(|&name| Some((name, all.get(name)?))).collect();
    let axis = Axis { values: [0.02, 100.0], pixels: [LEFT, RIGHT] };
    let peers: Vec<_> = PEERS[1..].iter().map(|&(peer, title)| (peer, title)).collect();
    let legend = legend_rows(&peers);
    let (top, step) = (34.0 + 20.0 * legend.len() as f64, 22.0);
    let bottom = top + step * rows.len() as f64;
    let mut svg = Svg::new(WIDTH, bottom + 58.0);
    svg.legend(&legend);
    for value in [0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0] {
        let x = axis.at(value);
        svg.line([x, top - 14.0, x, bottom], if value == 1.0 { "axis" } else { "grid" });
        if [0.02, 0.1, 1.0, 10.0, 100.0].contains(&value) {
            svg.text(x, bottom + 16.0, "middle", &format!("{value}"));
        }
    }
    svg.text(WIDTH / 2.0, bottom + 34.0, "middle", "processor time of one operation,");
    svg.text(WIDTH / 2.0, bottom + 50.0, "middle", "as a multiple of this runtime's");
    for (i, (name, recorded)) in rows.iter().enumerate() {
        let y = top + step * i as f64;
        svg.text(LEFT - 10.0, y + 4.0, "end", name);
        svg.line([LEFT, y, RIGHT, y], "grid");
        for (peer, _) in &PEERS[1..] {
            if let Some(ratio) = recorded.ratio(peer, "cpu_ns") {
                svg.dot(axis.at(1.0 / ratio), y, colour(peer));
            }
        }
    }
    svg.done()
}

/// A panel for each workload of many sizes, a line for each runtime.
pub(super) fn scaling(all: &BTreeMap<String, Recorded>) -> String {
    let (width, height, across) = (WIDTH / 2.0, 180.0, 2);
    let title = |peer| PEERS.iter().find(|(name, _)| *name == peer).map_or(peer, |&(_, title)| title);
    let peers: Vec<_> = SCALING_PEERS.iter().map(|&peer| (peer, title(peer))).collect();
    let legend = legend_rows(&peers);
    let head = 50.0 + 20.0 * legend.len() as f64;
    let mut svg = Svg::new(WIDTH, head + height * PANELS.len().div_ceil(across) as f64 + 10.0);
    svg.legend(&legend);
    svg.text(10.0, head - 34.0, "start", "nanoseconds of processor time for one");
    svg.text(10.0, head - 18.0, "start", "operation, by how many there are");
    for (i, (name, title)) in PANELS.iter().enumerate() {
        let (left, top) = ((i % across) as f64 * width + 40.0, (i / across) as f64 * height + head + 14.0);
        let sizes = Axis { values: [10.0, 1e6], pixels: [left, left + width - 52.0] };
        let costs = Axis { values: [10.0, 1e5], pixels: [top + height - 60.0, top] };
        svg.text(left - 30.0, top - 10.0, "start", title);
        for (size, title) in [SIZES[0], SIZES[2], SIZES[5]] {
            svg.text(sizes.at(size as f64), costs.pixels[0] + 16.0, "middle", title);
        }
        for cost in [10.0, 100.0, 1_000.0, 10_000.0, 100_000.0] {
            svg.line([left, costs.at(cost), sizes.pixels[1], costs.at(cost)], "grid");
            svg.text(left - 5.0, costs.at(cost) + 4.0, "end", &short(cost));
        }
        let Some(recorded) = all.get(*name) else { continue };
        for peer in SCALING_PEERS {
            let point = |(size, _): &(u64, &str)| {
                let cost = recorded.median(peer, &format!("cpu_ns_{size}"))?;
                Some([sizes.at(*size as f64), costs.at(cost)])
            };
            svg.curve(&SIZES.iter().filter_map(point).collect::<Vec<_>>(), colour(peer));
        }
    }
    svg.done()
}

/// The peers and the positions of their names, in as many rows as needed.
fn legend_rows<'a>(peers: &[(&'a str, &'a str)]) -> Vec<Vec<(f64, &'a str, &'a str)>> {
    let (mut rows, mut x) = (vec![Vec::new()], 10.0);
    for &(peer, title) in peers {
        let length = 7.0 * title.len() as f64 + 26.0;
        if x + length > WIDTH {
            rows.push(Vec::new());
            x = 10.0;
        }
        rows.last_mut().expect("there is a first row").push((x, peer, title));
        x += length;
    }
    rows
}

fn colour(peer: &str) -> &'static str {
    COLOURS.iter().find(|(name, _)| *name == peer).map_or("currentColor", |(_, colour)| colour)
}

fn short(value: f64) -> String {
    if value < 1_000.0 { format!("{value}") } else { format!("{}k", value / 1_000.0) }
}

/// A picture that is being drawn. Coordinates are rounded to tenths, so that the text of a picture is stable.
struct Svg(String);

impl Svg {
    fn new(width: f64, height: f64) -> Svg {
        Svg(format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" \
             font-size=\"12\" fill=\"currentColor\">\n{STYLE}"
        ))
    }

    fn legend(&mut self, rows: &[Vec<(f64, &str, &str)>]) {
        for (row, y) in rows.iter().zip(0..).map(|(row, i)| (row, 16.0 + 20.0 * f64::from(i))) {
            for (x, peer, title) in row {
                self.dot(*x, y, colour(peer));
                self.text(x + 9.0, y + 4.0, "start", title);
            }
        }
    }

    fn add(&mut self, element: std::fmt::Arguments<'_>) {
        writeln!(self.0, "{element}").expect("a string takes everything");
    }

    /// `class` is `axis` or `grid`.
    fn line(&mut self, [x1, y1, x2, y2]: [f64; 4], class: &str) {
        self.add(format_args!("<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" class=\"{class}\"/>"));
    }

    fn dot(&mut self, x: f64, y: f64, colour: &str) {
        self.add(format_args!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"5\" fill=\"{colour}\" fill-opacity=\"0.85\"/>"));
    }

    fn curve(&mut self, points: &[[f64; 2]], colour: &str) {
        let points: Vec<String> = points.iter().map(|[x, y]| format!("{x:.1},{y:.1}")).collect();
        self.add(format_args!(
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>",
            points.join(" ")
        ));
    }

    /// `anchor` is the part of the text at this position: `start`, `middle` or `end`.
    fn text(&mut self, x: f64, y: f64, anchor: &str, words: &str) {
        self.add(format_args!("<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{words}</text>"));
    }

    fn done(mut self) -> String {
        self.0 += "</svg>\n";
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::super::data::recorded;
    use super::*;

    #[test]
    fn a_peer_that_needs_twice_as_much_stands_right_of_the_line() {
        let axis = Axis { values: [0.02, 100.0], pixels: [LEFT, RIGHT] };
        let picture = |theirs: f64| {
            let recorded = recorded(&[(OURS, &[10.0]), ("smol_local", &[theirs])]);
            ratios(&BTreeMap::from([("spawn_join".to_owned(), recorded)]))
        };
        assert!(axis.at(2.0) > axis.at(1.0) && axis.at(1e9) == RIGHT && axis.at(1e-9) == LEFT);
        assert!(picture(20.0).contains(&format!("<circle cx=\"{:.1}\"", axis.at(2.0))));
        assert!(picture(5.0).contains(&format!("<circle cx=\"{:.1}\"", axis.at(0.5))));
    }

    #[test]
    fn a_cost_that_does_not_change_is_a_level_line() {
        let axis = Axis { values: [10.0, 1e5], pixels: [192.0, 62.0] };
        assert_eq!([10.0, 1e3, 1e5].map(|cost| axis.at(cost).round()), [192.0, 127.0, 62.0]);
    }
}
