//! How far a role reaches: its sites, what it has once shown, what another site must not learn.

use equipoise::conduct::allocating;
use equipoise::conduct::assigning;
use equipoise::conduct::auditing;
use equipoise::conduct::contacting::Contact;
use equipoise::conduct::context::Credential;
use equipoise::conduct::entering;
use equipoise::conduct::entering::Wanted as WantedVersion;
use equipoise::conduct::handling;
use equipoise::conduct::linking;
use equipoise::conduct::overview;
use equipoise::conduct::overview::Wanted;
use equipoise::conduct::registering;
use equipoise::conduct::registering::NewParticipant;
use equipoise::conduct::registering::ParticipantFilter;
use equipoise::conduct::siting;
use equipoise::conduct::siting::NewSite;
use equipoise::conduct::staffing;
use equipoise::conduct::staffing::Granted;
use equipoise::conduct::staffing::NewRole;
use equipoise::conduct::studying;
use equipoise::kernel::Error;
use equipoise::kernel::ids::AccountId;
use equipoise::kernel::ids::AssessmentId;
use equipoise::kernel::ids::AssignmentId;
use equipoise::kernel::ids::ParticipantId;
use equipoise::kernel::time::Zone;
use equipoise::storage::allocation;
use equipoise::storage::assessment::Assessment;
use equipoise::storage::audit::EventFilter;
use equipoise::storage::staff;
use equipoise::trial::role::Duty;
use equipoise::trial::role::Respondent;
use equipoise::trial::role::Role;
use equipoise::trial::role::SeesArm;

use crate::conduct::crossover;
use crate::conduct::trial;
use crate::conduct::trial::Person;
use crate::world;
use crate::world::World;
use crate::world::reason;

fn role(account: &AccountId, role: Role, sees_arm: SeesArm) -> NewRole {
    NewRole {
        account: account.clone(),
        role,
        sees_arm,
        duties: Vec::new(),
        sites: Vec::new(),
        from_on: "2026-01-01".parse().unwrap(),
        until_on: None,
        training_on: None,
    }
}

fn grant(world: &World, by: &Credential, new: NewRole) -> Result<Granted, Error> {
    staffing::grant(&world.ctx(by), &world.study, new).map(|done| done.value)
}

fn somebody(world: &World, login: &str) -> (AccountId, Credential) {
    world::staff(&world.house, login, false, world.now())
}

/// Somebody with a role at one site.
fn at_site(
    world: &World,
    login: &str,
    kind: Role,
    site: &str,
    duties: &[Duty],
) -> (AccountId, AssignmentId, Credential) {
    let (account, session) = somebody(world, login);
    let by = if kind == Role::Lead { &world.administrator } else { &world.lead };
    let sites = vec![world.sites[site].clone()];
    let new = NewRole { sites, duties: duties.to_vec(), ..role(&account, kind, SeesArm::None) };
    let id = grant(world, by, new).unwrap().id;
    (account, id, session)
}

fn field_of(error: &Error) -> (&'static str, &str) {
    (error.code(), error.fields().first().map_or("", |field| field.pointer.as_str()))
}

#[test]
fn a_role_of_the_whole_study_takes_no_sites() {
    let world = World::open();
    let (account, _) = somebody(&world, "new");
    for kind in [Role::Statistician, Role::Monitor] {
        let sites = vec![world.sites["umea"].clone()];
        let new = NewRole { sites, ..role(&account, kind, SeesArm::None) };
        let refused = grant(&world, &world.lead, new).unwrap_err();
        assert_eq!(field_of(&refused), ("body.invalid", "/site_ids"), "{kind}");
        assert!(refused.fields()[0].detail.contains("leave the sites out"), "{kind}");
        grant(&world, &world.lead, role(&account, kind, SeesArm::None)).unwrap();
    }
}

