//! What a simulated person has answered so far, kept beside the database: rules are asked about it before it is sent.

use std::collections::BTreeMap;

use crate::conduct::asking::Answers;
use crate::conduct::known;
use crate::conduct::known::Known;
use crate::conduct::plan::Plan;
use crate::conduct::scores;
use crate::conduct::scores::StoredScores;
use crate::kernel::Error;
use crate::kernel::time::Date;
use crate::trial::expression::ast::Name;
use crate::trial::expression::evaluation::Value;
use crate::trial::expression::evaluation::Values;
use crate::trial::questionnaire::asked::Asked;
use crate::trial::questionnaire::stored::StoredAnswers;

/// Answers and scores by occasion and measure.
#[derive(Clone)]
pub struct Sheets<'p> {
    plan: &'p Plan,
    sheets: BTreeMap<(String, String), (StoredAnswers, StoredScores)>,
    /// The occasion that `this` means.
    pub this: String,
    /// The day.
    pub today: Date,
    /// The site's code.
    pub site: String,
    /// The language.
    pub language: String,
}

impl<'p> Sheets<'p> {
    /// Nothing answered yet.
    pub fn new(plan: &'p Plan, today: Date, site: &str, language: &str) -> Self {
        Self {
            plan,
            sheets: BTreeMap::new(),
            this: String::new(),
            today,
            site: site.to_owned(),
            language: language.to_owned(),
        }
    }

    /// The plan, for as long as it lives.
    pub fn plan(&self) -> &'p Plan {
        self.plan
    }

    /// Keeps what was answered of a measure at the present occasion, without scores.
    pub fn note(&mut self, uses: &str, stored: StoredAnswers) {
        self.sheets.insert((self.this.clone(), uses.to_owned()), (stored, StoredScores::new()));
    }

    /// Keeps a whole measure at the present occasion, scored.
    pub fn keep(&mut self, uses: &str, answers: &Answers) -> Result<(), Error> {
        let asked = self.plan.asked(uses)?;
        let mut stored = StoredAnswers::new();
        let faults = asked.take("", answers, &mut stored);
        if let Some(fault) = faults.first() {
            let detail =
                format!("a simulated answer is not taken: {uses}{}: {}", fault.pointer, fault.detail);
            return Err(Error::internal(detail));
        }
        let scored = match &asked {
            Asked::Instrument(instrument) => {
                scores::score(self.plan, instrument, &stored, &known::scoring_context(self))?.0
            }
            Asked::Form(..) | Asked::External(_) => StoredScores::new(),
        };
        self.sheets.insert((self.this.clone(), uses.to_owned()), (stored, scored));
        Ok(())
    }

    /// The number of a score at an occasion.
    pub fn score(&self, occasion: &str, uses: &str, score: &str) -> Option<f64> {
        let (_, scores) = self.sheets.get(&(occasion.to_owned(), uses.to_owned()))?;
        scores.get(score)?.number().map(|number| number.to_f64())
    }
}

impl Known for Sheets<'_> {
    fn plan(&self) -> &Plan {
        self.plan
    }

    fn measured(&self, occasion: &str, uses: &str) -> Option<(&StoredAnswers, &StoredScores)> {
        let occasion = if occasion == "this" { self.this.as_str() } else { occasion };
        self.sheets.get(&(occasion.to_owned(), uses.to_owned())).map(|(answers, scores)| (answers, scores))
    }

    fn today(&self) -> Date {
        self.today
    }

    fn site(&self) -> &str {
        &self.site
    }

    fn language(&self) -> &str {
        &self.language
    }

    fn arm(&self) -> Option<&str> {
        None
    }

    fn anchor(&self, _: &str) -> Option<Date> {
        None
    }
}

impl Values for Sheets<'_> {
    fn value(&self, name: &Name) -> Option<Value> {
        known::value(self, name)
    }

    fn series(&self, name: &Name) -> Vec<Value> {
        known::series(self, name)
    }

    fn is_done(&self, name: &Name) -> bool {
        let path = name.path();
        let [occasion] = path.as_slice() else { return false };
        self.sheets.keys().any(|(known, _)| known == occasion)
    }

    fn band(&self, name: &Name) -> Option<String> {
        known::band(self, name)
    }
}
