//! Every solution passes its tests, on the virtual clock. All of them are one binary, so that they link once.

#[macro_use]
extern crate asyncio_testing;

#[path = "../rust-you-need"]
mod rust_you_need {
    mod move_into_the_task;
    mod one_counter_many_tasks;
    mod question_mark;
}

#[path = "../01-asynchronous"]
mod asynchronous {
    mod ask_first_use_later;
    mod how_long;
}

#[path = "../02-asyncio"]
mod asyncio {
    mod say_after;
    mod take_turns;
}

#[path = "../04-coroutines"]
mod coroutines {
    mod forgotten_await;
    mod give_way;
}

#[path = "../05-run"]
mod run {
    mod run_a_coroutine;
    mod test_without_waiting;
}

#[path = "../06-event-loop"]
mod event_loop {
    mod call_it_later;
    mod wake_from_a_callback;
}

#[path = "../07-tasks"]
mod tasks {
    mod ask_twice;
    mod let_it_begin;
    mod two_cups;
}

#[path = "../08-query-tasks"]
mod query_tasks {
    mod clean_up;
    mod how_did_it_end;
    mod stop_and_wait;
}

#[path = "../cancellation"]
mod cancellation {
    mod a_clean_up_that_is_not_interrupted;
    mod do_not_swallow;
}

#[path = "../09-current-tasks"]
mod current_tasks {
    mod shut_everything_down;
    mod which_task;
}

#[path = "../10-gather"]
mod gather {
    mod pages_at_once;
    mod some_may_fail;
}

#[path = "../task-group"]
mod task_group {
    mod all_or_nothing;
    mod what_went_wrong;
}

#[path = "../11-wait"]
mod wait {
    mod report_the_late_ones;
    mod the_fastest_answer;
}

#[path = "../12-wait-for"]
mod wait_for {
    mod a_default_in_time;
    mod try_again;
}

#[path = "../timeout"]
mod timeout {
    mod move_the_limit;
    mod one_limit_for_two_steps;
}

#[path = "../13-shield"]
mod shield {
    mod give_up_waiting;
    mod save_it_anyway;
}

#[path = "../14-blocking"]
mod blocking {
    mod off_the_loop;
    mod two_at_a_time;
}

#[path = "../15-iterators"]
mod iterators {
    mod countdown;
    mod the_first_that_fits;
}

#[path = "../16-generators"]
mod generators {
    mod close_the_file;
    mod running_mean;
}

#[path = "../17-context-managers"]
mod context_managers {
    mod a_lease;
    mod both_halves_in_one;
}

#[path = "../18-comprehensions"]
mod comprehensions {
    mod await_in_a_list;
    mod warm_hours;
}

#[path = "../19-subprocesses"]
mod subprocesses {
    mod sort_it;
    mod what_is_its_status;
}

#[path = "../locks"]
mod locks {
    mod at_most_three;
    mod find_the_race;
    mod wait_for_the_change;
}

#[path = "../queues"]
mod queues {
    mod a_pool_of_workers;
    mod close_the_shop;
}

#[path = "../backpressure"]
mod backpressure {
    mod permit_before_the_task;
    mod slow_down;
}

#[path = "../20-streams"]
mod streams {
    mod finish_what_you_began;
    mod frames;
    mod numbers_by_line;
}

#[path = "../21-website-status"]
mod website_status {
    mod as_they_arrive;
    mod status_of_a_response;
}

#[path = "../22-errors"]
mod errors {
    mod explain_the_deadlock;
    mod fix_the_deadlock;
    mod the_error_nobody_sees;
}

#[path = "../23-questions"]
mod questions {
    mod progress_bar;
    mod wait_for_the_rest;
}

#[path = "../newer"]
mod newer {
    mod eager_tasks;
}

#[path = "../scheduling"]
mod scheduling {
    mod a_flag_too_early;
    mod predict_the_order;
}

#[path = "../server-on-the-internet"]
mod server_on_the_internet {
    mod a_limit_on_the_line;
}

#[path = "../03-when"]
mod when {
    mod some_wait_some_compute;
}

#[path = "../24-objections"]
mod objections {
    mod a_plain_library;
}
