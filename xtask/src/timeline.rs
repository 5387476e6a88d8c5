//! `cargo xtask timeline`: shows how a program runs, step by step, as a drawing and in words.
//!
//! The program runs with a trace under the virtual clock. The pages show the timelines that `--bless` keeps.

use anyhow::{Context as _, Result, ensure};
use guide_tests::on_network::OnNetwork;
use guide_tests::program::build;
use guide_tests::python::Python;
use guide_tests::timeline::{self, svg, twin, words};
use guide_tests::words::Words;
use guide_tests::{read, root, twins};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Store the timelines in tests/timelines and the steps of the twins in tests/twin-steps, for the pages that show them
    #[arg(long)]
    bless: bool,
    /// The programs; by default, with --bless, all whose timelines are stored
    #[arg(value_name = "ID", required_unless_present = "bless")]
    names: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let names = if arguments.names.is_empty() { timeline::names(root()) } else { arguments.names.clone() };
    let examples = names.iter().map(|name| timeline::example(name)).collect::<Result<Vec<_>>>()?;
    let (on_network, alone): (Vec<_>, Vec<_>) = examples.iter().cloned().partition(timeline::is_on_network);
    let programs = build(&alone, &["--quiet"])?;
    let network = if on_network.is_empty() { None } else { Some(OnNetwork::build(&["--quiet"])?) };
    let python = Python::find(None).ok();
    if arguments.bless && python.is_none() {
        println!("the steps of the twins are left as they are: there is no CPython here");
    }
    let mut refused = Vec::new();
    for example in &examples {
        let network = network.as_ref().filter(|_| timeline::is_on_network(example));
        let recorded = match network {
            Some(network) => timeline::record_on_network(network, example),
            None => timeline::record(&programs, example),
        };
        let run = match recorded {
            Ok((run, _)) => run.shortened(),
            Err(error) => {
                refused.push(format!("{error:#}"));
                continue;
            }
        };
        if arguments.bless {
            let path = timeline::path(root(), &example.name);
            write(&path, &run.text())?;
            println!("{}", path.display());
            if let (Some(python), None) = (&python, network)
                && twins::path(root(), &example.path).is_file()
            {
                let (twin, _) = twin::record(python, example)?;
                write(&twin::path(root(), &example.name), &twin.shortened(&run).text())?;
            }
            continue;
        }
        println!("{}", words::summary(&run, &example.name, &Words::english()));
        for (index, sentence) in words::sentences(&run, &Words::english()).iter().enumerate() {
            println!("{:>4}  {sentence}", index + 1);
        }
        let page = root().join("target/timelines").join(format!("{}.html", example.name));
        write(&page, &standalone(&svg::figure(&run, &example.name, &Words::english()), &example.name)?)?;
        println!("drawn in {}", page.display());
    }
    ensure!(refused.is_empty(), "{}", refused.join("\n"));
    Ok(())
}

fn write(path: &std::path::Path, text: &str) -> Result<()> {
    std::fs::create_dir_all(path.parent().context("a file is in a folder")?)?;
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// A page with nothing else.
fn standalone(figure: &str, name: &str) -> Result<String> {
    let style = read(root().join("book/timelines.css"))?;
    Ok(format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{name}</title>\n\
         <style>\n:root {{ color-scheme: light dark; }}\nbody {{ font: 16px/1.5 system-ui, sans-serif; }}\n{style}</style>\n{figure}\n</html>\n"
    ))
}
