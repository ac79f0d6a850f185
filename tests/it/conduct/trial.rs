//! One person from registration to the draw: link, consent, answers, alert, decision, allocation, trail.

use std::collections::BTreeMap;

use serde_json::json;

use equipoise::conduct::allocating;
use equipoise::conduct::allocating::AllocationRequest;
use equipoise::conduct::answering;
use equipoise::conduct::asking::Answers;
use equipoise::conduct::auditing;
use equipoise::conduct::consenting;
use equipoise::conduct::consenting::NewConsent;
use equipoise::conduct::contacting::Contact;
use equipoise::conduct::context::Credential;
use equipoise::conduct::context::Ctx;
use equipoise::conduct::handling;
use equipoise::conduct::handling::Closing;
use equipoise::conduct::judging;
use equipoise::conduct::judging::Decision;
use equipoise::conduct::judging::Judgement;
use equipoise::conduct::linking;
use equipoise::conduct::registering;
use equipoise::conduct::registering::NewParticipant;
use equipoise::kernel::digest::sha256_hex;
use equipoise::kernel::ids::AssessmentId;
use equipoise::kernel::ids::ParticipantId;
use equipoise::kernel::time::Zone;
use equipoise::storage::allocation;
use equipoise::storage::assessment;
use equipoise::storage::participant::ParticipantState;
use equipoise::trial::expression::evaluation::Truth;
use equipoise::trial::protocol::model::ConsentHow;

use crate::world::World;
use crate::world::fixture;

/// A person with a session of her own.
pub struct Person {
    pub id: ParticipantId,
    pub code: String,
    pub session: Credential,
}

pub fn register(world: &World) -> Person {
    register_as(world, "synthetic@example.org")
}

/// A person with another address: the same one twice is held as a duplicate.
pub fn register_as(world: &World, email: &str) -> Person {
    let new = NewParticipant {
        site: world.sites["umea"].clone(),
        language: "en".into(),
        time_zone: None,
        source: "web".into(),
        cohort: None,
        contact: Some(Contact { email: Some(email.into()), ..Contact::default() }),
    };
    let made = registering::register(&world.ctx(&world.coordinator), &world.study, new).unwrap();
    let link = linking::issue_person_link(&world.ctx(&world.coordinator), &made.value.id).unwrap().value;
    let opened = linking::open_session(&world.ctx(&Credential::Nobody), &link.link_token).unwrap();
    let session = Credential::Session(opened.session);
    linking::verify_session(&world.ctx(&session), &link.link_token, &link.code).unwrap();
    Person { id: made.value.id, code: made.value.code, session }
}

/// A session of today that shows all that the person is asked: the service itself, which knows all, hands over the link.
pub fn session(world: &World, person: &Person) -> Credential {
    let service = Ctx::system(&world.house, world.now(), "test").unwrap();
    let link = linking::issue_person_link(&service, &person.id).unwrap().value;
    let opened = linking::open_session(&world.ctx(&Credential::Nobody), &link.link_token).unwrap();
    Credential::Session(opened.session)
}

pub fn consent(world: &World, person: &Person) {
    let new = NewConsent {
        document_version: 4,
        language: "en".into(),
        sha256: sha256_hex(fixture("messages/base/en/consent.md").as_bytes()),
        items: BTreeMap::from([("join".to_owned(), true), ("later".to_owned(), false)]),
        given: true,
        how: ConsentHow::Online,
        name: Some("Synthetic Person".into()),
        signer: "participant".into(),
        identity_check: "link and code".into(),
        signed_on: world.now().date_in(Zone::Europe__Stockholm),
    };
    let given = consenting::give_own(&world.ctx(&person.session), new).unwrap();
    assert_eq!(given.value.state, "in_force");
}

pub fn assessment_of(world: &World, person: &Person, occasion: &str) -> AssessmentId {
    find_assessment(world, person, occasion).unwrap()
}

