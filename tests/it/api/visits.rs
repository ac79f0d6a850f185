//! Visits of blinded assessors: assigned to somebody who has not seen the arm.

use equipoise::conduct::allocating;
use equipoise::conduct::context::Credential;
use equipoise::kernel::ids::AccountId;
use equipoise::trial::role::Role;
use equipoise::trial::role::SeesArm;
use serde_json::json;

use crate::api::client::Client;
use crate::conduct::trial;
use crate::world;
use crate::world::World;

fn colleague(world: &World, login: &str, role: Role, sees_arm: SeesArm) -> (AccountId, Credential) {
    let (id, session) = world::staff(&world.house, login, false, world.now());
    world.grant(&world.lead, &id, role, sees_arm, &[]);
    (id, session)
}

#[actix_web::test]
async fn a_visit_goes_to_an_assessor_who_has_not_seen_the_arm() {
    let client = Client::new(World::open_with(&world::apart(), world::texts()));
    let world = &client.world;
    let person = trial::drawn(world, "a@example.org");
    let coordinator = world.coordinator.clone();
    // Saw the arm as a coordinator, then changed to rating.
    let (exposed, seeing) = colleague(world, "exposed", Role::Coordinator, SeesArm::Own);
    assert!(allocating::get(&world.ctx(&seeing), &person.id).unwrap().arm.is_some());
    let mine = client.get("/account").by(&seeing).send().await;
    let assignment = mine.text("/assignments/0/role/id");
    let end = json!({ "reason": { "code": "other", "text": "rates from now on" } });
    let ended =
        client.post(&format!("/assignments/{assignment}/end"), end).by(&world.lead).key().send().await;
    assert_eq!(ended.status, 200, "{}", ended.body);
    client.advance(86_400);
    world.advance(86_400);
    world.grant(&world.lead, &exposed, Role::Assessor, SeesArm::None, &[]);
    let (first, rater) = colleague(world, "first", Role::Assessor, SeesArm::None);
    let (second, _) = colleague(world, "second", Role::Assessor, SeesArm::None);
    let (other, _) = colleague(world, "other", Role::Coordinator, SeesArm::None);

    let visits = format!("/studies/linden/assessments?participant={}&occasion=visit", person.id);
    let all = client.get(&visits).by(&coordinator).send().await;
    let of = |respondent: &str| {
        let row = all.items().iter().find(|row| row["respondent"] == respondent);
        format!("/assessments/{}", row.unwrap()["id"].as_str().unwrap())
    };
    let assign =
        |path: String, body| client.post(&format!("{path}/assignment"), body).by(&coordinator).send();
    let visit = of("assessor");
    let refused = assign(visit.clone(), json!({ "account_id": exposed })).await;
    assert_eq!(refused.refusal(), (409, "role.exposed"), "{}", refused.body);
    for wrong in [json!({ "account_id": other }), json!({ "account_id": "acc_0" })] {
        let refused = assign(visit.clone(), wrong).await;
        let told = (refused.refusal(), refused.text("/errors/0/pointer"));
        assert_eq!(told, ((422, "body.invalid"), "/account_id".to_owned()));
    }
    let not_rated = assign(of("participant"), json!({ "account_id": first })).await;
    assert_eq!(not_rated.refusal(), (422, "body.invalid"));
    assert_eq!(client.get(&visit).by(&rater).send().await.refusal(), (404, "not_found"), "not assigned yet");
    let assigned = assign(visit.clone(), json!({ "account_id": first })).await;
    assert_eq!(
        (assigned.status, assigned.text("/assigned_to")),
        (200, first.to_string()),
        "{}",
        assigned.body
    );
    let seen = client.get(&visit).by(&rater).send().await;
    assert_eq!(seen.status, 200, "{}", seen.body);
    let listed = client.get("/studies/linden/assessments").by(&rater).send().await;
    assert_eq!(listed.items().len(), 1, "the own visit alone");
    let silent = assign(visit.clone(), json!({ "account_id": second })).await;
    assert_eq!(silent.refusal(), (422, "reason.required"));
    let reason = json!({ "code": "other", "text": "is ill" });
    let moved = assign(visit.clone(), json!({ "account_id": second, "reason": reason })).await;
    assert_eq!((moved.status, moved.text("/assigned_to")), (200, second.to_string()));
    assert_eq!(client.get(&visit).by(&rater).send().await.refusal(), (404, "not_found"));
    assert_eq!(client.world.count_events("assessment.assigned"), 2);
    let by_rater = client.post(&format!("{visit}/assignment"), json!({ "account_id": first })).by(&rater);
    assert_eq!(by_rater.send().await.refusal(), (404, "not_found"));
}
