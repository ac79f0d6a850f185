//! What only an older version of the protocol asks stays in the datasets, behind what the version in force asks.

use equipoise::trial::dataset::agenda::Agenda;
use equipoise::trial::dataset::agenda::Version;
use equipoise::trial::dataset::catalogue::Dataset;
use equipoise::trial::dataset::catalogue::Frame;

use crate::dataset::small::People;
use crate::dataset::small::Trial;
use crate::dataset::small::with_arms;

#[test]
fn a_measure_and_an_occasion_that_an_amendment_dropped_stay_behind_those_in_force() {
    let (old, new) = (older(), Trial::new());
    let mut instruments = old.instruments.clone();
    instruments.extend(new.instruments.clone());
    let agenda = Agenda::new(
        Version { n: 2, protocol: &new.protocol },
        &[Version { n: 1, protocol: &old.protocol }],
        &instruments,
    );
    let frame = Frame::new(agenda.unwrap(), with_arms()).unwrap();
    let csv = |dataset: Dataset, people: &mut People| {
        let mut bytes = Vec::new();
        frame.write(dataset, people, &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    };
    let occasions = csv(Dataset::Occasions, &mut People::new());
    assert!(occasions.ends_with("mid,Half way,10,randomization,5d,5d,5d,5d,,main\n"), "{occasions}");
    let wide = csv(Dataset::Wide, &mut People::new());
    let header = wide.lines().next().unwrap();
    assert!(header.contains(",gad2_class_pre,phq2_01_pre,"), "{header}");
    assert!(header.ends_with(",gad2_class_mid"), "{header}");

    // Only what was planned by the older version is due by it.
    let mut people = People::new();
    people.0[0].assessments.iter_mut().find(|at| at.occasion == "pre").unwrap().protocol_version = 1;
    let items = csv(Dataset::ItemsLong, &mut people);
    let phq2: Vec<&str> = items.lines().filter(|row| row.contains(",phq2,")).collect();
    assert_eq!(
        phq2,
        [
            "ROWAN-3BT2A,main,pre,2,participant,phq2,1,1,,,,not_reached,no_answer,,,,",
            "ROWAN-3BT2A,main,pre,2,participant,phq2,1,2,,,,not_reached,no_answer,,,,",
        ]
    );
}

/// The version before: it asks the PHQ-2 too, and once more half way.
fn older() -> Trial {
    let source = Trial::new().source;
    let source = source.replace(
        "  { use = \"session\"",
        "  { use = \"phq2\", at = [\"pre\"] },\n  { use = \"gad2\", at = [\"mid\"] },\n  { use = \"session\"",
    );
    let occasion = "  { id = \"mid\", label = \"Half way\", anchor = \"randomization\", opens = \"5d\", due = \"5d\", closes = \"5d\" },\n";
    let at = source.find("  { id = \"post\"").unwrap();
    Trial::of(&format!("{}{occasion}{}", &source[..at], &source[at..]))
}
