//! How much there is to do, and how much of it at once.

use clap::error::ErrorKind;
use clap::{Args, Command};
use harness::args::{self, MOST_REQUESTERS, at_least_one};

/// More would take an evening.
const MOST_COMMANDS: usize = 10_000_000;

/// A connection over a distance has three sockets in this process, and many systems let
/// one have some 1,000.
const MOST_CONNECTIONS: usize = 250;

/// As many requesters as fit a terminal, where nobody asks for more.
const USUAL_IN_FLIGHT: usize = 12;

/// What a user can choose of it.
#[derive(Debug, Clone, Args)]
#[group(id = "load")]
pub struct Load {
    /// Send this many commands, all requesters together
    #[arg(long, value_name = "N", default_value = "12", value_parser = at_least_one(MOST_COMMANDS))]
    pub commands: usize,

    /// Connections that the requesters share
    #[arg(long, value_name = "C", default_value = "1", value_parser = at_least_one(MOST_CONNECTIONS))]
    pub connections: usize,

    /// Requesters, each of which sends a command when it has the reply to the one before
    /// [default: 12, or one for each command]
    #[arg(long, value_name = "K", value_parser = at_least_one(MOST_REQUESTERS))]
    in_flight: Option<usize>,
}

impl Load {
    /// Ends the process with exit code 2 if there would be requesters without a command,
    /// or connections without a requester.
    pub fn check(&self, command: &mut Command) {
        if let Err(why) = self.checked() {
            args::refuse(&command.error(ErrorKind::ValueValidation, why));
        }
    }

    fn checked(&self) -> Result<(), String> {
        let Self { commands, connections, .. } = *self;
        let in_flight = self.in_flight();
        if in_flight > commands {
            return Err(format!(
                "--in-flight {in_flight} is more than --commands {commands}: \
                 some of the requesters would have nothing to send"
            ));
        }
        if connections > in_flight {
            return Err(format!(
                "--connections {connections} is more than --in-flight {in_flight}: \
                 some of the connections would have nobody who uses them"
            ));
        }
        Ok(())
    }

    /// How many requesters there are, and so how many commands can be on their way.
    pub fn in_flight(&self) -> usize {
        self.in_flight.unwrap_or(USUAL_IN_FLIGHT.min(self.commands))
    }

    /// How many commands each requester sends, one after the other: as many as any other,
    /// or one more.
    pub fn shares(&self) -> impl Iterator<Item = usize> + use<> {
        let Self { commands, .. } = *self;
        let in_flight = self.in_flight();
        (0..in_flight).map(move |it| commands / in_flight + usize::from(it < commands % in_flight))
    }

    /// How many round trips the last of them has waited for at the end, where as many
    /// commands are on their way as may be on all connections: every requester's own, or
    /// one on each connection.
    pub(crate) fn rounds(&self, one_on_each: bool) -> usize {
        let lines = if one_on_each { self.connections } else { self.in_flight() };
        let mut rounds = vec![0; lines];
        for (requester, share) in self.shares().enumerate() {
            rounds[requester % lines] += share;
        }
        rounds.into_iter().max().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(commands: usize, connections: usize, in_flight: impl Into<Option<usize>>) -> Load {
        Load { commands, connections, in_flight: in_flight.into() }
    }

    #[test]
    fn the_requesters_send_all_commands_and_almost_equally_many() {
        let shares = |commands, in_flight| load(commands, 1, in_flight).shares().collect();
        let wanted: [Vec<_>; 4] = [vec![1; 12], vec![3, 2, 2], vec![1, 1], vec![7]];
        let given: [Vec<_>; 4] =
            [shares(12, None), shares(7, Some(3)), shares(2, None), shares(7, Some(1))];
        assert_eq!(given, wanted);
    }

    #[test]
    fn nobody_is_to_have_nothing_to_do() {
        assert_eq!(load(12, 12, None).checked(), Ok(()));
        assert_eq!(load(3, 1, None).checked(), Ok(()));
        let why = load(3, 1, 4).checked().unwrap_err();
        assert!(why.contains("--in-flight 4 is more than --commands 3"), "{why}");
        let why = load(12, 5, 4).checked().unwrap_err();
        assert!(why.contains("--connections 5 is more than --in-flight 4"), "{why}");
        assert!(load(2, 3, None).checked().is_err());
    }

    #[test]
    fn rounds_are_those_of_whoever_has_the_most() {
        let rounds = |load: Load| [true, false].map(|one_on_each| load.rounds(one_on_each));
        assert_eq!(rounds(load(12, 1, None)), [12, 1]);
        assert_eq!(rounds(load(12, 5, None)), [3, 1]);
        assert_eq!(rounds(load(100, 2, 3)), [67, 34]);
    }
}
