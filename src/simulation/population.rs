//! Who comes to a simulated trial: distress, language, site, and what will become of each in enrolment. What is answered
//! during enrolment is drawn beforehand, again and again until the trial's own rules say what the person's way asks for.

use std::collections::BTreeMap;

use crate::conduct::asking::Answers;
use crate::conduct::plan::Plan;
use crate::kernel::Error;
use crate::kernel::time::Date;
use crate::simulation::answers::Respondent;
use crate::simulation::chance::Chance;
use crate::simulation::rates::Rates;
use crate::simulation::sheets::Sheets;
use crate::trial::enrolment::progress::CriterionFacts;
use crate::trial::expression::evaluation::evaluate;
use crate::trial::expression::reader;
use crate::trial::protocol::model::Judged;
use crate::trial::schedule::occasions;

/// Mean distress of those who come.
const MEAN: f64 = 0.7;
/// Standard deviation between people.
const BETWEEN: f64 = 0.7;
/// Standard deviation within a person from day to day.
pub const WITHIN: f64 = 0.4;
/// How often a person is drawn again at most.
const TRIES: u32 = 2000;

/// What becomes of a person in enrolment.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Way {
    /// Gets through to the draw.
    Through,
    /// Declines consent.
    Declines,
    /// Fails a criterion that a rule judges.
    Fails,
    /// Is kept out by a judgement or decision.
    JudgedOut,
    /// Stops answering.
    Lapses,
    /// Was registered before.
    Duplicate,
}

impl Way {
    /// Draws a way by the rates.
    pub fn draw(chance: &Chance, rates: &Rates) -> Self {
        let exits = [
            (Self::Declines, rates.declined),
            (Self::Fails, rates.ineligible),
            (Self::JudgedOut, rates.judged_out),
            (Self::Lapses, rates.lapsed),
            (Self::Duplicate, rates.duplicate),
        ];
        let drawn = chance.uniform();
        let mut limit = 0.0;
        for (way, share) in exits {
            limit += share;
            if drawn < limit {
                return way;
            }
        }
        Self::Through
    }
}

/// A person before registration.
pub struct Candidate<'p> {
    /// What becomes of the person.
    pub way: Way,
    /// Distress, apart from days and treatment.
    pub severity: f64,
    /// What will be answered during enrolment, by occasion and measure.
    pub prepared: BTreeMap<(String, String), Answers>,
    /// The same, as rules see it.
    pub sheets: Sheets<'p>,
}

/// Draws a candidate whose answers fit the way. Error: the trial's rules let nobody through, or nobody fail.
pub fn draw<'p>(
    plan: &'p Plan,
    rates: &Rates,
    chance: &Chance,
    way: Way,
    (site, language): (&str, &str),
    today: Date,
) -> Result<Candidate<'p>, Error> {
    let mut hindrance = String::new();
    for _ in 0..TRIES {
        let severity = MEAN + BETWEEN * chance.normal();
        let mut sheets = Sheets::new(plan, today, site, language);
        let prepared = prepare(plan, rates, chance, severity, way, &mut sheets)?;
        let failing = first_not_passed(plan, &sheets);
        let fits = match way {
            Way::Fails => failing.as_ref().is_some_and(|(_, passes)| *passes == Some(false)),
            Way::Through | Way::Declines | Way::JudgedOut | Way::Lapses | Way::Duplicate => failing.is_none(),
        };
        if fits {
            return Ok(Candidate { way, severity, prepared, sheets });
        }
        hindrance = failing.map(|(criterion, _)| criterion).unwrap_or_default();
    }
    if way == Way::Fails {
        // Rules that nobody fails: the person stops answering instead.
        return draw(plan, rates, chance, Way::Lapses, (site, language), today);
    }
    let detail =
        format!("of {TRIES} simulated people nobody meets the criteria; the last one failed '{hindrance}'");
    Err(Error::invalid("protocol.unsupported").detail(detail))
}

fn prepare(
    plan: &Plan,
    rates: &Rates,
    chance: &Chance,
    severity: f64,
    way: Way,
    sheets: &mut Sheets<'_>,
) -> Result<BTreeMap<(String, String), Answers>, Error> {
    let mut prepared = BTreeMap::new();
    let schedule = &plan.protocol.schedule;
    let elements = occasions::elements(&schedule.occasions);
    for occasion in plan.protocol.enrolment.steps.iter().filter_map(|step| step.occasion.as_ref()) {
        let Some(element) = elements.iter().find(|element| element.id == *occasion) else { continue };
        sheets.this.clone_from(occasion);
        let latent = severity + WITHIN * chance.normal();
        for by in element.respondents(&schedule.measures, None) {
            for measure in element.measures(&schedule.measures, None, by) {
                let respondent = Respondent {
                    chance,
                    latent,
                    skipped: 0.0,
                    yes: rates.yes,
                    today: sheets.today,
                    age_item: age_item(plan, occasion, &measure.uses),
                };
                let answers = respondent.answer(&measure.uses, sheets)?;
                prepared.insert((occasion.clone(), measure.uses.clone()), answers);
                // Whoever fails already is drawn again: the rest need not be answered.
                let failed =
                    || first_not_passed(plan, sheets).is_some_and(|(_, passes)| passes == Some(false));
                if way != Way::Fails && failed() {
                    return Ok(prepared);
                }
            }
        }
    }
    Ok(prepared)
}

/// The item of a measure at an occasion that tells the age.
pub fn age_item<'p>(plan: &'p Plan, occasion: &str, uses: &str) -> Option<&'p str> {
    let mut parts = plan.protocol.study.age_from.as_deref()?.split('.');
    let (at, of, item) = (parts.next()?, parts.next()?, parts.next()?);
    (at == occasion && of == uses).then_some(item)
}

/// The first criterion judged by a rule that a person fails; else the first that is undetermined.
fn first_not_passed(plan: &Plan, sheets: &Sheets<'_>) -> Option<(String, Option<bool>)> {
    let not_passed = plan.protocol.enrolment.criteria.iter().filter_map(|criterion| {
        let Judged::Rule(rule) = &criterion.judged else { return None };
        let verdict = reader::read(rule).ok().map(|expr| evaluate(&expr, sheets));
        let facts = CriterionFacts { id: criterion.id.clone(), sense: criterion.sense, verdict };
        let passes = facts.passes();
        (passes != Some(true)).then_some((criterion.id.clone(), passes))
    });
    let found: Vec<_> = not_passed.collect();
    found.iter().find(|(_, passes)| *passes == Some(false)).or_else(|| found.first()).cloned()
}
