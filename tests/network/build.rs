//! Copies the guide's stream programs, so that they become modules of one program. The copies differ in two words: `main` is public,
//! and `crate` names the module that the program has become.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// The sections whose programs are all copied.
const SECTIONS: [&str; 2] = ["20-streams", "21-website-status"];

/// The other programs with streams. A program with several files has a folder of its own.
const OTHERS: [&str; 4] = [
    "02-asyncio/high_level_api_tour.rs",
    "beyond/cheat_sheet.rs",
    "real-python/areq/main.rs",
    "real-python/areq/areq_found_urls.rs",
];

fn main() -> io::Result<()> {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let out = PathBuf::from(env::var("OUT_DIR").map_err(io::Error::other)?);
    let mut programs = Vec::new();
    for section in SECTIONS {
        let mut all = files(&examples.join(section))?;
        all.retain(|file| file.extension().is_some_and(|extension| extension == "rs"));
        all.sort();
        programs.extend(all);
    }
    programs.extend(OTHERS.map(|path| examples.join(path)));
    let (mut modules, mut table) = (String::new(), String::new());
    for program in programs {
        let name = name(&program);
        let folder = program.parent().unwrap_or(&examples);
        let files = if folder.join("main.rs").is_file() { files(folder)? } else { vec![program.clone()] };
        let copies = out.join(&name);
        fs::create_dir_all(&copies)?;
        for file in files {
            println!("cargo::rerun-if-changed={}", file.display());
            let text = fs::read_to_string(&file)?.replacen("\nfn main(", "\npub(super) fn main(", 1);
            let text = text.replace("crate::", &format!("crate::{name}::"));
            fs::write(copies.join(file.file_name().unwrap_or_default()), text)?;
        }
        let copy = copies.join(program.file_name().unwrap_or_default());
        writeln!(modules, "#[path = {copy:?}]\nmod {name};").map_err(io::Error::other)?;
        writeln!(table, "    ({name:?}, {name}::main),").map_err(io::Error::other)?;
    }
    let all = format!("{modules}\nconst PROGRAMS: &[(&str, Program)] = &[\n{table}];\n");
    fs::write(out.join("programs.rs"), all)
}

/// The files of a folder.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    println!("cargo::rerun-if-changed={}", folder.display());
    fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect()
}

/// The name of a program: a `main.rs` is named after its folder.
fn name(program: &Path) -> String {
    let named = if program.ends_with("main.rs") { program.parent() } else { Some(program) };
    named.and_then(Path::file_stem).unwrap_or_default().to_string_lossy().into_owned()
}
