//! Two worlds that differ only in one person's arm are one world for whoever may not know arms.

use actix_web::http::Method;
use serde_json::json;

use equipoise::conduct::anchoring;
use equipoise::conduct::auditing;
use equipoise::conduct::context::Credential;
use equipoise::conduct::handling;
use equipoise::conduct::settling;
use equipoise::kernel::Error;
use equipoise::kernel::time::Zone;
use equipoise::storage::allocation;
use equipoise::storage::assessment;
use equipoise::storage::assessment::Assessment;
use equipoise::storage::assessment::AssessmentFilter;
use equipoise::storage::assessment::Listed;
use equipoise::storage::audit::EventFilter;
use equipoise::storage::people;
use equipoise::storage::study;
use equipoise::trial::role::Duty;
use equipoise::trial::role::Role;
use equipoise::trial::role::SeesArm;

use crate::api::client::Client;
use crate::conduct::crossover;
use crate::conduct::crossover::DAY;
use crate::conduct::trial::Person;
use crate::world;
use crate::world::World;

/// The same text with everything left out that is drawn by chance: ids, codes, hashes.
fn masked(text: &str) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let mut out = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end =
            if is_part(first) { rest.find(|c| !is_part(c)).unwrap_or(rest.len()) } else { first.len_utf8() };
        let (word, behind) = rest.split_at(end);
        let is_id = word.len() == 24 && word.as_bytes()[3] == b'_';
        // A digest, or the tag that is the beginning of one.
        let is_hash = matches!(word.len(), 32 | 64) && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        match word {
            _ if is_id => out.push_str(&word[..4]),
            _ if word.starts_with("WILLOW-") => out.push_str("WILLOW"),
            _ if is_hash => out.push('#'),
            _ => out.push_str(word),
        }
        rest = behind;
    }
    out
}

struct Run {
    client: Client,
    person: Person,
    arm: String,
    seeing: Credential,
    lead_without_duty: Credential,
    elapsed: std::cell::Cell<i64>,
}

impl Run {
    fn world(&self) -> &World {
        &self.client.world
    }

    /// A world in which the first person who is drawn has this arm.
    fn with_arm(arm: &str) -> Self {
        for _ in 0..40 {
            let world = crossover::world();
            let (id, seeing) = world::staff(&world.house, "seeing", false, world.now());
            world.grant(&world.lead, &id, Role::Coordinator, SeesArm::Own, &[Duty::Alerts]);
            let (id, lead_without_duty) = world::staff(&world.house, "second.lead", false, world.now());
            world.grant(&world.administrator, &id, Role::Lead, SeesArm::None, &[]);
            let person = crossover::draw(&world);
            if crossover::arm(&world, &person) == arm {
                let client = Client::new(world);
                return Self {
                    client,
                    person,
                    arm: arm.to_owned(),
                    seeing,
                    lead_without_duty,
                    elapsed: 0.into(),
                };
            }
        }
        panic!("nobody was drawn into {arm}")
    }

    /// Moves both clocks to a day after the draw.
    fn on_day(&self, day: i64) {
        let step = day * DAY - self.elapsed.replace(day * DAY);
        self.world().advance(step);
        self.client.advance(step);
    }

    /// All that somebody who may not know arms can find out.
    async fn seen_by(&self, who: &Credential) -> Vec<String> {
        let id = &self.person.id;
        let mut seen = Vec::new();
        for path in [
            "/studies/willow".to_owned(),
            "/studies/willow/participants".to_owned(),
            "/studies/willow/participants?state=randomized".to_owned(),
            "/studies/willow/participants?state=completed".to_owned(),
            "/studies/willow/alerts".to_owned(),
            format!("/participants/{id}"),
            format!("/participants/{id}/checklist"),
            format!("/participants/{id}/allocation"),
            format!("/participants/{id}/timeline"),
        ] {
            let mut answer = self.client.get(&path).by(who).send().await;
            // Alerts of one instant stand in the order of their ids, which is chance.
            if let Some(rows) = answer.body["items"].as_array_mut() {
                rows.sort_by_key(|row| format!("{} {}", row["raised_at"], row["occasion"]));
            }
            seen.push(masked(&format!("{path} {} {}", answer.status, answer.body)));
        }
        for anchor in ["own", "booster", "nowhere"] {
            let path = format!("/participants/{id}/anchors/{anchor}");
            let body = json!({ "on": "2026-07-01" });
            let answer = self.client.call(Method::PUT, &path).json(body).by(who).with("If-Match", "*");
            let answer = answer.send().await;
            seen.push(masked(&format!("{anchor} {} {}", answer.status, answer.body)));
        }
        seen.extend(self.trail_for(who));
        seen.extend(self.common_assessments());
        seen
    }

