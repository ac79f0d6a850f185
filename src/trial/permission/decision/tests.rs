//! The decision, role by role.

use crate::kernel::Kind;
use crate::kernel::entropy::SeededEntropy;
use crate::kernel::ids::AccountId;
use crate::kernel::ids::AssessmentId;
use crate::kernel::ids::ParticipantId;
use crate::kernel::ids::SessionId;
use crate::kernel::ids::SiteId;
use crate::kernel::ids::StudyId;
use crate::trial::permission::decision::*;
use crate::trial::role::Duty;

struct World {
    study: StudyId,
    umea: SiteId,
    lund: SiteId,
    person: ParticipantId,
    me: AccountId,
    other: AccountId,
    session: SessionId,
}

fn world() -> World {
    let source = SeededEntropy::new("permission");
    World {
        study: StudyId::draw(&source).unwrap(),
        umea: SiteId::draw(&source).unwrap(),
        lund: SiteId::draw(&source).unwrap(),
        person: ParticipantId::draw(&source).unwrap(),
        me: AccountId::draw(&source).unwrap(),
        other: AccountId::draw(&source).unwrap(),
        session: SessionId::draw(&source).unwrap(),
    }
}

impl World {
    fn staff(&self, role: Role, sees_arm: SeesArm, duties: &[Duty]) -> Caller {
        let is_local = !table::is_of_whole_study(role);
        let standing = Standing {
            study: self.study.clone(),
            role,
            sites: is_local.then(|| self.umea.clone()).into_iter().collect(),
            sees_arm,
            duties: duties.to_vec(),
        };
        Caller::Staff {
            account: self.me.clone(),
            session: Some(self.session.clone()),
            organisation: "Test".into(),
            is_administrator: false,
            standings: vec![standing],
            token: None,
        }
    }

    fn at(&self, site: &SiteId) -> Facts {
        Facts {
            study: Some(self.study.clone()),
            site: Some(site.clone()),
            participant: Some(self.person.clone()),
            therapist: Some(self.other.clone()),
            ..Facts::default()
        }
    }
}

fn code(result: Result<Grant, Error>) -> &'static str {
    result.map_or_else(|error| error.code(), |_| "allowed")
}

#[test]
fn another_site_is_not_there_and_a_missing_duty_is_named() {
    let world = world();
    let plain = world.staff(Role::Coordinator, SeesArm::None, &[]);
    let drawing = world.staff(Role::Coordinator, SeesArm::None, &[Duty::Randomize]);
    assert_eq!(code(decide(Action::Allocate, &plain, &world.at(&world.umea))), "permission.duty_missing");
    assert_eq!(code(decide(Action::Allocate, &drawing, &world.at(&world.umea))), "allowed");
    assert_eq!(code(decide(Action::Allocate, &drawing, &world.at(&world.lund))), "not_found");
    let mut elsewhere = world.at(&world.umea);
    elsewhere.study = Some(StudyId::draw(&SeededEntropy::new("other")).unwrap());
    assert_eq!(code(decide(Action::Allocate, &drawing, &elsewhere)), "not_found");
}

#[test]
fn a_lead_of_one_site_moves_neither_the_study_nor_another_site() {
    let world = world();
    let lead = world.staff(Role::Lead, SeesArm::None, Duty::ALL);
    let study = Facts { study: Some(world.study.clone()), ..Facts::default() };
    let at = |site: &SiteId| Facts { site: Some(site.clone()), ..study.clone() };
    for whole in [Action::RunStudy, Action::AddSite, Action::VerifyAudit, Action::ReadReveal] {
        assert_eq!(code(decide(whole, &lead, &study)), "permission.denied", "{whole}");
    }
    assert_eq!(code(decide(Action::ChangeSite, &lead, &at(&world.umea))), "allowed");
    assert_eq!(code(decide(Action::ChangeSite, &lead, &at(&world.lund))), "permission.denied");
    assert_eq!(code(decide(Action::ReadStudy, &lead, &at(&world.lund))), "allowed");
    assert_eq!(code(decide(Action::ManageStaff, &lead, &study)), "allowed");
}

#[test]
fn a_role_of_the_whole_study_that_names_sites_reaches_nothing() {
    let world = world();
    let study = Facts { study: Some(world.study.clone()), ..Facts::default() };
    for role in [Role::Statistician, Role::Monitor] {
        let mut caller = world.staff(role, SeesArm::All, &[]);
        assert_eq!(code(decide(Action::ReadDatasets, &caller, &study)), "allowed", "{role}");
        if let Caller::Staff { standings, .. } = &mut caller {
            standings.iter_mut().for_each(|standing| standing.sites.push(world.umea.clone()));
        }
        for action in [Action::ReadDatasets, Action::VerifyAudit, Action::ReadReveal] {
            assert_eq!(code(decide(action, &caller, &study)), "permission.denied", "{role} {action}");
        }
    }
}

