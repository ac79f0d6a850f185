//! The small trial: three people, made by hand. One finishes in ipdt, one leaves the waitlist, one is excluded.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fs;

use equipoise::trial::dataset::agenda::Agenda;
use equipoise::trial::dataset::agenda::Version;
use equipoise::trial::dataset::catalogue::Dataset;
use equipoise::trial::dataset::catalogue::Frame;
use equipoise::trial::dataset::fault::DatasetError;
use equipoise::trial::dataset::record::AllocationRecord;
use equipoise::trial::dataset::record::AssessmentRecord;
use equipoise::trial::dataset::record::Each;
use equipoise::trial::dataset::record::EventKind;
use equipoise::trial::dataset::record::EventRecord;
use equipoise::trial::dataset::record::MissingReason;
use equipoise::trial::dataset::record::ParticipantRecord;
use equipoise::trial::dataset::record::ParticipationRecord;
use equipoise::trial::dataset::record::ResponseRecord;
use equipoise::trial::dataset::record::ResponseStatus;
use equipoise::trial::dataset::record::ScoreRecord;
use equipoise::trial::dataset::record::Source;
use equipoise::trial::dataset::record::StepRecord;
use equipoise::trial::dataset::record::VerdictKind;
use equipoise::trial::dataset::record::VerdictRecord;
use equipoise::trial::dataset::view::View;
use equipoise::trial::enrolment::state::ParticipantState;
use equipoise::trial::expression::evaluation::Truth;
use equipoise::trial::instrument::definition::Instrument;
use equipoise::trial::instrument::scoring::ScoreValue;
use equipoise::trial::instrument::scoring::Status;
use equipoise::trial::protocol::checker;
use equipoise::trial::protocol::model::Protocol;
use equipoise::trial::questionnaire::stored::ItemState;
use equipoise::trial::questionnaire::stored::StoredItem;
use equipoise::trial::randomization::draw::Place;
use equipoise::trial::randomization::event::AllocationEvent;
use equipoise::trial::role::Respondent;
use equipoise::trial::schedule::state::AssessmentState;
use equipoise::trial::schedule::state::WindowClass;
use serde_json::Value;
use serde_json::json;

/// The data cut.
pub const CUT: &str = "2026-03-01T12:00:00Z";

/// The protocol and its instruments.
pub struct Trial {
    pub source: String,
    pub protocol: Protocol,
    pub instruments: BTreeMap<String, Instrument>,
}

impl Trial {
    pub fn new() -> Self {
        Self::of(
            &fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/fixtures/small.toml"))
                .unwrap(),
        )
    }

    pub fn of(source: &str) -> Self {
        let checked = checker::check("small.toml", source, &BTreeMap::new());
        let protocol = checked.protocol.unwrap_or_else(|| panic!("{:?}", checked.findings));
        Self { source: source.to_owned(), protocol, instruments: checked.instruments }
    }

    /// Version 2 in force, version 1 the same.
    pub fn frame(&self, view: View) -> Frame<'_> {
        let version = |n| Version { n, protocol: &self.protocol };
        let agenda = Agenda::new(version(2), &[version(1)], &self.instruments).unwrap();
        Frame::new(agenda, view).unwrap()
    }

    /// A dataset as text.
    pub fn csv(&self, view: View, dataset: Dataset, people: &People) -> Result<String, DatasetError> {
        let mut bytes = Vec::new();
        self.frame(view).write(dataset, &mut people.clone(), &mut bytes)?;
        Ok(String::from_utf8(bytes).unwrap())
    }
}

pub fn with_arms() -> View {
    View::with_arms(CUT.parse().unwrap())
}

pub fn blinded() -> View {
    View::blinded(CUT.parse().unwrap(), b"a key", ["ipdt", "wl"])
}

pub fn without_arms() -> View {
    View::without_arms(CUT.parse().unwrap())
}

/// The source of the records.
#[derive(Clone)]
pub struct People(pub Vec<ParticipantRecord>);

impl Source for People {
    fn participants(&mut self, each: &mut Each<'_, ParticipantRecord>) -> Result<(), DatasetError> {
        self.0.iter().try_for_each(each)
    }