#[test]
fn a_lead_of_one_site_changes_and_staffs_that_site_alone() {
    let world = World::open();
    let (umea, leeds) = (world.sites["umea"].clone(), world.sites["leeds"].clone());
    let (_, _, lead) = at_site(&world, "lead.leeds", Role::Lead, "leeds", Duty::ALL);
    let ctx = world.ctx(&lead);
    let rename = |site| siting::update(&ctx, site, Some("Renamed".into()), None, |_| Ok(()));
    assert_eq!(rename(umea.clone()).unwrap_err().code(), "permission.denied");
    assert_eq!(rename(leeds.clone()).unwrap().value.name, "Renamed");
    assert_eq!(siting::get(&ctx, umea.clone()).unwrap().code, "umea", "that there are others is no secret");

    let (account, _) = somebody(&world, "new");
    let new = |sites| NewRole { sites, ..role(&account, Role::Coordinator, SeesArm::None) };
    for sites in [vec![], vec![umea.clone()], vec![leeds.clone(), umea.clone()]] {
        let refused = grant(&world, &lead, new(sites)).unwrap_err();
        assert_eq!(field_of(&refused), ("body.invalid", "/site_ids"));
    }
    let statistician = role(&account, Role::Statistician, SeesArm::All);
    assert_eq!(grant(&world, &lead, statistician).unwrap_err().code(), "permission.denied");
    let own = grant(&world, &lead, new(vec![leeds])).unwrap().id;
    let (_, elsewhere, _) = at_site(&world, "coordinator.umea", Role::Coordinator, "umea", &[]);
    let everywhere = staffing::list(&ctx, &world.study, None, None, 50).unwrap();
    let everywhere = everywhere.into_iter().find(|one| one.role == Role::Statistician).unwrap().id;
    let end = |id: &AssignmentId| staffing::end(&ctx, id, reason("over")).map(|done| done.value.ended_at);
    assert_eq!(end(&elsewhere).unwrap_err().code(), "permission.denied");
    assert_eq!(end(&everywhere).unwrap_err().code(), "permission.denied");
    assert!(end(&own).unwrap().is_some());
}

#[test]
fn the_study_as_a_whole_is_moved_by_a_lead_of_the_whole_study() {
    let world = World::open();
    let (_, _, lead) = at_site(&world, "lead.leeds", Role::Lead, "leeds", Duty::ALL);
    let ctx = world.ctx(&lead);
    let refusals = [
        studying::close(&ctx, &world.study, reason("full")).unwrap_err(),
        studying::open(&ctx, &world.study, reason("ready")).unwrap_err(),
        studying::lock(&ctx, &world.study, reason("over"), Vec::new()).unwrap_err(),
        siting::create(
            &ctx,
            &world.study,
            NewSite { code: "lund".into(), name: "Lund".into(), time_zone: Zone::UTC },
        )
        .unwrap_err(),
        auditing::verify_study(&ctx, &world.study).unwrap_err(),
    ];
    assert_eq!(refusals.map(|error| error.code()), ["permission.denied"; 5]);
    studying::close(&world.ctx(&world.lead), &world.study, reason("full")).unwrap();
}

#[test]
fn readiness_names_the_alerts_of_the_own_sites_and_says_that_there_are_others() {
    let world = World::open();
    let person = trial::register(&world);
    trial::consent(&world, &person);
    trial::screen(&world, &person);
    let named = |site: &str| {
        let (_, _, lead) = at_site(&world, &format!("lead.{site}"), Role::Lead, site, &[Duty::Alerts]);
        let locking = studying::readiness(&world.ctx(&lead), &world.study).unwrap().locking;
        locking.iter().map(|unmet| (unmet.code, unmet.object.is_some())).collect::<Vec<_>>()
    };
    assert_eq!(named("umea"), [("alert.open", true)]);
    assert_eq!(named("leeds"), [("alert.open", false)]);
}

#[test]
fn what_an_ended_role_has_shown_bars_other_roles_for_ever() {
    let world = World::open();
    let ended = |login: &str, kind, sees_arm| {
        let (account, _) = somebody(&world, login);
        let id = grant(&world, &world.lead, role(&account, kind, sees_arm)).unwrap().id;
        staffing::end(&world.ctx(&world.lead), &id, reason("over")).unwrap();
        account
    };
    let unblinded = ended("was.unblinded", Role::Statistician, SeesArm::All);
    let board = ended("was.on.the.board", Role::Monitor, SeesArm::All);
    let therapist = ended("was.therapist", Role::Therapist, SeesArm::None);
    let blinded = ended("was.blinded", Role::Statistician, SeesArm::None);
    let outcome = |account: &AccountId, kind| {
        let duties = if kind == Role::Coordinator { vec![Duty::Randomize] } else { Vec::new() };
        let new = NewRole { duties, ..role(account, kind, SeesArm::None) };
        grant(&world, &world.lead, new).map_or_else(|error| error.code(), |_| "granted")
    };
    for knowing in [&unblinded, &board] {
        for kind in [Role::Coordinator, Role::Therapist, Role::Assessor] {
            assert_eq!(outcome(knowing, kind), "role.incompatible", "{kind}");
        }
    }
    assert_eq!(outcome(&therapist, Role::Assessor), "role.incompatible");
    assert_eq!(outcome(&unblinded, Role::Statistician), "granted");
    assert_eq!(outcome(&blinded, Role::Assessor), "granted");
}

/// What a blinded assessor answers.
fn visit_of(world: &World, person: &Person) -> AssessmentId {
    let mut all = crossover::all(world, person).into_iter();
    all.find(|one| one.respondent == Respondent::Assessor).unwrap().id
}

