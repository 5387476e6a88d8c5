//! The workloads by name, so that a wrong name is noticed before the peers are built.

use std::error::Error;

/// All of them, in the order of the tables. The README describes each; a peer has those that it can support.
pub const WORKLOADS: &[&str] = &[
    "spawn_join",
    "gather_1k",
    "gather_100k",
    "idle_pending",
    "idle_event",
    "idle_sleep",
    "yield_2",
    "yield_2_polling",
    "yield_1000",
    "yield_1000_polling",
    "cancel_pending",
    "cancel_sleep",
    "sleep_1m",
    "sleep_10k",
    "timeout_ready",
    "timeout_yield",
    "queue_bounded",
    "queue_unbounded",
    "event_pingpong",
    "oneshot",
    "mutex_free",
    "mutex_hot",
    "tcp_echo",
    "tcp_echo_proto",
    "tcp_echo_1",
    "tcp_echo_1_proto",
    "tcp_sink",
    "tcp_source",
    "loops_busy",
    "loops_echo",
    "loops_http",
    "loops_busy_handed",
    "loops_echo_handed",
    "loops_http_handed",
    "xthread_rtt",
    "xthread_flood",
    "to_thread",
    "subprocess",
    "subprocess_16",
    "startup",
    "scale_tasks",
    "scale_timers",
    "scale_waiters",
    "scale_items",
    "scale_wake",
    "scale_cancel",
    "scale_cancel_timer",
    "scale_time_out",
];

/// The workloads that match one of the patterns. Without patterns, all but those of many sizes, which take minutes.
pub fn asked(patterns: &[String]) -> Result<Vec<&'static str>, Box<dyn Error>> {
    for pattern in patterns {
        if !WORKLOADS.iter().any(|name| fits(name, pattern)) {
            let hint = nearest(pattern).map_or_else(String::new, |name| format!(": did you mean {name:?}?"));
            return Err(format!("unknown workload {pattern:?}{hint}\nthere are: {}", WORKLOADS.join(" ")).into());
        }
    }
    let is_asked = |name: &&str| match patterns {
        [] => !name.starts_with("scale_"),
        patterns => patterns.iter().any(|pattern| fits(name, pattern)),
    };
    Ok(WORKLOADS.iter().copied().filter(is_asked).collect())
}

/// `tcp_*` matches all names that begin with `tcp_`.
fn fits(name: &str, pattern: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == pattern,
    }
}

fn nearest(pattern: &str) -> Option<&'static str> {
    let likeness = |name: &str| strsim::normalized_damerau_levenshtein(name, pattern);
    let best = WORKLOADS.iter().copied().max_by(|one, other| likeness(one).total_cmp(&likeness(other)));
    best.filter(|name| likeness(name) > 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(patterns: &[&str]) -> Result<Vec<&'static str>, String> {
        asked(&patterns.iter().map(|&pattern| pattern.to_owned()).collect::<Vec<_>>()).map_err(|e| e.to_string())
    }

    #[test]
    fn a_star_stands_for_any_ending() {
        assert_eq!(of(&["xthread_*", "yield_2"]).unwrap(), ["yield_2", "xthread_rtt", "xthread_flood"]);
    }

    #[test]
    fn a_wrong_name_is_answered_with_the_nearest() {
        assert!(
            of(&["spawn_joni"])
                .unwrap_err()
                .starts_with("unknown workload \"spawn_joni\": did you mean \"spawn_join\"?")
        );
        assert!(of(&["hello"]).unwrap_err().starts_with("unknown workload \"hello\"\n"));
    }

    #[test]
    fn those_of_many_sizes_have_to_be_asked_for() {
        assert!(of(&[]).unwrap().contains(&"spawn_join") && !of(&[]).unwrap().contains(&"scale_tasks"));
        assert_eq!(of(&["scale_ti*"]).unwrap(), ["scale_timers", "scale_time_out"]);
    }
}
