//! What treatments do: the mean of the primary outcome moves by so many of its baseline standard deviations at the end of an
//! arm's period, growing in a straight line over its weeks. The latent shift that brings this about is found beforehand by
//! answering and scoring the primary outcome of simulated people with and without it.

use std::collections::BTreeMap;

use crate::conduct::plan::Plan;
use crate::kernel::Error;
use crate::kernel::time::Date;
use crate::simulation::answers::Respondent;
use crate::simulation::chance::Chance;
use crate::simulation::population;
use crate::simulation::population::Way;
use crate::simulation::rates::Rates;
use crate::trial::instrument::definition::Better;
use crate::trial::protocol::model::OutcomeRole;

/// Simulated people by whom a shift is found.
const PILOTS: u32 = 300;
/// No shift is larger: it crosses the whole latent scale.
const LARGEST: f64 = 5.0;
/// Halvings of the range: the shift is exact to 5 · 2^-12.
const HALVINGS: u32 = 12;
/// What happens without any treatment by the end of a period: people come when they are worst.
const BY_ITSELF: f64 = 0.25;
/// Weeks of a period that the protocol does not state.
const WEEKS: u32 = 10;

/// The courses of the arms.
#[derive(Clone, Debug, Default)]
pub struct Effects {
    arms: BTreeMap<String, (f64, f64)>,
}

impl Effects {
    /// Finds the shifts for standardized differences by arm (positive = better). Errors: an arm that does not exist, an
    /// outcome that has no score, a difference that the scale can't show.
    pub fn find(
        plan: &Plan,
        rates: &Rates,
        seed: &str,
        wanted: &BTreeMap<String, f64>,
        today: Date,
    ) -> Result<Self, Error> {
        let arms = &plan.protocol.comparison.arms;
        if let Some(unknown) = wanted.keys().find(|id| !arms.iter().any(|arm| arm.id == **id)) {
            let known: Vec<&str> = arms.iter().map(|arm| arm.id.as_str()).collect();
            return Err(refused(format!("no arm '{unknown}': the protocol has {}", known.join(", "))));
        }
        let pilot = match wanted.is_empty() {
            true => None,
            false => Some(Pilot::draw(plan, rates, seed, today)?),
        };
        let courses = arms.iter().map(|arm| {
            let shift = match (wanted.get(&arm.id), &pilot) {
                (Some(difference), Some(pilot)) => pilot.shift_for(*difference)?,
                (Some(_) | None, _) => 0.0,
            };
            Ok((arm.id.clone(), (shift, f64::from(arm.weeks.unwrap_or(WEEKS).max(1)))))
        });
        Ok(Self { arms: courses.collect::<Result<_, Error>>()? })
    }

    /// How much less distressed a person of an arm is so many days after its treatment has begun.
    pub fn relief(&self, arm: &str, days: i64) -> f64 {
        let Some((shift, weeks)) = self.arms.get(arm) else { return 0.0 };
        let days = f64::from(u32::try_from(days).unwrap_or(0));
        (shift + BY_ITSELF) * (days / (7.0 * weeks)).min(1.0)
    }
}

fn refused(detail: String) -> Error {
    Error::invalid("body.invalid").detail(detail)
}

/// People at baseline, who answer the primary outcome again and again.
struct Pilot<'p> {
    plan: &'p Plan,
    seed: String,
    today: Date,
    uses: &'p str,
    score: &'p str,
    base: String,
    lower_is_better: bool,
    severities: Vec<f64>,
    deviation: f64,
}

impl<'p> Pilot<'p> {
    fn draw(plan: &'p Plan, rates: &Rates, seed: &str, today: Date) -> Result<Self, Error> {
        let outcomes = &plan.protocol.analysis.outcomes;
        let primary = outcomes.iter().find(|outcome| outcome.role == OutcomeRole::Primary);
        let no_score =
            || refused("--effect needs a primary outcome that is a score with a baseline".to_owned());
        let primary = primary.ok_or_else(no_score)?;
        let (uses, score) = primary.of.split_once('.').ok_or_else(no_score)?;
        let base = primary.base.clone().ok_or_else(no_score)?;
        let instrument = plan.instruments.get(uses).ok_or_else(no_score)?;
        let lower_is_better = match primary.better.as_deref() {
            Some(better) => better == "lower",
            None => instrument.better == Better::Lower,
        };
        let first = |list: &[String]| list.first().cloned().unwrap_or_default();
        let site = plan.protocol.study.sites.first().map(|site| site.code.clone()).unwrap_or_default();
        let language = first(&plan.protocol.study.languages);
        let mut pilot = Self {
            plan,
            seed: seed.to_owned(),
            today,
            uses,
            score,
            base,
            lower_is_better,
            severities: Vec::new(),
            deviation: 0.0,
        };
        let mut scores = Vec::new();
        for number in 0..PILOTS {
            let chance = Chance::new(seed, &format!("pilot/{number}"));
            let drawn = population::draw(
                plan,
                rates,
                &chance,
                Way::Through,
                (site.as_str(), language.as_str()),
                today,
            )?;
            scores.extend(drawn.sheets.score(&pilot.base, uses, score));
            pilot.severities.push(drawn.severity);
        }
        pilot.deviation = deviation(&scores).filter(|found| *found > 0.0).ok_or_else(no_score)?;
        Ok(pilot)
    }

    /// The mean score of all pilots with a shift of their distress. Their other chances are the same at each call.
    fn mean(&self, shift: f64) -> Result<f64, Error> {
        let mut sheets = crate::simulation::sheets::Sheets::new(
            self.plan,
            self.today,
            "",
            self.plan.protocol.study.languages.first().map_or("", String::as_str),
        );
        sheets.this.clone_from(&self.base);
        let mut sum = 0.0;
        for (number, severity) in self.severities.iter().enumerate() {
            let chance = Chance::new(&self.seed, &format!("pilot/{number}/again"));
            let latent = severity + population::WITHIN * chance.normal() - BY_ITSELF - shift;
            let respondent = Respondent {
                chance: &chance,
                latent,
                skipped: 0.0,
                yes: 0.0,
                today: self.today,
                age_item: None,
            };
            respondent.answer(self.uses, &mut sheets)?;
            sum += sheets.score(&self.base, self.uses, self.score).unwrap_or_default();
        }
        Ok(sum / f64::from(u32::try_from(self.severities.len()).unwrap_or(1)))
    }

    fn shift_for(&self, difference: f64) -> Result<f64, Error> {
        let without = self.mean(0.0)?;
        let sign = if self.lower_is_better { -1.0 } else { 1.0 };
        let reached = |shift: f64| Ok::<f64, Error>(sign * (self.mean(shift)? - without) / self.deviation);
        let (mut low, mut high) = if difference < 0.0 { (-LARGEST, 0.0) } else { (0.0, LARGEST) };
        if !(reached(low)?..=reached(high)?).contains(&difference) {
            let detail =
                format!("the scale of {}.{} can't show a difference of {difference}", self.uses, self.score);
            return Err(refused(detail));
        }
        for _ in 0..HALVINGS {
            let middle = (low + high) / 2.0;
            if reached(middle)? < difference {
                low = middle;
            } else {
                high = middle;
            }
        }
        Ok((low + high) / 2.0)
    }
}

/// The standard deviation of a sample.
fn deviation(sample: &[f64]) -> Option<f64> {
    let n = f64::from(u32::try_from(sample.len()).ok()?);
    let mean = sample.iter().sum::<f64>() / n;
    let squares: f64 = sample.iter().map(|one| (one - mean) * (one - mean)).sum();
    (n > 1.0).then(|| (squares / (n - 1.0)).sqrt())
}
