//! Both kinds of database, through both kinds of driver, and filling them.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic, in its helpers too")]

mod support;

/// Makes two tests of each function: one on SQLite, one on Postgres.
macro_rules! on_both {
    ($($name:ident)*) => {
        mod on_sqlite {
            $(#[test]
            fn $name() {
                super::$name(&crate::support::Place::sqlite());
            })*
        }

        mod on_postgres {
            $(#[test]
            #[ignore = "needs Postgres: scripts/test"]
            fn $name() {
                super::$name(&crate::support::Place::postgres());
            })*
        }
    };
}

mod connections;
mod generator;
mod silence;
