//! Databases of one test's own: an SQLite file that is not there yet, or an empty
//! schema in the Postgres that `DATABASE_URL` names. They go with the test.
//!
//! What is not as it should be is a panic: this is for tests alone. A test that
//! needs Postgres says so: `#[ignore = "needs Postgres: scripts/test"]`.

mod place;
mod server;

pub use place::Place;
pub use server::{url_as, url_of};

/// Makes two tests of each function: one on SQLite, one on Postgres.
#[macro_export]
macro_rules! on_both {
    ($($name:ident)*) => {
        mod on_sqlite {
            $(#[test]
            fn $name() {
                super::$name(&$crate::Place::sqlite());
            })*
        }

        mod on_postgres {
            $(#[test]
            #[ignore = "needs Postgres: scripts/test"]
            fn $name() {
                super::$name(&$crate::Place::postgres());
            })*
        }
    };
}
