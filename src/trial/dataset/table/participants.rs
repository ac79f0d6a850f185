//! `participants`: who they are in the trial, what was drawn, what they still take part in.

use std::collections::BTreeMap;

use crate::trial::dataset::agenda::Agenda;
use crate::trial::dataset::catalogue::Frame;
use crate::trial::dataset::codelist;
use crate::trial::dataset::column::Coding;
use crate::trial::dataset::column::Column;
use crate::trial::dataset::column::keys;
use crate::trial::dataset::fault::DatasetError;
use crate::trial::dataset::record::ParticipantRecord;
use crate::trial::dataset::row::Table;
use crate::trial::dataset::view::ArmView;
use crate::trial::dataset::view::View;
use crate::trial::enrolment::state::ParticipantState;
use crate::trial::protocol::model::Derivation;
use crate::trial::protocol::model::Factor;

/// Its columns.
pub fn columns(agenda: &Agenda<'_>, view: &View) -> Vec<Column> {
    let mut columns = vec![
        keys::participant(),
        Column::text("site", "Site").required().coded("site", Coding::Open),
        Column::text("language", "Language of the participant").required(),
        Column::text("state", "Where the participant stands in enrolment")
            .required()
            .coded("participant_state", Coding::Codes),
        Column::date("registered_on", "Day of registration").required(),
        Column::date("consented_on", "Day of the consent in force").empty_means("no consent in force"),
        Column::date("randomized_on", "Day of the draw").empty_means("not drawn"),
        Column::date("completed_on", "Day on which the last assessment was over")
            .empty_means("not over yet, or it would tell the arm"),
    ];
    columns.extend(arm_columns(view));
    columns.push(
        Column::whole("design_version", "Version of the randomization design").empty_means("not drawn"),
    );
    columns.extend(strata(agenda));
    columns.extend(factors(agenda).into_iter().map(|factor| {
        let label =
            format!("Stratification factor '{}' with later corrections; the draw used strat_", factor.id);
        level_column(factor, format!("strat_true_{}", factor.id), label)
    }));
    let participation = |what: &str, label: &str| {
        Column::text(format!("participation_{what}"), label).required().coded("participation", Coding::Codes)
    };
    columns.extend([
        Column::whole("age", "Age at enrolment, in full years").empty_means("not known").sensitive(true),
        sex(agenda),
        participation("treatment", "Takes part in treatment"),
        participation("weekly", "Takes part in weekly measures"),
        participation("questionnaires", "Takes part in questionnaires"),
        participation("contact", "May be contacted"),
        Column::text("identity", "Whether code and person can still be brought together")
            .required()
            .coded("identity", Coding::Codes),
    ]);
    columns
}

fn arm_columns(view: &View) -> Vec<Column> {
    match &view.arms {
        ArmView::Absent => Vec::new(),
        ArmView::Letters(_) => vec![
            Column::text("arm_blind", "Arm, as a letter that means something within this data cut only")
                .coded("arm_blind", Coding::Codes)
                .empty_means("not drawn"),
        ],
        ArmView::Shown => vec![
            Column::text("arm", "Arm that was drawn").coded("arm", Coding::Codes).empty_means("not drawn"),
            Column::text("received_arm", "Treatment that was received")
                .coded("arm", Coding::Codes)
                .empty_means("none, or not known"),
        ],
    }
}

/// The factors of all versions, those of the version in force first.
pub fn factors<'p>(agenda: &Agenda<'p>) -> Vec<&'p Factor> {
    let mut found: Vec<&'p Factor> = Vec::new();
    for version in agenda.versions() {
        for factor in version.protocol.randomization.iter().flat_map(|randomization| &randomization.factors) {
            if found.iter().all(|known| known.id != factor.id) {
                found.push(factor);
            }
        }
    }
    found
}

/// The columns of the stratification factors as the draw used them.
pub fn strata(agenda: &Agenda<'_>) -> Vec<Column> {
    let column = |factor: &Factor| {
        let label = format!("Stratification factor '{}' as used by the draw", factor.id);
        level_column(factor, format!("strat_{}", factor.id), label)
    };
    factors(agenda).into_iter().map(column).collect()
}