#[test]
fn whoever_was_shown_what_tells_an_arm_does_not_rate_that_person() {
    let world = World::open_with(&world::apart(), world::texts());
    let person = trial::drawn(&world, "synthetic@example.org");
    let fresh = trial::register_as(&world, "other@example.org");
    let visit = visit_of(&world, &person);
    let week = trial::assessment_of(&world, &person, "w02");
    let own = |one: &Assessment| one.occasion == "visit" && one.respondent == Respondent::Participant;
    let asked = crossover::all(&world, &person).into_iter().find(own).unwrap().id;
    type Look<'a> = Box<dyn Fn(&Credential) + 'a>;
    let of_person = || Wanted { participant: Some(person.id.clone()), ..Wanted::default() };
    let looks: Vec<(&str, Look<'_>)> = vec![
        ("participant", Box::new(|by| drop(registering::get(&world.ctx(by), &person.id).unwrap()))),
        ("timeline", Box::new(|by| drop(overview::timeline(&world.ctx(by), &person.id).unwrap()))),
        ("assessment", Box::new(|by| drop(overview::get(&world.ctx(by), &week).unwrap()))),
        (
            "assessments",
            Box::new(|by| drop(overview::list(&world.ctx(by), &world.study, of_person(), 50).unwrap())),
        ),
        (
            "participants",
            Box::new(|by| {
                let all = ParticipantFilter::default();
                drop(registering::list(&world.ctx(by), &world.study, all, None, 50).unwrap());
            }),
        ),
        (
            "answers",
            Box::new(|by| {
                drop(entering::get(&world.ctx(by), &week, "phq9", WantedVersion::Latest, false).unwrap())
            }),
        ),
        ("link", Box::new(|by| drop(linking::issue_assessment_link(&world.ctx(by), &asked).unwrap()))),
        (
            "trail",
            Box::new(|by| {
                let all = EventFilter::default();
                drop(auditing::list(&world.ctx(by), &world.study, all, 1000).unwrap());
            }),
        ),
        (
            "alerts",
            Box::new(|by| {
                drop(handling::list(&world.ctx(by), &world.study, None, None, 50).unwrap());
            }),
        ),
        ("allocation", Box::new(|by| drop(allocating::get(&world.ctx(by), &person.id).unwrap()))),
    ];
    let exposed = |account: &AccountId, person| {
        let found = world.house.db.read(|tx| allocation::is_exposed(tx, person, account));
        found.unwrap_or_else(|error: Error| panic!("{error}"))
    };
    let assign_after = |login: &str, sees_arm, look: &Look<'_>| {
        let (account, session) = somebody(&world, login);
        let duties = vec![Duty::Contacts, Duty::Alerts];
        let new = NewRole { duties, ..role(&account, Role::Coordinator, sees_arm) };
        let before = grant(&world, &world.lead, new).unwrap().id;
        look(&session);
        look(&session);
        assert!(!exposed(&account, &fresh.id), "{login}: nobody has drawn this person yet");
        staffing::end(&world.ctx(&world.lead), &before, reason("over")).unwrap();
        grant(&world, &world.lead, role(&account, Role::Assessor, SeesArm::None)).unwrap();
        let assigned = assigning::assign(&world.ctx(&world.lead), &visit, account, Some(reason("new")));
        assigned.map_or_else(|error| error.code(), |_| "assigned")
    };
    for (name, look) in &looks {
        assert_eq!(assign_after(&format!("seeing.{name}"), SeesArm::Own, look), "role.exposed", "{name}");
        assert_eq!(assign_after(&format!("blind.{name}"), SeesArm::None, look), "assigned", "{name}");
    }
}

#[test]
fn an_assessor_who_once_saw_all_arms_rates_nobody() {
    let world = World::open_with(&world::apart(), world::texts());
    let person = trial::drawn(&world, "synthetic@example.org");
    let (account, _) = somebody(&world, "assessor");
    let now = grant(&world, &world.lead, role(&account, Role::Assessor, SeesArm::None)).unwrap();
    // As it may stand in a database from before such roles were refused.
    let id = AssignmentId::draw(world.house.entropy.as_ref()).unwrap();
    let (sees_arm, ended_at) = (SeesArm::All, Some(world.now()));
    let before = Granted { id, role: Role::Statistician, sees_arm, ended_at, ..now };
    let stored = world.house.db.write(move |tx| {
        staff::insert_assignment(tx, &before)?;
        staff::end_assignment(tx, &before.id, before.granted_at, "acc_lead")
    });
    stored.unwrap_or_else(|error: Error| panic!("{error}"));
    let visit = visit_of(&world, &person);
    let refused = assigning::assign(&world.ctx(&world.lead), &visit, account, None).unwrap_err();
    assert_eq!(refused.code(), "role.exposed");
}

