//! Runs the programs of a page by their buttons, and compares what the page shows with what they print elsewhere.

use std::time::Duration;

use anyhow::{Context as _, Result};
use guide_tests::examples::Example;
use guide_tests::program::{End, Output};
use guide_tests::{read, snapshots};
use serde::Deserialize;
use serde_json::json;

use super::devtools::Devtools;

/// What a page shows of a run.
#[derive(Deserialize)]
struct Shown {
    program: String,
    stdout: String,
    stderr: String,
    ending: String,
    /// The exit status.
    status: String,
    /// Elements in the output that are not ours.
    elements: usize,
}

/// Waits until the program in this place has ended, and returns what the page shows.
const ENDED: &str = "(async (place) => {
    const ending = place.querySelector('.ending');
    while (ending.textContent === '') await new Promise((resolve) => setTimeout(resolve, 5));
    const text = (nodes) => nodes.map((node) => node.textContent).join('');
    const nodes = [...place.querySelector('code').childNodes];
    const isError = (node) => node.nodeType === Node.ELEMENT_NODE;
    return {
        program: place.dataset.program,
        stdout: text(nodes.filter((node) => !isError(node))),
        stderr: text(nodes.filter(isError)),
        ending: ending.textContent,
        status: place.dataset.status ?? '',
        elements: place.querySelectorAll('code *:not(span.stderr)').length,
    };
})";

/// Runs every program of the open page, with the keyboard alone. Returns how many ran, and the problems.
pub(super) fn run(browser: &mut Devtools, examples: &[Example]) -> Result<(usize, Vec<String>)> {
    let count = browser.evaluate("document.querySelectorAll('.live[data-program]').length")?.as_u64();
    let mut shown = Vec::new();
    for index in 0..count.unwrap_or_default() {
        let place = format!("document.querySelectorAll('.live[data-program]')[{index}]");
        shown.push(run_one(browser, &place)?);
    }
    compare(shown, examples)
}

/// Runs one program: its button gets the focus, and Enter is all it takes.
fn run_one(browser: &mut Devtools, place: &str) -> Result<Shown> {
    // An earlier run has left its ending, and perhaps its order.
    browser.evaluate(&format!(
        "{place}.querySelector('.ending').textContent = {place}.querySelector('.token').value = ''"
    ))?;
    browser.evaluate(&format!("{place}.querySelector('button').focus()"))?;
    press_enter(browser)?;
    Ok(serde_json::from_value(browser.evaluate(&format!("{ENDED}({place})"))?)?)
}

/// The page of the program that is run in real time: `gather_list`, which sleeps for a second.
pub(super) const PAGE_IN_REAL_TIME: &str = "10-gather.html";

/// Runs the program in real time, starts it again with the keyboard and stops it. Returns the problems.
pub(super) fn in_real_time(
    browser: &mut Devtools,
    page: &str,
    patience: Duration,
    examples: &[Example],
) -> Result<Vec<String>> {
    browser.events.clear();
    browser.call("Page.navigate", json!({ "url": page }))?;
    browser.wait_for("Page.loadEventFired", patience)?;
    let began = browser.evaluate("performance.now()")?.as_f64().context("a time")?;
    let place = "document.querySelector('.live[data-program=gather_list]')";
    browser.evaluate(&format!("{place}.querySelector('input[type=checkbox]').checked = true"))?;
    let (_, mut problems) = compare(vec![run_one(browser, place)?], examples)?;
    let took = browser.evaluate("performance.now()")?.as_f64().context("a time")? - began;
    // In virtual time it would end at once.
    if took < 900.0 {
        problems.push(format!("it took {took:.0} ms in real time"));
    }
    // In real time the program is still running when it is stopped.
    browser.evaluate("document.querySelector('.live[data-program=gather_list] button').focus()")?;
    press_enter(browser)?;
    let stopped = "(async () => {
        const place = document.querySelector('.live[data-program=gather_list]');
        const stop = [...place.querySelectorAll('button')].find(({ textContent }) => textContent === 'Stop');
        const next = () => new Promise((resolve) => setTimeout(resolve, 5));
        while (stop.hidden || place.querySelector('code').textContent === '') await next();
        stop.click();
        while (place.querySelector('.ending').textContent === '') await next();
        return place.querySelector('.ending').textContent;
    })()";
    let ending = browser.evaluate(stopped)?;
    if ending != "Stopped." {
        problems.push(format!("a run that is stopped ends with {ending}"));
    }
    Ok(problems)
}

/// The page of the program that is run in other orders, and that program.
pub(super) const PAGE_OF_ORDERS: &str = "22-errors.html";
const RACE: &str = "race_condition";

