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

use std::borrow::Cow;
use std::collections::BTreeSet;

use harness::text::harmless;
use lens::timeline;

use crate::orders::{End, MAIN, Step, Way};

/// Of many turns, so many of the first ones are shown, and so many of the last ones: more
/// do not fit on a screen.
const FIRST: usize = 4;
const LAST: usize = 8;

/// Of one turn, so much of what is said is told.
const MOST_SAID: usize = 6;

/// A turn is no wider: it has no length that could be compared.
const WIDEST: usize = 6;

/// Stands where turns are left out.
const GAP: &str = " … ";

/// What has a column of its own in front of what is told.
const NUMBER: usize = 4;

const SIGNS: [(&str, &str); 3] =
    [("█", "had the turn"), ("░", "waited for another one"), ("·", "could have had it")];

/// Steps of one task that follow each other.
struct Turn<'a> {
    number: usize,
    steps: &'a [Step],
    /// The step after it, whoever took that.
    next: Option<&'a Step>,
    /// Whether nobody could go on after the last step of all.
    is_stuck: bool,
}

/// Draws an order and tells it turn by turn, at most `width` columns wide.
pub(crate) fn draw(way: &Way, width: usize) -> String {
    let all = turns(way);
    let is_shown = |turn: &Turn| turn.number <= FIRST || turn.number + LAST > all.len();
    let left_out = all.len().saturating_sub(FIRST + LAST);
    let shown: Vec<&Turn> = all.iter().filter(|turn| is_shown(turn)).collect();
    let names: BTreeSet<&str> = shown.iter().flat_map(|turn| turn.names()).collect();
    let name_width = names.iter().map(|name| harmless(name).chars().count()).max().unwrap_or(0);
    let room = width.saturating_sub(name_width + 2 + GAP.chars().count());
    let bar = (room / shown.len().max(1)).clamp(1, WIDEST);
    // Of each turn its cell, with a gap where some are left out.
    let row = |cell: &dyn Fn(&Turn) -> String| {
        let cells = shown.iter().map(|turn| {
            let is_after_gap = left_out > 0 && turn.number + LAST == all.len() + 1;
            (if is_after_gap { GAP } else { "" }).to_owned() + &cell(turn)
        });
        cells.collect::<String>().trim_end().to_owned()
    };
    let mut lines = Vec::new();
    if bar > all.len().to_string().len() {
        let numbers = row(&|turn| format!("{:<bar$}", turn.number));
        lines.push(format!("{:name_width$}  {numbers}", ""));
    }
    for name in &names {
        let shown = harmless(name);
        lines.push(format!("{shown:name_width$}  {}", row(&|turn| turn.sign(name).repeat(bar))));
    }
    let drawn = lines.concat();
    let legend = SIGNS.iter().filter(|(sign, _)| drawn.contains(sign));
    let legend: Vec<String> = legend.map(|(sign, what)| format!("{sign} {what}")).collect();
    lines.push(legend.join("  "));
    lines.push(String::new());
    for turn in &shown {
        if left_out > 0 && turn.number + LAST == all.len() + 1 {
            lines.push(format!("…   {left_out} turns are left out"));
        }
        lines.push(numbered(turn.number, &turn.told(), width));
    }
    let had = |name: &&str| all.iter().any(|turn| turn.who() == *name);
    let never: Vec<Cow<str>> =
        names.iter().filter(|name| !had(name)).map(|name| harmless(name)).collect();
    if !never.is_empty() {
        lines.push(format!("    {} never had a turn", never.join(" and ")));
    }
    lines.join("\n")
}

/// A text with a number in front of it; where it goes on, it stands below itself.
fn numbered(number: usize, text: &str, width: usize) -> String {
    let text = timeline::wrapped(text, width.saturating_sub(NUMBER));
    format!("{number:<NUMBER$}{}", text.replace("\n  ", &format!("\n{:NUMBER$}  ", "")))
}