    fn allocations(&mut self, each: &mut Each<'_, AllocationEvent>) -> Result<(), DatasetError> {
        let mut drawn: Vec<&ParticipantRecord> =
            self.0.iter().filter(|person| person.allocation.is_some()).collect();
        drawn.reverse();
        for (person, position) in drawn.into_iter().zip(1..) {
            let allocation = person.allocation.as_ref().unwrap();
            each(&AllocationEvent {
                participant: person.code.to_string(),
                version: 1,
                label: "[\"low\",\"umea\"]".to_owned(),
                place: Place::Block(0, position),
                factors: allocation.factors.clone(),
                arm: allocation.arm.clone(),
                allocated_at: "2026-02-10T08:00:00.5Z".parse().unwrap(),
                in_error_after: None,
            })?;
        }
        Ok(())
    }
}

impl People {
    pub fn new() -> Self {
        Self(vec![treated(), waiting(), excluded()])
    }

    /// The world in which the draw fell the other way round: arms, what only one arm has, and the dates that follow.
    pub fn with_arms_swapped(mut self) -> Self {
        let [one, other, _] = &mut self.0[..] else { panic!("three people") };
        std::mem::swap(&mut one.received_arm, &mut other.received_arm);
        let (drawn, other_drawn) = (one.allocation.as_mut().unwrap(), other.allocation.as_mut().unwrap());
        std::mem::swap(&mut drawn.arm, &mut other_drawn.arm);
        let session = one.assessments.iter().position(|at| at.respondent == Respondent::Therapist).unwrap();
        other.assessments.push(one.assessments.remove(session));
        let post = |person: &mut ParticipantRecord| {
            person.assessments.iter().position(|at| at.occasion == "post").unwrap()
        };
        let (here, there) = (post(one), post(other));
        let (here, there) = (&mut one.assessments[here], &mut other.assessments[there]);
        std::mem::swap(&mut here.opens_on, &mut there.opens_on);
        std::mem::swap(&mut here.due_on, &mut there.due_on);
        self
    }
}

fn treated() -> ParticipantRecord {
    ParticipantRecord {
        randomized_on: Some(date("2026-02-10")),
        allocation: Some(allocation("ipdt", "high", "low")),
        received_arm: Some("ipdt".to_owned()),
        derived: vec![Some(true), Some(false), Some(true), Some(true)],
        age: Some(34),
        sex: Some("f".to_owned()),
        steps: vec![
            step("draw", "2026-02-10", "drawn"),
            step("consent", "2026-02-01", "given"),
            StepRecord {
                verdicts: vec![
                    verdict("risk", VerdictKind::Judged, Truth::NotMet, "lead", 2),
                    verdict("age", VerdictKind::Rule, Truth::Met, "system", 1),
                ],
                ..step("online", "2026-02-03", "passed")
            },
            step("base", "2026-02-09", "done"),
        ],
        assessments: vec![
            AssessmentRecord {
                state: AssessmentState::Open,
                ..dated("post", "2026-02-24", "2026-02-24", "2026-03-16")
            },
            AssessmentRecord {
                state: AssessmentState::Partial,
                responses: vec![ResponseRecord {
                    status: ResponseStatus::Partial,
                    version: 0,
                    scores: scores(Status::NotScorable, None, 1, None),
                    ..response("gad2", "2026-02-25T07:30:00Z", &[("1", json!(3))])
                }],
                ..sent(dated("w02", "2026-02-23", "2026-02-24", "2026-03-01"), None)
            },
            AssessmentRecord {
                respondent: Respondent::Therapist,
                responses: vec![response("session", "2026-02-17T15:00:00Z", &[("came", json!(true))])],
                ..sent(dated("w01", "2026-02-16", "2026-02-17", "2026-02-22"), Some("2026-02-17T15:00:00Z"))
            },
            AssessmentRecord {
                protocol_version: 1,
                seconds: Some(330),
                first_answer_at: Some("2026-02-03T09:10:00.25Z".parse().unwrap()),
                responses: vec![response(
                    "entry",
                    "2026-02-03T09:15:30.75Z",
                    &[
                        ("birth", json!("1991-05-06")),
                        ("sex", json!("f")),
                        ("drug", json!(false)),
                        ("helps", json!(["book", "friend"])),
                        ("hours", json!(7.5)),
                        ("note", json!("=1+1, said \"Ann\"")),
                    ],
                )],
                ..sent(assessment("scr"), Some("2026-02-03T09:15:30.75Z"))
            },
            AssessmentRecord {
                responses: vec![ResponseRecord {
                    status: ResponseStatus::Corrected,
                    version: 2,
                    scores: scores(Status::Scored, Some(3), 0, Some("positive")),
                    ..response("gad2", "2026-02-09T18:00:00Z", &[("1", json!(2)), ("2", json!(1))])
                }],
                ..sent(assessment("pre"), Some("2026-02-08T18:00:00Z"))
            },
        ],
        ..person("ROWAN-3BT2A", "en", ParticipantState::Randomized, "2026-02-01")
    }
}

