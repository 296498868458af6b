//! All exercises, in the order in which they are to be done.

use crate::exercise::Exercise;

mod accepted_and_lost;
mod behind_a_slow_watcher;
mod first_answer_wins;
mod five_at_a_time;
mod forwards_to_nobody;
mod give_up_after_a_second;
mod given_back_too_early;
mod lazy;
mod lock_across_await;
mod lost_update;
mod nine_of_ten;
mod nobody_awaited_it;
mod not_really_async;
mod outlives_its_owner;
mod place_for_the_quick;
mod pool_waits_for_itself;
mod sold_too_often;
mod subscribe_then_read;
mod the_full_window;
mod the_loop_that_computes;
mod two_locks;
mod wait_together;
mod whose_reply;
mod your_own_join;

/// Every exercise.
pub const ALL: &[Exercise] = &[
    wait_together::EXERCISE,
    lazy::EXERCISE,
    nobody_awaited_it::EXERCISE,
    not_really_async::EXERCISE,
    the_loop_that_computes::EXERCISE,
    five_at_a_time::EXERCISE,
    give_up_after_a_second::EXERCISE,
    first_answer_wins::EXERCISE,
    nine_of_ten::EXERCISE,
    lock_across_await::EXERCISE,
    lost_update::EXERCISE,
    pool_waits_for_itself::EXERCISE,
    two_locks::EXERCISE,
    your_own_join::EXERCISE,
    sold_too_often::EXERCISE,
    place_for_the_quick::EXERCISE,
    given_back_too_early::EXERCISE,
    behind_a_slow_watcher::EXERCISE,
    forwards_to_nobody::EXERCISE,
    subscribe_then_read::EXERCISE,
    whose_reply::EXERCISE,
    accepted_and_lost::EXERCISE,
    the_full_window::EXERCISE,
    outlives_its_owner::EXERCISE,
];

/// The exercise of this name.
pub fn find(name: &str) -> Option<&'static Exercise> {
    ALL.iter().find(|exercise| exercise.name == name)
}
