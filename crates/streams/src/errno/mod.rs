//! The numbers of the system's errors by name, and errors made of them.
//!
//! A system knows the kind and the text of each number. Where there is no system, they are data, namely Linux's, so that the
//! errors of a [`Network`](crate::Network) print the same everywhere.

#[cfg(all(test, target_os = "linux"))]
#[expect(unreachable_pub, reason = "it is public where it takes the place of the system")]
mod data;
#[cfg_attr(unix, path = "system.rs")]
#[cfg_attr(not(unix), path = "data.rs")]
mod numbers;

pub use numbers::*;

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::io;

    use super::{data, numbers};

    #[test]
    fn what_is_data_without_a_system_is_what_linux_says() {
        for known in data::ALL {
            let (ours, systems) = (data::error(known.number), numbers::error(known.number));
            assert_eq!(ours.to_string(), systems.to_string());
            assert_eq!(data::number(&ours), numbers::number(&systems));
            // The system's errors without a kind of their own have one that only the standard library can make.
            let has_kind = format!("{:?}", systems.kind()) != "Uncategorized";
            assert_eq!(ours.kind(), if has_kind { systems.kind() } else { io::ErrorKind::Other }, "{ours}");
        }
    }

    #[test]
    fn the_names_stand_for_linux_numbers() {
        let mut count = 0;
        macro_rules! same {
            ($($name:ident)*) => {$(
                assert_eq!(data::$name, numbers::$name, stringify!($name));
                count += 1;
            )*};
        }
        same! { EADDRINUSE EADDRNOTAVAIL EAFNOSUPPORT ECONNREFUSED ECONNRESET EDESTADDRREQ EHOSTUNREACH EMFILE EMSGSIZE }
        same! { ENETUNREACH ENFILE ENOBUFS ENOENT ENOMEM ENOTCONN EPIPE ETIMEDOUT }
        assert_eq!(count, data::ALL.len());
    }
}
