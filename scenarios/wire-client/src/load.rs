//! How much there is to do, and how much of it at once.

use clap::error::ErrorKind;
use clap::{Args, Command};
use harness::args::{self, MOST_REQUESTERS, at_least_one};

/// More would take an evening.
const MOST_COMMANDS: usize = 10_000_000;

/// A connection over a distance has three sockets in this process, and many systems let
/// one have some 1,000.
const MOST_CONNECTIONS: usize = 250;

/// One of each requester, where nobody asks for more.
const USUAL_COMMANDS: usize = 12;

/// As many requesters as fit a terminal, where nobody asks for more.
const USUAL_IN_FLIGHT: usize = 12;

/// What a user can choose of it.
#[derive(Debug, Clone, Args)]
#[group(id = "load")]
pub struct Load {
    /// Send this many commands, all requesters together
    #[arg(long, value_name = "N", default_value = "12", value_parser = at_least_one(MOST_COMMANDS))]
    commands: Option<usize>,

    /// Connections that the requesters share
    #[arg(long, value_name = "C", default_value = "1", value_parser = at_least_one(MOST_CONNECTIONS))]
    connections: Option<usize>,

    /// Requesters, each of which sends a command when it has the reply to the one before
    /// [default: 12, or as many as there are commands where these are fewer]
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
        let (commands, connections) = (self.commands(), self.connections());
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

    /// The same where each requester has a connection of its own: as many of the ones as of
    /// the others, `usual` where nobody says how many, and a command of each of them.
    ///
    /// # Errors
    ///
    /// When there would be more of the ones than of the others.
    pub(crate) fn with_own_connections(self, usual: usize) -> Result<Self, String> {
        let requesters = match (self.connections, self.in_flight) {
            (Some(connections), Some(in_flight)) if connections != in_flight => {
                return Err(format!(
                    "--connections {connections} is not --in-flight {in_flight}: \
                     each requester has a connection of its own here"
                ));
            }
            (connections, in_flight) => connections.or(in_flight),
        };
        let requesters = requesters.unwrap_or(usual.min(self.commands()));
        let commands = self.commands.unwrap_or(requesters);
        let all = [commands, requesters, requesters].map(Some);
        let [commands, connections, in_flight] = all;
        Ok(Self { commands, connections, in_flight })
    }

    /// How many commands there are, of all requesters together.
    pub fn commands(&self) -> usize {
        self.commands.unwrap_or(USUAL_COMMANDS)
    }

    /// How many connections they share; one for each where nobody says how many.
    pub fn connections(&self) -> usize {
        self.connections.unwrap_or(self.in_flight())
    }

    /// How many requesters there are, and so how many commands can be on their way.
    pub fn in_flight(&self) -> usize {
        self.in_flight.unwrap_or(USUAL_IN_FLIGHT.min(self.commands()))
    }

    /// How many commands each requester sends, one after the other: as many as any other,
    /// or one more.
    pub fn shares(&self) -> impl Iterator<Item = usize> + use<> {
        self.shares_of(self.in_flight())
    }

    /// The same of so many requesters.
    pub(crate) fn shares_of(&self, requesters: usize) -> impl Iterator<Item = usize> + use<> {
        let commands = self.commands();
        let share = move |it| commands / requesters + usize::from(it < commands % requesters);
        (0..requesters).map(share)
    }

    /// How many round trips the last of them has waited for at the end, where as many
    /// commands are on their way as may be on all connections: every requester's own, or
    /// one on each connection.
    pub(crate) fn rounds(&self, one_on_each: bool) -> usize {
        let lines = if one_on_each { self.connections() } else { self.in_flight() };
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
        let (commands, connections) = (Some(commands), Some(connections));
        Load { commands, connections, in_flight: in_flight.into() }
    }

    #[test]
    fn requesters_with_connections_of_their_own_are_as_many() {
        let settled = |commands, connections, in_flight| {
            let load = Load { commands, connections, in_flight }.with_own_connections(3)?;
            let Load { commands, connections, in_flight } = load;
            Ok([commands, connections, in_flight].map(Option::unwrap))
        };
        assert_eq!(settled(None, None, None), Ok([3, 3, 3]));
        assert_eq!(settled(None, Some(50), None), Ok([50, 50, 50]));
        assert_eq!(settled(Some(9), None, Some(2)), Ok([9, 2, 2]));
        assert_eq!(settled(Some(2), None, None), Ok([2, 2, 2]));
        assert_eq!(settled(Some(9), Some(4), Some(4)), Ok([9, 4, 4]));
        let why: Result<_, String> = settled(None, Some(3), Some(2));
        assert!(why.unwrap_err().contains("--connections 3 is not --in-flight 2"));
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
