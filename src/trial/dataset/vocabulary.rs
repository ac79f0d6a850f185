//! The words of our own that datasets hold, with what they mean, as code lists.

use crate::trial::dataset::codelist::CodeList;

/// List → code and meaning, in the order of the code list file.
const WORDS: &[(&str, &[(&str, &str)])] = &[
    (
        "assessment_state",
        &[
            ("waiting", "its anchor has no date yet"),
            ("planned", "it opens later"),
            ("open", "it can be answered"),
            ("submitted", "it was sent"),
            ("partial", "its time is over, with some answers"),
            ("missed", "its time is over, without any"),
            ("cancelled", "it is not needed any more"),
        ],
    ),
    ("derived_kind", &[("flag", "a yes/no variable"), ("set", "who belongs to an analysis")]),
    ("derived_missing", &[("undetermined", "something that the rule asks is not known")]),
    (
        "event_kind",
        &[
            ("deviation", "departure from the protocol"),
            ("adverse_event", "adverse event"),
            ("intercurrent_event", "intercurrent event (ICH E9(R1))"),
            ("contact", "contact with the person"),
            ("incident", "incident of data protection or technology"),
            ("allocation_error", "error of the draw; the allocation stays"),
            ("unblinding", "somebody came to know the arm"),
        ],
    ),
    (
        "identity",
        &[
            ("present", "code and person can be brought together"),
            ("cut", "the link between them is destroyed"),
        ],
    ),
    (
        "item_state",
        &[
            ("answered", "there is an answer"),
            ("skipped", "seen, and left"),
            ("not_shown", "its condition did not hold, or it is not asked in this language"),
            ("not_applicable", "the form offers \"not applicable\", and it was taken"),
            ("not_reached", "never seen"),
        ],
    ),
    (
        "missing_reason",
        &[
            ("not_due", "its time has not come, or not passed"),
            ("not_sent", "nobody was told that it is open"),
            ("no_answer", "the person was told and did not answer"),
            ("refused", "the person said no to this one"),
            ("withdrew", "the person has left the study or its questionnaires"),
            ("technical", "something of ours did not work"),
            ("out_of_window", "it was answered when no answer was taken any more"),
            ("skipped", "seen, and left"),
            ("not_shown", "its condition did not hold, or it is not asked in this language"),
            ("not_applicable", "it does not concern this person"),
        ],
    ),
    ("participation", &[("active", "goes on"), ("stopped", "ended by the person or the study")]),
    (
        "participant_state",
        &[
            ("registered", "known, nothing begun"),
            ("enrolling", "in the steps of enrolment"),
            ("ready", "every step before the draw complete"),
            ("randomized", "drawn"),
            ("enrolled", "included without a draw"),
            ("excluded", "out before the draw"),
            ("completed", "every assessment over"),
        ],
    ),
    (
        "respondent",
        &[
            ("participant", "the participant"),
            ("assessor", "a rater who does not know the arm"),
            ("therapist", "the therapist"),
            ("coordinator", "the coordinator"),
            ("guardian", "a parent or guardian"),
        ],
    ),
    (
        "response_status",
        &[
            ("submitted", "sent"),
            ("corrected", "sent, and corrected afterwards with a reason"),
            ("partial", "a draft when the window ended"),
            ("invalid", "marked as not to be used"),
        ],
    ),
    (
        "score_status",
        &[
            ("scored", "from complete answers"),
            ("prorated", "missing answers replaced by the mean of the others"),
            ("not_scorable", "too many answers missing"),
        ],
    ),
    (
        "verdict",
        &[
            ("met", "the criterion as worded is met; one that excludes keeps the person out"),
            ("not_met", "the criterion as worded is not met"),
            ("undetermined", "something that it needs is missing"),
        ],
    ),
    ("verdict_kind", &[("rule", "by a rule over the answers"), ("judged", "by a person")]),
    (
        "window_class",
        &[
            ("in_window", "sent between opening and close"),
            ("late", "sent while late answers were taken, or after a reopening"),
            ("outside", "entered by staff outside of both"),
        ],
    ),
];

/// These lists.
pub fn lists() -> Vec<CodeList> {
    let mut lists: Vec<CodeList> = WORDS
        .iter()
        .map(|(id, words)| {
            let mut list = CodeList::new(*id);
            words.iter().for_each(|(code, meaning)| list.add(*code, None, [("en", *meaning)]));
            list
        })
        .collect();
    let mut yesno = CodeList::new("yesno");
    yesno.add("0", Some(0.into()), [("en", "no")]);
    yesno.add("1", Some(1.into()), [("en", "yes")]);
    lists.push(yesno);
    lists
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial::dataset::derived::DerivedKind;
    use crate::trial::dataset::record::EventKind;
    use crate::trial::dataset::record::MissingReason;
    use crate::trial::dataset::record::ResponseStatus;
    use crate::trial::dataset::record::VerdictKind;
    use crate::trial::enrolment::state::ParticipantState;
    use crate::trial::instrument::scoring::Status;
    use crate::trial::questionnaire::stored::ItemState;
    use crate::trial::role::Respondent;
    use crate::trial::schedule::state::AssessmentState;
    use crate::trial::schedule::state::WindowClass;

    #[test]
    fn every_word_that_a_dataset_can_hold_is_explained_and_no_other() {
        fn words<T: AsRef<str>>(all: &[T]) -> Vec<String> {
            all.iter().map(|word| word.as_ref().to_owned()).collect()
        }
        let expected = [
            ("assessment_state", words(AssessmentState::ALL)),
            ("derived_kind", words(DerivedKind::ALL)),
            ("event_kind", words(EventKind::ALL)),
            ("item_state", words(ItemState::ALL)),
            ("missing_reason", words(MissingReason::ALL)),
            ("participant_state", words(ParticipantState::ALL)),
            ("respondent", words(Respondent::ALL)),
            ("response_status", words(ResponseStatus::ALL)),
            ("score_status", words(Status::ALL)),
            ("verdict_kind", words(VerdictKind::ALL)),
            ("window_class", words(WindowClass::ALL)),
        ];
        for (id, words) in expected {
            let list = lists().into_iter().find(|list| list.id == id).unwrap();
            assert_eq!(list.codes.iter().map(|code| code.code.clone()).collect::<Vec<_>>(), words, "{id}");
        }
    }
}
