//! How things go wrong in words: one line of cause, one line of what to do.

use std::error::Error;
use std::fmt;
use std::io::Write;
use std::process;

use lens::text::harmless;

use crate::screen::fitted_on_stderr;

/// Why a requester or a run failed, and what its user can do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    requester: Option<String>,
    cause: String,
    hint: String,
}

impl Failure {
    /// A failure with its cause and what to do next, one line each. What is in
    /// them may come from anywhere: it is made harmless.
    ///
    /// Made inside a requester's span it belongs to that requester: it carries
    /// the requester's name, and the requester's lane ends as failed.
    pub fn new(cause: impl Into<String>, hint: impl Into<String>) -> Self {
        lens::failed();
        let requester = lens::requester().map(|requester| requester.name().to_owned());
        Self { requester, cause: one_line(&cause.into()), hint: one_line(&hint.into()) }
    }

    /// The system gives a strategy no more threads, for this reason.
    pub fn no_more_threads(reason: &dyn Error, hint: &str) -> Self {
        Self::new(format!("no more threads can be started: {reason}"), hint)
    }

    /// The requester that failed; none if the run as a whole did.
    pub fn requester(&self) -> Option<&str> {
        self.requester.as_deref()
    }

    /// What went wrong, in one line.
    pub fn cause(&self) -> &str {
        &self.cause
    }

    /// What to do about it, in one line.
    pub fn hint(&self) -> &str {
        &self.hint
    }

    /// Prints both lines on stderr.
    pub fn print(&self) {
        let cause = fitted_on_stderr(&format!("error: {self}"));
        let hint = fitted_on_stderr(&format!("hint: {}", self.hint));
        // Nobody reads a closed stderr, so there is nobody to tell.
        let _ = writeln!(anstream::stderr(), "{cause}\n{hint}");
    }

    /// Prints both lines and ends the process with exit code 1.
    pub(crate) fn exit(&self) -> ! {
        self.print();
        process::exit(1)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.requester {
            Some(requester) => write!(f, "{requester}: {}", self.cause),
            None => f.write_str(&self.cause),
        }
    }
}

impl Error for Failure {}

/// Lets `?` turn a thread or a pool that cannot be started into a scenario's own
/// failure, which can be made from a [`Failure`]. The hint tells which of the
/// scenario's options ask for fewer of them.
#[macro_export]
macro_rules! no_more_threads {
    ($own:ty, $hint:literal) => {
        impl From<::std::io::Error> for $own {
            fn from(error: ::std::io::Error) -> Self {
                $crate::Failure::no_more_threads(&error, $hint).into()
            }
        }

        impl From<::rayon::ThreadPoolBuildError> for $own {
            fn from(error: ::rayon::ThreadPoolBuildError) -> Self {
                $crate::Failure::no_more_threads(&error, $hint).into()
            }
        }
    };
}

/// Lets a scenario's own failure, which holds nothing but a [`Failure`], be made from
/// one, and be told as one.
#[macro_export]
macro_rules! failure_wrapper {
    ($own:ident) => {
        impl From<$crate::Failure> for $own {
            fn from(failure: $crate::Failure) -> Self {
                Self(failure)
            }
        }

        impl From<$own> for $crate::Failure {
            fn from(failure: $own) -> Self {
                failure.0
            }
        }
    };
}

fn one_line(text: &str) -> String {
    harmless(&text.split_whitespace().collect::<Vec<_>>().join(" ")).into_owned()
}
