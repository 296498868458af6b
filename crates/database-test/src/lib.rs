//! Databases of one test's own: an SQLite file that is not there yet, or an empty
//! schema in the Postgres that `DATABASE_URL` names. They go with the test.
//!
//! With the feature `mongodb` there is also a database in the MongoDB that `MONGODB_URL`
//! names.
//!
//! What is not as it should be is a panic: this is for tests alone. A test that
//! needs Postgres says so: `#[ignore = "needs Postgres: scripts/test"]`.

#[cfg(feature = "mongodb")]
mod documents;
mod place;
mod server;

pub use place::Place;
pub use server::{url_as, url_of};

/// Makes a test on MongoDB of each function, in packages with a feature of that name.
#[macro_export]
macro_rules! on_mongo {
    ($($name:ident)*) => {
        #[cfg(feature = "mongodb")]
        mod on_mongo {
            $(#[test]
            #[ignore = "needs MongoDB: scripts/test"]
            fn $name() {
                super::$name(&$crate::Place::mongo());
            })*
        }
    };
}

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

        $crate::on_postgres! { $($name)* }
    };
}

/// Makes a test on Postgres of each function.
#[macro_export]
macro_rules! on_postgres {
    ($($name:ident)*) => {
        mod on_postgres {
            $(#[test]
            #[ignore = "needs Postgres: scripts/test"]
            fn $name() {
                super::$name(&$crate::Place::postgres());
            })*
        }
    };
}
