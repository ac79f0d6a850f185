//! Scoring: answers in, scores and flags out, by the published key of the instrument and nothing else.
//! Exact fractions throughout; a missing answer is never 0. The formulas are in `formula`, the reading of
//! answers (reversed, skipped, not shown) in `sheet`.

mod formula;
mod sheet;

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde::Serialize;
use serde::Serializer;
use serde::ser::SerializeMap;

use crate::kernel::number::Number;
use crate::trial::instrument::answer::Answer;
use crate::trial::instrument::answer::AnswerFault;
use crate::trial::instrument::definition::FlagItem;
use crate::trial::instrument::definition::Formula;
use crate::trial::instrument::definition::Instrument;
use crate::trial::instrument::definition::MissingRule;
use crate::trial::instrument::scoring::formula::Results;
use crate::trial::instrument::scoring::sheet::Reading;
use crate::trial::instrument::scoring::sheet::Sheet;
use crate::trial::role::words;

/// What scoring needs to know besides the answers.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Context {
    /// The national value set in force.
    pub value_set: Option<String>,
    /// Full years of age on the day of the answer.
    pub age: Option<Number>,
    /// The code of the person's sex, as the study's own list has it.
    pub sex: Option<String>,
}

words! {
    /// How a score came about.
    Status {
        /// From complete answers.
        Scored = "scored",
        /// Missing answers are replaced by the mean of the others.
        Prorated = "prorated",
        /// Not at all.
        NotScorable = "not_scorable",
    }
}

words! {
    /// What a safety item says.
    FlagState {
        /// At or over the threshold.
        Flag = "flag",
        /// Answered, below the threshold.
        Clear = "clear",
        /// Not answered: a state of its own.
        Unanswered = "unanswered",
    }
}

/// The value of a score.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ScoreValue {
    /// A number.
    Number(Number),
    /// A profile: the codes one after the other.
    Text(String),
}

/// One score of one response.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ScoreResult {
    /// How it came about.
    pub status: Status,
    /// Its value, unrounded; `None` iff it can't be scored.
    pub value: Option<ScoreValue>,
    /// How many of the answers that it needs are missing.
    pub missing: usize,
    /// The id of its band, where it has a value and bands.
    pub band: Option<String>,
}

impl ScoreResult {
    /// Its value, if it is a number.
    pub fn number(&self) -> Option<Number> {
        match self.value {
            Some(ScoreValue::Number(number)) => Some(number),
            Some(ScoreValue::Text(_)) | None => None,
        }
    }
}

/// All scores and flags of one response, in the order of the key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Scored {
    /// Score id → result. All printed scores, whatever is missing.
    pub scores: Vec<(String, ScoreResult)>,
    /// Safety item → state. All safety items of the instrument.
    pub flags: Vec<(String, FlagState)>,
}

impl Scored {
    /// The result of one score.
    pub fn score(&self, id: &str) -> Option<&ScoreResult> {
        self.scores.iter().find(|(score, _)| score == id).map(|(_, result)| result)
    }

    /// The state of one safety item.
    pub fn flag(&self, item: &str) -> Option<FlagState> {
        self.flags.iter().find(|(flagged, _)| flagged == item).map(|(_, state)| *state)
    }
}

/// Why a response can't be scored at all.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ScoringError {
    /// Answers that the instrument does not take; all of them.
    #[error("{}", faults_in_words(.0))]
    Answers(Vec<AnswerFault>),
    /// A value set that the instrument does not have.
    #[error("{instrument} has no value set '{value_set}'")]
    UnknownValueSet {
        /// The instrument.
        instrument: String,
        /// The set that was asked for.
        value_set: String,
    },
    /// A study's own missing rule that fits no score.
    #[error(transparent)]
    Rule(#[from] RuleFault),
    /// Numbers beyond 128 bits.
    #[error("score '{score}': the numbers are too large")]
    TooLarge {
        /// The score.
        score: String,
    },
}

/// Why a study's own missing rule can't be used.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum RuleFault {
    /// No such score.
    #[error("{instrument} has no score '{score}'")]
    UnknownScore {
        /// The instrument.
        instrument: String,
        /// The score.
        score: String,
    },
    /// The score is not a sum or mean over items.
    #[error("score '{score}' is no sum or mean over items: it has no missing rule of its own")]
    NoRule {
        /// The score.
        score: String,
    },
    /// As many answers may be missing as there are items.
    #[error("score '{score}' has {items} items: at most {} may be missing", .items.saturating_sub(1))]
    TooMany {
        /// The score.
        score: String,
        /// Its items.
        items: usize,
    },
}

