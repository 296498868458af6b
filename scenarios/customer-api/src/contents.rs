//! What the database is filled with: a thousand customers, the same each time, and
//! what they have bought.

use std::fmt;

use database::Error;
use database::blocking::{Connection, Driver};
use database::generator::{Filling, Progress, Watch};
use indicatif::HumanCount;

#[cfg(feature = "mongodb")]
use crate::documents;

/// How many customers, with ids from 1.
pub(crate) const CUSTOMERS: i64 = 1_000;

/// How many purchases, unless another number is asked for: enough for a report that
/// takes a while.
pub(crate) const PURCHASES: i64 = 2_000_000;

/// More would be a mistake: they take 13 GB in SQLite.
pub(crate) const MOST_PURCHASES: i64 = 1_000_000_000;

/// Forty and twenty-five: every customer has another name.
const GIVEN: [&str; 40] = [
    "Ada", "Bela", "Cato", "Dora", "Emil", "Fenna", "Goro", "Hana", "Ines", "Jarl", "Kira", "Luca",
    "Mila", "Nils", "Olga", "Pavel", "Quinn", "Rosa", "Sami", "Tove", "Udo", "Vera", "Wim",
    "Xenia", "Yara", "Zeno", "Alma", "Bruno", "Cleo", "Dario", "Edda", "Finn", "Gita", "Hugo",
    "Iris", "Jonas", "Katla", "Leon", "Maren", "Noor",
];
const FAMILY: [&str; 25] = [
    "Alder", "Birch", "Cedar", "Dale", "Elm", "Field", "Grove", "Heath", "Isle", "Juniper",
    "Knoll", "Lake", "Moon", "North", "Oak", "Pine", "Quarry", "River", "Stone", "Thorn", "Upland",
    "Vale", "Willow", "Yew", "Zephyr",
];

/// None of them is on a map.
const CITIES: [&str; 12] = [
    "Amberton",
    "Brightwater",
    "Coldspring",
    "Dunmarsh",
    "Eastmere",
    "Foxhollow",
    "Greywick",
    "Highmoor",
    "Ironford",
    "Lowbridge",
    "Northaven",
    "Saltbay",
];

/// How much there is to be of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Contents {
    pub(crate) purchases: i64,
}

impl fmt::Display for Contents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (customers, purchases) =
            (HumanCount(CUSTOMERS as u64), HumanCount(self.purchases as u64));
        write!(f, "{customers} customers and {purchases} purchases")
    }
}

impl Filling for Contents {
    const ROWS: &'static str = "rows";
    const LOCK: &'static str = "customer-api";

    fn all_rows(&self) -> u64 {
        (CUSTOMERS + self.purchases) as u64
    }

    fn is_there(&self, connection: &mut Connection) -> Result<bool, Error> {
        let count = match &connection.driver {
            #[cfg(feature = "mongodb")]
            Driver::Mongo(client) => return documents::is_there(client),
            Driver::Sqlite(_) => COUNT_TABLES_IN_SQLITE,
            _ => COUNT_TABLES_IN_POSTGRES,
        };
        Ok(connection.integer(count)? == Some(2))
    }

    /// Fails where one of the tables is there: it is somebody else's.
    fn write(&self, connection: &mut Connection, watch: &mut Watch<'_>) -> Result<u64, Error> {
        #[cfg(feature = "mongodb")]
        if let Driver::Mongo(client) = &connection.driver {
            documents::write(*self, client, watch)?;
            return Ok(self.all_rows());
        }
        connection.execute(match connection.driver {
            Driver::Sqlite(_) => TABLES_IN_SQLITE,
            _ => TABLES_IN_POSTGRES,
        })?;
        for number in 0..CUSTOMERS as usize {
            let [name, email, city] = customer(number).map(|text| text.as_str().into());
            connection.query(INSERT_CUSTOMER, &[name, email, city], |_| Ok(()))?;
        }
        let mut from = 1;
        while from <= self.purchases {
            watch.tell(Progress::Added((CUSTOMERS + from - 1) as u64))?;
            let to = self.purchases.min(from + PURCHASES_A_STATEMENT - 1);
            connection.query(INSERT_PURCHASES, &[from.into(), to.into()], |_| Ok(()))?;
            from = to + 1;
        }
        watch.tell(Progress::Finishing)?;
        Ok(self.all_rows())
    }
}

/// Name, address and city of the customer that is added after so many.
pub(crate) fn customer(number: usize) -> [String; 3] {
    let given = GIVEN[number % GIVEN.len()];
    // From one round of given names to the next it moves by 16, which meets all 25.
    let family = FAMILY[(number / GIVEN.len() + number) % FAMILY.len()];
    let city = CITIES[(number / CITIES.len() + number * 5) % CITIES.len()];
    let email = format!("{given}.{family}@example.com").to_lowercase();
    [format!("{given} {family}"), email, city.to_owned()]
}

const COUNT_TABLES_IN_SQLITE: &str = "\
    SELECT count(*) FROM sqlite_schema WHERE name IN ('customers', 'purchases')";

const COUNT_TABLES_IN_POSTGRES: &str = "\
    SELECT count(to_regclass(name)) FROM unnest(ARRAY['customers', 'purchases']) AS name";

/// An id is never given twice, so that nobody takes a new customer for an old one.
const TABLES_IN_SQLITE: &str = "\
    CREATE TABLE customers (id integer PRIMARY KEY AUTOINCREMENT, name text NOT NULL, \
    email text NOT NULL, city text NOT NULL, version integer NOT NULL DEFAULT 1); \
    CREATE TABLE purchases (customer_id integer NOT NULL, cents integer NOT NULL)";

const TABLES_IN_POSTGRES: &str = "\
    CREATE TABLE customers (id bigserial PRIMARY KEY, name text NOT NULL, \
    email text NOT NULL, city text NOT NULL, version bigint NOT NULL DEFAULT 1); \
    CREATE TABLE purchases (customer_id bigint NOT NULL, cents bigint NOT NULL)";

const INSERT_CUSTOMER: &str = "INSERT INTO customers (name, email, city) VALUES ($1, $2, $3)";

/// Between two statements a signal can end it.
const PURCHASES_A_STATEMENT: i64 = 50_000;

/// The same for one purchase, as `INSERT_PURCHASES` reckons it: whose it is, and what it
/// has cost.
#[cfg(feature = "mongodb")]
pub(crate) fn whose(purchase: i64) -> i64 {
    purchase * 7919 % 1000 + 1
}

#[cfg(feature = "mongodb")]
pub(crate) fn cents(purchase: i64) -> i64 {
    100 + purchase * 104_729 % 9901
}

/// There is no index: reports are slow on purpose.
const INSERT_PURCHASES: &str = "\
    INSERT INTO purchases (customer_id, cents) \
    WITH RECURSIVE n (i) AS (SELECT $1 UNION ALL SELECT i + 1 FROM n WHERE i < $2) \
    SELECT i * 7919 % 1000 + 1, 100 + i * 104729 % 9901 FROM n";

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_customer_has_a_name_of_its_own() {
        let names: BTreeSet<_> = (0..1_000).map(|number| customer(number)[0].clone()).collect();
        assert_eq!(names.len(), 1_000);
        assert_eq!(customer(0), ["Ada Alder", "ada.alder@example.com", "Amberton"]);
    }
}
