//! `cargo xtask browser`: the built book in Chromium, as its readers see it.
//!
//! Every page is opened from its file, as wide as a phone and as a desktop, light and dark. It must report no error, load nothing
//! from elsewhere, not scroll sideways, be readable (a contrast of at least 4.5 to 1) and be usable with the keyboard alone. Its
//! questions are answered, with the keyboard and without a script, its programs run, one of them in other orders, and its players
//! are stepped through. A sample of the Chinese edition is checked, with its search and the links to the other language. Without
//! Chromium nothing is checked, and a message says so.

mod chinese;
pub(crate) mod devtools;
mod live;
mod players;
mod questions;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use guide_tests::examples::examples;
use guide_tests::root;
use serde_json::{Value, json};

use self::devtools::Devtools;
use crate::book;
use crate::translation::LANGUAGE;

/// The script that inspects a page from inside and returns a list of problems.
const LOOK: &str = include_str!("browser/look.js");

/// The width and height of a phone and of a desktop.
const SCREENS: [(&str, u32, u32); 2] = [("phone", 390, 844), ("desktop", 1440, 900)];

const SCHEMES: [&str; 2] = ["light", "dark"];

/// How long a page may take until it is loaded. Machines are slow.
const PATIENCE: Duration = Duration::from_secs(60);

/// One in this many pages of the Chinese edition is checked.
const SAMPLE: usize = 8;

/// The number of times that Tab is pressed on a page.
const TABS: usize = 25;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Check only one page in this many
    #[arg(long, default_value_t = 1)]
    every: usize,
    /// Skip this many pages before the first of these; by default, the number depends on the commit, so that each page has its turn
    #[arg(long)]
    offset: Option<usize>,
    /// Save a picture of each page in this folder
    #[arg(long, value_name = "FOLDER")]
    pictures: Option<PathBuf>,
    /// The pages to check, such as `07-tasks` or `zh-CN/07-tasks`; by default, all
    #[arg(value_name = "PAGE")]
    pages: Vec<String>,
}

/// The cost of one visit of a page to a reader.
struct Visit {
    bytes: f64,
    milliseconds: f64,
    problems: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let built = book::build(false)?;
    let pages = pages(&built, arguments)?;
    let Some(mut browser) = Devtools::start()? else {
        println!("not looked at in a browser: there is no chromium on this machine");
        return Ok(());
    };
    if let Some(folder) = &arguments.pictures {
        std::fs::create_dir_all(folder)?;
    }
    let examples = examples(root())?;
    let begun = Instant::now();
    let (mut found, mut ran, mut played, mut bytes, mut milliseconds) = (0, 0, 0, Vec::new(), Vec::new());
    for page in &pages {
        for (screen, width, height) in SCREENS {
            for scheme in SCHEMES {
                let name = page.strip_prefix(&built)?.with_extension("").to_string_lossy().replace('/', "-");
                let picture = arguments.pictures.as_ref().map(|to| to.join(format!("{name}-{screen}-{scheme}.png")));
                let visit = visit(&mut browser, page, [width, height], scheme, picture.as_deref())
                    .with_context(|| format!("{name}, {screen}, {scheme}"))?;
                for problem in &visit.problems {
                    println!("{name}, {screen}, {scheme}: {problem}");
                }
                found += visit.problems.len();
                bytes.push(visit.bytes);
                milliseconds.push(visit.milliseconds);
            }
        }
        // The page is still open, as a desktop sees it.
        let (count, problems) = live::run(&mut browser, &examples)?;
        for problem in &problems {
            println!("{}: {problem}", page.display());
        }
        found += problems.len();
        ran += count;
        let players::Played { count, problems } =
            players::play(&mut browser).with_context(|| format!("the players of {}", page.display()))?;
        for problem in &problems {
            println!("{}: {problem}", page.display());
        }
        found += problems.len();
        played += count;
    }
    for page in &pages {
        let address = format!("file://{}", page.display());
        for problem in questions::without_a_script(&mut browser, &address, PATIENCE)? {
            println!("without a script: {problem}");
            found += 1;
        }
    }
    for problem in chinese::problems(&mut browser, &built, PATIENCE)? {
        println!("in Chinese: {problem}");
        found += 1;
    }
    if let Err(error) = search(&mut browser, &built) {
        println!("the search, read from a file: {error:#}");
        found += 1;
    }
    println!("players that reached their last step: {played}");
    if ran > 0 {
        println!("programs that ran in their pages: {ran}");
        let address = format!("file://{}", built.join(live::PAGE_IN_REAL_TIME).display());
        for problem in live::in_real_time(&mut browser, &address, PATIENCE, &examples)? {
            println!("in real time: {problem}");
            found += 1;
        }
        let address = format!("file://{}", built.join(live::PAGE_OF_ORDERS).display());
        for problem in live::in_another_order(&mut browser, &address, PATIENCE)? {
            println!("in another order: {problem}");
            found += 1;
        }
    }
    println!("a page with all it loads: {} KB (at most {} KB)", median(&bytes) / 1000.0, most(&bytes) / 1000.0);
    println!("until it is loaded, from a file: {} ms (at most {} ms)", median(&milliseconds), most(&milliseconds));
    let seconds = begun.elapsed().as_secs_f64();
    ensure!(found == 0, "of {} pages, problems found: {found}, in {seconds:.0} s", pages.len());
    println!("{} pages are in shape on a phone and a desktop, light and dark, in {seconds:.0} s", pages.len());
    Ok(())
}

