//! Reading a command line: the values that several programs take, each refused
//! with a sentence that says what is wanted.

use std::env;
use std::fmt::Display;
use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process;
use std::str::FromStr;
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, Command, FromArgMatches};
use lens::text::harmless_lines;

use crate::output::not_lost;
use crate::screen::fitted_on_stderr;

/// As clap shows the word.
const ERROR: Style = AnsiColor::Red.on_default().bold();

/// The longest time that can be asked for, in seconds: more than a day. Nobody
/// waits for more, and there are times that no clock can count.
const LONGEST: f64 = 100_000.0;

/// The smallest `--speed`: it makes a quarter of an hour of a second, and of the
/// longest time three years.
const SLOWEST: f64 = 0.001;

/// As many requesters as a run may have: more would be a slip, since to record a
/// million takes more than a gigabyte.
pub const MOST_REQUESTERS: usize = 1_000_000;

/// As many threads as a pool may have: more would be a slip, since many systems
/// give some 30,000 to all programs together.
pub const MOST_THREADS: usize = 10_000;

/// What every program answers to `--version`: they are one product.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Reads a command line of this form; a wrong one ends the process with exit code 2.
pub fn read<Options: FromArgMatches>(command: &mut Command) -> Options {
    read_without(command, &[])
}

/// The same where some of the options mean nothing to this program, each with the
/// reason: they are not told of, and whoever gives one is told why it is refused.
pub fn read_without<Options: FromArgMatches>(
    command: &mut Command,
    meaningless: &[(&'static str, &str)],
) -> Options {
    let mut form = std::mem::take(command).version(VERSION);
    for (option, _) in meaningless {
        form = form.mut_arg(*option, |arg| arg.hide(true));
    }
    *command = form;
    let matches = command.try_get_matches_from_mut(env::args_os());
    let matches = matches.unwrap_or_else(|error| refuse(&error));
    let given = |(option, _): &&(&str, &str)| is_given(&matches, option);
    if let Some((option, reason)) = meaningless.iter().find(given) {
        let refused = format!("--{option} means nothing here: {reason}");
        refuse(&command.error(ErrorKind::UnknownArgument, refused));
    }
    Options::from_arg_matches(&matches).unwrap_or_else(|error| refuse(&error))
}

fn is_given(matches: &ArgMatches, option: &str) -> bool {
    matches.value_source(option) == Some(ValueSource::CommandLine)
}

/// Reads the name of a file to write to: one that is there already has to be a
/// file, or a device that is none of the streams of this process.
pub fn file(text: &str) -> Result<PathBuf, String> {
    if text == "-" {
        return Err("the name of a file is wanted: stdout holds the text of the run".to_owned());
    }
    let path = PathBuf::from(text);
    // A link to a stream, such as /dev/stdout, leads to one of these.
    match fs::metadata(&path) {
        Ok(there) if there.is_dir() => {
            Err("that is a folder; the name of a file is wanted".to_owned())
        }
        Ok(there) if !there.is_file() && !is_plain_device(&path) => {
            Err("that is no file, and what is written there would not stay".to_owned())
        }
        // Whoever opens it says what else is wrong.
        _ => Ok(path),
    }
}

/// One that takes everything, or nothing.
pub(crate) fn is_plain_device(path: &std::path::Path) -> bool {
    cfg!(unix) && ["/dev/null", "/dev/full"].iter().any(|device| path == *device)
}

/// Prints what clap has to say, such as the help that was asked for, and ends the
/// process. What is repeated of the command line is made harmless, and no password is.
/// Lines that are too long for a terminal are broken between their words.
pub fn refuse(error: &clap::Error) -> ! {
    let said = error.to_string();
    let mut told = without_passwords(&harmless_lines(&said));
    if error.use_stderr() {
        told = told.split('\n').map(fitted_on_stderr).collect::<Vec<_>>().join("\n");
    }
    let (code, stream) = if error.use_stderr() { (2, "stderr") } else { (0, "stdout") };
    let printed = if told == said {
        // In colour, where that is welcome.
        error.print().and_then(|()| io::stdout().flush())
    } else {
        let told = match told.strip_prefix("error:") {
            Some(rest) => format!("{ERROR}error:{ERROR:#}{rest}"),
            None => told,
        };
        write!(anstream::stderr(), "{told}")
    };
    if let Err(failure) = printed.or_else(|error| not_lost(&error, stream)) {
        failure.exit();
    }
    process::exit(code)
}

/// The text, in which the user and the password of every address are hidden. What
/// stands between an address and a later `@` is hidden with them.
pub fn without_passwords(text: &str) -> String {
    let mut hidden = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        // A password may hold anything, a space too, so all up to the last sign goes that
        // does not belong to another address.
        let (address, further) = after.split_at(next_address(after));
        let (secret, place) = match address.rsplit_once('@') {
            Some((_, place)) => ("***@", place),
            None => ("", address),
        };
        hidden.extend([before, "://", secret, place]);
        rest = further;
    }
    hidden + rest
}

/// Where the first word begins that has another address in it, or the text ends.
fn next_address(text: &str) -> usize {
    let has_address = |(space, _): &(usize, &str)| {
        text[*space..].split_whitespace().next().is_some_and(|word| word.contains("://"))
    };
    text.match_indices(char::is_whitespace).find(has_address).map_or(text.len(), |(space, _)| space)
}

/// For programs in which there is no delay to be made shorter: `--speed` is
/// taken, as everywhere, and not told of.
pub fn without_speed(command: Command) -> Command {
    command.mut_arg("speed", |speed| speed.hide(true))
}

/// Reads a number of seconds, which may be none.
pub fn seconds(text: &str) -> Result<f64, String> {
    let seconds = text.parse().ok().filter(|seconds| (0.0..=LONGEST).contains(seconds));
    seconds.ok_or_else(|| {
        format!("a number of seconds from 0 up is wanted, {LONGEST} at most, such as 2 or 0.5")
    })
}

/// Reads how many seconds to wait before giving up.
pub fn timeout(text: &str) -> Result<Duration, String> {
    let timeout = seconds(text).ok().map(Duration::from_secs_f64);
    timeout.filter(|timeout| !timeout.is_zero()).ok_or_else(|| {
        format!("a number of seconds above 0 is wanted, {LONGEST} at most, such as 3 or 0.5")
    })
}

/// Reads where a server is to listen.
pub fn host_and_port(text: &str) -> Result<String, &'static str> {
    match text.rsplit_once(':') {
        Some((host, port)) if !host.is_empty() && port.parse::<u16>().is_ok() => {
            Ok(text.to_owned())
        }
        _ => Err("it must be a host and a port, such as localhost:8000"),
    }
}

