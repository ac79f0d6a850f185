//! How our types lie in columns: texts by their written form, instants as UTC clock readings.

use std::error::Error as StdError;
use std::fmt;
use std::str::FromStr;

use diesel::backend::Backend;
use diesel::deserialize;
use diesel::deserialize::FromSql;
use diesel::serialize;
use diesel::serialize::Output;
use diesel::serialize::ToSql;
use diesel::sql_types::Text;
use diesel::sql_types::Timestamp as SqlTimestamp;

use crate::kernel::time::Timestamp;

/// A type that is written as text and reads back from it. A stored text that does not parse is an error, never a default.
#[derive(Clone, Debug, diesel::expression::AsExpression, diesel::deserialize::FromSqlRow)]
#[diesel(sql_type = Text)]
pub struct Txt<T: fmt::Debug>(pub T);

impl<T: fmt::Debug + AsRef<str>, DB: Backend> ToSql<Text, DB> for Txt<T>
where
    str: ToSql<Text, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        self.0.as_ref().to_sql(out)
    }
}

impl<T, DB: Backend> FromSql<Text, DB> for Txt<T>
where
    T: fmt::Debug + FromStr,
    T::Err: StdError + Send + Sync + 'static,
    String: FromSql<Text, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        let text = String::from_sql(bytes)?;
        Ok(Self(text.parse().map_err(Box::new)?))
    }
}

/// An instant, read. Instants are written as their UTC clock reading.
#[derive(Clone, Copy, Debug, diesel::deserialize::FromSqlRow)]
pub struct Stamp(pub Timestamp);

impl From<Timestamp> for Stamp {
    fn from(instant: Timestamp) -> Self {
        Self(instant)
    }
}

impl From<Stamp> for Timestamp {
    fn from(stamp: Stamp) -> Self {
        stamp.0
    }
}

impl<DB: Backend> FromSql<SqlTimestamp, DB> for Stamp
where
    chrono::NaiveDateTime: FromSql<SqlTimestamp, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(Timestamp::from_naive_utc(chrono::NaiveDateTime::from_sql(bytes)?)))
    }
}