#[test]
fn a_design_is_there_for_the_unblinded_statistician_alone() {
    let world = world();
    let facts = Facts { study: Some(world.study.clone()), ..Facts::default() };
    for role in Role::ALL {
        let blinded = world.staff(*role, SeesArm::None, Duty::ALL);
        assert_eq!(code(decide(Action::ManageDesign, &blinded, &facts)), "not_found", "{role}");
    }
    let unblinded = world.staff(Role::Statistician, SeesArm::All, &[]);
    assert_eq!(code(decide(Action::ManageDesign, &unblinded, &facts)), "allowed");
}

#[test]
fn a_therapist_knows_the_own_people_and_a_statistician_no_person() {
    let world = world();
    let therapist = world.staff(Role::Therapist, SeesArm::Own, &[]);
    let mut facts = world.at(&world.umea);
    assert_eq!(code(decide(Action::ReadParticipant, &therapist, &facts)), "not_found");
    facts.therapist = Some(world.me.clone());
    assert_eq!(code(decide(Action::ReadParticipant, &therapist, &facts)), "allowed");
    assert_eq!(code(decide(Action::ConductEnrolment, &therapist, &facts)), "permission.denied");
    let statistician = world.staff(Role::Statistician, SeesArm::All, &[]);
    assert_eq!(code(decide(Action::ReadParticipant, &statistician, &facts)), "not_found");
}

#[test]
fn what_only_some_arms_have_is_not_there_for_the_blind() {
    let world = world();
    let mut facts = world.at(&world.umea);
    facts.arm_bound = true;
    let blind = world.staff(Role::Coordinator, SeesArm::None, Duty::ALL);
    assert_eq!(code(decide(Action::ReadAssessments, &blind, &facts)), "not_found");
    let seeing = world.staff(Role::Coordinator, SeesArm::Own, &[]);
    assert_eq!(code(decide(Action::ReadAssessments, &seeing, &facts)), "allowed");
}

#[test]
fn a_form_is_filled_in_by_whom_it_asks_and_what_came_on_paper_by_the_office() {
    let world = world();
    let entry = |role, respondent| {
        let me = Some(world.me.clone());
        let facts =
            Facts { respondent: Some(respondent), rater: me.clone(), therapist: me, ..world.at(&world.umea) };
        code(decide(Action::EnterAnswers, &world.staff(role, SeesArm::None, &[]), &facts))
    };
    for office in [Role::Lead, Role::Coordinator] {
        assert_eq!(entry(office, Respondent::Participant), "allowed");
        assert_eq!(entry(office, Respondent::Coordinator), "allowed");
        assert_eq!(entry(office, Respondent::Assessor), "permission.denied");
        assert_eq!(entry(office, Respondent::Therapist), "permission.denied");
    }
    assert_eq!(entry(Role::Therapist, Respondent::Therapist), "allowed");
    assert_eq!(entry(Role::Therapist, Respondent::Participant), "permission.denied");
    assert_eq!(entry(Role::Assessor, Respondent::Assessor), "allowed");
    assert_eq!(entry(Role::Assessor, Respondent::Participant), "not_found");
    assert_eq!(entry(Role::Monitor, Respondent::Participant), "permission.denied");
}

#[test]
fn a_token_reads_what_its_scopes_say_and_is_blind() {
    let world = world();
    let mut caller = world.staff(Role::Statistician, SeesArm::All, &[]);
    if let Caller::Staff { token, session, .. } = &mut caller {
        *token = Some((world.study.clone(), vec![TokenScope::DatasetsRead]));
        *session = None;
    }
    let facts = Facts { study: Some(world.study.clone()), ..Facts::default() };
    assert_eq!(decide(Action::ReadDatasets, &caller, &facts).unwrap().sees_arm, SeesArm::None);
    assert_eq!(code(decide(Action::ManageDesign, &caller, &facts)), "permission.token_scope");
    assert_eq!(code(decide(Action::ReadReveal, &caller, &facts)), "permission.token_scope");
}

#[test]
fn a_participant_reaches_the_own_record_and_consents_only_when_verified() {
    let world = world();
    let caller = |verified| Caller::Participant {
        id: world.person.clone(),
        study: world.study.clone(),
        session: world.session.clone(),
        verified,
        span: Span::Person,
    };
    let own = world.at(&world.umea);
    assert_eq!(code(decide(Action::OwnRecord, &caller(false), &own)), "allowed");
    assert_eq!(code(decide(Action::OwnConsent, &caller(false), &own)), "session.level_too_low");
    assert_eq!(code(decide(Action::OwnConsent, &caller(true), &own)), "allowed");
    let mut foreign = own.clone();
    foreign.participant = Some(ParticipantId::draw(&SeededEntropy::new("foreign")).unwrap());
    assert_eq!(code(decide(Action::OwnRecord, &caller(true), &foreign)), "not_found");
    assert_eq!(code(decide(Action::ReadParticipant, &caller(true), &own)), "not_found");
}

