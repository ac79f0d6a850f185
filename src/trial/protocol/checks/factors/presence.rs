//! P310: what the draw needs must have been asked of everybody, and answered.

use crate::trial::expression::ast::Name;
use crate::trial::protocol::checks::report::Report;
use crate::trial::protocol::checks::rules::scope::name_of;
use crate::trial::protocol::checks::trial::Asked;
use crate::trial::protocol::checks::trial::Trial;
use crate::trial::source::at::At;

/// P310: what the draw needs must have been asked of everybody, and answered.
pub fn check(trial: &Trial<'_>, row: At<'_>, place: At<'_>, names: &[String], report: &mut Report<'_>) {
    let factor = row.key("id").text().unwrap_or_default();
    let study = &trial.protocol.study;
    for written in names {
        let field = match written.as_str() {
            "age" => study.age_from.as_deref(),
            "sex" => study.sex_from.as_deref(),
            other => Some(other),
        };
        let Some(name) = field.and_then(name_of) else { continue };
        if let Some(what) = can_be_missing(trial, &name) {
            let text = format!("Factor '{factor}' can be missing at the draw: make {what} required.");
            return report.error("P310", &place.value(), text);
        }
    }
}

/// What would have to be required so that an answer is there.
fn can_be_missing(trial: &Trial<'_>, name: &Name) -> Option<String> {
    let (occasion, used) = (name.words.first()?, name.words.get(1)?);
    let element = trial.elements.iter().find(|element| element.id == occasion.text)?;
    let measure =
        trial.protocol.schedule.measures.iter().find(|one| one.uses == used.text && element.has(one))?;
    if !measure.required || measure.shown.is_some() {
        return Some(format!("{}.{}", occasion.text, used.text));
    }
    if trial.doubts_field(&used.text, name.words.get(2).map_or("", |word| &word.text)) {
        return None;
    }
    let Some(Asked::Form(form)) = trial.asked(&used.text) else { return None };
    let field = form.items.iter().find(|item| Some(&item.id) == name.words.get(2).map(|word| &word.text))?;
    (!field.required || field.shown.is_some()).then(|| name.to_string())
}
