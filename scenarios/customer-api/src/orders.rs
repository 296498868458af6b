//! What the database is asked to do for a request, and what comes of it. The
//! statements are the same for SQLite and Postgres, and for drivers that wait and
//! drivers that block. What MongoDB is asked is in `documents.rs`.

use std::fmt;

use database::{Error, Row, Value, asynchronous, blocking};

#[cfg(feature = "mongodb")]
use crate::documents;
use crate::{Customer, Draft, Report};

/// What is to be done for a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// Look a customer up.
    Find {
        /// Whom.
        id: i64,
    },
    /// Compare what a customer has bought with what all others have.
    Report {
        /// Whom.
        id: i64,
    },
    /// Add a customer.
    Add(Draft),
    /// Make another of a customer.
    Replace {
        /// Whom.
        id: i64,
        /// The version that is to be replaced, and no other.
        seen: i64,
        /// By what.
        by: Draft,
    },
    /// Remove a customer.
    Remove {
        /// Whom.
        id: i64,
        /// The version that is to be removed, and no other.
        seen: i64,
    },
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// The customer as it is now; one that was removed, as it was.
    Customer(Customer),
    /// What was asked for.
    Report(Report),
    /// There is no such customer.
    NotThere,
    /// Nothing was done: the customer has another version by now, which is this one.
    Changed {
        /// The version.
        now: i64,
    },
}

const FIND: &str = "SELECT id, name, email, city, version FROM customers WHERE id = $1";

const ADD: &str = "\
    INSERT INTO customers (name, email, city) VALUES ($1, $2, $3) \
    RETURNING id, name, email, city, version";

/// Whether the version is still the same is asked and the change made in one
/// statement: between two, another could come.
const REPLACE: &str = "\
    UPDATE customers SET name = $1, email = $2, city = $3, version = version + 1 \
    WHERE id = $4 AND version = $5 RETURNING id, name, email, city, version";

const REMOVE: &str = "\
    DELETE FROM customers WHERE id = $1 AND version = $2 \
    RETURNING id, name, email, city, version";

/// It looks at every purchase of every customer.
const REPORT: &str = "\
    WITH totals AS MATERIALIZED (\
    SELECT customer_id, count(*) AS purchases, CAST(sum(cents) AS bigint) AS cents \
    FROM purchases GROUP BY customer_id) \
    SELECT customers.id, coalesce(mine.purchases, 0), coalesce(mine.cents, 0), \
    (SELECT count(*) + 1 FROM totals WHERE totals.cents > coalesce(mine.cents, 0)) \
    FROM customers LEFT JOIN totals AS mine ON mine.customer_id = customers.id \
    WHERE customers.id = $1";

impl Order {
    /// Whether it leaves the database as it is, and so may be done once more.
    pub(crate) fn is_safe(&self) -> bool {
        matches!(self, Self::Find { .. } | Self::Report { .. })
    }

    /// Whether the database has it done at once.
    pub(crate) fn is_quick(&self) -> bool {
        !matches!(self, Self::Report { .. })
    }

    /// Does it, and gives the thread back while the database is at it.
    pub(crate) async fn carry_out(
        &self,
        connection: &mut asynchronous::Connection,
    ) -> Result<Reply, Error> {
        #[cfg(feature = "mongodb")]
        if let Some(done) = documents::carry_out(self, connection).await {
            return done;
        }
        let (statement, parameters) = self.statement();
        let mut replies = connection.query(statement, &parameters, |row| self.read(row)).await?;
        match (replies.pop(), self.of_version()) {
            (Some(reply), _) => Ok(reply),
            (None, None) => Ok(Reply::NotThere),
            (None, Some(id)) => {
                let now = connection.query(FIND, &[id.into()], version).await?.pop();
                Ok(now.map_or(Reply::NotThere, |now| Reply::Changed { now }))
            }
        }
    }

    /// The same, and blocks the thread.
    pub(crate) fn carry_out_blocking(
        &self,
        connection: &mut blocking::Connection,
    ) -> Result<Reply, Error> {
        #[cfg(feature = "mongodb")]
        if let Some(done) = documents::carry_out_blocking(self, connection) {
            return done;
        }
        let (statement, parameters) = self.statement();
        let mut replies = connection.query(statement, &parameters, |row| self.read(row))?;
        match (replies.pop(), self.of_version()) {
            (Some(reply), _) => Ok(reply),
            (None, None) => Ok(Reply::NotThere),
            (None, Some(id)) => {
                let now = connection.query(FIND, &[id.into()], version)?.pop();
                Ok(now.map_or(Reply::NotThere, |now| Reply::Changed { now }))
            }
        }
    }

    fn statement(&self) -> (&'static str, Vec<Value>) {
        match self {
            Self::Find { id } => (FIND, vec![(*id).into()]),
            Self::Report { id } => (REPORT, vec![(*id).into()]),
            Self::Add(draft) => (ADD, draft.values().into()),
            Self::Replace { id, seen, by } => {
                let [name, email, city] = by.values();
                (REPLACE, vec![name, email, city, (*id).into(), (*seen).into()])
            }
            Self::Remove { id, seen } => (REMOVE, vec![(*id).into(), (*seen).into()]),
        }
    }

    /// Of whom it wants a certain version, if it does.
    fn of_version(&self) -> Option<i64> {
        match self {
            Self::Replace { id, .. } | Self::Remove { id, .. } => Some(*id),
            Self::Find { .. } | Self::Report { .. } | Self::Add(_) => None,
        }
    }

    fn read(&self, row: &Row<'_>) -> Result<Reply, Error> {
        if let Self::Report { .. } = self {
            return Ok(Reply::Report(Report {
                customer_id: row.integer(0)?,
                purchases: row.integer(1)?,
                cents: row.integer(2)?,
                rank: row.integer(3)?,
            }));
        }
        Ok(Reply::Customer(Customer {
            id: row.integer(0)?,
            name: row.text(1)?,
            email: row.text(2)?,
            city: row.text(3)?,
            version: version(row)?,
        }))
    }
}

fn version(row: &Row<'_>) -> Result<i64, Error> {
    row.integer(4)
}

impl Draft {
    fn values(&self) -> [Value; 3] {
        [self.name.as_str().into(), self.email.as_str().into(), self.city.as_str().into()]
    }
}

/// As its requester says it.
impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Find { id } => write!(f, "Looking customer {id} up"),
            Self::Report { id } => write!(f, "Making the report of customer {id}"),
            Self::Add(_) => f.write_str("Adding a customer"),
            Self::Replace { id, .. } => write!(f, "Changing customer {id}"),
            Self::Remove { id, .. } => write!(f, "Removing customer {id}"),
        }
    }
}
