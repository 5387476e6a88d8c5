//! The texts of the program's locations, each formatted once.

use std::panic::Location;

use crate::json::quoted;
use crate::mixed::MixedMap;

/// The texts, by the location and the name of what is awaited there.
#[derive(Default)]
pub(crate) struct Places(MixedMap<(usize, usize, usize), String>);

impl Places {
    /// The arguments `at`, `FILE:LINE`, and `waits_on`, in JSON.
    #[inline]
    pub(crate) fn of(&mut self, waits_on: Option<&'static str>, at: &'static Location<'static>) -> &str {
        let name = waits_on.unwrap_or_default();
        let key = (std::ptr::from_ref(at).addr(), name.as_ptr().addr(), name.len());
        self.0.entry(key).or_insert_with(|| written(waits_on, at))
    }
}

fn written(waits_on: Option<&str>, at: &Location<'_>) -> String {
    let at = quoted(&format!("{}:{}", short(at.file()), at.line()));
    match waits_on {
        Some(name) => format!("\"waits_on\":{},\"at\":{at}", quoted(name)),
        None => format!("\"at\":{at}"),
    }
}

/// The path of a file, without the folders above its crate if the crate is outside of the workspace that was built. The crate is
/// in a registry's folder, or has the last folder `src`.
fn short(file: &str) -> &str {
    if let Some((_, registry)) = file.split_once("/registry/src/")
        && let Some((_, file)) = registry.split_once('/')
    {
        return file;
    }
    let folder = file.starts_with('/').then(|| file.rfind("/src/")).flatten();
    folder.and_then(|end| file[..end].rfind('/')).map_or(file, |above| &file[above + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_outside_of_the_workspace_begins_with_its_crate() {
        for (file, shown) in [
            ("src/main.rs", "src/main.rs"),
            ("crates/streams/src/reader/mod.rs", "crates/streams/src/reader/mod.rs"),
            ("/home/ada/.cargo/registry/src/index/tea-1.0.0/src/kettle/mod.rs", "tea-1.0.0/src/kettle/mod.rs"),
            ("/home/ada/.cargo/registry/src/index/tea-1.0.0/lib.rs", "tea-1.0.0/lib.rs"),
            ("/home/ada/.cargo/registry/src/index/tea-1.0.0/src/unix/src/pot.rs", "tea-1.0.0/src/unix/src/pot.rs"),
            ("/home/ada/src/tea/src/main.rs", "tea/src/main.rs"),
            ("/home/ada/tea/tests/kettle.rs", "/home/ada/tea/tests/kettle.rs"),
            ("/src/main.rs", "/src/main.rs"),
        ] {
            assert_eq!(short(file), shown);
        }
    }
}
