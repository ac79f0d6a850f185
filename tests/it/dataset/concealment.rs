//! Two worlds that differ only in arms: their packages are equal byte by byte for whoever sees no arms, and equal up to the
//! letters for the blinded statistician.

use equipoise::trial::dataset::catalogue::Dataset;
use equipoise::trial::enrolment::state::ParticipantState;

use crate::dataset::shelf::packed;
use crate::dataset::small::People;
use crate::dataset::small::Trial;
use crate::dataset::small::blinded;
use crate::dataset::small::with_arms;
use crate::dataset::small::without_arms;

#[test]
fn two_worlds_are_equal_for_whoever_sees_no_arms() {
    let (one, other) = (People::new(), People::new().with_arms_swapped());
    assert_ne!(packed(&one, with_arms()).0, packed(&other, with_arms()).0);
    assert_eq!(packed(&one, without_arms()).0, packed(&other, without_arms()).0);
}

#[test]
fn two_worlds_are_equal_up_to_the_letters_in_the_masked_blinded_package() {
    let one = packed(&People::new(), blinded().masked());
    let other = packed(&People::new().with_arms_swapped(), blinded().masked());
    let participants = "data/participants.csv";
    let relabelled = one.text(participants).replace(",A,", ",?,").replace(",B,", ",A,").replace(",?,", ",B,");
    assert_ne!(one.text(participants), relabelled);
    assert_eq!(other.text(participants), relabelled);
    let depends = [participants, "datapackage.json", "SHA256SUMS"];
    for ((path, bytes), (_, swapped)) in one.0.iter().zip(&other.0) {
        assert!(depends.contains(&path.as_str()) || bytes == swapped, "{path}");
    }
}

#[test]
fn no_data_file_of_a_blinded_view_names_an_arm() {
    let trial = Trial::new();
    for view in [without_arms(), blinded(), blinded().masked()] {
        for (dataset, _) in trial.frame(view.clone()).datasets() {
            let file = trial.csv(view.clone(), dataset, &People::new()).unwrap();
            let names = |cell: &str| ["ipdt", "wl", "arm", "received_arm"].contains(&cell);
            let tells = file.split([',', '\n']).any(names);
            // Which arms have an occasion is the plan, which everybody may read; it says nothing about a person.
            let is_plan = view.arm_bound && dataset == Dataset::Occasions;
            assert!(!tells || is_plan, "{dataset}");
        }
        assert!(trial.csv(view.clone(), Dataset::Allocations, &People::new()).is_err());
    }
}

#[test]
fn what_only_some_arms_have_is_absent_with_its_columns_codes_and_rows() {
    let trial = Trial::new();
    for view in [without_arms(), blinded().masked()] {
        for (dataset, _) in trial.frame(view.clone()).datasets() {
            let file = trial.csv(view.clone(), dataset, &People::new()).unwrap();
            assert!(!file.contains("therapist") || dataset == Dataset::Codelists, "{dataset}");
            assert!(!file.contains("session"), "{dataset}");
            // The groups are measured at post at times of their own.
            assert!(!file.contains("post"), "{dataset}");
        }
    }
    let wide = trial.csv(blinded(), Dataset::Wide, &People::new()).unwrap();
    assert!(
        wide.contains("t_session_came_w01"),
        "the blinded statistician has it unless the package is masked"
    );
}

#[test]
fn nobody_is_shown_as_completed_where_arms_end_at_different_times() {
    let mut people = People::new();
    people.0[0].state = ParticipantState::Completed;
    people.0[0].completed_on = Some("2026-02-28".parse().unwrap());
    let csv = |view| Trial::new().csv(view, Dataset::Participants, &people).unwrap();
    assert!(csv(blinded()).contains("completed,2026-02-01,2026-02-01,2026-02-10,2026-02-28,"));
    assert!(
        csv(blinded().masked()).contains("ROWAN-3BT2A,umea,en,randomized,2026-02-01,2026-02-01,2026-02-10,,")
    );
}

#[test]
fn a_calendar_date_of_an_arm_binds_what_is_counted_from_it() {
    let calendar = "kind = \"calendar\", dates = [{ date = 2026-03-01, arm = \"ipdt\" }, { date = 2026-03-02, arm = \"wl\" }]";
    let source = Trial::new().source.replace("kind = \"offset\", point = \"randomization+2w\"", calendar);
    let trial = Trial::of(&source.replace(
        ", arms = [\"ipdt\"] },\n  { id = \"post\", label = \"After waiting\"",
        " },\n  { id = \"post2\", label = \"After waiting\"",
    ));
    let occasions = trial.csv(without_arms(), Dataset::Occasions, &People::new()).unwrap();
    assert!(!occasions.contains("post"), "{occasions}");
    assert!(trial.csv(blinded(), Dataset::Occasions, &People::new()).unwrap().contains("post,"));
}