/// Reads a whole number from 1 to `most`.
pub fn at_least_one<N>(
    most: N,
) -> impl Fn(&str) -> Result<N, String> + Clone + Send + Sync + 'static
where
    N: FromStr + Default + PartialOrd + Display + Copy + Send + Sync + 'static,
{
    move |text| {
        let number = text.parse().ok().filter(|number| N::default() < *number && *number <= most);
        number.ok_or_else(|| format!("a whole number from 1 up is wanted, {most} at most"))
    }
}

/// Reads how many times shorter every delay is to be.
pub(crate) fn speed(text: &str) -> Result<f64, String> {
    let speed = text.parse().ok().filter(|speed: &f64| speed.is_finite() && *speed >= SLOWEST);
    speed.ok_or_else(|| format!("a number above 0 is wanted, {SLOWEST} at least, such as 10"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_counted_from_0_to_more_than_a_day() {
        let read = ["0", "2", "0.5", "1e-9", "100000"].map(seconds);
        assert_eq!(read, [0.0, 2.0, 0.5, 1e-9, 100_000.0].map(Ok));
        for wrong in ["", "ten", "-1", "-0.1", "inf", "nan", "100000.1", "1e19", "1e300"] {
            let wanted =
                "a number of seconds from 0 up is wanted, 100000 at most, such as 2 or 0.5";
            assert_eq!(seconds(wrong), Err(wanted.to_owned()), "{wrong}");
        }
    }

    #[test]
    fn a_time_out_is_never_at_once_and_fits_every_clock() {
        assert_eq!(timeout("0.5"), Ok(Duration::from_millis(500)));
        for wrong in ["", "soon", "0", "1e-10", "-1", "inf", "1e19", "18446744073709551615"] {
            let wanted = "a number of seconds above 0 is wanted, 100000 at most, such as 3 or 0.5";
            assert_eq!(timeout(wrong), Err(wanted.to_owned()), "{wrong}");
        }
    }

    #[test]
    fn what_is_no_file_is_not_written_to() {
        assert_eq!(file("new.svg"), Ok("new.svg".into()));
        assert!(file("-").unwrap_err().contains("the name of a file is wanted"));
        assert!(file(".").unwrap_err().contains("a folder"));
        if cfg!(unix) {
            assert!(file("/dev/tty").unwrap_err().contains("no file"));
            assert!(file("/dev/full").is_ok(), "opening it tells");
        }
    }

    #[test]
    fn no_password_is_repeated() {
        for (text, wanted) in [
            ("http://localhost:8000/delay-me", "http://localhost:8000/delay-me"),
            ("at 'http://me:secret@host/' for", "at 'http://***@host/' for"),
            ("http://me:s/e@c?r@host:1/a ftp://you@there", "http://***@host:1/a ftp://***@there"),
            ("me@here, and no address", "me@here, and no address"),
            ("at 'http://me:a b\tc@host/' for", "at 'http://***@host/' for"),
            ("'http://a b@host' 'http://c:// d@there' x", "'http://***@host' 'http://***@there' x"),
            ("http://here/ and http://me:a b@there", "http://here/ and http://***@there"),
        ] {
            assert_eq!(without_passwords(text), wanted);
        }
    }

    #[test]
    fn numbers_are_counted_from_1_to_the_most() {
        assert_eq!([at_least_one(7)("1"), at_least_one(7)("7")], [Ok(1), Ok(7)]);
        for wrong in ["", "none", "0", "-1", "1.5", "1e3", "1000001", "18446744073709551616"] {
            let wanted = "a whole number from 1 up is wanted, 1000000 at most";
            assert_eq!(at_least_one(MOST_REQUESTERS)(wrong), Err(wanted.to_owned()), "{wrong}");
        }
    }

    #[test]
    fn no_speed_makes_a_time_that_no_clock_can_count() {
        assert_eq!(["0.001", "10", "1e300"].map(speed), [0.001, 10.0, 1e300].map(Ok));
        for wrong in ["", "fast", "0", "-1", "inf", "nan", "1e-300", "0.0009"] {
            let wanted = "a number above 0 is wanted, 0.001 at least, such as 10";
            assert_eq!(speed(wrong), Err(wanted.to_owned()), "{wrong}");
        }
        let longest = Duration::try_from_secs_f64(LONGEST / SLOWEST).unwrap();
        assert!(std::time::Instant::now().checked_add(longest).is_some());
    }
}
