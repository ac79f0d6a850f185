//! What the two databases say differently: row locks.

/// Reads one row and locks it until the end of the transaction. SQLite needs no lock: one connection writes.
macro_rules! lock_row {
    ($connection:expr, $query:expr) => {
        match $connection {
            $crate::storage::db::AnyConnection::Sqlite(connection) => {
                $query.get_result(connection).optional()
            }
            $crate::storage::db::AnyConnection::Postgres(connection) => {
                $query.for_update().get_result(connection).optional()
            }
        }
    };
}
pub(in crate::storage) use lock_row;