fn newcomer(world: &World, site: &str, phone: &str) -> NewParticipant {
    NewParticipant {
        site: world.sites[site].clone(),
        language: "en".into(),
        time_zone: None,
        source: "web".into(),
        cohort: None,
        contact: Some(Contact { phone: Some(phone.into()), ..Contact::default() }),
    }
}

#[test]
fn a_known_telephone_number_tells_a_site_nothing_about_another_site() {
    let world = World::open();
    let duties = [Duty::Contacts, Duty::Randomize];
    let (_, _, leeds) = at_site(&world, "coordinator.leeds", Role::Coordinator, "leeds", &duties);
    let (account, plain) = somebody(&world, "coordinator.plain");
    grant(&world, &world.lead, role(&account, Role::Coordinator, SeesArm::None)).unwrap();
    registering::register(
        &world.ctx(&world.coordinator),
        &world.study,
        newcomer(&world, "umea", "+46 70 000 00 01"),
    )
    .unwrap();
    let register = |phone| {
        let new = newcomer(&world, "leeds", phone);
        registering::register(&world.ctx(&leeds), &world.study, new).unwrap().value
    };
    let (known, unknown) = (register("+46700000001"), register("+46700000002"));
    assert_eq!(known.holds, Vec::<String>::new());
    assert_eq!((known.steps, known.step), (unknown.steps, unknown.step));

    let holds = |by: &Credential| {
        let one = registering::get(&world.ctx(by), &known.id).unwrap().holds;
        let list =
            registering::list(&world.ctx(by), &world.study, ParticipantFilter::default(), None, 50).unwrap();
        assert_eq!(list.iter().find(|view| view.id == known.id).unwrap().holds, one);
        one
    };
    let of_hold = |by: &Credential| {
        let unmet = allocating::checklist(&world.ctx(by), &known.id).unwrap().unmet;
        let held: Vec<String> =
            unmet.into_iter().filter(|one| one.code == "hold.open").map(|one| one.step).collect();
        held.concat()
    };
    for blind in [&leeds, &plain] {
        assert_eq!((holds(blind), of_hold(blind).as_str()), (Vec::new(), "hold"));
    }
    for solving in [&world.lead, &world.coordinator] {
        assert_eq!((holds(solving), of_hold(solving).as_str()), (vec!["duplicate".into()], "duplicate"));
    }
    let person = Person { id: known.id.clone(), code: known.code.clone(), session: leeds.clone() };
    let refused = allocating::allocate(&world.ctx(&leeds), &known.id, trial::request(&person)).unwrap_err();
    assert_eq!(refused.code(), "allocation.not_ready");
    assert!(refused.unmet().iter().any(|unmet| unmet.code == "hold.open"));
    assert!(refused.unmet().iter().all(|unmet| unmet.step != "duplicate"));
    // The trail has the same shape for both, and no word.
    let fields = |id: &ParticipantId| {
        let (participants, action) = (Some([id.clone()].into()), Some("participant.registered".to_owned()));
        let filter = EventFilter { participants, action, ..EventFilter::default() };
        let events = auditing::list(&world.ctx(&leeds), &world.study, filter, 50).unwrap();
        let kept = serde_json::to_value(&events[0].kept).unwrap();
        kept.as_object().unwrap().keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(fields(&known.id), fields(&unknown.id));
    let all = auditing::list(&world.ctx(&leeds), &world.study, EventFilter::default(), 1000).unwrap();
    assert!(all.iter().all(|event| !serde_json::to_string(&event.kept).unwrap().contains("duplicate")));
    assert_eq!(auditing::verify(&world.house).unwrap().first_break, None);
}

#[test]
fn a_registration_is_replayed_only_for_whoever_still_reaches_the_person() {
    let world = World::open();
    let (account, before, moved) = at_site(&world, "moved", Role::Coordinator, "umea", &[]);
    let register = || {
        let ctx = world.ctx_with_key(&moved, "0123456789abcdef", "a");
        registering::register(&ctx, &world.study, newcomer(&world, "umea", "+46700000003"))
    };
    let first = register().unwrap();
    let again = register().unwrap();
    assert_eq!((again.replayed, &again.value), (true, &first.value));
    staffing::end(&world.ctx(&world.lead), &before, reason("moved")).unwrap();
    let sites = vec![world.sites["leeds"].clone()];
    let new = NewRole { sites, ..role(&account, Role::Coordinator, SeesArm::None) };
    grant(&world, &world.lead, new).unwrap();
    assert_eq!(register().unwrap_err().code(), "not_found");
}
