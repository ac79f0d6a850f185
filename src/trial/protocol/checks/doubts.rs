//! What can't be known because something else is broken. A finding that only follows from that is left out: one mistake gives
//! one finding.

use crate::trial::instrument::library::library;
use crate::trial::protocol::checks::trial::Trial;
use crate::trial::protocol::model::FieldType;
use crate::trial::protocol::model::StepKind;
use crate::trial::protocol::model::Support;
use crate::trial::source::at::At;

impl Trial<'_> {
    /// Whether some step does not say which occasion it opens, or what it is.
    pub fn doubts_steps(&self) -> bool {
        let steps = &self.protocol.enrolment.steps;
        let occasions = &self.protocol.schedule.occasions;
        let mut rows = self.at.path("enrolment.steps").items().zip(steps);
        rows.any(|(row, step)| {
            let opens = matches!(step.kind, StepKind::Screening | StepKind::Interview | StepKind::Baseline);
            let known = occasions.iter().any(|occasion| step.occasion.as_ref() == Some(&occasion.id));
            is_no_word::<StepKind>(row.key("kind")) || opens && !known
        })
    }

    /// Whether some measure does not say what is asked, or when.
    pub fn doubts_measures(&self) -> bool {
        self.at.path("schedule.measures").items().any(|row| {
            let uses = row.key("use").text().unwrap_or_default();
            let is_known = self.asked(uses).is_some() || library().contains_key(uses);
            let when = row.key("at");
            !is_known
                || !when.items().all(|at| self.occasion_names().any(|id| Some(id) == at.text()))
                || !when.is_given()
        })
    }

    /// Whether the type of a form's item can't be known.
    pub fn doubts_field(&self, form: &str, field: &str) -> bool {
        let rows = self.at.key("form").key(form).key("items").items();
        let mut own = rows.filter(|row| row.key("id").text() == Some(field));
        own.any(|row| {
            let list = row.key("options");
            let lost =
                list.is_given() && list.text().is_none_or(|name| !self.protocol.options.contains_key(name));
            let empty = list
                .text()
                .and_then(|name| self.protocol.options.get(name))
                .is_some_and(|list| list.iter().any(|choice| choice.code.is_empty()));
            is_no_word::<FieldType>(row.key("type")) || lost || empty || is_no_truth(row.key("required"))
        })
    }

    /// Whether a list of arms names one that is not there.
    pub fn doubts_arms(&self, arms: Option<&[String]>) -> bool {
        arms.is_some_and(|arms| arms.iter().any(|arm| !self.arms().any(|known| known == arm)))
    }

    /// Whether the support of an arm, by its position, can't be known.
    pub fn doubts_support(&self, arm: usize) -> bool {
        is_no_word::<Support>(self.at.path("comparison.arms").item(arm).key("support"))
    }
}

/// Whether something is given that is no word of a fixed list.
pub fn is_no_word<T: std::str::FromStr>(at: At<'_>) -> bool {
    at.is_given() && at.text().is_none_or(|word| word.parse::<T>().is_err())
}

/// Whether something is given that is neither true nor false.
pub fn is_no_truth(at: At<'_>) -> bool {
    at.is_given() && !matches!(at.written(), "true" | "false")
}
