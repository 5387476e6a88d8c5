//! The programs of the questions that are run, and a table of them.

use asyncio::Result;

#[path = "../../rust-you-need"]
mod on_rust_you_need {
    pub(crate) mod a_borrow_across_an_await;
    pub(crate) mod a_name_in_a_pattern;
    pub(crate) mod where_a_question_mark_goes;
}

#[path = "../../01-asynchronous"]
mod on_asynchronous {
    pub(crate) mod two_sleeps;
    pub(crate) mod two_tasks;
    pub(crate) mod waiting_or_computing;
}

#[path = "../../02-asyncio"]
mod on_asyncio {
    pub(crate) mod cooperative;
    pub(crate) mod one_thread;
}

#[path = "../../03-when"]
mod on_when {
    pub(crate) mod computing_in_tasks;
    pub(crate) mod which_is_faster;
}

#[path = "../../concurrency"]
mod on_concurrency {
    pub(crate) mod concurrent_or_parallel;
}

#[path = "../../04-coroutines"]
mod on_coroutines {
    pub(crate) mod a_coroutine_that_is_dropped;
    pub(crate) mod does_await_suspend;
    pub(crate) mod what_a_call_does;
}

#[path = "../../05-run"]
mod on_run {
    pub(crate) mod does_run_wait;
    pub(crate) mod two_runs;
}

#[path = "../../06-event-loop"]
mod on_event_loop {
    pub(crate) mod a_callback_and_a_task;
    pub(crate) mod is_it_the_same_loop;
    pub(crate) mod when_a_timer_is_due;
}

#[path = "../../07-tasks"]
mod on_tasks {
    pub(crate) mod a_failing_task;
    pub(crate) mod awaiting_a_done_task;
    pub(crate) mod dropping_the_handle;
    pub(crate) mod when_a_task_starts;
}

#[path = "../../08-query-tasks"]
mod on_query_tasks {
    pub(crate) mod a_cancelled_beginner;
    pub(crate) mod a_refused_cancel;
    pub(crate) mod exception_of_a_task;
    pub(crate) mod right_after_cancel;
}

#[path = "../../cancellation"]
mod on_cancellation {
    pub(crate) mod a_second_request;
    pub(crate) mod between_two_awaits;
    pub(crate) mod swallowed_by_a_match;
    pub(crate) mod who_gets_the_request;
}

#[path = "../../09-current-tasks"]
mod on_current_tasks {
    pub(crate) mod who_is_listed;
    pub(crate) mod whose_task;
}

#[path = "../../10-gather"]
mod on_gather {
    pub(crate) mod a_failure_in_the_middle;
    pub(crate) mod cancelling_the_group;
    pub(crate) mod gather_without_await;
    pub(crate) mod order_of_results;
}

#[path = "../../task-group"]
mod on_task_group {
    pub(crate) mod one_fails;
    pub(crate) mod when_does_the_block_end;
}

#[path = "../../11-wait"]
mod on_wait {
    pub(crate) mod an_error_in_wait;
    pub(crate) mod first_of_three;
    pub(crate) mod what_becomes_of_the_others;
}

#[path = "../../12-wait-for"]
mod on_wait_for {
    pub(crate) mod a_limit_on_blocking;
    pub(crate) mod longer_than_the_limit;
    pub(crate) mod who_is_cancelled;
}

#[path = "../../timeout"]
mod on_timeout {
    pub(crate) mod the_error_at_the_edge;
}

#[path = "../../13-shield"]
mod on_shield {
    pub(crate) mod at_the_end_of_run;
    pub(crate) mod cancel_the_shield;
    pub(crate) mod cancel_the_work;
}

#[path = "../../14-blocking"]
mod on_blocking {
    pub(crate) mod a_ticking_clock;
    pub(crate) mod cancelling_a_thread;
}

#[path = "../../15-iterators"]
mod on_iterators {
    pub(crate) mod after_the_end;
    pub(crate) mod is_it_concurrent;
}

#[path = "../../16-generators"]
mod on_generators {
    pub(crate) mod a_value_sent_in;
    pub(crate) mod left_early;
    pub(crate) mod when_does_the_body_run;
}

#[path = "../../17-context-managers"]
mod on_context_managers {
    pub(crate) mod a_question_mark_in_the_block;
}

