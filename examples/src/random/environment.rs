//! The start of a generator: from `ASYNCIO_SEED`, or from the operating system.

use std::env::{self, VarError};
use std::io::{self, Write as _};
use std::process;

use rand_mt::Mt;

use super::seeded;

pub(crate) fn initial() -> Mt {
    match from_variable(env::var("ASYNCIO_SEED")) {
        Ok(Some(number)) => seeded(number),
        Ok(None) => {
            let entropy = getrandom::u64()
                .expect("the operating system gives random numbers");
            Mt::new_with_key([entropy as u32, (entropy >> 32) as u32])
        }
        // A panic would be one for each task that draws, and a program that does
        // not look at its tasks would end well.
        Err(message) => {
            // `eprintln!` would panic where standard error is full or closed.
            let _ = writeln!(io::stderr(), "error: {message}");
            process::exit(2)
        }
    }
}

fn from_variable(value: Result<String, VarError>) -> Result<Option<i64>, String> {
    match value {
        Err(VarError::NotPresent) => Ok(None),
        Ok(text) if text.is_empty() => Ok(None),
        Ok(text) => match text.parse() {
            Ok(number) => Ok(Some(number)),
            Err(error) => Err(format!(
                "ASYNCIO_SEED is {text:?}: it must be a whole number ({error})"
            )),
        },
        Err(error @ VarError::NotUnicode(_)) => {
            Err(format!("ASYNCIO_SEED must be a whole number: {error}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_is_a_whole_number_or_refused_by_name() {
        assert_eq!(from_variable(Err(VarError::NotPresent)), Ok(None));
        assert_eq!(from_variable(Ok(String::new())), Ok(None));
        assert_eq!(from_variable(Ok("-7".into())), Ok(Some(-7)));
        let message = from_variable(Ok("seven".into())).unwrap_err();
        assert_eq!(
            message,
            "ASYNCIO_SEED is \"seven\": it must be a whole number \
             (invalid digit found in string)"
        );
    }

    #[test]
    fn a_seed_that_is_no_number_ends_the_program() {
        if env::var("ASYNCIO_SEED").is_ok_and(|seed| seed == "abc") {
            crate::random::random();
        }
        let mut again = process::Command::new(env::current_exe().unwrap());
        again.args([
            "--exact",
            "random::start::tests::a_seed_that_is_no_number_ends_the_program",
            "--nocapture",
        ]);
        let ended = again.env("ASYNCIO_SEED", "abc").output().unwrap();
        assert_eq!(ended.status.code(), Some(2));
        assert!(
            String::from_utf8(ended.stderr)
                .unwrap()
                .starts_with("error: ASYNCIO_SEED is \"abc\": it must be")
        );

        #[cfg(target_os = "linux")]
        {
            let full = std::fs::File::create("/dev/full").unwrap();
            let ended = again.stderr(full).status().unwrap();
            assert_eq!(ended.code(), Some(2), "without room for the message");
        }
    }
}
