//! Steps through the programs of a page with their players, by the buttons and with the keyboard.

use anyhow::{Result, bail};
use serde::Deserialize;
use serde_json::json;

use super::devtools::Devtools;

/// What the players of a page did.
#[derive(Deserialize)]
pub(super) struct Played {
    pub(super) count: usize,
    pub(super) problems: Vec<String>,
}

/// Opens every player and goes to its last step and back. The output at the last step must be that of the program.
const PLAY: &str = "(async () => {
    const problems = [];
    const places = [...document.querySelectorAll('.player[data-steps]')];
    for (const place of places) {
        const wrong = (words) => problems.push(`the player of ${place.dataset.steps}: ${words}`);
        const open = place.querySelector('.step-through') ?? place.previousElementSibling.querySelector('.step-through');
        // One is open already.
        const isOpen = place.querySelector('.stage') !== null;
        if (isOpen) place.querySelector('.stage .controls button').click(); else open.click();
        for (let i = 0; i < 400 && !place.querySelector('.stage'); i++) await new Promise((resolve) => setTimeout(resolve, 5));
        const stage = place.querySelector('.stage');
        if (!stage) { wrong('it does not open'); continue; }
        const [, back, next] = stage.querySelectorAll('.controls button');
        const last = Number(stage.querySelector('input[type=range]').max);
        const at = () => stage.querySelector('input[type=range]').valueAsNumber;
        const said = new Set();
        for (let i = 1; i <= last; i++) {
            next.click();
            if (at() !== i) { wrong(`step ${i} shows ${at()}`); break; }
            said.add(stage.querySelector('.happened').textContent);
            const both = ['.in-rust', '.in-python'].map((side) => stage.querySelectorAll(`${side} .marks > div`).length);
            const stood = new Set([...stage.querySelectorAll('li[data-line]')].map((row) => row.dataset.line)).size;
            if (both[0] !== stood) wrong(`step ${i} lights ${both[0]} lines, and tasks stand on ${stood}`);
            if (both[0] !== both[1]) wrong(`step ${i} lights ${both[0]} lines of Rust and ${both[1]} of Python`);
        }
        if (!next.disabled) wrong('it goes on after the last step');
        if (said.has('')) wrong('a step says nothing');
        const output = stage.querySelector('.panels pre').textContent;
        for (let i = last; i > 0; i--) back.click();
        if (at() !== 0 || stage.querySelector('.panels pre').textContent !== '') wrong('it does not go back');
        stage.querySelector('select').selectedIndex = last;
        stage.querySelector('select').dispatchEvent(new Event('change'));
        if (stage.querySelector('.panels pre').textContent !== output) wrong('it prints something else when it jumps');
        if (document.documentElement.scrollWidth > innerWidth) wrong('it makes the page scroll sideways');
        open.click();
        if (!stage.hidden) wrong('it does not close');
    }
    return { count: places.length, problems };
})()";

/// Opens every player, and looks at each step: the name of a task on its line hides no more of the text than a letter or three.
/// It is for the page of a phone, where there is little room.
pub(super) fn hidden_text(browser: &mut Devtools) -> Result<Vec<String>> {
    let found = browser.evaluate(
        "(async () => {
            const problems = new Set();
            // Where the text of each line ends.
            const ends = (lines) => {
                const rows = new Map(), walker = document.createTreeWalker(lines, NodeFilter.SHOW_TEXT);
                for (let row = 0; walker.nextNode();) {
                    let from = 0;
                    for (const [i, piece] of walker.currentNode.data.split('\\n').entries()) {
                        if (i > 0) row++;
                        const range = document.createRange();
                        range.setStart(walker.currentNode, from);
                        range.setEnd(walker.currentNode, from + piece.length);
                        if (piece !== '') rows.set(row, range.getBoundingClientRect().right);
                        from += piece.length + 1;
                    }
                }
                return rows;
            };
            for (const place of document.querySelectorAll('.player[data-steps]')) {
                const open = place.querySelector('.step-through') ?? place.previousElementSibling.querySelector('.step-through');
                if (!place.querySelector('.stage')) open.click();
                for (let i = 0; i < 400 && !place.querySelector('.stage'); i++) await new Promise((resolve) => setTimeout(resolve, 5));
                const [first, , next] = place.querySelectorAll('.stage .controls button');
                const sheets = [...place.querySelectorAll('.sheet')].filter((sheet) => sheet.offsetWidth > 0)
                    .map((sheet) => ({ sheet, rows: ends(sheet.querySelector('pre')) }));
                for (first.click(); !next.disabled; next.click()) {
                    for (const { sheet, rows } of sheets) {
                        const right = sheet.getBoundingClientRect().right;
                        for (const band of sheet.querySelectorAll('.marks > div')) {
                            const row = Number(band.style.getPropertyValue('--row'));
                            const hidden = Math.min(rows.get(row), right) - band.firstChild.getBoundingClientRect().left;
                            if (hidden > 36) problems.add(`the player of ${place.dataset.steps}: a name hides ${Math.round(hidden)} px of line ${row + 1}`);
                        }
                    }
                }
            }
            return [...problems];
        })()",
    )?;
    Ok(serde_json::from_value(found)?)
}

