//! The picture of an order: who had the turn, who waited, and who could have had it.
//!
//! ```text
//!     1     2     3
//! T1  ██████······██████
//! T2        ██████
//!
//! 1   T1 reads 0
//! 2   T2 reads 0; writes 1; ends
//! 3   T1 writes 1; ends
//! ```

use std::collections::BTreeSet;

use harness::text::harmless;
use lens::timeline;

use crate::orders::{End, Step, Way};

/// As many turns fit on a screen; of more, the last ones are shown.
const MOST_TURNS: usize = 14;

/// A turn is no wider: it has no length that could be compared.
const WIDEST: usize = 6;

/// What the program itself is called, that spawns the tasks.
const MAIN: &str = "main";

/// Steps of one task that follow each other.
struct Turn<'a> {
    steps: &'a [Step],
    /// The step after it, whoever took that.
    next: Option<&'a Step>,
    /// Whether nobody could go on after the last step of all.
    is_stuck: bool,
}

/// Draws an order and tells it turn by turn, at most `width` columns wide.
pub(crate) fn draw(way: &Way, width: usize) -> String {
    let all = turns(way);
    let left_out = all.len().saturating_sub(MOST_TURNS);
    let turns = &all[left_out..];
    let names: BTreeSet<&str> = turns.iter().flat_map(Turn::names).collect();
    let name_width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    let bar = (width.saturating_sub(name_width + 2) / turns.len().max(1)).clamp(1, WIDEST);
    let mut lines = Vec::new();
    let numbers: String =
        (left_out + 1..=all.len()).map(|number| format!("{number:<bar$}")).collect();
    if bar > 2 {
        lines.push(format!("{:name_width$}  {}", "", numbers.trim_end()));
    }
    for name in &names {
        let bars: String = turns.iter().map(|turn| turn.sign(name).repeat(bar)).collect();
        lines.push(format!("{name:name_width$}  {}", bars.trim_end()));
    }
    lines.push("█ had the turn  ░ waited for another one  · could have gone on".to_owned());
    lines.push(String::new());
    if left_out > 0 {
        lines.push(format!("    {left_out} turns come before these"));
    }
    let told = turns
        .iter()
        .zip(left_out + 1..)
        .map(|(turn, number)| timeline::wrapped(&format!("{number:<2}  {}", turn.told()), width));
    lines.extend(told);
    lines.join("\n")
}

/// The turns of all that have something to tell: the program itself is left out where it
/// only spawns and awaits.
fn turns(way: &Way) -> Vec<Turn<'_>> {
    let mut turns = Vec::new();
    let mut end = 0;
    for steps in way.steps.chunk_by(|one, next| one.who == next.who) {
        end += steps.len();
        let is_told = steps[0].who != MAIN || steps.iter().any(|step| !step.said.is_empty());
        if is_told {
            turns.push(Turn {
                steps,
                next: way.steps.get(end),
                is_stuck: way.end == End::Deadlock,
            });
        }
    }
    turns
}

impl Turn<'_> {
    fn who(&self) -> &str {
        &self.steps[0].who
    }

    /// What it was like for the others at its end.
    fn last(&self) -> &Step {
        &self.steps[self.steps.len() - 1]
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        let others = self.last().waiting.iter().chain(&self.last().ready);
        others.map(String::as_str).chain([self.who()])
    }

    fn sign(&self, name: &str) -> &'static str {
        let is_among = |names: &[String]| names.iter().any(|it| it == name);
        match self.last() {
            _ if self.who() == name => "█",
            step if is_among(&step.waiting) => "░",
            step if is_among(&step.ready) => "·",
            _ => " ",
        }
    }

    fn has_ended(&self) -> bool {
        self.steps.iter().any(|step| step.ended)
    }

    /// Whether it waits when its turn is over.
    fn waits(&self) -> bool {
        let waits = |next: &Step| next.waiting.iter().any(|it| it == self.who());
        !self.has_ended() && self.next.map_or(self.is_stuck, waits)
    }

    /// As in `T1 reads 0; waits`.
    fn told(&self) -> String {
        let said = self.steps.iter().flat_map(|step| &step.said).map(|said| harmless(said));
        let ends = self.has_ended().then(|| "ends".into());
        let waits = self.waits().then(|| "waits".into());
        let all: Vec<_> = said.chain(ends).chain(waits).collect();
        let all = if all.is_empty() { "has the turn".to_owned() } else { all.join("; ") };
        format!("{} {all}", harmless(self.who()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::orders::Order;

    fn step(who: &str, others: [&[&str]; 2], said: &[&str], ended: bool) -> Step {
        let texts = |all: &[&str]| all.iter().map(|&it| it.to_owned()).collect();
        let [ready, waiting] = others.map(texts);
        Step { who: who.to_owned(), ready, waiting, said: texts(said), ended }
    }

    fn way(end: End, steps: Vec<Step>) -> Way {
        Way { end, times: 1, order: Order::default(), steps }
    }

    #[test]
    fn who_reads_what_is_old_is_seen_turn_by_turn() {
        let way = way(
            End::Result("1".to_owned()),
            vec![
                step("main", [&[], &[]], &[], false),
                step("T1", [&[], &[]], &[], false),
                step("T1", [&[], &[]], &["reads 0"], false),
                step("T2", [&["T1"], &[]], &["reads 0"], false),
                step("T2", [&["T1"], &[]], &["writes 1"], true),
                step("main", [&["T1"], &[]], &[], false),
                step("T1", [&[], &[]], &["writes 1"], true),
            ],
        );
        let drawn = r"    1     2     3
T1  ██████······██████
T2        ██████
█ had the turn  ░ waited for another one  · could have gone on

1   T1 reads 0
2   T2 reads 0; writes 1; ends
3   T1 writes 1; ends";
        assert_eq!(draw(&way, 80), drawn);
    }

    #[test]
    fn those_that_wait_in_a_circle_are_seen_to_wait() {
        let way = way(
            End::Deadlock,
            vec![
                step("T1", [&[], &[]], &["holds A"], false),
                step("T2", [&["T1"], &[]], &["holds B"], false),
                step("T1", [&["T2"], &[]], &[], false),
                step("T2", [&[], &["T1"]], &[], false),
                step("main", [&[], &["T1", "T2"]], &[], false),
            ],
        );
        let drawn = r"    1     2     3     4
T1  ██████······██████░░░░░░
T2        ██████······██████
█ had the turn  ░ waited for another one  · could have gone on

1   T1 holds A
2   T2 holds B
3   T1 waits
4   T2 waits";
        assert_eq!(draw(&way, 80), drawn);
    }

    #[test]
    fn of_many_turns_the_last_ones_are_shown_and_none_is_wider_than_the_screen() {
        let names = ["T1", "T2"];
        let all = (0..40).map(|it| step(names[it % 2], [&[names[(it + 1) % 2]], &[]], &[], false));
        let drawn = draw(&way(End::Endless(40), all.collect()), 40);
        assert!(drawn.contains("    26 turns come before these\n27  T1 has the turn"), "{drawn}");
        assert!(drawn.contains("40  T2"), "{drawn}");
        let bars = drawn.lines().take(2).map(|line| line.chars().count());
        assert!(bars.clone().all(|columns| columns <= 40), "{drawn}");
    }
}