/// How many turns it took to its end.
pub(crate) fn count(way: &Way) -> usize {
    turns(way).len()
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
            let (number, next) = (turns.len() + 1, way.steps.get(end));
            turns.push(Turn { number, steps, next, is_stuck: way.end == End::Deadlock });
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
        let [had, waited, could] = SIGNS.map(|(sign, _)| sign);
        match self.last() {
            _ if self.who() == name => had,
            step if is_among(&step.waiting) => waited,
            step if is_among(&step.ready) => could,
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

    /// As in `T1 reads 0; waits`. What is said again and again is told once.
    fn told(&self) -> String {
        let said: Vec<&String> = self.steps.iter().flat_map(|step| &step.said).collect();
        let said = said.chunk_by(|one, next| one == next).map(|same| match same.len() {
            1 => harmless(same[0]).into_owned(),
            times => format!("{} ({times} times)", harmless(same[0])),
        });
        let said: Vec<String> = said.collect();
        let more = said.len().saturating_sub(MOST_SAID);
        let more = (more > 0).then(|| format!("and {more} things more"));
        let said = said.into_iter().take(MOST_SAID).chain(more);
        let ends = self.has_ended().then(|| "ends".to_owned());
        let waits = self.waits().then(|| "waits".to_owned());
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
█ had the turn  · could have had it

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
█ had the turn  ░ waited for another one  · could have had it

1   T1 holds A
2   T2 holds B
3   T1 waits
4   T2 waits";
        assert_eq!(draw(&way, 80), drawn);
    }

    #[test]
    fn who_has_not_begun_could_have_and_may_never_have_a_turn() {
        let way = way(
            End::Panic("T2 panicked: no (line 3)".to_owned()),
            vec![
                step("main", [&["T1", "T2"], &[]], &[], false),
                step("T2", [&["T1"], &[]], &["reads 0", "tries", "tries", "tries"], false),
                step("T2", [&["T1"], &[]], &["panics (line 3)"], false),
            ],
        );
        let drawn = r"    1
T1  ······
T2  ██████
█ had the turn  · could have had it

1   T2 reads 0; tries (3 times); panics (line 3)
    T1 never had a turn";
        assert_eq!(draw(&way, 80), drawn);
    }

    #[test]
    fn what_the_program_itself_says_is_told_and_of_much_the_beginning() {
        let words: Vec<String> = (1..10).map(|it| format!("word {it}")).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let way = way(
            End::Result("3".to_owned()),
            vec![
                step("main", [&[], &[]], &[], false),
                step("T1", [&[], &[]], &words, true),
                step("main", [&[], &[]], &["counts", "drops T2"], false),
            ],
        );
        let drawn = r"      1     2
T1    ██████
main        ██████
█ had the turn

1   T1 word 1; word 2; word 3; word 4; word 5; word 6; and 3 things more; ends
2   main counts; drops T2";
        assert_eq!(draw(&way, 80), drawn);
    }

    #[test]
    fn a_name_is_harmless_in_the_picture_too() {
        let way = way(End::Deadlock, vec![step("\x1b[2J", [&[], &[]], &[], false)]);
        assert!(!draw(&way, 80).contains('\x1b'));
    }

    #[test]
    fn what_is_long_goes_on_below_itself() {
        let long = "reads a number that was written a while ago";
        let way = way(End::Result(String::new()), vec![step("T1", [&[], &[]], &[long], true)]);
        let drawn = r"    1
T1  ██████
█ had the turn

1   T1 reads a number that was
      written a while ago; ends";
        assert_eq!(draw(&way, 32), drawn);
    }

    #[test]
    fn of_many_turns_the_first_and_the_last_ones_are_shown() {
        let names = ["T1", "T2"];
        let all = (0..40).map(|it| step(names[it % 2], [&[names[(it + 1) % 2]], &[]], &[], false));
        let way = way(End::Endless(40), all.collect());
        let drawn = r"T1  ██··██·· … ██··██··██··██··
T2  ··██··██ … ··██··██··██··██
█ had the turn  · could have had it

1   T1 has the turn
2   T2 has the turn
3   T1 has the turn
4   T2 has the turn
…   28 turns are left out
33  T1 has the turn
34  T2 has the turn
35  T1 has the turn
36  T2 has the turn
37  T1 has the turn
38  T2 has the turn
39  T1 has the turn
40  T2 has the turn";
        assert_eq!(draw(&way, 40), drawn);
        assert_eq!(count(&way), 40);
    }
}