/// The pages of the built book.
fn pages(built: &Path, arguments: &Arguments) -> Result<Vec<PathBuf>> {
    if !arguments.pages.is_empty() {
        let page = |name: &String| built.join(name).with_extension("html");
        return Ok(arguments.pages.iter().map(page).collect());
    }
    // The table of contents is part of the pages, the print page contains all of them, and the page for missing addresses needs
    // a server.
    let is_page = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default();
        path.extension().is_some_and(|extension| extension == "html")
            && !["toc.html", "print.html", "404.html"].iter().any(|other| name == *other)
    };
    let all = |folder: &Path| -> Result<Vec<PathBuf>> {
        let entries = std::fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
        let mut pages: Vec<PathBuf> = entries.iter().map(std::fs::DirEntry::path).filter(is_page).collect();
        pages.sort();
        Ok(pages)
    };
    let offset = arguments.offset.unwrap_or_else(of_commit);
    let every = arguments.every.max(1);
    println!("one page in {every}, with --offset {}", offset % (every * SAMPLE));
    let mut pages = sample(all(built)?, every, offset);
    // The other edition has the same pages, made in the same way.
    pages.extend(sample(all(&built.join(LANGUAGE))?, every * SAMPLE, offset));
    Ok(pages)
}

/// One page in so many, from the offset on.
fn sample(pages: Vec<PathBuf>, every: usize, offset: usize) -> Vec<PathBuf> {
    pages.into_iter().skip(offset % every).step_by(every).collect()
}

/// A number that is the same each time for one commit, and another one for the next. Without git it is 0.
fn of_commit() -> usize {
    let git = Command::new("git").args(["rev-parse", "--short=7", "HEAD"]).current_dir(root()).output();
    let text = git.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    usize::from_str_radix(text.trim().get(..7).unwrap_or_default(), 16).unwrap_or_default()
}

fn visit(
    browser: &mut Devtools,
    page: &Path,
    [width, height]: [u32; 2],
    scheme: &str,
    picture: Option<&Path>,
) -> Result<Visit> {
    let is_phone = width < 600;
    browser.call(
        "Emulation.setDeviceMetricsOverride",
        json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": is_phone }),
    )?;
    let feature = json!({ "name": "prefers-color-scheme", "value": scheme });
    browser.call("Emulation.setEmulatedMedia", json!({ "features": [feature] }))?;
    browser.events.clear();
    browser.call("Page.navigate", json!({ "url": format!("file://{}", page.display()) }))?;
    browser.wait_for("Page.loadEventFired", PATIENCE)?;
    let mut problems: Vec<String> = serde_json::from_value(browser.evaluate(&format!("({LOOK})({width})"))?)?;
    let spent = browser.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd")?;
    let weight = browser.events.iter().filter(|event| event["method"] == "Network.loadingFinished");
    let bytes = weight.filter_map(|event| event["params"]["encodedDataLength"].as_f64()).sum();
    if let Some(picture) = picture {
        std::fs::write(picture, browser.screenshot()?)?;
    }
    if !is_phone && scheme == "light" {
        problems.extend(with_the_keyboard(browser)?);
        problems.extend(questions::answered(browser)?);
    }
    // The same with a program that ran in another order, and with a player open.
    if live::order_one(browser)? {
        let found: Vec<String> = serde_json::from_value(browser.evaluate(&format!("({LOOK})({width})"))?)?;
        problems.extend(found.into_iter().map(|problem| format!("with another order: {problem}")));
    }
    if players::open_one(browser)? {
        let found: Vec<String> = serde_json::from_value(browser.evaluate(&format!("({LOOK})({width})"))?)?;
        problems.extend(found.into_iter().map(|problem| format!("with a player open: {problem}")));
        if is_phone && scheme == "light" {
            problems.extend(players::hidden_text(browser)?);
        }
    }
    problems.extend(browser.events.iter().filter_map(complaint));
    Ok(Visit { bytes, milliseconds: spent.as_f64().unwrap_or_default(), problems })
}

/// Searches like a reader who opened the book from a file.
fn search(browser: &mut Devtools, built: &Path) -> Result<()> {
    browser.events.clear();
    browser.call("Page.navigate", json!({ "url": format!("file://{}/index.html", built.display()) }))?;
    browser.wait_for("Page.loadEventFired", PATIENCE)?;
    browser.evaluate("document.getElementById('mdbook-search-toggle').click()")?;
    finds(browser, "gather", PATIENCE)
}