fn level_column(factor: &Factor, name: String, label: String) -> Column {
    let column = Column::text(name, label).empty_means("not drawn");
    match factor.derivation {
        Derivation::Open { .. } => column,
        Derivation::Cuts { .. } | Derivation::Choice { .. } | Derivation::Rules { .. } => {
            column.coded(codelist::of_factor(&factor.id), Coding::Codes)
        }
    }
}

/// The column of the answer that the protocol names: `scr.entry.sex`.
fn sex(agenda: &Agenda<'_>) -> Column {
    let column =
        Column::text("sex", "Sex, as the study asks for it").empty_means("not known").sensitive(true);
    let list = agenda.protocol.study.sex_from.as_ref().and_then(|name| {
        let mut path = name.split('.').skip(1);
        let form = agenda.protocol.forms.get(path.next()?)?;
        let field = path.next()?;
        form.items.iter().find(|item| item.id == field)?.options.clone()
    });
    match list {
        Some(list) => column.coded(codelist::of_options(&list), Coding::Codes),
        None => column,
    }
}

/// Its row.
pub fn write(
    frame: &Frame<'_>,
    person: &ParticipantRecord,
    table: &mut Table<'_>,
) -> Result<(), DatasetError> {
    let arm = arm_cells(&frame.view, person)?;
    // Where arms end at different times, who has completed tells the arm.
    let is_blurred = !frame.view.shows(frame.agenda.is_arm_bound());
    let state = match person.state {
        ParticipantState::Completed if is_blurred && person.allocation.is_some() => {
            ParticipantState::Randomized
        }
        ParticipantState::Completed if is_blurred => ParticipantState::Enrolled,
        known => known,
    };
    table.row(|row| {
        row.text(person.code.as_str()).text(&person.site).text(&person.language).text(state.as_str());
        row.date(Some(person.registered_on)).date(person.consented_on);
        row.date(person.randomized_on).date(person.completed_on.filter(|_| !is_blurred));
        row.texts(arm);
        row.whole(person.allocation.as_ref().map(|allocation| allocation.design_version));
        let allocation = person.allocation.as_ref();
        row.texts(levels(frame, allocation.map(|allocation| &allocation.factors)));
        row.texts(levels(frame, allocation.map(|allocation| &allocation.true_factors)));
        row.whole(person.age).maybe(person.sex.as_ref());
        let takes_part = person.participation;
        for goes_on in
            [takes_part.treatment, takes_part.weekly, takes_part.questionnaires, takes_part.contact]
        {
            row.text(if goes_on { "active" } else { "stopped" });
        }
        row.text(if person.is_identified { "present" } else { "cut" });
    })
}

/// One level for each factor, in the order of their columns.
pub fn levels<'a>(frame: &Frame<'_>, known: Option<&'a BTreeMap<String, String>>) -> Vec<Option<&'a str>> {
    let level = |factor: &Factor| known.and_then(|levels| levels.get(&factor.id)).map(String::as_str);
    factors(&frame.agenda).into_iter().map(level).collect()
}

fn arm_cells<'a>(
    view: &'a View,
    person: &'a ParticipantRecord,
) -> Result<Vec<Option<&'a str>>, DatasetError> {
    let arm = person.allocation.as_ref().map(|allocation| allocation.arm.as_str());
    match &view.arms {
        ArmView::Absent => Ok(Vec::new()),
        ArmView::Shown => Ok(vec![arm, person.received_arm.as_deref()]),
        ArmView::Letters(letters) => {
            // The arm's name must not stand in an error that a blinded person may read.
            let unknown = || DatasetError::Unplanned { what: "arm", name: "(not shown)".to_owned() };
            let letter =
                arm.map(|arm| letters.get(arm).map(String::as_str).ok_or_else(unknown)).transpose()?;
            Ok(vec![letter])
        }
    }
}