#[path = "../../18-comprehensions"]
mod on_comprehensions {
    pub(crate) mod filter_before_map;
    pub(crate) mod one_after_another;
}

#[path = "../../19-subprocesses"]
mod on_subprocesses {
    pub(crate) mod a_status_is_no_error;
    pub(crate) mod with_and_without_a_shell;
}

#[path = "../../locks"]
mod on_locks {
    pub(crate) mod a_permit_that_is_dropped;
    pub(crate) mod do_we_need_a_lock;
    pub(crate) mod set_and_clear;
    pub(crate) mod the_same_lock_twice;
}

#[path = "../../queues"]
mod on_queues {
    pub(crate) mod after_a_shutdown;
    pub(crate) mod what_join_waits_for;
    pub(crate) mod who_waits;
}

#[path = "../../backpressure"]
mod on_backpressure {
    pub(crate) mod where_does_it_pile_up;
}

#[path = "../../20-streams"]
mod on_streams {
    pub(crate) mod does_write_wait;
    pub(crate) mod the_end_of_a_stream;
    pub(crate) mod what_read_returns;
}

#[path = "../../server-on-the-internet"]
mod on_server_on_the_internet {
    pub(crate) mod slow_but_steady;
}

#[path = "../../21-website-status"]
mod on_website_status {
    pub(crate) mod a_limit_for_each;
    pub(crate) mod the_slowest_site;
}

#[path = "../../22-errors"]
mod on_errors {
    pub(crate) mod a_call_without_await;
    pub(crate) mod a_deadlock;
}

#[path = "../../23-questions"]
mod on_questions {
    pub(crate) mod a_task_that_never_waits;
    pub(crate) mod many_at_once;
}

#[path = "../../24-objections"]
mod on_objections {
    pub(crate) mod is_it_faster;
}

#[path = "../../newer"]
mod on_newer {
    pub(crate) mod an_eager_task;
}

#[path = "../../scheduling"]
mod on_scheduling {
    pub(crate) mod how_far_is_an_end;
    pub(crate) mod two_tasks_in_turn;
}

