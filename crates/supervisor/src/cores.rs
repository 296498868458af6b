//! What a program has had of the cores, and how long it had to wait for one.

use std::collections::HashMap;
use std::mem;
use std::time::Duration;

/// What a thread has had since it began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Had {
    /// Its time on a core.
    pub(crate) used: Duration,
    /// Its time without one, when it could have gone on.
    pub(crate) waited: Duration,
}

/// What a program's threads have had, as far as it was seen: what one had after it was
/// seen for the last time is not known.
#[derive(Debug, Default)]
pub(crate) struct Cores {
    /// Those that are there, by their numbers.
    threads: HashMap<u32, Thread>,
    /// What those have used that are gone.
    used_by_gone: Duration,
    /// The longest wait of a thread, or of threads that followed each other.
    waited: Duration,
    /// When they were looked at last, since the program's start.
    seen: Duration,
}

#[derive(Debug, Clone, Copy)]
struct Thread {
    had: Had,
    /// What it has waited, and what the program had before it began.
    waited: Duration,
    /// It was not there when it was looked for last.
    is_missed: bool,
}

impl Cores {
    /// Takes note of all threads that are there, so long after the program's start.
    ///
    /// A thread that was not there before began after that: its wait follows all that
    /// the program had waited by then. Of threads that are there at the same time, the
    /// one that has waited the longest counts, and no two.
    pub(crate) fn see(&mut self, time: Duration, threads: impl IntoIterator<Item = (u32, Had)>) {
        let (before, since) = (self.waited, time.saturating_sub(self.seen));
        let mut others = mem::take(&mut self.threads);
        for (id, had) in threads {
            let known = others.get(&id).copied().filter(|known| known.is_before(had));
            let waited = match known {
                Some(known) => known.waited + had.waited.saturating_sub(known.had.waited),
                // One that began before that, and was not looked at, has its own wait alone.
                None => had.waited.max(before + had.waited.min(since)),
            };
            if known.is_some() {
                others.remove(&id);
            }
            self.waited = self.waited.max(waited);
            self.threads.insert(id, Thread { had, waited, is_missed: false });
        }
        for (id, thread) in others {
            // The system's list of threads may miss one while another one ends.
            if thread.is_missed || self.threads.contains_key(&id) {
                self.used_by_gone += thread.had.used;
            } else {
                self.threads.insert(id, Thread { is_missed: true, ..thread });
            }
        }
        self.seen = time;
    }

    /// What all of its threads have used together.
    pub(crate) fn used(&self) -> Duration {
        self.used_by_gone + self.threads.values().map(|thread| thread.had.used).sum::<Duration>()
    }

    /// What it had to wait: never more than was, nor than the time that has passed.
    pub(crate) fn waited(&self) -> Duration {
        self.waited
    }
}

impl Thread {
    /// Whether this may be the same thread later, and not another one of its number.
    fn is_before(&self, later: Had) -> bool {
        self.had.used <= later.used && self.had.waited <= later.waited
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(time: u64) -> Duration {
        Duration::from_millis(time)
    }

    /// A thread at a look: its number, what it has used, and what it has waited.
    type Seen = (u32, u64, u64);

    /// What was used and waited, by looks at these times.
    fn seen(looks: &[(u64, &[Seen])]) -> (u128, u128) {
        let mut cores = Cores::default();
        for (time, threads) in looks {
            let had = |(used, waited)| Had { used: ms(used), waited: ms(waited) };
            cores.see(ms(*time), threads.iter().map(|it| (it.0, had((it.1, it.2)))));
        }
        (cores.used().as_millis(), cores.waited().as_millis())
    }

    #[test]
    fn one_thread_has_what_it_was_seen_to_have_last() {
        assert_eq!(seen(&[(10, &[(1, 4, 6)]), (20, &[(1, 5, 15)])]), (5, 15));
    }

    #[test]
    fn of_threads_that_wait_at_the_same_time_the_longest_wait_counts() {
        let looks: [(u64, &[Seen]); 2] =
            [(10, &[(1, 1, 9), (2, 2, 8)]), (20, &[(1, 2, 18), (2, 4, 16)])];
        assert_eq!(seen(&looks), (6, 18));
        // One that ends takes nothing away, and those that stay do not begin anew.
        assert_eq!(seen(&[looks[0], looks[1], (30, &[(2, 5, 19)])]), (2 + 5, 19));
    }

    #[test]
    fn what_threads_that_followed_each_other_have_waited_is_summed_up() {
        let (one, other): ([Seen; 1], [Seen; 1]) = ([(1, 2, 8)], [(2, 3, 7)]);
        assert_eq!(seen(&[(10, &one), (20, &other), (30, &[(3, 4, 6)])]), (9, 21));
        let beside: Seen = (9, 0, 1);
        let looks: [(u64, &[Seen]); 3] =
            [(10, &[beside, one[0]]), (20, &[beside, other[0]]), (30, &[beside])];
        assert_eq!(seen(&looks), (5, 15));
    }

    #[test]
    fn who_follows_two_that_waited_at_the_same_time_follows_one_wait() {
        assert_eq!(seen(&[(10, &[(1, 1, 9), (2, 1, 9)]), (20, &[(3, 1, 9), (4, 1, 9)])]), (4, 18));
    }

    #[test]
    fn a_number_that_is_given_again_is_another_thread() {
        assert_eq!(seen(&[(10, &[(1, 5, 5)]), (20, &[(1, 2, 8)])]), (7, 13));
    }

    #[test]
    fn who_was_overlooked_has_had_nothing_twice() {
        assert_eq!(seen(&[(10, &[(1, 1, 9)]), (20, &[]), (30, &[(1, 1, 29)])]), (1, 29));
        // One that is looked at for the first time long after it began.
        assert_eq!(seen(&[(90, &[(1, 30, 60)]), (100, &[(1, 30, 60), (2, 50, 40)])]), (80, 70));
        assert_eq!(seen(&[(90, &[(1, 80, 10)]), (100, &[(1, 80, 10), (2, 50, 40)])]), (130, 40));
    }

    #[test]
    fn no_more_is_waited_than_the_time_that_has_passed() {
        let mut cores = Cores::default();
        for look in 1..=50 {
            // Forty new ones that have done nothing but wait.
            let had = Had { used: Duration::ZERO, waited: ms(10) };
            cores.see(ms(look * 10), (0..40).map(|id| (id + look as u32 * 40, had)));
            assert_eq!(cores.waited(), ms(look * 10));
        }
    }
}
