//! Whoever changes the database behind the service's back is found: every column of the trail and of the rows that it
//! describes, one by one, by plain SQL with the triggers taken away.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use equipoise::conduct::allocating;
use equipoise::conduct::auditing;
use equipoise::storage::url::DatabaseUrl;

use crate::conduct::trial;
use crate::world::World;

/// Runs SQL on the test's own database, past the service.
pub fn sql(url: &DatabaseUrl, statement: &str) -> QueryResult<()> {
    match url {
        DatabaseUrl::Sqlite(path) => {
            let mut connection = SqliteConnection::establish(&path.to_string_lossy()).unwrap();
            connection.batch_execute("PRAGMA busy_timeout = 5000")?;
            connection.batch_execute(statement)
        }
        DatabaseUrl::Postgres(url) => PgConnection::establish(url).unwrap().batch_execute(statement),
    }
}

const GUARDED: [&str; 10] = [
    "audit_event",
    "audit_value",
    "audit_checkpoint",
    "allocation",
    "response_version",
    "verdict",
    "consent",
    "protocol_version",
    "text_file",
    "protocol_text",
];

pub fn take_triggers_away(url: &DatabaseUrl) {
    for table in GUARDED {
        let statement = match url {
            DatabaseUrl::Sqlite(_) => {
                format!("DROP TRIGGER {table}_refuses_update; DROP TRIGGER {table}_refuses_delete")
            }
            DatabaseUrl::Postgres(_) => format!("DROP TRIGGER {table}_refuses_change ON {table}"),
        };
        sql(url, &statement).unwrap();
    }
}

fn drawn() -> World {
    let world = World::open();
    let person = trial::register(&world);
    trial::consent(&world, &person);
    trial::screen(&world, &person);
    trial::decide(&world, &person);
    trial::baseline(&world, &person);
    allocating::allocate(&world.ctx(&world.coordinator), &person.id, trial::request(&person)).unwrap();
    world
}

fn is_broken(world: &World) -> bool {
    auditing::verify(&world.house).map_or(true, |checked| checked.first_break.is_some())
}

#[test]
fn append_only_tables_refuse_update_and_delete() {
    let world = drawn();
    for table in GUARDED {
        assert!(sql(&world.url, &format!("DELETE FROM {table}")).is_err(), "{table}");
    }
    for (table, column) in [("audit_event", "actor"), ("allocation", "arm"), ("response_version", "answers")]
    {
        let statement = format!("UPDATE {table} SET {column} = 'x'");
        assert!(sql(&world.url, &statement).is_err(), "{table}.{column}");
    }
    assert!(!is_broken(&world));
}

