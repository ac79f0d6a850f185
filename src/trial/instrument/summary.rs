//! What an instrument is, as programs read it: the same on the command line and over the network.

use serde_json::Value;
use serde_json::json;

use crate::kernel::number::Number;
use crate::trial::instrument::answer::Answer;
use crate::trial::instrument::definition::Instrument;
use crate::trial::instrument::definition::Item;
use crate::trial::instrument::definition::Score;

/// The languages in which it can be asked.
pub fn languages(instrument: &Instrument) -> Vec<&str> {
    instrument.wording.keys().map(String::as_str).filter(|language| instrument.is_worded(language)).collect()
}

/// An instrument in a few words, as an object.
pub fn summary(instrument: &Instrument) -> Value {
    json!({
        "id": instrument.id,
        "title": instrument.title,
        "version": instrument.version,
        "licence": instrument.licence,
        "prefix": instrument.dataset_prefix(),
        "items": instrument.items.iter().map(|item| item.id.as_str()).collect::<Vec<_>>(),
        "scores": instrument.printed_scores().map(|score| score.id.as_str()).collect::<Vec<_>>(),
        "flags": instrument.key.flags.iter().map(|flag| flag.item.as_str()).collect::<Vec<_>>(),
        "languages": languages(instrument),
    })
}

/// All of an instrument but its wording, as an object.
pub fn details(instrument: &Instrument) -> Value {
    let mut whole = summary(instrument);
    let items: Vec<Value> = instrument.items.iter().map(|item| item_json(instrument, item)).collect();
    let scores: Vec<Value> = instrument.printed_scores().map(|score| score_json(instrument, score)).collect();
    let flags = instrument.key.flags.iter().map(|flag| {
        json!({
            "item": flag.item,
            "from": flag.from.to_json(),
            "urgent": flag.urgent.map(Number::to_json),
        })
    });
    let flags: Vec<Value> = flags.collect();
    let more = json!({
        "notice": instrument.notice,
        "reference": instrument.reference,
        "recall": instrument.recall,
        "rater": instrument.rater,
        "layout": instrument.layout,
        "better": instrument.better,
        "unverified": instrument.unverified,
        "loinc": instrument.loinc,
        "key_sha256": instrument.key_sha256(),
        "items": items,
        "scores": scores,
        "flags": flags,
    });
    if let (Value::Object(whole), Value::Object(more)) = (&mut whole, more) {
        whole.extend(more);
    }
    whole
}

fn item_json(instrument: &Instrument, item: &Item) -> Value {
    let codes = item.options().iter().map(|option| {
        json!({ "code": Answer::Code(option.code.clone()).to_json(), "value": option.value.to_json() })
    });
    json!({
        "id": item.id,
        "codes": item.codes_in_words(),
        "options": codes.collect::<Vec<_>>(),
        "na": item.na.is_some(),
        "shown": item.shown.as_ref().map(|shown| shown.text()),
        "scored": instrument.items_read().contains(item.id.as_str()),
    })
}

fn score_json(instrument: &Instrument, score: &Score) -> Value {
    let bands = instrument.bands_of(score).iter();
    let bands: Vec<Value> = bands.map(|band| json!({ "from": band.from.to_json(), "id": band.id })).collect();
    let range = instrument.range_of(score).map(|(low, high)| json!([low.to_json(), high.to_json()]));
    json!({
        "id": score.id,
        "column": score.column(),
        "range": range,
        "missing": score.missing.to_string(),
        "items": instrument.items_of(score),
        "bands": bands,
        "rule_version": instrument.rule_version(score, None),
    })
}
