//! A participant's assessments in the order of the long files, and the measures of each with what became of them.

use crate::trial::dataset::agenda::Sitting;
use crate::trial::dataset::agenda::Slot;
use crate::trial::dataset::catalogue::Frame;
use crate::trial::dataset::fault::DatasetError;
use crate::trial::dataset::record::AssessmentRecord;
use crate::trial::dataset::record::ParticipantRecord;
use crate::trial::dataset::record::ResponseRecord;
use crate::trial::dataset::row::Row;

/// An assessment and its place in the plan.
pub struct Sat<'a> {
    /// The record.
    pub assessment: &'a AssessmentRecord,
    /// Its place in the plan.
    pub sitting: &'a Sitting,
}

/// A measure that was planned for an assessment, or answered in it.
pub struct Due<'a> {
    /// Its place in the plan.
    pub slot: &'a Slot<'a>,
    /// The response, if there is one.
    pub response: Option<&'a ResponseRecord>,
}

/// The assessments that the view shows: by place of the occasion, then respondent.
pub fn of<'a>(frame: &'a Frame<'a>, person: &'a ParticipantRecord) -> Result<Vec<Sat<'a>>, DatasetError> {
    let mut found = Vec::new();
    for assessment in &person.assessments {
        let sitting = frame.agenda.sitting(&assessment.occasion, assessment.respondent)?;
        if frame.view.shows(sitting.is_arm_bound) {
            found.push(Sat { assessment, sitting });
        }
    }
    found.sort_by_key(|sat| (sat.sitting.occasion_no, sat.assessment.respondent.as_str()));
    Ok(found)
}

impl<'a> Sat<'a> {
    /// The measures of this assessment that the view shows, by id: those due to the person, and whatever was answered.
    pub fn due(
        &self,
        frame: &'a Frame<'a>,
        person: &ParticipantRecord,
    ) -> Result<Vec<Due<'a>>, DatasetError> {
        let arm = person.allocation.as_ref().map(|allocation| allocation.arm.as_str());
        let version = self.assessment.protocol_version;
        let slots = || frame.agenda.slots_of(self.sitting);
        for response in &self.assessment.responses {
            if slots().all(|slot| slot.uses != response.instrument) {
                return Err(DatasetError::Unplanned { what: "measure", name: response.instrument.clone() });
            }
        }
        let due = |slot: &'a Slot<'a>| {
            let response = self.assessment.responses.iter().find(|response| response.instrument == slot.uses);
            (response.is_some() || slot.is_for(version, arm)).then_some(Due { slot, response })
        };
        Ok(slots().filter(|slot| frame.view.shows(slot.is_arm_bound)).filter_map(due).collect())
    }

    /// The cells participant_id, episode, occasion, occasion_no, respondent.
    pub fn key<'r>(&self, person: &ParticipantRecord, row: &'r mut Row) -> &'r mut Row {
        let at = self.assessment;
        row.text(person.code.as_str()).text(&at.episode).text(&at.occasion);
        row.whole(Some(self.sitting.occasion_no)).text(at.respondent.as_str())
    }
}

impl Due<'_> {
    /// The version of the instrument: that of the answers, or the one that would have been asked.
    pub fn instrument_version(&self) -> String {
        self.response
            .map_or_else(|| self.slot.asked.version(), |response| response.instrument_version.clone())
    }
}