#[test]
fn a_session_shows_no_more_than_its_link_was_made_for() {
    let world = world();
    let source = SeededEntropy::new("assessments");
    let [mine, other] = [(); 2].map(|()| AssessmentId::draw(&source).unwrap());
    let ask = |span: Span, assessment: Option<&AssessmentId>, is_drawn| {
        let caller = Caller::Participant {
            id: world.person.clone(),
            study: world.study.clone(),
            session: world.session.clone(),
            verified: false,
            span,
        };
        let facts = Facts { assessment: assessment.cloned(), is_drawn, ..world.at(&world.umea) };
        code(decide(Action::OwnRecord, &caller, &facts))
    };
    for is_drawn in [false, true] {
        assert_eq!(ask(Span::Person, Some(&mine), is_drawn), "allowed");
        assert_eq!(ask(Span::Assessment(mine.clone()), Some(&mine), is_drawn), "allowed");
        assert_eq!(ask(Span::Assessment(mine.clone()), None, is_drawn), "allowed");
        assert_eq!(ask(Span::Assessment(mine.clone()), Some(&other), is_drawn), "not_found");
    }
    for assessment in [None, Some(&mine)] {
        assert_eq!(ask(Span::UntilDraw, assessment, false), "allowed");
        assert_eq!(ask(Span::UntilDraw, assessment, true), "session.expired");
    }
}

#[test]
fn nobody_may_do_nothing_but_what_is_public() {
    for action in Action::ALL {
        let result = decide(*action, &Caller::Nobody, &Facts::default());
        match result {
            Ok(_) => assert_eq!(*action, Action::Public),
            Err(error) => assert_eq!(error.kind(), Kind::Unauthenticated, "{action}"),
        }
    }
}

#[test]
fn an_administrator_reads_no_data() {
    let world = world();
    let caller = Caller::Staff {
        account: world.me.clone(),
        session: Some(world.session.clone()),
        organisation: "Test".into(),
        is_administrator: true,
        standings: vec![],
        token: None,
    };
    let study = Facts { study: Some(world.study.clone()), ..Facts::default() };
    for action in [Action::ReadDatasets, Action::RunStudy, Action::ReadAlerts, Action::ReadReveal] {
        assert_eq!(code(decide(action, &caller, &study)), "permission.denied", "{action}");
    }
    assert_eq!(code(decide(Action::ReadParticipant, &caller, &world.at(&world.umea))), "not_found");
    assert_eq!(code(decide(Action::ReadStudy, &caller, &study)), "allowed");
    assert_eq!(code(decide(Action::ManageStaff, &caller, &study)), "allowed");
    assert_eq!(code(decide(Action::ManageDesign, &caller, &study)), "not_found");
}

#[test]
fn an_assessor_and_an_unblinded_statistician_hold_no_second_role() {
    let none = SeesArm::None;
    let incompatible = table::are_incompatible;
    assert!(incompatible((Role::Assessor, none), (Role::Coordinator, none)));
    assert!(incompatible((Role::Coordinator, none), (Role::Statistician, SeesArm::All)));
    assert!(incompatible((Role::Statistician, SeesArm::All), (Role::Assessor, none)));
    assert!(!incompatible((Role::Statistician, none), (Role::Monitor, none)));
    assert!(!incompatible((Role::Lead, none), (Role::Therapist, SeesArm::Own)));
    assert!(incompatible((Role::Monitor, SeesArm::All), (Role::Coordinator, none)));
}

#[test]
fn what_an_ended_role_has_shown_is_known_for_ever() {
    let (none, own, all) = (SeesArm::None, SeesArm::Own, SeesArm::All);
    let bars = table::knows_too_much;
    for conducting in [Role::Lead, Role::Coordinator, Role::Therapist, Role::Assessor] {
        assert!(bars((Role::Statistician, all), conducting), "{conducting}");
        assert!(!bars((Role::Statistician, none), conducting), "{conducting}");
    }
    assert!(bars((Role::Therapist, own), Role::Assessor));
    assert!(!bars((Role::Coordinator, none), Role::Assessor));
    assert!(!bars((Role::Assessor, none), Role::Coordinator));
    assert!(!bars((Role::Statistician, all), Role::Monitor));
}