fn waiting() -> ParticipantRecord {
    ParticipantRecord {
        randomized_on: Some(date("2026-02-10")),
        allocation: Some(allocation("wl", "low", "low")),
        derived: vec![None, None, Some(true), Some(false)],
        age: Some(51),
        sex: Some("x".to_owned()),
        participation: ParticipationRecord {
            treatment: true,
            weekly: false,
            questionnaires: false,
            contact: true,
        },
        steps: vec![step("consent", "2026-01-21", "given")],
        assessments: vec![
            AssessmentRecord {
                responses: vec![response(
                    "entry",
                    "2026-01-22T23:30:00Z",
                    &[
                        ("birth", json!("1974-12-31")),
                        ("sex", json!("x")),
                        ("drug", json!(true)),
                        ("helps", json!([])),
                    ],
                )],
                ..sent(assessment("scr"), Some("2026-01-22T23:30:00Z"))
            },
            AssessmentRecord {
                window_class: Some(WindowClass::Late),
                responses: vec![ResponseRecord {
                    scores: scores(Status::NotScorable, None, 1, None),
                    answers: BTreeMap::from([
                        ("1".to_owned(), StoredItem::answered(json!(0))),
                        ("2".to_owned(), StoredItem::without(ItemState::Skipped)),
                    ]),
                    ..response("gad2", "2026-02-09T10:00:00Z", &[])
                }],
                ..sent(assessment("pre"), Some("2026-02-09T10:00:00Z"))
            },
            AssessmentRecord {
                state: AssessmentState::Missed,
                is_announced: true,
                absence: Some(MissingReason::Refused),
                ..dated("w02", "2026-02-23", "2026-02-24", "2026-03-01")
            },
            AssessmentRecord {
                state: AssessmentState::Cancelled,
                ..dated("post", "2026-02-25", "2026-02-25", "2026-03-16")
            },
        ],
        events: vec![event("evt_2", None, false), event("evt_1", Some("2026-02"), true)],
        ..person("ROWAN-5EP50", "sv", ParticipantState::Randomized, "2026-01-20")
    }
}

fn excluded() -> ParticipantRecord {
    let skipped = ["sex", "drug", "helps", "hours", "note"];
    let mut answers: BTreeMap<String, StoredItem> =
        skipped.iter().map(|item| ((*item).to_owned(), StoredItem::without(ItemState::Skipped))).collect();
    answers.insert("birth".to_owned(), StoredItem::answered(json!("2010-01-01")));
    ParticipantRecord {
        age: Some(16),
        is_identified: false,
        steps: vec![
            step("consent", "2026-02-05", "given"),
            StepRecord {
                reason_code: Some("not_eligible".to_owned()),
                verdicts: vec![verdict("age", VerdictKind::Rule, Truth::NotMet, "system", 2)],
                ..step("online", "2026-02-05", "failed")
            },
        ],
        assessments: vec![
            AssessmentRecord {
                responses: vec![ResponseRecord { answers, ..response("entry", "2026-02-05T12:00:00Z", &[]) }],
                ..sent(assessment("scr"), Some("2026-02-05T12:00:00Z"))
            },
            AssessmentRecord { state: AssessmentState::Cancelled, ..assessment("pre") },
        ],
        ..person("ROWAN-7WB4E", "en", ParticipantState::Excluded, "2026-02-05")
    }
}

fn date(text: &str) -> equipoise::kernel::time::Date {
    text.parse().unwrap()
}