    /// The audit trail. Events of one act have one instant, so their order is chance.
    fn trail_for(&self, who: &Credential) -> Vec<String> {
        let world = self.world();
        let events = auditing::list(&world.ctx(who), "willow", EventFilter::default(), 10_000).unwrap();
        let line = |event: &equipoise::trial::audit::chain::Linked| {
            let kept = serde_json::to_value(&event.kept).unwrap();
            let values: Vec<String> = kept
                .as_object()
                .unwrap()
                .iter()
                .map(|(name, kept)| format!("{name}: {} → {}", kept["old"], kept["new"]))
                .collect();
            masked(&format!("{} {} {} {values:?}", event.at, event.action, event.object))
        };
        // What the study itself was made of, the draw's own record, and who looked when, are no matter of one person.
        let mut lines: Vec<String> =
            events.iter().filter(|event| event.participant.is_some()).map(line).collect();
        lines.sort();
        lines
    }

    fn common_assessments(&self) -> Vec<String> {
        let found: Result<Vec<Listed>, Error> = self.world().house.db.read(|tx| {
            let study = study::find_by_name(tx, "willow")?.unwrap();
            let filter = AssessmentFilter { common_only: true, ..AssessmentFilter::default() };
            assessment::list(tx, &study.id, &filter, 1000)
        });
        let shown = |one: &Assessment| {
            format!("{} {:?} {:?} {:?}", one.occasion, one.opens_at, one.late_at, one.anchor)
        };
        found.unwrap().iter().map(|listed| shown(&listed.assessment)).collect()
    }
}

async fn compare(worlds: [&Run; 2], when: &str) {
    compare_for(&["lead", "coordinator"], worlds, when).await;
}

async fn compare_for(people: &[&str], worlds: [&Run; 2], when: &str) {
    for who in people.iter().copied() {
        let mut seen = Vec::new();
        for run in worlds {
            let credential = match who {
                "lead" => &run.world().lead,
                "coordinator" => &run.world().coordinator,
                _ => &run.lead_without_duty,
            };
            seen.push(run.seen_by(credential).await);
        }
        for (one, other) in seen[0].iter().zip(&seen[1]) {
            assert_eq!(one, other, "{who} {when}");
        }
        assert_eq!(seen[0].len(), seen[1].len(), "{who} {when}");
    }
}

#[test]
fn what_is_drawn_by_chance_is_masked_and_nothing_else() {
    let text = r#"{"id":"par_4kq9w2m7x0c8t5h1b6nd","code":"WILLOW-7K3QX","on":"2026-07-01","arm":"ipdt"}"#;
    assert_eq!(masked(text), r#"{"id":"par_","code":"WILLOW","on":"2026-07-01","arm":"ipdt"}"#);
}

#[actix_web::test]
async fn the_arm_of_a_person_changes_nothing_for_those_who_may_not_know_it() {
    let (treated, waiting) = (Run::with_arm("ipdt"), Run::with_arm("wl"));
    let both = [&treated, &waiting];
    compare(both, "after the draw").await;
    for run in both {
        crossover::start(run.world(), &run.person);
    }
    compare(both, "after the start").await;
    for run in both {
        run.on_day(7);
        crossover::send(run.world(), &run.person, "w01", 0);
        run.on_day(30);
        crossover::send(run.world(), &run.person, "post", 0);
    }
    compare(both, "after the first period").await;
    for run in both {
        run.on_day(31);
        let on = run.world().now().date_in(Zone::Europe__Stockholm);
        let set =
            anchoring::set_anchor(&run.world().ctx(&run.seeing), &run.person.id, "own", on, None, |_| Ok(()));
        assert_eq!(set.is_ok(), run.arm == "wl", "who may know the arm records the own treatment");
    }
    compare(both, "after the waitlist's own start").await;
    for run in both {
        run.on_day(150);
        assert_eq!(settling::settle(&run.world().house, run.world().now()).unwrap().failed, 0);
    }
    compare_for(&["coordinator", "without duty"], both, "after all that the clock writes").await;
    // An alert reaches whoever has the duty, whatever it tells: a life comes first.
    let of_lead = |run: &Run| {
        let lead = run.world().ctx(&run.world().lead);
        handling::list(&lead, &run.world().study, None, None, 50).unwrap().len()
    };
    assert_eq!(both.map(of_lead), [2, 4]);
    // Whoever was told this way never rates the person.
    let was_told = |run: &Run| {
        let Credential::Session(session) = &run.world().lead else { panic!("no session") };
        let found = run.world().house.db.read(|tx| {
            let account = people::find_session(tx, session)?.unwrap().holder.parse().unwrap();
            allocation::is_exposed(tx, &run.person.id, &account)
        });
        found.unwrap_or_else(|error: Error| panic!("{error}"))
    };
    assert_eq!(both.map(was_told), [false, true]);
}
