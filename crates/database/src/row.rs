//! Statements with parameters, and rows with columns of any number: the same for
//! all four drivers.

use rusqlite::types::ToSqlOutput;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;
use tokio_postgres::Row as ServerRow;
use tokio_postgres::types::{ToSql, Type};

use crate::error::{Error, Trouble};

/// What stands for `$1`, `$2` and so on in a statement. SQLite numbers them as they
/// come, so the first `$1` has to stand before the first `$2`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// In Postgres a `bigint`.
    Integer(i64),
    /// In Postgres a `text`.
    Text(String),
}

impl From<i64> for Value {
    fn from(integer: i64) -> Self {
        Self::Integer(integer)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// A row of an answer. Its columns are counted from 0.
pub struct Row<'r>(pub(crate) Of<'r>);

/// Whose row it is.
pub(crate) enum Of<'r> {
    Rusqlite(&'r rusqlite::Row<'r>),
    Sqlx(&'r SqliteRow),
    Postgres(&'r ServerRow),
}

impl Row<'_> {
    /// The 64-bit integer in this column; fails where there is none.
    pub fn integer(&self, column: usize) -> Result<i64, Error> {
        Ok(match self.0 {
            Of::Rusqlite(row) => row.get(column)?,
            Of::Sqlx(row) => not_null(row.try_get(column)?)?,
            Of::Postgres(row) => row.try_get(column)?,
        })
    }

    /// The text in this column; fails where there is none.
    pub fn text(&self, column: usize) -> Result<String, Error> {
        Ok(match self.0 {
            Of::Rusqlite(row) => row.get(column)?,
            Of::Sqlx(row) => not_null(row.try_get(column)?)?,
            Of::Postgres(row) => row.try_get(column)?,
        })
    }
}

/// This driver alone would take NULL for 0, or for a text without letters.
fn not_null<T>(value: Option<T>) -> Result<T, Error> {
    value.ok_or_else(|| Trouble::Other("a value is NULL".to_owned()).into())
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Integer(integer) => ToSqlOutput::from(*integer),
            Self::Text(text) => ToSqlOutput::from(text.as_str()),
        })
    }
}

/// The parameters as Postgres wants them: with their types it needs no question
/// before the statement itself.
pub(crate) fn typed(parameters: &[Value]) -> Vec<(&(dyn ToSql + Sync), Type)> {
    parameters.iter().map(typed_one).collect()
}

fn typed_one(value: &Value) -> (&(dyn ToSql + Sync), Type) {
    match value {
        Value::Integer(integer) => (integer, Type::INT8),
        Value::Text(text) => (text, Type::TEXT),
    }
}