/// A program, by its name.
type Program = (&'static str, fn() -> Result<()>);

/// All of them.
pub(crate) const ALL: &[Program] = &[
    ("a_borrow_across_an_await", on_rust_you_need::a_borrow_across_an_await::main),
    ("a_name_in_a_pattern", on_rust_you_need::a_name_in_a_pattern::main),
    (
        "where_a_question_mark_goes",
        on_rust_you_need::where_a_question_mark_goes::main,
    ),
    ("two_sleeps", on_asynchronous::two_sleeps::main),
    ("two_tasks", on_asynchronous::two_tasks::main),
    ("waiting_or_computing", on_asynchronous::waiting_or_computing::main),
    ("cooperative", on_asyncio::cooperative::main),
    ("one_thread", on_asyncio::one_thread::main),
    ("computing_in_tasks", on_when::computing_in_tasks::main),
    ("which_is_faster", on_when::which_is_faster::main),
    ("concurrent_or_parallel", on_concurrency::concurrent_or_parallel::main),
    (
        "a_coroutine_that_is_dropped",
        on_coroutines::a_coroutine_that_is_dropped::main,
    ),
    ("does_await_suspend", on_coroutines::does_await_suspend::main),
    ("what_a_call_does", on_coroutines::what_a_call_does::main),
    ("does_run_wait", on_run::does_run_wait::main),
    ("two_runs", on_run::two_runs::main),
    ("a_callback_and_a_task", on_event_loop::a_callback_and_a_task::main),
    ("is_it_the_same_loop", on_event_loop::is_it_the_same_loop::main),
    ("when_a_timer_is_due", on_event_loop::when_a_timer_is_due::main),
    ("a_failing_task", on_tasks::a_failing_task::main),
    ("awaiting_a_done_task", on_tasks::awaiting_a_done_task::main),
    ("dropping_the_handle", on_tasks::dropping_the_handle::main),
    ("when_a_task_starts", on_tasks::when_a_task_starts::main),
    ("a_cancelled_beginner", on_query_tasks::a_cancelled_beginner::main),
    ("a_refused_cancel", on_query_tasks::a_refused_cancel::main),
    ("exception_of_a_task", on_query_tasks::exception_of_a_task::main),
    ("right_after_cancel", on_query_tasks::right_after_cancel::main),
    ("a_second_request", on_cancellation::a_second_request::main),
    ("between_two_awaits", on_cancellation::between_two_awaits::main),
    ("swallowed_by_a_match", on_cancellation::swallowed_by_a_match::main),
    ("who_gets_the_request", on_cancellation::who_gets_the_request::main),
    ("who_is_listed", on_current_tasks::who_is_listed::main),
    ("whose_task", on_current_tasks::whose_task::main),
    ("a_failure_in_the_middle", on_gather::a_failure_in_the_middle::main),
    ("cancelling_the_group", on_gather::cancelling_the_group::main),
    ("gather_without_await", on_gather::gather_without_await::main),
    ("order_of_results", on_gather::order_of_results::main),
    ("one_fails", on_task_group::one_fails::main),
    ("when_does_the_block_end", on_task_group::when_does_the_block_end::main),
    ("an_error_in_wait", on_wait::an_error_in_wait::main),
    ("first_of_three", on_wait::first_of_three::main),
    ("what_becomes_of_the_others", on_wait::what_becomes_of_the_others::main),
    ("a_limit_on_blocking", on_wait_for::a_limit_on_blocking::main),
    ("longer_than_the_limit", on_wait_for::longer_than_the_limit::main),
    ("who_is_cancelled", on_wait_for::who_is_cancelled::main),
    ("the_error_at_the_edge", on_timeout::the_error_at_the_edge::main),
    ("at_the_end_of_run", on_shield::at_the_end_of_run::main),
    ("cancel_the_shield", on_shield::cancel_the_shield::main),
    ("cancel_the_work", on_shield::cancel_the_work::main),
    ("a_ticking_clock", on_blocking::a_ticking_clock::main),
    ("cancelling_a_thread", on_blocking::cancelling_a_thread::main),
    ("after_the_end", on_iterators::after_the_end::main),
    ("is_it_concurrent", on_iterators::is_it_concurrent::main),
    ("a_value_sent_in", on_generators::a_value_sent_in::main),
    ("left_early", on_generators::left_early::main),
    ("when_does_the_body_run", on_generators::when_does_the_body_run::main),
    (
        "a_question_mark_in_the_block",
        on_context_managers::a_question_mark_in_the_block::main,
    ),
    ("filter_before_map", on_comprehensions::filter_before_map::main),
    ("one_after_another", on_comprehensions::one_after_another::main),
    ("a_status_is_no_error", on_subprocesses::a_status_is_no_error::main),
    ("with_and_without_a_shell", on_subprocesses::with_and_without_a_shell::main),
    ("a_permit_that_is_dropped", on_locks::a_permit_that_is_dropped::main),
    ("do_we_need_a_lock", on_locks::do_we_need_a_lock::main),
    ("set_and_clear", on_locks::set_and_clear::main),
    ("the_same_lock_twice", on_locks::the_same_lock_twice::main),
    ("after_a_shutdown", on_queues::after_a_shutdown::main),
    ("what_join_waits_for", on_queues::what_join_waits_for::main),
    ("who_waits", on_queues::who_waits::main),
    ("where_does_it_pile_up", on_backpressure::where_does_it_pile_up::main),
    ("does_write_wait", on_streams::does_write_wait::main),
    ("the_end_of_a_stream", on_streams::the_end_of_a_stream::main),
    ("what_read_returns", on_streams::what_read_returns::main),
    ("slow_but_steady", on_server_on_the_internet::slow_but_steady::main),
    ("a_limit_for_each", on_website_status::a_limit_for_each::main),
    ("the_slowest_site", on_website_status::the_slowest_site::main),
    ("a_call_without_await", on_errors::a_call_without_await::main),
    ("a_deadlock", on_errors::a_deadlock::main),
    ("a_task_that_never_waits", on_questions::a_task_that_never_waits::main),
    ("many_at_once", on_questions::many_at_once::main),
    ("is_it_faster", on_objections::is_it_faster::main),
    ("an_eager_task", on_newer::an_eager_task::main),
    ("how_far_is_an_end", on_scheduling::how_far_is_an_end::main),
    ("two_tasks_in_turn", on_scheduling::two_tasks_in_turn::main),
];