pub fn person(code: &str, language: &str, state: ParticipantState, registered: &str) -> ParticipantRecord {
    ParticipantRecord {
        code: code.parse().unwrap(),
        site: "umea".to_owned(),
        language: language.to_owned(),
        state,
        registered_on: date(registered),
        consented_on: Some(date(registered)),
        randomized_on: None,
        completed_on: None,
        allocation: None,
        received_arm: None,
        derived: vec![None, None, Some(false), None],
        age: None,
        sex: None,
        participation: ParticipationRecord {
            treatment: true,
            weekly: true,
            questionnaires: true,
            contact: true,
        },
        is_identified: true,
        steps: Vec::new(),
        assessments: Vec::new(),
        events: Vec::new(),
    }
}

fn allocation(arm: &str, used: &str, known: &str) -> AllocationRecord {
    let levels = |worry: &str| {
        BTreeMap::from([("worry".to_owned(), worry.to_owned()), ("site".to_owned(), "umea".to_owned())])
    };
    AllocationRecord {
        arm: arm.to_owned(),
        design_version: 1,
        factors: levels(used),
        true_factors: levels(known),
    }
}

fn step(id: &str, on: &str, outcome: &str) -> StepRecord {
    StepRecord {
        step: id.to_owned(),
        on: Some(date(on)),
        outcome: Some(outcome.to_owned()),
        reason_code: None,
        verdicts: Vec::new(),
    }
}

fn verdict(criterion: &str, kind: VerdictKind, verdict: Truth, role: &str, version: i64) -> VerdictRecord {
    VerdictRecord {
        criterion: criterion.to_owned(),
        kind,
        verdict,
        judged_by_role: role.to_owned(),
        protocol_version: version,
    }
}

pub fn assessment(occasion: &str) -> AssessmentRecord {
    AssessmentRecord {
        episode: "main".to_owned(),
        occasion: occasion.to_owned(),
        respondent: Respondent::Participant,
        state: AssessmentState::Planned,
        opens_on: None,
        due_on: None,
        closes_on: None,
        first_answer_at: None,
        submitted_at: None,
        window_class: None,
        is_announced: false,
        absence: None,
        seconds: None,
        language: None,
        protocol_version: 2,
        hidden: BTreeSet::new(),
        responses: Vec::new(),
    }
}

fn dated(occasion: &str, opens: &str, due: &str, closes: &str) -> AssessmentRecord {
    AssessmentRecord {
        opens_on: Some(date(opens)),
        due_on: Some(date(due)),
        closes_on: Some(date(closes)),
        ..assessment(occasion)
    }
}

pub fn sent(planned: AssessmentRecord, at: Option<&str>) -> AssessmentRecord {
    AssessmentRecord {
        state: AssessmentState::Submitted,
        submitted_at: at.map(|at| at.parse().unwrap()),
        window_class: at.map(|_| WindowClass::InWindow),
        language: Some("en".to_owned()),
        is_announced: true,
        ..planned
    }
}

pub fn response(instrument: &str, at: &str, answers: &[(&str, Value)]) -> ResponseRecord {
    let answers =
        answers.iter().map(|(item, value)| ((*item).to_owned(), StoredItem::answered(value.clone())));
    ResponseRecord {
        instrument: instrument.to_owned(),
        instrument_version: "1".to_owned(),
        status: ResponseStatus::Submitted,
        version: 1,
        answered_at: at.parse().unwrap(),
        answered_on: date(&at[..10]),
        answers: answers.collect(),
        scores: BTreeMap::new(),
    }
}

fn scores(
    status: Status,
    value: Option<i64>,
    missing: i64,
    band: Option<&str>,
) -> BTreeMap<String, ScoreRecord> {
    let score = ScoreRecord {
        status,
        value: value.map(|value| ScoreValue::Number(value.into())),
        missing,
        band: band.map(str::to_owned),
        rule_version: "0123456789ab".to_owned(),
    };
    BTreeMap::from([("total".to_owned(), score)])
}

fn event(id: &str, on: Option<&str>, has_text: bool) -> EventRecord {
    EventRecord {
        id: id.to_owned(),
        kind: EventKind::AdverseEvent,
        on: on.map(str::to_owned),
        known_on: date("2026-02-20"),
        code: Some("sleep".to_owned()),
        seriousness: Some("not_serious".to_owned()),
        severity: Some("mild".to_owned()),
        relatedness: Some("unrelated".to_owned()),
        expectedness: None,
        outcome: Some("recovered".to_owned()),
        is_ongoing: Some(false),
        version: 2,
        has_text,
    }
}
