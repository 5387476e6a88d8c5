//! A crawler that follows the links it finds: the guide's exercise. The set of
//! pages that were visited keeps it from going in circles, and the links make a
//! graph. The web is a small one in memory, so that the program needs no network.
//!
//! Run it: `cargo run --example recursive_crawler`
//!
//! Shows: recursive_crawler

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use asyncio::{Result, gather, run, sleep};

const WEB: [(&str, &[&str]); 5] = [
    ("/", &["/books", "/about"]),
    ("/books", &["/", "/books/1", "/books/2"]),
    ("/books/1", &["/books", "/books/2"]),
    ("/books/2", &["/books", "/about"]),
    ("/about", &["/"]),
];

/// Stands for a request: takes a while and returns the links of a page.
async fn fetch_links(page: &str) -> Result<&'static [&'static str]> {
    sleep(0.1).await?;
    let found = WEB.iter().find(|(name, _)| *name == page);
    Ok(found.map_or(&[], |(_, links)| links))
}

// ANCHOR: crawl
#[derive(Default)]
struct Crawl {
    visited: RefCell<BTreeSet<&'static str>>,
    graph: RefCell<BTreeMap<&'static str, &'static [&'static str]>>,
}

impl Crawl {
    async fn visit(self: Rc<Self>, page: &'static str, depth: u32) -> Result<()> {
        // There is no await between these two, so no page is visited twice.
        if depth == 0 || !self.visited.borrow_mut().insert(page) {
            return Ok(());
        }
        let links = fetch_links(page).await?;
        self.graph.borrow_mut().insert(page, links);
        // A coroutine that contains itself has an infinite size, so it is boxed.
        gather(
            links.iter().map(|link| Box::pin(self.clone().visit(link, depth - 1))),
        )
        .await?;
        Ok(())
    }
}
// ANCHOR_END: crawl

// ANCHOR: program
async fn program() -> Result<()> {
    for depth in [2, 9] {
        let crawl = Rc::new(Crawl::default());
        crawl.clone().visit("/", depth).await?;
        println!("depth {depth}:");
        for (page, links) in crawl.graph.borrow().iter() {
            println!("  {page} -> {}", links.join(" "));
        }
    }
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
