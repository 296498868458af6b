//! Tests that wait for most of their time, several beside each other, however few
//! processors there are and however few tests are run at a time for that reason.

use std::any::Any;
use std::collections::{BTreeMap, VecDeque};
use std::env;
use std::panic::{catch_unwind, resume_unwind};
use std::sync::{Condvar, Mutex, Once};
use std::thread;

/// As many are under way. Each has some processes of its own.
const AT_ONCE: usize = 5;

/// What a test that failed has said.
type Said = Box<dyn Any + Send>;

/// A test, and its name.
type Named = (&'static str, fn());

/// Tests, those first that take long.
pub(crate) struct Beside {
    tests: &'static [Named],
    begun: Once,
    left: Mutex<VecDeque<Named>>,
    done: Mutex<BTreeMap<&'static str, Result<(), Said>>>,
    one_more: Condvar,
}

impl Beside {
    pub(crate) const fn new(tests: &'static [Named]) -> Self {
        Self {
            tests,
            begun: Once::new(),
            left: Mutex::new(VecDeque::new()),
            done: Mutex::new(BTreeMap::new()),
            one_more: Condvar::new(),
        }
    }

    /// Begins all of them, if none of them has been begun, and is this one's result.
    pub(crate) fn run(&'static self, name: &'static str) {
        // Then nobody has asked for the others.
        if are_some_chosen() {
            let (_, test) = self.tests.iter().find(|test| test.0 == name).expect("it is one");
            return test();
        }
        self.beside_the_others(name);
    }

    fn beside_the_others(&'static self, name: &'static str) {
        self.begun.call_once(|| {
            self.left.lock().expect("no panic").extend(self.tests);
            (0..AT_ONCE).for_each(|_| drop(thread::spawn(|| self.run_those_left())));
        });
        let mut done = self.done.lock().expect("no panic");
        let result = loop {
            match done.remove(name) {
                Some(result) => break result,
                None => done = self.one_more.wait(done).expect("no panic"),
            }
        };
        drop(done);
        if let Err(said) = result {
            resume_with(&*said);
        }
    }

    fn run_those_left(&self) {
        let next = || self.left.lock().expect("no panic").pop_front();
        while let Some((name, test)) = next() {
            let result = catch_unwind(test);
            self.done.lock().expect("no panic").insert(name, result);
            self.one_more.notify_all();
        }
    }
}

/// The words of it, in the output of this test.
fn resume_with(said: &(dyn Any + Send)) -> ! {
    let words = said.downcast_ref::<String>().map(String::as_str);
    match words.or_else(|| said.downcast_ref::<&str>().copied()) {
        // Where it was is in the output of the test that began them all.
        Some(words) => panic!("{words}\nby itself, called by its name, it says where"),
        None => resume_unwind(Box::new("it panicked without a word")),
    }
}

/// Whether the command line says which tests to run, or how many at a time.
fn are_some_chosen() -> bool {
    let switches = ["--include-ignored", "--ignored", "--nocapture", "--quiet", "-q"];
    env::args().skip(1).any(|arg| !switches.contains(&arg.as_str()))
}

/// A test for each of these functions, in a module of this name. Those that take long
/// come first.
macro_rules! beside_each_other {
    ($group:ident: $($name:ident),* $(,)?) => {
        mod $group {
            static ALL: $crate::beside::Beside =
                $crate::beside::Beside::new(&[$((stringify!($name), super::$name)),*]);

            $(
                #[test]
                #[ignore = "needs Redis: scripts/test"]
                fn $name() {
                    ALL.run(stringify!($name));
                }
            )*
        }
    };
}

pub(crate) use beside_each_other;

mod tests {
    use super::*;

    #[test]
    fn each_test_has_a_result_of_its_own() {
        static SOME: Beside = Beside::new(&[
            ("bad", || panic!("it is bad")),
            ("good", || {}),
            ("wrong", || {
                assert_eq!(1, 2);
            }),
        ]);
        let said = |name| catch_unwind(move || SOME.beside_the_others(name)).err();
        let words = |said: Said| said.downcast_ref::<String>().cloned();
        assert!(said("good").is_none());
        assert!(said("bad").and_then(words).is_some_and(|it| it.starts_with("it is bad\n")));
        assert!(said("wrong").and_then(words).is_some_and(|it| it.contains("left == right")));
    }
}
