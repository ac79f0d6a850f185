//! What every file that ships must hold to, and the facts that scores do not show.

use equipoise::trial::instrument::answer::Code;
use equipoise::trial::instrument::definition::Better;
use equipoise::trial::instrument::definition::Licence;
use equipoise::trial::instrument::library;
use equipoise::trial::instrument::wording::Review;

use crate::instrument::shipped;

#[test]
fn every_file_is_sound_and_named_after_its_instrument() {
    assert_eq!(library::findings(), []);
    for (id, instrument) in shipped() {
        assert_eq!(*id, instrument.id);
        assert!(!instrument.dataset_prefix().contains('_'));
        assert!(instrument.reference.is_some(), "{id} cites no paper");
    }
}

#[test]
fn class_b_ships_no_wording_and_class_a_ships_wording_with_its_licence_line() {
    for (id, instrument) in shipped() {
        match instrument.licence {
            Licence::B => assert!(instrument.wording.is_empty(), "{id}"),
            Licence::A => {
                assert!(instrument.notice.is_some(), "{id}");
                assert!(instrument.is_worded("en"), "{id}");
            }
        }
    }
}

#[test]
fn nobody_has_proof_read_the_shipped_wording_and_it_says_so() {
    for id in ["phq9", "phq2", "gad7", "gad2"] {
        for language in ["en", "sv", "de"] {
            assert!(shipped()[id].is_worded(language), "{id} {language}");
            assert_eq!(shipped()[id].wording(language).unwrap().review, Review::Unreviewed);
        }
    }
}

#[test]
fn phq9_item_10_is_not_asked_in_german_and_gad7_item_8_in_no_language() {
    let asked = |id: &str, language: &str| shipped()[id].asked_in(language).len();
    assert_eq!((asked("phq9", "en"), asked("phq9", "sv"), asked("phq9", "de")), (10, 10, 9));
    assert!(shipped()["phq9"].asked_in("de").iter().all(|item| item.id != "10"));
    assert_eq!((asked("gad7", "en"), asked("gad7", "sv"), asked("gad7", "de")), (7, 7, 7));
    assert_eq!(asked("phq9", "fr"), 0);
}

#[test]
fn short_forms_have_the_words_of_their_long_forms() {
    for (short, long) in [("phq2", "phq9"), ("gad2", "gad7")] {
        for language in ["en", "sv", "de"] {
            let (short, long) =
                (shipped()[short].wording(language).unwrap(), shipped()[long].wording(language).unwrap());
            assert_eq!(short.lead, long.lead);
            for item in ["1", "2"] {
                assert_eq!(short.items[item], long.items[item]);
            }
            assert_eq!(short.label("four", "3"), long.label("four", "3"));
        }
    }
}

#[test]
fn scores_reach_from_the_least_to_the_largest_value_of_the_form() {
    for (id, low, high) in [
        ("phq9", 0, 27),
        ("phq2", 0, 6),
        ("gad7", 0, 21),
        ("gad2", 0, 6),
        ("pswq", 16, 80),
        ("gad_q_iv", 0, 13),
        ("madrs_s", 0, 54),
        ("bdi2", 0, 63),
        ("bai", 0, 63),
        ("qoli", -6, 6),
        ("audit", 0, 40),
        ("qids_a17_sr", 0, 27),
    ] {
        let instrument = &shipped()[id];
        let range = instrument.range_of(instrument.score("total").unwrap());
        assert_eq!(range, Some((low.into(), high.into())), "{id}");
    }
}

#[test]
fn loinc_codes_of_the_gad7_are_not_swapped_and_every_check_digit_is_right() {
    assert_eq!(shipped()["gad7"].loinc["6"], "69689-8");
    assert_eq!(shipped()["gad7"].loinc["7"], "69736-7");
    for instrument in shipped().values() {
        for (what, code) in &instrument.loinc {
            let (number, check) = code.split_once('-').unwrap();
            let sum: u32 = number
                .chars()
                .rev()
                .filter_map(|digit| digit.to_digit(10))
                .zip([2, 1].into_iter().cycle())
                .map(|(digit, factor)| digit * factor / 10 + digit * factor % 10)
                .sum();
            assert_eq!(check.parse(), Ok((10 - sum % 10) % 10), "{} {what}", instrument.id);
        }
    }
}

#[test]
fn quality_of_life_rises_as_people_get_better_and_symptoms_fall() {
    for (id, instrument) in shipped() {
        let expected = if id == "qoli" { Better::Higher } else { Better::Lower };
        if ["qoli", "phq9", "gad7", "pswq", "bdi2", "bai", "madrs_s", "audit", "qids_a17_sr"]
            .contains(&id.as_str())
        {
            assert_eq!(instrument.better, expected, "{id}");
        }
    }
}

#[test]
fn items_stand_in_the_order_of_the_form_importance_before_satisfaction() {
    let ids: Vec<&str> = shipped()["qoli"].items.iter().map(|item| item.id.as_str()).collect();
    assert_eq!(ids[..4], ["1i", "1s", "2i", "2s"]);
    assert_eq!(ids[30..], ["16i", "16s"]);
    let ids: Vec<&str> = shipped()["phq9"].items.iter().map(|item| item.id.as_str()).collect();
    assert_eq!(ids[8..], ["9", "10"]);
}

#[test]
fn codes_are_asked_by_item() {
    let bdi2 = &shipped()["bdi2"];
    assert!(bdi2.is_option("16", &Code::Text("1b".into())));
    assert!(!bdi2.is_option("15", &Code::Text("1b".into())));
    assert!(bdi2.is_option("15", &Code::Number(1.into())));
    assert!(!bdi2.is_option("22", &Code::Number(1.into())));
}

#[test]
fn items_that_nothing_reads_may_stay_blank() {
    assert!(!shipped()["phq9"].items_read().contains("10"));
    assert!(shipped()["phq9"].items_read().contains("9"));
    assert!(!shipped()["gad7"].items_read().contains("8"));
    assert_eq!(shipped()["qoli"].items_read().len(), 32);
}

#[test]
fn an_unknown_instrument_is_refused_with_the_nearest() {
    assert_eq!(library::find("phq9").map(|found| found.id.as_str()), Ok("phq9"));
    assert_eq!(
        library::find("qids_a17").unwrap_err().to_string(),
        "no instrument 'qids_a17'. Did you mean 'qids_a17_sr'?"
    );
    assert_eq!(library::find("zzz").unwrap_err().to_string(), "no instrument 'zzz'.");
}
