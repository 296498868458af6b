//! The program's options.

use std::num::NonZeroUsize;
use std::time::Duration;

use clap::{CommandFactory, Parser};
use delay_server::{Config, Trouble};
use harness::args;

/// An HTTP server that waits as long as it is asked to
#[derive(Debug, Parser)]
#[command(version, after_help = "Ctrl-C lets waiting requests finish; a second Ctrl-C does not.")]
pub(crate) struct Options {
    /// Where to listen; localhost is IPv4 and IPv6, port 0 any that is free
    #[arg(long, value_name = "HOST:PORT", default_value = "localhost:8000")]
    #[arg(value_parser = args::host_and_port)]
    addr: String,

    /// The longest wait that a request may ask for
    #[arg(long, value_name = "SECONDS", default_value = "300")]
    #[arg(value_parser = seconds, allow_negative_numbers = true)]
    max_seconds: Duration,

    /// How many requests may wait at once
    #[arg(long, value_name = "REQUESTS", default_value = "20000")]
    max_in_flight: NonZeroUsize,

    /// How long waiting requests may still take when the server is stopped
    #[arg(long, value_name = "SECONDS", default_value = "10")]
    #[arg(value_parser = seconds, allow_negative_numbers = true)]
    grace: Duration,

    /// Characters that give trouble: 3=503, 3=503x2 (twice only), 3=stall, 3=rubbish
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    trouble: Vec<Trouble>,
}

impl Options {
    /// Reads the command line; a wrong one ends the process with exit code 2.
    pub(crate) fn read() -> Self {
        args::read(&mut Self::command())
    }

    pub(crate) fn into_config(self) -> Config {
        Config {
            addr: self.addr,
            max_seconds: self.max_seconds.as_secs_f64(),
            max_in_flight: self.max_in_flight.get(),
            grace: self.grace,
            troubles: self.trouble,
            ..Config::default()
        }
    }
}

fn seconds(written: &str) -> Result<Duration, &'static str> {
    let seconds = written.parse().ok();
    seconds
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or("it must be a number of seconds, such as 10 or 0.5")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_those_of_the_library() {
        let options = Options::parse_from(["delay-server"]);
        assert_eq!(options.into_config(), Config::default());
    }

    #[test]
    fn each_option_has_its_place_in_the_configuration() {
        let options = Options::parse_from([
            "delay-server",
            "--addr=127.0.0.1:80",
            "--max-seconds=1.5",
            "--max-in-flight=7",
            "--grace=0.25",
            "--trouble=3=503x2,5=stall",
        ]);
        let expected = Config {
            addr: "127.0.0.1:80".to_owned(),
            max_seconds: 1.5,
            max_in_flight: 7,
            grace: Duration::from_millis(250),
            troubles: ["3=503x2", "5=stall"].map(|it| it.parse().unwrap()).to_vec(),
            ..Config::default()
        };
        assert_eq!(options.into_config(), expected);
    }

    #[test]
    fn the_options_are_well_formed() {
        Options::command().debug_assert();
    }
}
