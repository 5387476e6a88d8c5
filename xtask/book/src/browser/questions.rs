//! Answers the questions of a page as a reader does: with the keyboard alone, and without a script.

use std::time::Duration;

use anyhow::Result;
use serde_json::json;

use super::devtools::Devtools;

/// Answers every question of the open page, and returns the problems.
pub(super) fn answered(browser: &mut Devtools) -> Result<Vec<String>> {
    // Every choice, with the button: the verdict must be the explanation of that choice.
    let problems = browser.evaluate(
        "[...document.querySelectorAll('.question')].flatMap((question) => {
            const inputs = [...question.querySelectorAll('input[type=radio]')];
            const check = question.querySelector('button.check');
            const verdict = question.querySelector('[role=status]');
            const problems = [];
            const wrong = (words) => problems.push(`${question.id}: ${words}`);
            if (!check || !verdict) return [`${question.id}: no script has reached it`];
            check.click();
            if (verdict.textContent === '' || verdict.querySelector('.why')) wrong('it does not ask for a choice');
            for (const input of inputs) {
                input.click();
                check.click();
                const letter = input.labels[0].querySelector('.letter').textContent;
                const why = verdict.querySelector('.why');
                const isRight = why?.classList.contains('right') === 'right' in input.dataset;
                if (!isRight || !why.textContent.trim().startsWith(letter)) wrong(`it does not explain ${letter}`);
            }
            if (inputs.filter((input) => 'right' in input.dataset).length !== 1) wrong('not one choice is right');
            return problems;
        })",
    )?;
    let mut problems: Vec<String> = serde_json::from_value(problems)?;
    problems.extend(with_keys(browser)?);
    Ok(problems)
}

/// Chooses in the first question with the arrow keys, and checks with Enter.
fn with_keys(browser: &mut Devtools) -> Result<Vec<String>> {
    let is_there = browser.evaluate(
        "(() => { const first = document.querySelector('.question input'); if (!first) return false;
                  first.click(); first.focus(); return true; })()",
    )?;
    if is_there == false {
        return Ok(Vec::new());
    }
    let before = browser.evaluate("location.href")?;
    for (key, code) in [("ArrowRight", 39), ("Enter", 13)] {
        for kind in ["keyDown", "keyUp"] {
            let text = if key == "Enter" { "\r" } else { "" };
            let event = json!({ "type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code, "text": text });
            browser.call("Input.dispatchKeyEvent", event)?;
        }
    }
    let mut problems = Vec::new();
    if browser.evaluate("location.href")? != before {
        problems.push("an arrow key in a question turns the page".to_owned());
    }
    let verdict = browser.evaluate("document.querySelector('.question [role=status]')?.textContent ?? ''")?;
    if !verdict.as_str().is_some_and(|words| words.trim().starts_with('B')) {
        problems.push(format!("arrow and Enter do not check the second choice: {verdict}"));
    }
    Ok(problems)
}

/// The page without a script: each answer is there, folded, and opens.
pub(super) fn without_a_script(browser: &mut Devtools, page: &str, patience: Duration) -> Result<Vec<String>> {
    browser.call("Emulation.setScriptExecutionDisabled", json!({ "value": true }))?;
    let found = (|| -> Result<serde_json::Value> {
        browser.events.clear();
        browser.call("Page.navigate", json!({ "url": page }))?;
        browser.wait_for("Page.loadEventFired", patience)?;
        // Scripts of the developer tools run nevertheless.
        browser.evaluate(
            "[...document.querySelectorAll('.question')].flatMap((question) => {
                const answer = question.querySelector('details.answer');
                if (question.querySelector('button')) return [`${question.id}: a button that does nothing`];
                if (!answer || answer.open) return [`${question.id}: its answer is not folded`];
                answer.querySelector('summary').click();
                return answer.open && answer.querySelector('.why.right').checkVisibility() ? [] : [`${question.id}: its answer does not open`];
            })",
        )
    })();
    browser.call("Emulation.setScriptExecutionDisabled", json!({ "value": false }))?;
    Ok(serde_json::from_value(found?)?)
}