/// A study's own missing rules: score id → rule.
pub type Overrides = BTreeMap<String, MissingRule>;

/// Scores one response. An answer that the instrument does not take is an error: no scores, no flags.
pub fn score(
    instrument: &Instrument,
    answers: &BTreeMap<String, Answer>,
    context: &Context,
    overrides: &Overrides,
) -> Result<Scored, ScoringError> {
    let faults = instrument.faults(answers);
    if !faults.is_empty() {
        return Err(ScoringError::Answers(faults));
    }
    if let Some(set) = &context.value_set
        && !instrument.key.valuesets.contains_key(set)
    {
        return Err(ScoringError::UnknownValueSet {
            instrument: instrument.id.clone(),
            value_set: set.clone(),
        });
    }
    for (score, rule) in overrides {
        instrument.check_rule(score, *rule)?;
    }
    let sheet = Sheet::read(instrument, answers, context);
    let flags = instrument.key.flags.iter().map(|flag| (flag.item.clone(), state_of(flag, &sheet)));
    let flags = flags.collect();
    let mut results = Results::new(instrument, &sheet, context);
    for score in &instrument.key.scores {
        let rule = overrides.get(&score.id).copied().unwrap_or(score.missing);
        results.compute(score, rule).ok_or_else(|| ScoringError::TooLarge { score: score.id.clone() })?;
    }
    Ok(Scored { scores: results.printed(), flags })
}

/// The items that are not shown for these answers; answers given to them are ignored.
pub fn hidden_items(
    instrument: &Instrument,
    answers: &BTreeMap<String, Answer>,
    context: &Context,
) -> BTreeSet<String> {
    let sheet = Sheet::read(instrument, answers, context);
    sheet.hidden().iter().map(|item| (*item).to_owned()).collect()
}

/// Whatever is not an answer leaves the item open: `na` or a skip never clears it.
fn state_of(flag: &FlagItem, sheet: &Sheet<'_>) -> FlagState {
    match sheet.reading(&flag.item) {
        Reading::Answered(value) if value >= flag.from => FlagState::Flag,
        Reading::Answered(_) => FlagState::Clear,
        Reading::Counts(_) | Reading::Missing | Reading::Away => FlagState::Unanswered,
    }
}

impl Instrument {
    /// Whether a study may set this missing rule for a score.
    pub fn check_rule(&self, score: &str, rule: MissingRule) -> Result<(), RuleFault> {
        let found = self.score(score).filter(|score| !score.inner).ok_or_else(|| {
            RuleFault::UnknownScore { instrument: self.id.clone(), score: score.to_owned() }
        })?;
        let items = match &found.formula {
            Formula::Sum(over) | Formula::Mean(over) => over.items(),
            _ => None,
        };
        let items = items.ok_or_else(|| RuleFault::NoRule { score: score.to_owned() })?.len();
        match rule {
            MissingRule::Prorate(most) if usize::try_from(most).is_ok_and(|most| most >= items) => {
                Err(RuleFault::TooMany { score: score.to_owned(), items })
            }
            MissingRule::Prorate(_) | MissingRule::Complete => Ok(()),
        }
    }
}

fn faults_in_words(faults: &[AnswerFault]) -> String {
    faults.iter().map(AnswerFault::to_string).collect::<Vec<_>>().join("; ")
}

impl Serialize for ScoreValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Number(number) => number.to_json().serialize(serializer),
            Self::Text(text) => serializer.serialize_str(text),
        }
    }
}

impl Serialize for ScoreResult {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(4))?;
        map.serialize_entry("status", &self.status)?;
        map.serialize_entry("value", &self.value)?;
        map.serialize_entry("missing", &self.missing)?;
        map.serialize_entry("band", &self.band)?;
        map.end()
    }
}

/// Writes a list of pairs as an object that keeps their order.
struct Ordered<'a, T>(&'a [(String, T)]);

impl<T: Serialize> Serialize for Ordered<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

/// `{"scores": {…}, "flags": {…}}`, in the order of the key.
impl Serialize for Scored {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("scores", &Ordered(&self.scores))?;
        map.serialize_entry("flags", &Ordered(&self.flags))?;
        map.end()
    }
}
