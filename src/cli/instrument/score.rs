//! Scoring from JSON: one object, or one a line; the first that can't be scored ends it.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;
use std::io::Write;

use anyhow::Context as _;
use anyhow::bail;
use serde::Deserialize;
use serde::Deserializer;
use serde::de::MapAccess;
use serde::de::Visitor;
use serde_json::Value;

use crate::trial::instrument::definition::Instrument;
use crate::trial::instrument::scoring;
use crate::trial::instrument::scoring::Context;
use crate::trial::instrument::scoring::Overrides;
use crate::trial::instrument::scoring::ScoringError;

/// One response, as the command reads it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sheet {
    answers: GivenAnswers,
    #[serde(default)]
    context: GivenContext,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct GivenContext {
    value_set: Option<String>,
}

/// Answers as they come: an item that stands there twice is refused, not overwritten.
struct GivenAnswers(BTreeMap<String, Value>);

impl<'de> Deserialize<'de> for GivenAnswers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;

        impl<'de> Visitor<'de> for Pairs {
            type Value = GivenAnswers;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of item and answer")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<GivenAnswers, A::Error> {
                let mut answers = BTreeMap::new();
                while let Some((item, answer)) = map.next_entry::<String, Value>()? {
                    if answers.contains_key(&item) {
                        return Err(serde::de::Error::custom(format!("item {item} is answered twice")));
                    }
                    answers.insert(item, answer);
                }
                Ok(GivenAnswers(answers))
            }
        }

        deserializer.deserialize_map(Pairs)
    }
}

/// Prints one line of scores and flags for each response.
pub fn score(instrument: &Instrument, input: &mut dyn Read, output: &mut dyn Write) -> anyhow::Result<()> {
    let mut number = 0;
    for sheet in serde_json::Deserializer::from_reader(input).into_iter::<Sheet>() {
        number += 1;
        let scored = sheet.map_err(anyhow::Error::from).and_then(|sheet| score_one(instrument, &sheet));
        serde_json::to_writer(&mut *output, &scored.with_context(|| format!("response {number}"))?)?;
        writeln!(output)?;
    }
    if number == 0 {
        bail!("nothing to score: give a JSON object {{\"answers\": {{…}}}} on standard input");
    }
    Ok(())
}

fn score_one(instrument: &Instrument, sheet: &Sheet) -> anyhow::Result<scoring::Scored> {
    let given = sheet.answers.0.iter().map(|(item, answer)| (item.as_str(), answer));
    let answers = instrument.read_answers(given).map_err(ScoringError::Answers)?;
    let context = Context { value_set: sheet.context.value_set.clone(), ..Context::default() };
    Ok(scoring::score(instrument, &answers, &context, &Overrides::new())?)
}