/// Runs the page's race in another order and waits for its end. Returns whether it is on the page, with a button.
pub(super) fn order_one(browser: &mut Devtools) -> Result<bool> {
    let there = browser.evaluate(&format!(
        "(async () => {{
            const place = document.querySelector('.live[data-program={RACE}]');
            if (!place) return false;
            place.querySelector('.another').click();
            while (!place.querySelector('.compared')) await new Promise((resolve) => setTimeout(resolve, 5));
            return true;
        }})()"
    ))?;
    Ok(there == true)
}

/// What a page shows of a run in another order.
#[derive(Deserialize)]
struct Ordered {
    token: String,
    text: String,
    ending: String,
}

/// Searches for the race with the keyboard alone, as a reader does, and follows a token that is known to show it. Returns the
/// problems.
pub(super) fn in_another_order(browser: &mut Devtools, page: &str, patience: Duration) -> Result<Vec<String>> {
    browser.events.clear();
    browser.call("Page.navigate", json!({ "url": page }))?;
    browser.wait_for("Page.loadEventFired", patience)?;
    let ended = format!(
        "(async () => {{
            const place = document.querySelector('.live[data-program={RACE}]');
            const ending = place.querySelector('.ending');
            while (ending.textContent === '') await new Promise((resolve) => setTimeout(resolve, 5));
            const [token, text] = [place.querySelector('.token').value, place.querySelector('code').textContent];
            return {{ token, text, ending: ending.textContent }};
        }})()"
    );
    let orders = guide_tests::orders::orders()?;
    let race = orders.depends.into_iter().find(|depends| depends.program == RACE).context("the race has orders")?;
    let mut problems = Vec::new();
    browser.evaluate(&format!("document.querySelector('.live[data-program={RACE}] .another').focus()"))?;
    for seed in 1..=MOST_ORDERS {
        press_enter(browser)?;
        let Ordered { token, text, ending } = serde_json::from_value(browser.evaluate(&ended)?)?;
        if token != format!("1:fence:walk:{seed}") {
            problems.push(format!("order {seed} has the token {token}"));
        }
        let is_other = !text.lines().any(|line| line == race.first);
        if ending.contains("something else") != is_other {
            problems.push(format!("under {token} it prints {text:?}, and the page says {ending:?}"));
        }
        if is_other {
            break;
        }
        if seed == MOST_ORDERS {
            problems.push(format!("{MOST_ORDERS} orders do not show the race"));
        }
    }
    for (token, part) in [(&*race.schedule, &*race.other), ("", &*race.first), ("first", "\"first\" is not a schedule")]
    {
        browser.evaluate(&format!(
            "(() => {{ const place = document.querySelector('.live[data-program={RACE}]');
            place.querySelector('.token').value = {}; place.querySelector('.token').focus(); }})()",
            json!(token)
        ))?;
        press_enter(browser)?;
        let Ordered { text, .. } = serde_json::from_value(browser.evaluate(&ended)?)?;
        if !text.contains(part) {
            problems.push(format!("under {token:?} it prints {text:?} in the place of {part:?}"));
        }
    }
    Ok(problems)
}

/// This many orders are certain to show the race, because the orders are the same each time.
const MOST_ORDERS: usize = 20;

fn press_enter(browser: &mut Devtools) -> Result<()> {
    for kind in ["keyDown", "keyUp"] {
        let key = json!({ "type": kind, "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r" });
        browser.call("Input.dispatchKeyEvent", key)?;
    }
    Ok(())
}

fn compare(shown: Vec<Shown>, examples: &[Example]) -> Result<(usize, Vec<String>)> {
    let mut problems = Vec::new();
    let count = shown.len();
    for Shown { program, stdout, stderr, ending, status, elements } in shown {
        let example = examples.iter().find(|example| example.name == program);
        let example = example.with_context(|| format!("there is no program {program}"))?;
        let expected_end = snapshots::end(&snapshots::saved(example)?);
        let end = status.parse().map_or(End::Killed, End::Exited);
        if end != expected_end {
            problems.push(format!(
                "{program} ends in the page with {end}, in the place of {expected_end}: {ending} {stderr}"
            ));
        }
        let output = Output { stdout, stderr, end };
        let text = snapshots::text(example, &output)?;
        let printed = snapshots::stdout(&text);
        let expected = read(snapshots::outputs().join(&program).with_extension("txt"))?;
        if printed != expected {
            problems.push(format!("{program} prints in the page\n{printed}in the place of\n{expected}{ending}"));
        }
        if elements > 0 {
            problems.push(format!("what {program} prints became {elements} elements of the page"));
        }
    }
    Ok((count, problems))
}