pub fn find_assessment(world: &World, person: &Person, occasion: &str) -> Option<AssessmentId> {
    let all = world.house.db.read(|tx| assessment::list_of(tx, &person.id));
    let all: Vec<assessment::Assessment> =
        all.unwrap_or_else(|error: equipoise::kernel::Error| panic!("{error}"));
    all.into_iter().find(|one| one.occasion == occasion).map(|one| one.id)
}

pub fn phq9(item_nine: i64) -> Answers {
    (1..=9).map(|item| (item.to_string(), json!(if item == 9 { item_nine } else { 2 }))).collect()
}

pub fn screen(world: &World, person: &Person) {
    let entry = BTreeMap::from([
        ("birth".to_owned(), json!("1990-05-04")),
        ("sex".to_owned(), json!("f")),
        ("drug".to_owned(), json!(false)),
    ]);
    let scr = assessment_of(world, person, "scr");
    let rest = BTreeMap::from([("entry".to_owned(), entry), ("phq9".to_owned(), phq9(1))]);
    answering::submit_own(&world.ctx(&person.session), &scr, rest).unwrap();
}

pub fn decide(world: &World, person: &Person) {
    let judgement = Judgement {
        truth: Truth::NotMet,
        evidence_on: "2026-06-01".parse().unwrap(),
        source: "call".into(),
        reason: None,
    };
    let judged = judging::judge(&world.ctx(&world.lead), &person.id, "risk", judgement, |_| Ok(())).unwrap();
    let decision =
        Decision { outcome: "include".into(), criteria_etag: judged.value.criteria_etag, reason: None };
    judging::decide(&world.ctx(&world.lead), &person.id, decision).unwrap();
}

pub fn baseline(world: &World, person: &Person) {
    let pre = assessment_of(world, person, "pre");
    let gad7: Answers = (1..=7).map(|item| (item.to_string(), json!(1))).collect();
    let rest = BTreeMap::from([("phq9".to_owned(), phq9(0)), ("gad7".to_owned(), gad7)]);
    answering::submit_own(&world.ctx(&person.session), &pre, rest).unwrap();
}

/// A person who was drawn.
pub fn drawn(world: &World, email: &str) -> Person {
    let mut person = register_as(world, email);
    consent(world, &person);
    screen(world, &person);
    decide(world, &person);
    baseline(world, &person);
    allocating::allocate(&world.ctx(&world.coordinator), &person.id, request(&person)).unwrap();
    // The one of before has ended with the draw.
    person.session = session(world, &person);
    person
}

/// The arm that a person was drawn to.
pub fn arm_of(world: &World, person: &Person) -> String {
    let made = world.house.db.read(|tx| allocation::find_of(tx, &person.id));
    let made: Option<allocation::Allocation> =
        made.unwrap_or_else(|error: equipoise::kernel::Error| panic!("{error}"));
    made.unwrap().arm
}

pub fn request(person: &Person) -> AllocationRequest {
    AllocationRequest {
        confirm_code: person.code.clone(),
        checked_person: true,
        strata: BTreeMap::from([
            ("severity".to_owned(), "high".to_owned()),
            ("site".to_owned(), "umea".to_owned()),
        ]),
    }
}

