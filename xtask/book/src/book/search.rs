//! The search of the Chinese edition, by Pagefind, which can segment Chinese words.
//!
//! Its index is many small files, and a page fetches those that it needs, so the book must be served.

use std::path::Path;

use anyhow::{Context as _, Result};
use pagefind::api::PagefindIndex;
use pagefind::options::PagefindServiceConfig;

use super::chinese::html;

/// Files that are not pages of their own: a part of pages, all pages in one, and the page for missing addresses.
const LEFT_OUT: [&str; 4] = ["toc.html", "print.html", "404.html", "index.html"];

/// Pages whose lists would be found in place of their targets; see `book.toml`.
const LISTS: [&str; 3] = ["guides.html", "programs.html", "speed-log.html"];

/// Writes the index beside the pages of an edition.
pub(super) fn index(built: &Path) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    runtime.block_on(async {
        let options = PagefindServiceConfig::builder()
            .root_selector("main".to_owned())
            .exclude_selectors([".caption", ".timeline", ".live", "figure"].map(str::to_owned).to_vec())
            .keep_index_url(true)
            .build();
        let mut index = PagefindIndex::new(Some(options))?;
        for page in html(built)?.into_iter().filter(|page| !LEFT_OUT.iter().chain(&LISTS).any(|other| page == other)) {
            let text = std::fs::read_to_string(built.join(&page))?;
            index
                .add_html_file(Some(page.clone()), None, text)
                .await
                .with_context(|| format!("cannot index {page}"))?;
        }
        let folder = built.join("pagefind");
        for file in index.get_files().await? {
            // Interfaces that nothing here uses.
            let name = file.filename.to_string_lossy().into_owned();
            if name.contains("-ui.") || name.contains("highlight") {
                continue;
            }
            let path = folder.join(&file.filename);
            std::fs::create_dir_all(path.parent().unwrap_or(&folder))?;
            std::fs::write(path, &file.contents)?;
        }
        Ok(())
    })
}
