//! `datapackage.json`: a Frictionless Tabular Data Package, version 1 of the specification, which the readers of R and
//! Python take alike. Types, ranges, codes, keys, bytes and hashes, so that an outside program can check all of it.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::kernel::number::Number;
use crate::trial::dataset::catalogue::Dataset;
use crate::trial::dataset::catalogue::Frame;
use crate::trial::dataset::column::Coding;
use crate::trial::dataset::column::Column;
use crate::trial::dataset::package::About;
use crate::trial::dataset::package::Written;

/// The descriptor as JSON text with a line feed at the end.
pub fn text(frame: &Frame<'_>, about: &About<'_>, written: &[Written]) -> String {
    let study = &frame.agenda.protocol.study;
    let cut = frame.view.cut.to_second();
    let resources: Vec<Value> =
        frame.datasets().map(|(dataset, columns)| resource(frame, dataset, columns, written)).collect();
    let mut sources: Vec<&String> =
        frame.agenda.instruments.values().filter_map(|instrument| instrument.reference.as_ref()).collect();
    sources.sort_unstable();
    sources.dedup();
    let package = json!({
        "profile": "tabular-data-package",
        "name": study.alias,
        "title": study.title,
        "version": cut,
        "created": cut,
        "study": about.study_id,
        "mode": about.mode,
        "data_cut": cut,
        "protocol_version": study.version,
        "software_version": about.software,
        "sources": sources.into_iter().map(|title| json!({ "title": title })).collect::<Vec<_>>(),
        "resources": resources,
    });
    // Keys are sorted, so equal data give equal bytes.
    format!("{package:#}\n")
}

fn resource(frame: &Frame<'_>, dataset: Dataset, columns: &[Column], written: &[Written]) -> Value {
    let path = dataset.path();
    let file = written.iter().find(|file| file.path == path);
    json!({
        "profile": "tabular-data-resource",
        "name": dataset.as_str(),
        "title": dataset.title(),
        "path": path,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "dialect": { "delimiter": ",", "lineTerminator": "\n", "quoteChar": "\"", "doubleQuote": true, "header": true },
        "bytes": file.map(|file| file.bytes),
        "hash": file.map(|file| format!("sha256:{}", file.sha256)),
        "schema": schema(frame, dataset, columns),
    })
}

fn schema(frame: &Frame<'_>, dataset: Dataset, columns: &[Column]) -> Value {
    let foreign_keys: Vec<Value> = dataset
        .foreign_keys()
        .iter()
        .map(|(fields, there, key)| {
            json!({ "fields": fields, "reference": { "resource": there.as_str(), "fields": key } })
        })
        .collect();
    json!({
        "fields": columns.iter().map(|column| field(frame, column)).collect::<Vec<_>>(),
        "missingValues": [""],
        "primaryKey": dataset.key(),
        "foreignKeys": foreign_keys,
    })
}

fn field(frame: &Frame<'_>, column: &Column) -> Value {
    let mut field = Map::new();
    field.insert("name".to_owned(), Value::from(column.name.as_str()));
    field.insert("type".to_owned(), Value::from(column.kind.as_str()));
    field.insert("title".to_owned(), Value::from(column.label.as_str()));
    let constraints = constraints(frame, column);
    if !constraints.is_empty() {
        field.insert("constraints".to_owned(), Value::Object(constraints));
    }
    Value::Object(field)
}

fn constraints(frame: &Frame<'_>, column: &Column) -> Map<String, Value> {
    let mut constraints = Map::new();
    if column.is_required {
        constraints.insert("required".to_owned(), Value::Bool(true));
    }
    if let Some((least, most)) = column.range {
        constraints.insert("minimum".to_owned(), as_in_cells(least));
        constraints.insert("maximum".to_owned(), as_in_cells(most));
    }
    if let Some(allowed) = allowed(frame, column) {
        constraints.insert("enum".to_owned(), Value::Array(allowed));
    }
    constraints
}

/// The only values that a closed list leaves.
fn allowed(frame: &Frame<'_>, column: &Column) -> Option<Vec<Value>> {
    let (id, coding) = column.codes.as_ref()?;
    let list = frame.lists.iter().find(|list| list.id == *id)?;
    let mut allowed: Vec<Value> = match coding {
        Coding::Codes => list.codes.iter().map(|entry| Value::from(entry.code.as_str())).collect(),
        Coding::Values => list.codes.iter().filter_map(|entry| entry.value.map(as_in_cells)).collect(),
        Coding::Open | Coding::Several => return None,
    };
    let mut seen: Vec<Value> = Vec::new();
    allowed.retain(|value| {
        !seen.contains(value) && {
            seen.push(value.clone());
            true
        }
    });
    (!allowed.is_empty()).then_some(allowed)
}

/// Rounded as cells are, so that a cell never lies beyond its own limit.
fn as_in_cells(number: Number) -> Value {
    number.rounded(6).to_json()
}
