//! What a program has left.

use serde::de::DeserializeOwned;

/// What a program left on its two streams, and how it ended.
#[derive(Debug)]
pub struct Ran {
    /// Its exit code, unless a signal ended it.
    pub code: Option<i32>,
    /// The number of the signal that ended it; there are none on Windows.
    pub signal: Option<i32>,
    /// What it printed.
    pub stdout: String,
    /// What it noted.
    pub stderr: String,
}

impl Ran {
    /// The same, if it ended well.
    ///
    /// # Panics
    ///
    /// When its exit code is not 0.
    #[track_caller]
    pub fn well(self) -> Self {
        assert_eq!(self.code, Some(0), "{}{}", self.stdout, self.stderr);
        self
    }

    /// The lines on stdout that one of its requesters said, such as `R1: …`.
    pub fn said(&self, by: &str) -> Vec<&str> {
        self.said_by(&[by])
    }

    /// The lines on stdout that any of these said, as they came.
    pub fn said_by(&self, names: &[&str]) -> Vec<&str> {
        let of_them = |line: &&str| {
            line.split_once(": ").is_some_and(|(speaker, _)| names.contains(&speaker))
        };
        self.stdout.lines().filter(of_them).collect()
    }

    /// What `--json` printed.
    ///
    /// # Panics
    ///
    /// When stdout is anything else.
    #[track_caller]
    pub fn report<T: DeserializeOwned>(&self) -> T {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error} in\n{}{}", self.stdout, self.stderr))
    }

    /// The one error on stderr and its hint, without what marks them. Notes may stand
    /// around them, and nothing else.
    ///
    /// # Panics
    ///
    /// When stderr is anything else.
    #[track_caller]
    pub fn error_and_hint(&self) -> (&str, &str) {
        let lines: Vec<&str> =
            self.stderr.lines().filter(|line| !line.starts_with("note: ")).collect();
        let [error, hint] = lines[..] else { panic!("two lines, not {lines:#?}") };
        let parts = (error.strip_prefix("error: "), hint.strip_prefix("hint: "));
        let (Some(error), Some(hint)) = parts else { panic!("no error and hint: {lines:#?}") };
        (error, hint)
    }

    /// It failed with one error and one hint, which contain these words.
    ///
    /// # Panics
    ///
    /// When it did not.
    #[track_caller]
    pub fn assert_fails(&self, cause: &str, advice: &str) {
        let (error, hint) = self.error_and_hint();
        assert!(error.contains(cause), "{error}\nlacks: {cause}");
        assert!(hint.contains(advice), "{hint}\nlacks: {advice}");
        assert_eq!(self.code, Some(1));
    }

    /// It refused its options with these words, before it printed anything.
    ///
    /// # Panics
    ///
    /// When it did not.
    #[track_caller]
    pub fn assert_refuses(&self, wanted: &str) {
        assert_eq!((self.code, self.stdout.as_str()), (Some(2), ""), "{}", self.stderr);
        assert!(self.stderr.starts_with("error: "), "{}", self.stderr);
        assert!(self.stderr.contains(wanted), "{}\nlacks: {wanted}", self.stderr);
    }
}
