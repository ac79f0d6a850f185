//! What names a key: SHA-256 of its canonical JSON, so that a wording or a score says to which key it belongs.

use serde_json::Value;
use serde_json::json;

use crate::kernel::canonical;
use crate::kernel::digest;
use crate::kernel::number::Number;
use crate::trial::instrument::answer::Code;
use crate::trial::instrument::condition::Condition;
use crate::trial::instrument::definition::Answers;
use crate::trial::instrument::definition::Formula;
use crate::trial::instrument::definition::Instrument;
use crate::trial::instrument::definition::Item;
use crate::trial::instrument::definition::Key;
use crate::trial::instrument::definition::MissingRule;
use crate::trial::instrument::definition::Operands;
use crate::trial::instrument::definition::OptionCode;
use crate::trial::instrument::definition::Pair;
use crate::trial::instrument::definition::Score;

impl Instrument {
    /// SHA-256 (hex) of the canonical JSON of id, options, items and key. Titles, licence, references and
    /// wording are not part of it.
    pub fn key_sha256(&self) -> String {
        digest::sha256_hex(canonical::to_text(&self.key_json()).as_bytes())
    }

    /// SHA-256 (hex) of key and wording together: changes whenever anything changes that people read or that
    /// is computed.
    pub fn sha256(&self) -> String {
        let wording: serde_json::Map<String, Value> = self
            .wording
            .iter()
            .map(|(language, words)| {
                (
                    language.clone(),
                    json!({ "lead": words.lead, "items": words.items, "options": words.options }),
                )
            })
            .collect();
        let whole = json!({ "key": self.key_sha256(), "version": self.version, "wording": wording });
        digest::sha256_hex(canonical::to_text(&whole).as_bytes())
    }

    /// The version of a score's rule, for codebooks and stored scores: twelve hex digits that change with the
    /// key and with a study's own missing rule.
    pub fn rule_version(&self, score: &Score, rule: Option<MissingRule>) -> String {
        let rule = rule.unwrap_or(score.missing).to_string();
        let whole = json!({ "key": self.key_sha256(), "missing": rule, "score": score.id });
        let digest = digest::sha256(canonical::to_text(&whole).as_bytes());
        digest::hex(digest.get(..6).unwrap_or_default())
    }

    fn key_json(&self) -> Value {
        let Key { reverse, rescale, alternatives, skips, scores, flags, bands, valuesets } = &self.key;
        let skips: Vec<Value> =
            skips.iter().map(|skip| json!({ "when": skip.when.text(), "items": skip.items })).collect();
        let flags: Vec<Value> =
            flags.iter().map(|flag| json!([flag.item, exact(flag.from), flag.urgent.map(exact)])).collect();
        json!({
            "id": self.id,
            "options": object(&self.options, |options| options.iter().map(option_json).collect()),
            "items": self.items.iter().map(item_json).collect::<Vec<_>>(),
            "reverse": reverse,
            "rescale": object(rescale, |linear| json!([exact(linear.times), exact(linear.plus)])),
            "alternatives": alternatives,
            "skips": skips,
            "scores": scores.iter().map(score_json).collect::<Vec<_>>(),
            "flags": flags,
            "bands": object(bands, |bands| {
                bands.iter().map(|band| json!([exact(band.from), band.id])).collect()
            }),
            "valuesets": object(valuesets, |set| json!({
                "constant": exact(set.constant),
                "full": exact(set.full),
                "decrements": object(&set.decrements, |row| row.iter().copied().map(exact).collect()),
            })),
        })
    }
}

/// As text, so that 1/3 stays 1/3.
fn exact(number: Number) -> Value {
    Value::from(number.to_string())
}

fn object<T>(map: &std::collections::BTreeMap<String, T>, value: impl Fn(&T) -> Value) -> Value {
    Value::Object(map.iter().map(|(key, entry)| (key.clone(), value(entry))).collect())
}

fn code_json(code: &Code) -> Value {
    match code {
        Code::Number(number) => json!({ "number": exact(*number) }),
        Code::Text(text) => Value::from(text.as_str()),
    }
}

fn option_json(option: &OptionCode) -> Value {
    json!([code_json(&option.code), exact(option.value)])
}

fn condition_json(condition: &Condition) -> Value {
    Value::from(condition.text())
}

fn item_json(item: &Item) -> Value {
    let answers = match &item.answers {
        Answers::Choice { list, options: _, unlabelled } => {
            json!({ "list": list, "unlabelled": unlabelled.iter().map(code_json).collect::<Vec<_>>() })
        }
        Answers::Number { min, max, step } => json!([exact(*min), exact(*max), exact(*step)]),
    };
    json!({
        "id": item.id,
        "answers": answers,
        "na": item.na.map(exact),
        "shown": item.shown.as_ref().map(condition_json),
    })
}

fn operands_json(operands: &Operands) -> Value {
    match operands {
        Operands::Items(items) => json!({ "items": items }),
        Operands::Scores(scores) => json!({ "of": scores }),
    }
}

fn pairs_json(pairs: &[Pair]) -> Value {
    pairs.iter().map(|pair| json!([pair.item, pair.weight])).collect()
}

fn formula_json(formula: &Formula) -> Value {
    match formula {
        Formula::Sum(over) => json!(["sum", operands_json(over)]),
        Formula::Mean(over) => json!(["mean", operands_json(over)]),
        Formula::Max(over) => json!(["max", operands_json(over)]),
        Formula::Count { over, from } => json!(["count", operands_json(over), exact(*from)]),
        Formula::Linear { of, by } => json!(["linear", of, exact(by.times), exact(by.plus)]),
        Formula::Rule(condition) => json!(["rule", condition_json(condition)]),
        Formula::Digits(items) => json!(["digits", items]),
        Formula::ProductSum(pairs) => json!(["product_sum", pairs_json(pairs)]),
        Formula::ProductMean(pairs) => json!(["product_mean", pairs_json(pairs)]),
        Formula::ValueSet(items) => json!(["valueset", items]),
    }
}

fn score_json(score: &Score) -> Value {
    json!({
        "id": score.id,
        "short": score.short,
        "formula": formula_json(&score.formula),
        "reverse": score.reverse,
        "weights": object(&score.weights, |weight| exact(*weight)),
        "needs": score.needs,
        "missing": score.missing.to_string(),
        "inner": score.inner,
        "bands": score.bands,
        "band_on": score.band_on,
    })
}