/// (table, column, the new value as SQL): each is changed in one row and changed back.
const CHANGES: &[(&str, &str, &str)] = &[
    ("audit_event", "at", "'2020-01-01 00:00:00'"),
    ("audit_event", "actor", "'acc_x'"),
    ("audit_event", "role", "'x'"),
    ("audit_event", "organisation", "'x'"),
    ("audit_event", "action", "'x'"),
    ("audit_event", "object", "'x'"),
    ("audit_event", "reason", "'\"x\"'"),
    ("audit_event", "request_id", "'x'"),
    ("audit_event", "software", "'x'"),
    ("audit_event", "digests", "'{}'"),
    ("audit_event", "previous_hash", "'x'"),
    ("audit_event", "hash", "'x'"),
    ("audit_value", "content", "'{\"state\":{\"salt\":\"00\",\"new\":1}}'"),
    ("audit_checkpoint", "heads", "'{}'"),
    ("audit_checkpoint", "cause", "'x'"),
    ("audit_checkpoint", "at", "'2020-01-01 00:00:00'"),
    ("audit_checkpoint", "hash", "'x'"),
    ("allocation", "arm", "'x'"),
    ("allocation", "label", "'x'"),
    ("allocation", "slot", "99"),
    ("allocation", "sequence", "99"),
    ("allocation", "block", "99"),
    ("allocation", "position", "99"),
    ("allocation", "factors", "'{}'"),
    ("allocation", "allocated_at", "'2020-01-01 00:00:00'"),
    ("allocation", "allocated_by", "'x'"),
    ("design", "commitment", "'x'"),
    ("design", "beacon_ref", "'x'"),
    ("design", "sealed_design", "'x'"),
    ("design", "sealed_seed", "'x'"),
    ("design", "sealed_nonce", "'x'"),
    ("design", "committed_at", "'2020-01-01 00:00:00'"),
    ("protocol_version", "source", "'x'"),
    ("protocol_version", "canonical", "'x'"),
    ("protocol_version", "sha256", "'x'"),
    ("protocol_version", "created_at", "'2020-01-01 00:00:00'"),
    ("protocol_version", "created_by", "'x'"),
    ("consent", "document", "'x'"),
    ("consent", "document_version", "9"),
    ("consent", "language", "'x'"),
    ("consent", "items", "'{}'"),
    ("consent", "decision", "'declined'"),
    ("consent", "medium", "'paper_post'"),
    ("consent", "signer", "'x'"),
    ("consent", "sealed_name", "'x'"),
    ("consent", "identity_check", "'x'"),
    ("consent", "signed_on", "'2020-01-01'"),
    ("consent", "recorded_at", "'2020-01-01 00:00:00'"),
    ("consent", "recorded_by", "'x'"),
    ("response_version", "version", "7"),
    ("response_version", "kind", "'corrected'"),
    ("response_version", "answers", "'{\"x\":{\"state\":\"skipped\"}}'"),
    ("response_version", "scores", "'{\"x\":1}'"),
    ("response_version", "salts", "'{}'"),
    ("response_version", "language", "'x'"),
    ("response_version", "origin", "'x'"),
    ("response_version", "saved_at", "'2020-01-01 00:00:00'"),
    ("response_version", "saved_by", "'x'"),
];

#[test]
fn each_change_of_each_column_is_found() {
    let world = drawn();
    take_triggers_away(&world.url);
    assert!(!is_broken(&world));
    for (table, column, value) in CHANGES {
        // One row alone: the first by the table's own order of its text form.
        let key = match *table {
            "audit_event" | "allocation" | "consent" | "design" => "id",
            "audit_value" => "event_id",
            "audit_checkpoint" => "n",
            "protocol_version" => "study_id",
            _ => "response_id",
        };
        let chosen = format!("(SELECT MIN({key}) FROM {table})");
        sql(&world.url, &format!("CREATE TABLE kept AS SELECT * FROM {table} WHERE {key} = {chosen}"))
            .unwrap();
        let change = format!("UPDATE {table} SET {column} = {value} WHERE {key} = {chosen}");
        sql(&world.url, &change).unwrap_or_else(|error| panic!("{table}.{column}: {error}"));
        assert!(is_broken(&world), "a change of {table}.{column} was not found");
        let join = match *table {
            "response_version" => {
                "kept.response_id = response_version.response_id AND kept.n = response_version.n".to_owned()
            }
            _ => format!("kept.{key} = {table}.{key}"),
        };
        let back = format!(
            "UPDATE {table} SET {column} = (SELECT {column} FROM kept WHERE {join}) WHERE {key} = {chosen}"
        );
        sql(&world.url, &back).unwrap_or_else(|error| panic!("{table}.{column}: {error}"));
        sql(&world.url, "DROP TABLE kept").unwrap();
        assert!(!is_broken(&world), "{table}.{column} was not put back");
    }
}

#[test]
fn what_is_taken_away_is_found() {
    for statement in [
        "DELETE FROM audit_value WHERE event_id = (SELECT MIN(event_id) FROM audit_value)",
        "DELETE FROM response_version WHERE n = 1",
        "DELETE FROM audit_checkpoint WHERE n = 1",
        "UPDATE study SET chain_seq = chain_seq - 1",
        "UPDATE participant SET chain_hash = 'x'",
    ] {
        let world = drawn();
        take_triggers_away(&world.url);
        sql(&world.url, statement).unwrap_or_else(|error| panic!("{statement}: {error}"));
        assert!(is_broken(&world), "{statement}");
    }
}
