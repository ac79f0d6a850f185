//! Lists of assessments, narrowed by what staff look for and by what they may see.

use diesel::prelude::*;

use crate::kernel::Error;
use crate::kernel::ids::AccountId;
use crate::kernel::ids::ParticipantId;
use crate::kernel::ids::SiteId;
use crate::kernel::ids::StudyId;
use crate::kernel::time::Date;
use crate::kernel::time::Timestamp;
use crate::storage::assessment::Assessment;
use crate::storage::assessment::AssessmentRow;
use crate::storage::db::Tx;
use crate::storage::db::failed;
use crate::storage::schema::assessment;
use crate::storage::schema::participant;
use crate::trial::role::Respondent;
use crate::trial::schedule::state::AssessmentState;

/// What a list of assessments is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct AssessmentFilter {
    /// The sites that may be seen; `None` for all.
    pub sites: Option<Vec<SiteId>>,
    /// The therapist whose caseload may be seen.
    pub caseload_of: Option<AccountId>,
    /// One participant.
    pub participant: Option<ParticipantId>,
    /// One occasion.
    pub occasion: Option<String>,
    /// One kind of respondent.
    pub respondent: Option<Respondent>,
    /// The rater that they are assigned to.
    pub assigned_to: Option<AccountId>,
    /// Whether arm-bound ones are left out.
    pub common_only: bool,
    /// Where they stand, and at which instant.
    pub state: Option<(AssessmentState, Timestamp)>,
    /// Those planned before this day.
    pub due_before: Option<Date>,
    /// Behind this code, place and id, for pages.
    pub after: Option<(String, i64, String)>,
}

/// An assessment in a list, with what is shown of its person.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Listed {
    /// The participant's code.
    pub code: String,
    /// The participant's language.
    pub language: String,
    /// The assessment.
    pub assessment: Assessment,
}

/// Adds to a query the condition that an assessment stands in a state at an instant: the comparisons of
/// `trial::schedule::state`, where a missing instant never compares.
macro_rules! standing {
    ($query:expr, $state:expr, $now:expr) => {{
        let now = $now.naive_utc();
        let alive = assessment::cancelled_at.is_null();
        let unsent = alive.and(assessment::submitted_at.is_null());
        let not_reopened = assessment::reopened_until.is_null().or(assessment::reopened_until.le(now));
        let by_clock = unsent.and(not_reopened);
        let begun = assessment::opens_at.le(now);
        let is_over =
            assessment::late_at.le(now).or(assessment::late_at.is_null().and(assessment::closes_at.le(now)));
        let goes_on = assessment::late_at
            .gt(now)
            .or(assessment::late_at.is_null().and(assessment::closes_at.gt(now)))
            .or(assessment::late_at.is_null().and(assessment::closes_at.is_null()));
        let answered = assessment::first_answer_at.is_not_null();
        match $state {
            AssessmentState::Cancelled => $query.filter(assessment::cancelled_at.is_not_null()),
            AssessmentState::Submitted => $query.filter(alive.and(assessment::submitted_at.is_not_null())),
            AssessmentState::Waiting => $query.filter(by_clock.and(assessment::opens_at.is_null())),
            AssessmentState::Planned => $query.filter(by_clock.and(assessment::opens_at.gt(now))),
            AssessmentState::Open => {
                $query.filter(unsent.and(assessment::reopened_until.gt(now).or(begun.and(goes_on))))
            }
            AssessmentState::Partial => $query.filter(by_clock.and(begun).and(is_over).and(answered)),
            AssessmentState::Missed => {
                $query.filter(by_clock.and(begun).and(is_over).and(assessment::first_answer_at.is_null()))
            }
        }
    }};
}

/// Assessments of a study, by code and place, at most `limit`.
pub fn list(
    tx: &mut Tx<'_>,
    study: &StudyId,
    filter: &AssessmentFilter,
    limit: i64,
) -> Result<Vec<Listed>, Error> {
    let mut query = assessment::table
        .inner_join(participant::table.on(participant::id.eq(assessment::participant_id)))
        .filter(assessment::study_id.eq(study.as_str()))
        .select((participant::code, participant::language, AssessmentRow::as_select()))
        .into_boxed();
    if let Some(sites) = &filter.sites {
        let sites: Vec<&str> = sites.iter().map(SiteId::as_str).collect();
        query = query.filter(participant::site_id.eq_any(sites));
    }
    if let Some(therapist) = &filter.caseload_of {
        query = query.filter(participant::therapist_id.eq(therapist.as_str()));
    }
    if let Some(id) = &filter.participant {
        query = query.filter(assessment::participant_id.eq(id.as_str()));
    }
    if let Some(occasion) = &filter.occasion {
        query = query.filter(assessment::occasion.eq(occasion));
    }
    if let Some(respondent) = filter.respondent {
        query = query.filter(assessment::respondent.eq(respondent.as_str()));
    }
    if let Some(account) = &filter.assigned_to {
        query = query.filter(assessment::assigned_to.eq(account.as_str()));
    }
    if filter.common_only {
        query = query.filter(assessment::arm_bound.eq(false));
    }
    if let Some((state, now)) = filter.state {
        query = standing!(query, state, now);
    }
    if let Some(day) = filter.due_before {
        query = query.filter(assessment::due_on.lt(day));
    }
    if let Some((code, number, id)) = &filter.after {
        query = query.filter(
            participant::code.gt(code).or(participant::code.eq(code).and(
                assessment::occasion_no
                    .gt(number)
                    .or(assessment::occasion_no.eq(number).and(assessment::id.gt(id))),
            )),
        );
    }
    let rows: Vec<(String, String, AssessmentRow)> = query
        .order((participant::code, assessment::occasion_no, assessment::id))
        .limit(limit)
        .load(&mut *tx.connection)
        .map_err(failed)?;
    let listed = |(code, language, row)| Listed { code, language, assessment: Assessment::from(row) };
    Ok(rows.into_iter().map(listed).collect())
}
