//! The specifics of the Chinese edition: a search that needs a served book, and the links to the other language.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use serde_json::json;

use super::devtools::Devtools;
use super::finds;
use crate::book::serve;
use crate::translation::LANGUAGE;

/// Words to search for. In a text, no blank marks where they begin or end.
const WORDS: [&str; 3] = ["取消", "协程", "gather"];

/// Serves the book, and tries both.
pub(super) fn problems(browser: &mut Devtools, built: &Path, patience: Duration) -> Result<Vec<String>> {
    let served = serve::in_background(built)?;
    let mut problems = Vec::new();
    go(browser, &format!("{}{LANGUAGE}/07-tasks.html#drop", served), patience)?;
    browser.evaluate("document.getElementById('mdbook-search-toggle').click()")?;
    for words in WORDS {
        if let Err(error) = finds(browser, words, patience) {
            problems.push(format!("the search: {error:#}"));
        }
    }
    // A result leads to a page of this edition.
    let leads = browser.evaluate("document.querySelector('#mdbook-searchresults a')?.href ?? ''")?;
    if !leads.as_str().is_some_and(|to| to.starts_with(&format!("{}{LANGUAGE}/", served))) {
        problems.push(format!("the search leads to {leads}"));
    }
    let thrown = browser.events.iter().filter(|event| event["method"] == "Runtime.exceptionThrown");
    problems.extend(thrown.map(|event| format!("an exception: {}", event["params"]["exceptionDetails"])));
    for there in ["", "zh-CN/"] {
        browser.events.clear();
        browser.evaluate("document.querySelector('a.edition').click()")?;
        browser.wait_for("Page.loadEventFired", patience)?;
        let (now, wanted) = (browser.evaluate("location.href")?, format!("{}{there}07-tasks.html#drop", served));
        if now != wanted {
            problems.push(format!("the other language is at {now}, not at {wanted}"));
        }
    }
    // In a book that is read from a file, the search tells the reader why nothing is found.
    go(browser, &format!("file://{}", built.join(LANGUAGE).join("index.html").display()), patience)?;
    browser.evaluate("document.getElementById('mdbook-search-toggle').click()")?;
    browser.evaluate(
        "(() => { const bar = document.getElementById('mdbook-searchbar'); bar.value = 'gather'; \
         bar.dispatchEvent(new Event('input', { bubbles: true })); })()",
    )?;
    let told = "new Promise((resolve) => setTimeout(() => resolve(document.getElementById('mdbook-searchresults-header').textContent), 200))";
    if !browser.evaluate(told)?.as_str().is_some_and(|told| told.contains("cargo xtask book --open")) {
        problems.push("the search does not say that the book has to be served".to_owned());
    }
    Ok(problems)
}

fn go(browser: &mut Devtools, address: &str, patience: Duration) -> Result<()> {
    browser.events.clear();
    browser.call("Page.navigate", json!({ "url": address }))?;
    loaded(browser, address, patience)
}

/// Waits until the page of an address is loaded. The page itself is queried: a page from a server that follows one from a file
/// is in another process, and the events of the change may come from neither.
fn loaded(browser: &mut Devtools, address: &str, patience: Duration) -> Result<()> {
    let until = Instant::now() + patience;
    while Instant::now() < until {
        // Between two pages there is no page to query.
        let now = browser.evaluate("document.readyState === 'complete' ? location.href : ''").unwrap_or_default();
        if now == address {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    bail!("{address} is not loaded")
}