/// Types words into the search of the open page, and waits until something is found.
fn finds(browser: &mut Devtools, words: &str, patience: Duration) -> Result<()> {
    let found = "document.querySelectorAll('#mdbook-searchresults li').length";
    let until = Instant::now() + patience;
    while Instant::now() < until {
        // The index is loaded by the first search, and anything typed before that is ignored.
        browser.evaluate(&format!(
            "(() => {{ const bar = document.getElementById('mdbook-searchbar'); bar.value = {}; \
             bar.dispatchEvent(new KeyboardEvent('keyup', {{ bubbles: true }})); \
             bar.dispatchEvent(new Event('input', {{ bubbles: true }})); }})()",
            json!(words)
        ))?;
        std::thread::sleep(Duration::from_millis(200));
        if browser.evaluate(found)?.as_u64().is_some_and(|found| found > 0) {
            return Ok(());
        }
    }
    bail!("it finds no {words:?}")
}

/// The problem that an event reports, if any.
fn complaint(event: &Value) -> Option<String> {
    let params = &event["params"];
    match event["method"].as_str()? {
        "Runtime.exceptionThrown" => Some(format!("an exception: {}", params["exceptionDetails"])),
        "Log.entryAdded" if params["entry"]["level"] == "error" => Some(format!("an error: {}", params["entry"])),
        "Runtime.consoleAPICalled" if params["type"] == "error" => Some(format!("an error: {}", params["args"])),
        "Network.requestWillBeSent" => {
            let address = params["request"]["url"].as_str()?;
            let is_own = ["file:", "data:", "blob:"].iter().any(|scheme| address.starts_with(scheme));
            (!is_own).then(|| format!("asks for {address}"))
        }
        _ => None,
    }
}

/// Presses Tab: each time a different element must get the focus, and show it.
fn with_the_keyboard(browser: &mut Devtools) -> Result<Vec<String>> {
    let focused = "(() => { const e = document.activeElement; const s = getComputedStyle(e); \
                   window.seen = window.seen ?? new Set(); const again = window.seen.has(e); window.seen.add(e); \
                   return { again, what: e.outerHTML.slice(0, 90), body: e === document.body, \
                   shown: s.outlineStyle !== 'none' || s.boxShadow !== 'none' || e.matches('input') }; })()";
    let mut problems = Vec::new();
    browser.evaluate("scrollTo(0, 0)")?;
    for _ in 0..TABS {
        for kind in ["keyDown", "keyUp"] {
            let key = json!({ "type": kind, "key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9 });
            browser.call("Input.dispatchKeyEvent", key)?;
        }
        let now = browser.evaluate(focused)?;
        // After the last one comes the browser's own window.
        if now["body"] == true {
            break;
        }
        if now["again"] == true {
            problems.push(format!("Tab does not leave {}", now["what"]));
            break;
        }
        if now["shown"] == false {
            problems.push(format!("the focus is not to be seen on {}", now["what"]));
        }
    }
    Ok(problems)
}

fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default().round()
}

fn most(values: &[f64]) -> f64 {
    values.iter().copied().fold(0.0, f64::max).round()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_samples_of_all_offsets_are_all_pages() {
        let pages: Vec<PathBuf> = (0..10).map(|page| PathBuf::from(page.to_string())).collect();
        let mut seen: Vec<PathBuf> = (4..8).flat_map(|offset| sample(pages.clone(), 4, offset)).collect();
        seen.sort();
        assert_eq!(seen, pages);
    }

    #[test]
    fn what_is_wrong_with_a_page_is_found() {
        let Some(mut browser) = Devtools::start().unwrap() else {
            println!("there is no chromium on this machine");
            return;
        };
        let folder = tempfile::tempdir().unwrap();
        let page = folder.path().join("page.html");
        let mut problems = |body: &str| {
            std::fs::write(&page, format!("<!doctype html><meta charset=utf-8><body>{body}</body>")).unwrap();
            visit(&mut browser, &page, [390, 844], "light", None).unwrap().problems
        };
        let faint = "<p style='color: #999; background: #fff'>faint</p>";
        let small = "<svg viewBox='0 0 1000 10' width='300'><text font-size='12' y='9'>small</text></svg>";
        for (body, part) in [
            ("<p>Words.</p>", ""),
            ("<div style='width: 900px'>wide</div>", "is 9"),
            (faint, "a contrast of 2.8"),
            (small, "letters of 3.6 px"),
            ("<a href='#x' tabindex='-1'>link</a>", "no key reaches"),
            ("<main><a href='#x'>link</a></main>", "leads nowhere"),
            ("<main><img src='data:,'></main>", "says nothing"),
            ("<script>throw new Error('oh')</script>", "an exception"),
            ("<script>console.error('oh')</script>", "an error"),
            ("<script src='nowhere.js'></script>", "an error"),
            ("<img alt='' src='https://127.0.0.1:1/x.png'>", "asks for https://127.0.0.1:1/x.png"),
        ] {
            let found = problems(body);
            let is_found = found.iter().any(|problem| problem.contains(part));
            assert!(is_found != (part.is_empty() && found.is_empty()), "{body}: {found:?}");
        }
    }
}