/// Opens the first player and goes to the middle, where there is the most to see. Returns whether there is a player.
pub(super) fn open_one(browser: &mut Devtools) -> Result<bool> {
    let opened = browser.evaluate(
        "(async () => {
            const place = document.querySelector('.player[data-steps]');
            if (!place) return false;
            const open = place.querySelector('.step-through') ?? place.previousElementSibling.querySelector('.step-through');
            open.click();
            for (let i = 0; i < 400 && !place.querySelector('.stage'); i++) await new Promise((resolve) => setTimeout(resolve, 5));
            const slider = place.querySelector('.stage input[type=range]');
            slider.value = Math.floor(slider.max / 2);
            slider.dispatchEvent(new Event('input'));
            return true;
        })()",
    )?;
    Ok(opened == true)
}

/// Plays every program of the page that is open.
pub(super) fn play(browser: &mut Devtools) -> Result<Played> {
    let mut played: Played = serde_json::from_value(browser.evaluate(PLAY)?)?;
    for index in 0..played.count {
        let problems = with_keys(browser, index)?;
        played.problems.extend(problems.into_iter().map(|problem| format!("player {}: {problem}", index + 1)));
    }
    Ok(played)
}

/// Steps through a player of the page with the keyboard alone.
fn with_keys(browser: &mut Devtools, index: usize) -> Result<Vec<String>> {
    let begun = format!(
        "(() => {{
        const place = document.querySelectorAll('.player[data-steps]')[{index}];
        const open = place.querySelector('.step-through') ?? place.previousElementSibling.querySelector('.step-through');
        open.focus();
        window.stage = place.querySelector('.stage');
        return Number(window.stage.querySelector('input[type=range]').max);
    }})()"
    );
    let last = browser.evaluate(&begun)?.as_u64().unwrap_or_default();
    let before = browser.evaluate("location.href")?;
    let mut problems = Vec::new();
    press(browser, "Enter", 13, "\r")?;
    let at = |browser: &mut Devtools| browser.evaluate("window.stage.querySelector('input[type=range]').valueAsNumber");
    let mut expected = 0u64;
    for (key, code) in [
        ("Home", 36),
        ("ArrowRight", 39),
        ("ArrowRight", 39),
        ("ArrowLeft", 37),
        ("End", 35),
        ("ArrowRight", 39),
        ("Home", 36),
        ("ArrowLeft", 37),
    ] {
        press(browser, key, code, "")?;
        if browser.evaluate("location.href")? != before {
            bail!("the key {key} turns the page");
        }
        expected = match key {
            "Home" => 0,
            "End" => last,
            "ArrowRight" => last.min(expected + 1),
            _ => expected.saturating_sub(1),
        };
        let shown = at(browser)?;
        if shown != expected {
            problems.push(format!("the key {key} shows {shown}, and not {expected}"));
        }
    }
    for _ in expected..last {
        press(browser, "ArrowRight", 39, "")?;
    }
    if at(browser)? != last {
        problems.push(format!("the arrow key does not reach the last step: {}", at(browser)?));
    }
    // At its end it starts again, until it is stopped.
    press(browser, " ", 32, " ")?;
    let playing = "window.stage.querySelector('.controls button:nth-of-type(5)').textContent";
    if browser.evaluate(playing)? != browser.evaluate("say('Pause')")? {
        problems.push("the space bar does not play".to_owned());
    }
    press(browser, " ", 32, " ")?;
    if browser.evaluate(playing)? != browser.evaluate("say('Play')")? {
        problems.push("the space bar does not stop".to_owned());
    }
    problems.extend(with_wide_lines(browser)?);
    Ok(problems)
}

/// Lines that are wider than their pane are scrolled with the arrow keys, which then take no step.
fn with_wide_lines(browser: &mut Devtools) -> Result<Vec<String>> {
    let at = "window.stage.querySelector('input[type=range]').valueAsNumber";
    let before = browser.evaluate(at)?;
    let is_wide = browser.evaluate(
        "(() => {
        window.wide = [...window.stage.querySelectorAll('.sheet pre')].find((lines) => lines.scrollWidth > lines.clientWidth + 8);
        window.wide?.focus();
        return window.wide !== undefined;
    })()",
    )?;
    if is_wide == false {
        return Ok(Vec::new());
    }
    press(browser, "ArrowRight", 39, "")?;
    let mut problems = Vec::new();
    // A browser may scroll smoothly.
    let scrolled = "(async () => {
        for (let i = 0; i < 400 && window.wide.scrollLeft === 0; i++) await new Promise((resolve) => setTimeout(resolve, 5));
        return document.activeElement === window.wide && window.wide.scrollLeft > 0;
    })()";
    if browser.evaluate(scrolled)? == false {
        problems.push("the arrow key does not scroll wide lines".to_owned());
    }
    if browser.evaluate(at)? != before {
        problems.push("the arrow key that scrolls takes a step".to_owned());
    }
    Ok(problems)
}

fn press(browser: &mut Devtools, key: &str, code: u32, text: &str) -> Result<()> {
    for kind in ["keyDown", "keyUp"] {
        let name = if key == " " { "Space" } else { key };
        let event = json!({ "type": kind, "key": key, "code": name, "windowsVirtualKeyCode": code, "text": text });
        browser.call("Input.dispatchKeyEvent", event)?;
    }
    Ok(())
}
