//! What the library holds, for people and for programs.

use std::io::Write;

use serde_json::Value;

use crate::trial::instrument::definition::Instrument;
use crate::trial::instrument::definition::Item;
use crate::trial::instrument::definition::Score;
use crate::trial::instrument::library;
use crate::trial::instrument::summary::details;
use crate::trial::instrument::summary::languages;
use crate::trial::instrument::summary::summary;
use crate::trial::instrument::wording::Review;

/// The library as a list of objects.
pub fn list_json(output: &mut dyn Write) -> anyhow::Result<()> {
    let all: Vec<Value> = library::library().values().map(summary).collect();
    print_json(output, &Value::from(all))
}

/// One instrument as an object.
pub fn one_json(instrument: &Instrument, output: &mut dyn Write) -> anyhow::Result<()> {
    print_json(output, &details(instrument))
}

fn print_json(output: &mut dyn Write, value: &Value) -> anyhow::Result<()> {
    serde_json::to_writer_pretty(&mut *output, value)?;
    writeln!(output)?;
    Ok(())
}

/// The library, one instrument a line.
pub fn list(output: &mut dyn Write) -> anyhow::Result<()> {
    for instrument in library::library().values() {
        let scores: Vec<&str> = instrument.printed_scores().map(|score| score.id.as_str()).collect();
        let languages = match languages(instrument).as_slice() {
            [] => "no wording".to_owned(),
            known => known.join(" "),
        };
        writeln!(
            output,
            "{:<12} {}  {:>2} items  {}  [{languages}]  {}",
            instrument.id,
            instrument.licence,
            instrument.items.len(),
            scores.join(" "),
            instrument.title,
        )?;
    }
    Ok(())
}

/// One instrument, for people.
pub fn one(instrument: &Instrument, output: &mut dyn Write) -> anyhow::Result<()> {
    writeln!(output, "{}: {}", instrument.id, instrument.title)?;
    writeln!(output, "version {}, licence class {}", instrument.version, instrument.licence)?;
    let lines = [
        ("notice", &instrument.notice),
        ("reference", &instrument.reference),
        ("recall", &instrument.recall),
    ];
    for (name, line) in lines {
        if let Some(line) = line {
            writeln!(output, "{name}: {line}")?;
        }
    }
    writeln!(output, "better: {}", instrument.better)?;
    writeln!(output, "columns begin with: {}", instrument.dataset_prefix())?;
    writeln!(output, "key: {}", instrument.key_sha256())?;
    if !instrument.unverified.is_empty() {
        writeln!(output, "not verified in a source: {}", instrument.unverified.join(", "))?;
    }
    writeln!(output, "\nitems")?;
    for item in &instrument.items {
        writeln!(output, "  {:<4} {}", item.id, item_in_words(instrument, item))?;
    }
    writeln!(output, "\nscores")?;
    for score in instrument.printed_scores() {
        writeln!(output, "  {:<4} {}", score.id, score_in_words(instrument, score))?;
    }
    for flag in &instrument.key.flags {
        let urgent = flag.urgent.map(|at| format!(", urgent from {}", at.to_cell())).unwrap_or_default();
        writeln!(output, "\nsafety item {}: flagged from {}{urgent}", flag.item, flag.from.to_cell())?;
    }
    writeln!(output, "\nwording: {}", wording_in_words(instrument))?;
    Ok(())
}

fn item_in_words(instrument: &Instrument, item: &Item) -> String {
    let mut words = item.codes_in_words();
    if item.na.is_some() {
        words.push_str(", \"na\"");
    }
    if let Some(shown) = &item.shown {
        words = format!("{words}, asked if {}", shown.text());
    }
    if !instrument.items_read().contains(item.id.as_str()) {
        words.push_str(", not scored");
    }
    words
}

fn score_in_words(instrument: &Instrument, score: &Score) -> String {
    let range =
        instrument.range_of(score).map(|(low, high)| format!("{} to {}, ", low.to_cell(), high.to_cell()));
    let bands =
        instrument.bands_of(score).iter().map(|band| format!("{} from {}", band.id, band.from.to_cell()));
    let bands: Vec<String> = bands.collect();
    let bands = if bands.is_empty() { "no bands".to_owned() } else { bands.join(", ") };
    let items = instrument.items_of(score).join(" ");
    format!("{}missing: {}; {bands}; items {items}", range.unwrap_or_default(), score.missing)
}

fn wording_in_words(instrument: &Instrument) -> String {
    let languages = instrument.wording.iter().map(|(language, wording)| match &wording.review {
        Review::Unreviewed => format!("{language} (unreviewed)"),
        Review::Reviewed { by, on } => format!("{language} (reviewed by {by} on {on})"),
    });
    let languages: Vec<String> = languages.collect();
    if languages.is_empty() { "none ships; a team adds its own".to_owned() } else { languages.join(", ") }
}
