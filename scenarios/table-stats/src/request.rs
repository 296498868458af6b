//! The eight requests: the average and the sum of each table.

use std::fmt;

use tracing::{Span, info_span};

use crate::{Failure, Table};

/// What is asked of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Statistic {
    /// The average of its values.
    Average,
    /// Their sum.
    Sum,
}

impl Statistic {
    /// The query that asks for it.
    ///
    /// The answer is wanted as text: the database itself prints all the digits
    /// it has, and there is no number too big for it.
    pub fn sql(self, table: Table) -> &'static str {
        use Statistic::{Average, Sum};
        match (self, table) {
            (Average, Table::First) => "SELECT CAST(AVG(value) AS TEXT) FROM first_table",
            (Average, Table::Second) => "SELECT CAST(AVG(value) AS TEXT) FROM second_table",
            (Average, Table::Third) => "SELECT CAST(AVG(value) AS TEXT) FROM third_table",
            (Average, Table::Fourth) => "SELECT CAST(AVG(value) AS TEXT) FROM fourth_table",
            (Sum, Table::First) => "SELECT CAST(SUM(value) AS TEXT) FROM first_table",
            (Sum, Table::Second) => "SELECT CAST(SUM(value) AS TEXT) FROM second_table",
            (Sum, Table::Third) => "SELECT CAST(SUM(value) AS TEXT) FROM third_table",
            (Sum, Table::Fourth) => "SELECT CAST(SUM(value) AS TEXT) FROM fourth_table",
        }
    }
}

/// One request, and who makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The requester's name, such as `avg 1`.
    pub name: String,
    /// The query, which answers with one text.
    pub sql: &'static str,
    statistic: Statistic,
    table: Table,
}

impl Request {
    pub(crate) fn new(statistic: Statistic, table: Table) -> Self {
        let short = match statistic {
            Statistic::Average => "avg",
            Statistic::Sum => "sum",
        };
        let name = format!("{short} {}", table.number());
        Self { name, sql: statistic.sql(table), statistic, table }
    }

    /// The span that makes this request a lane of the recording.
    pub fn span(&self) -> Span {
        info_span!("requester", name = self.name, asks = self.sql)
    }

    /// Takes the database's answer if there is one; the request is done then.
    pub fn accept(&self, answer: Option<String>) -> Result<String, Failure> {
        let answer = answer.ok_or_else(|| Failure::empty(self.table))?;
        harness::done();
        Ok(answer)
    }
}

/// What the answer is, up to its value.
impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let table = self.table;
        match self.statistic {
            Statistic::Average => write!(f, "----> The Average for the table '{table}', is"),
            Statistic::Sum => write!(f, "--> The Sum for the table '{table}', is"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_query_asks_for_what_the_request_says() {
        for table in Table::ALL {
            for (statistic, function) in [(Statistic::Average, "AVG"), (Statistic::Sum, "SUM")] {
                let wanted = format!("SELECT CAST({function}(value) AS TEXT) FROM {table}");
                assert_eq!(statistic.sql(table), wanted);
            }
        }
    }
}
