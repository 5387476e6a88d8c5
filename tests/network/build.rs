//! Copies the guide's stream programs, so that they become modules of one program. The copies differ in one word: `main` is public.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs, io};

/// The sections whose programs are all copied.
const SECTIONS: [&str; 2] = ["20-streams", "21-website-status"];

fn main() -> io::Result<()> {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    let (mut modules, mut table) = (String::new(), String::new());
    for section in SECTIONS {
        let folder = examples.join(section);
        println!("cargo::rerun-if-changed={}", folder.display());
        let mut files: Vec<_> =
            fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
        files.retain(|file| file.extension().is_some_and(|extension| extension == "rs"));
        files.sort();
        for file in files {
            println!("cargo::rerun-if-changed={}", file.display());
            let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let program = fs::read_to_string(&file)?.replacen("\nfn main(", "\npub(super) fn main(", 1);
            let copy = Path::new(&out).join(&name).with_extension("rs");
            fs::write(&copy, program)?;
            writeln!(modules, "#[path = {copy:?}]\nmod {name};").map_err(io::Error::other)?;
            writeln!(table, "    ({name:?}, {name}::main),").map_err(io::Error::other)?;
        }
    }
    let all = format!("{modules}\nconst PROGRAMS: &[(&str, Program)] = &[\n{table}];\n");
    fs::write(Path::new(&out).join("programs.rs"), all)
}