#[test]
fn one_person_goes_from_registration_to_the_draw_with_an_unbroken_trail() {
    let world = World::open();
    let person = register(&world);
    let scr = assessment_of(&world, &person, "scr");
    // Questions wait for consent.
    let early = answering::save_own(&world.ctx(&person.session), &scr, "phq9", phq9(0)).unwrap_err();
    assert_eq!(early.code(), "assessment.not_open");
    consent(&world, &person);

    // An answer to item 9 raises its alert at once, before anything is sent.
    let one = BTreeMap::from([("9".to_owned(), json!(1))]);
    let saved = answering::save_own(&world.ctx(&person.session), &scr, "phq9", one).unwrap().value;
    assert!(saved.help_first);
    let alerts = handling::list(&world.ctx(&world.lead), &world.study, None, None, 50).unwrap();
    assert_eq!(alerts.len(), 1);
    assert_eq!((alerts[0].alert.rule.as_str(), alerts[0].alert.cause.as_str()), ("item9", "met"));
    screen(&world, &person);
    assert_eq!(handling::list(&world.ctx(&world.lead), &world.study, None, None, 50).unwrap().len(), 1);
    let id = alerts[0].alert.id.clone();
    handling::claim(&world.ctx(&world.lead), &id, false, |_| Ok(())).unwrap();
    let closing = Closing {
        contact_result: "reached".into(),
        risk_outcome: "low".into(),
        told: vec!["nobody".into()],
        text: "Synthetic".into(),
    };
    handling::close(&world.ctx(&world.lead), &id, closing, |_| Ok(())).unwrap();

    // The draw is refused while something is unmet, and the refusal is written down.
    let refused =
        allocating::allocate(&world.ctx(&world.coordinator), &person.id, request(&person)).unwrap_err();
    assert_eq!(refused.code(), "allocation.not_ready");
    assert!(refused.unmet().iter().any(|unmet| unmet.code == "assessment.incomplete"));
    decide(&world, &person);
    baseline(&world, &person);
    let view = registering::get(&world.ctx(&world.coordinator), &person.id).unwrap();
    assert_eq!(view.state, ParticipantState::Ready, "{view:?}");

    let made = allocating::allocate(&world.ctx(&world.coordinator), &person.id, request(&person)).unwrap();
    assert_eq!(made.status, 201);
    assert_eq!(made.value.arm, None, "the coordinator sees no arm");
    let again =
        allocating::allocate(&world.ctx(&world.coordinator), &person.id, request(&person)).unwrap_err();
    assert_eq!(again.code(), "allocation.exists");

    // Weekly questions open a week later.
    let first_week = assessment_of(&world, &person, "w01");
    let session = session(&world, &person);
    let closed = answering::submit_own(&world.ctx(&session), &first_week, BTreeMap::new()).unwrap_err();
    assert_eq!(closed.code(), "assessment.not_open");

    let checked = auditing::verify(&world.house).unwrap();
    assert_eq!(checked.first_break, None);
    assert!(checked.events > 20 && checked.checkpoints == 2, "{checked:?}");
}

#[test]
fn a_key_that_comes_again_replays_and_another_body_under_it_is_refused() {
    let world = World::open();
    let person = register(&world);
    consent(&world, &person);
    screen(&world, &person);
    decide(&world, &person);
    baseline(&world, &person);
    let draw = |key: &str, fingerprint: &str| {
        let ctx = world.ctx_with_key(&world.coordinator, key, fingerprint);
        allocating::allocate(&ctx, &person.id, request(&person))
    };
    let first = draw("0123456789abcdef", "a").unwrap();
    let second = draw("0123456789abcdef", "a").unwrap();
    assert!(!first.replayed && second.replayed);
    assert_eq!((first.value, first.location), (second.value, second.location));
    assert_eq!(draw("0123456789abcdef", "b").unwrap_err().code(), "idempotency.key_reused");
    assert_eq!(draw("fedcba9876543210", "a").unwrap_err().code(), "allocation.exists");
}

#[test]
fn fifty_draws_at_once_give_one_allocation() {
    let world = World::open();
    let person = register(&world);
    consent(&world, &person);
    screen(&world, &person);
    decide(&world, &person);
    baseline(&world, &person);
    let codes: Vec<&'static str> = std::thread::scope(|scope| {
        let draws: Vec<_> = (0..50)
            .map(|_| {
                scope.spawn(|| {
                    let ctx = world.ctx(&world.coordinator);
                    match allocating::allocate(&ctx, &person.id, request(&person)) {
                        Ok(_) => "made",
                        Err(error) => error.code(),
                    }
                })
            })
            .collect();
        draws.into_iter().map(|draw| draw.join().unwrap()).collect()
    });
    assert_eq!(codes.iter().filter(|code| **code == "made").count(), 1, "{codes:?}");
    assert_eq!(codes.iter().filter(|code| **code == "allocation.exists").count(), 49, "{codes:?}");
    assert_eq!(auditing::verify(&world.house).unwrap().first_break, None);
}
