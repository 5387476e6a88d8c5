//! The file of links that the guide's `areq` writes, with a line for each link of each page.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::Path;

use crate::frontier::Record;

/// Writes `source_url` and `parsed_url` of all links, and returns how many there are. The file appears when it is complete.
///
/// # Errors
///
/// Fails when the file cannot be written.
pub fn links(path: &Path, records: &[Record]) -> io::Result<usize> {
    let mut count = 0;
    whole(path, |file| {
        file.write_all(b"source_url\tparsed_url\n")?;
        for record in records {
            for link in &record.outcome.links {
                writeln!(file, "{}\t{link}", record.url)?;
                count += 1;
            }
        }
        Ok(())
    })?;
    Ok(count)
}

/// Writes a file under a temporary name, and then renames it.
///
/// # Errors
///
/// Fails when the file cannot be written.
pub fn whole(path: &Path, write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.part", std::process::id()));
    let written = File::create(&beside).and_then(|file| {
        let mut file = BufWriter::new(file);
        write(&mut file)?;
        file.flush()
    });
    let moved = written.and_then(|()| std::fs::rename(&beside, path));
    if moved.is_err() {
        // The temporary file may never have been created.
        let _ = std::fs::remove_file(&beside);
    }
    moved.map_err(|error| io::Error::new(error.kind(), format!("cannot write '{}': {error}", path.display())))
}
