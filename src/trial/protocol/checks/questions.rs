//! Forms, lists of choices, externals, and a study's own missing rules.

use crate::trial::instrument::definition::MissingRule;
use crate::trial::instrument::library::library;
use crate::trial::protocol::checks::references;
use crate::trial::protocol::checks::report::Report;
use crate::trial::protocol::checks::trial::Trial;
use crate::trial::protocol::model::FieldType;
use crate::trial::protocol::reading::take;
use crate::trial::source::at::At;
use crate::trial::source::shape::is_code;

/// Words that columns of datasets use themselves.
const RESERVED: [&str; 4] = ["date", "status", "nmiss", "class"];

/// Checks what a study asks in its own words, and how it scores.
pub fn check(trial: &Trial<'_>, report: &mut Report<'_>) {
    for (name, form) in trial.at.key("form").entries() {
        check_name(trial, name, form, report);
        form.key("items").items().for_each(|row| check_item(trial, row, report));
    }
    for (name, external) in trial.at.key("external").entries() {
        check_name(trial, name, external, report);
        check_totals(external.key("totals"), report);
    }
    for (_, list) in trial.at.key("options").entries() {
        if list.written().starts_with('[') && list.items().next().is_none() {
            report.error("P004", &list.value(), "A list of choices takes at least one pair, here is none.");
        }
    }
    for (name, table) in trial.at.key("scoring").entries() {
        check_scoring(trial, name, table, report);
    }
}

/// Forms, externals and instruments are named alike in `use`, so no name may mean two of them.
fn check_name(trial: &Trial<'_>, name: &str, at: At<'_>, report: &mut Report<'_>) {
    let is_external = trial.protocol.externals.contains_key(name);
    let other = if library().contains_key(name) {
        "an instrument"
    } else if is_external && trial.protocol.forms.contains_key(name) {
        "a form"
    } else {
        return;
    };
    report.error("P007", &at.heading(), format!("'{name}' twice: {other} has this id."));
}

fn check_item(trial: &Trial<'_>, row: At<'_>, report: &mut Report<'_>) {
    let id = row.key("id");
    if let Some(text) = id.text().filter(|text| RESERVED.contains(text)) {
        let text = format!("'{text}' is no id of an item: datasets use the word themselves.");
        report.error("P006", &id.value(), text);
    }
    let lists = trial.protocol.options.keys().map(String::as_str);
    references::check(row.key("options"), "list in [options]", lists, report);
    let Some(kind) = row.key("type").text().and_then(|word| word.parse::<FieldType>().ok()) else { return };
    let taken: &[&str] = match kind {
        FieldType::Choice | FieldType::Multi => &["options"],
        FieldType::Number => &["min", "max", "step", "unit"],
        FieldType::Yesno | FieldType::Date | FieldType::Text | FieldType::Vas | FieldType::Info => &[],
    };
    for key in ["options", "min", "max", "step", "unit"] {
        if row.key(key).is_given() && !taken.contains(&key) {
            let text = format!("Unknown key '{key}' in an item of type {kind}.");
            report.error_with("P002", &row.key(key).name(), text, "Take it out.");
        }
    }
    if taken.contains(&"options") && !row.key("options").is_given() {
        let text = format!("An item of type {kind} has no 'options': the name of a list in [options].");
        report.error_with("P005", &row.opening(), text, "Add options = … to the row.");
    }
    let number = |key: &str| row.key(key).node().and_then(take::number_of);
    if let (Some(min), Some(max)) = (number("min"), number("max"))
        && min > max
    {
        let text = format!("'max' takes a number from {} on, here is {}.", min.to_cell(), max.to_cell());
        report.error("P004", &row.key("max").value(), text);
    }
}

fn check_totals(totals: At<'_>, report: &mut Report<'_>) {
    let takes = "'totals' takes rows [\"total\", 0, 100]: id, least, largest";
    if totals.is_given() && !totals.written().starts_with('[') {
        report.error("P004", &totals.value(), format!("{takes}."));
    }
    let mut ids = Vec::new();
    for row in totals.items() {
        let number = |at: usize| row.item(at).node().and_then(take::number_of);
        match (row.item(0).text(), number(1), number(2), row.items().count()) {
            (Some(id), Some(low), Some(high), 3) if low < high && is_code(id) => {
                if RESERVED.contains(&id) || ids.contains(&id) {
                    report.error(
                        "P007",
                        &row.item(0).value(),
                        format!("'{id}' twice, or a word of datasets."),
                    );
                }
                ids.push(id);
            }
            _ => report.error("P004", &row.value(), format!("{takes}.")),
        }
    }
}

fn check_scoring(trial: &Trial<'_>, name: &str, table: At<'_>, report: &mut Report<'_>) {
    let Some(instrument) = trial.instruments.get(name) else {
        let text = format!("No instrument '{name}' in schedule.measures.");
        if trial.doubts_measures() {
            return;
        }
        return report.error("P101", &table.name(), text);
    };
    let why = table.key("why");
    if !why.is_given() {
        let text = format!("scoring.{name} has no 'why': text.");
        report.error_with("P005", &table.opening(), text, "Add why = … to the table.");
    } else if why.text().is_none() {
        report.error("P004", &why.value(), "'why' takes text.");
    }
    for (key, rule) in table.entries().filter(|(key, _)| *key != "why") {
        if instrument.printed_scores().all(|score| score.id != key) {
            let known = instrument.printed_scores().map(|score| score.id.as_str());
            let guess = crate::trial::source::finding::did_you_mean(key, known);
            report.error("P101", &rule.name(), format!("No score '{key}' in {name}.{guess}"));
        }
        if rule.text().is_none_or(|text| text.parse::<MissingRule>().is_err()) {
            let text = format!("'{key}' takes a missing rule: \"complete\" or \"prorate 2\".");
            report.error("P004", &rule.value(), text);
        }
    }
}
