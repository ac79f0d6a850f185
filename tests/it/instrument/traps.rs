//! What goes wrong in other people's scoring programs, instrument by instrument.

use serde_json::json;

use crate::instrument::answers;
use crate::instrument::flag;
use crate::instrument::line;
use crate::instrument::refused;
use crate::instrument::same;
use crate::instrument::score;
use crate::instrument::shipped;
use crate::instrument::total;
use crate::instrument::with;

#[test]
fn phq9_item_10_is_never_summed() {
    assert_eq!(total("phq9", &with(same(1, 9, 1), json!({"10": 3}))), "scored 9 missing 0 mild");
    assert_eq!(total("phq9", &with(same(1, 9, 1), json!({"10": null}))), "scored 9 missing 0 mild");
}

#[test]
fn phq9_up_to_two_missing_are_prorated_and_three_are_not() {
    assert_eq!(
        total("phq9", &with(same(1, 9, 2), json!({"4": null}))),
        "prorated 18 missing 1 moderately_severe"
    );
    let two = with(same(1, 9, 2), json!({"4": null, "8": null}));
    assert_eq!(total("phq9", &two), "prorated 18 missing 2 moderately_severe");
    let three = with(same(1, 9, 2), json!({"4": null, "8": null, "1": null}));
    assert_eq!(total("phq9", &three), "not_scorable - missing 3 -");
    assert_eq!(total("phq9", &answers(json!({}))), "not_scorable - missing 9 -");
}

#[test]
fn phq9_prorated_value_stays_unrounded_and_its_band_is_looked_up_rounded_half_up() {
    // 13 over eight answers: 13 x 9 / 8 = 14.625, which is moderately severe only after rounding.
    let rounds_up = with(same(1, 8, 2), json!({"6": 1, "7": 1, "8": 1}));
    assert_eq!(total("phq9", &rounds_up), "prorated 117/8 missing 1 moderately_severe");
    // 4 x 9 / 8 = 4.5 rounds up to 5; 11 over seven answers: 99/7 = 14.14 stays moderate.
    let half = with(same(1, 8, 0), json!({"1": 2, "2": 2}));
    assert_eq!(total("phq9", &half), "prorated 9/2 missing 1 mild");
    let stays = with(same(1, 7, 2), json!({"5": 1, "6": 1, "7": 1}));
    assert_eq!(total("phq9", &stays), "prorated 99/7 missing 2 moderate");
}

#[test]
fn phq9_bands_change_exactly_at_5_10_15_20() {
    for (value, band) in [
        (0, "minimal"),
        (4, "minimal"),
        (5, "mild"),
        (9, "mild"),
        (10, "moderate"),
        (14, "moderate"),
        (15, "moderately_severe"),
        (19, "moderately_severe"),
        (20, "severe"),
        (27, "severe"),
    ] {
        let mut left = value;
        let sheet = (1..=9)
            .map(|item: u32| {
                let code = left.min(3);
                left -= code;
                (item.to_string(), json!(code))
            })
            .collect();
        assert_eq!(total("phq9", &answers(sheet)), format!("scored {value} missing 0 {band}"));
    }
}

#[test]
fn phq9_safety_item_is_read_even_where_no_total_can_be_scored() {
    let scored = score("phq9", &answers(json!({"9": 1})));
    assert_eq!(line(&scored, "total"), "not_scorable - missing 8 -");
    assert_eq!(flag(&scored, "9"), "flag");
}

#[test]
fn phq9_unanswered_safety_item_is_a_state_of_its_own_even_in_a_prorated_form() {
    let scored = score("phq9", &with(same(1, 9, 0), json!({"9": null})));
    assert_eq!(line(&scored, "total"), "prorated 0 missing 1 minimal");
    assert_eq!(flag(&scored, "9"), "unanswered");
    assert_eq!(flag(&score("phq9", &same(1, 8, 0)), "9"), "unanswered");
    assert_eq!(flag(&score("phq9", &same(1, 9, 0)), "9"), "clear");
    assert_eq!(flag(&score("phq9", &answers(json!({}))), "9"), "unanswered");
}

#[test]
fn codes_are_numbers_compared_by_value_and_a_number_in_quotes_is_none() {
    assert_eq!(total("phq9", &with(same(1, 9, 1), json!({"1": 2.0}))), "scored 10 missing 0 moderate");
    for code in [json!("1"), json!(4), json!(-1), json!(0.5), json!(""), json!("NA")] {
        assert_eq!(refused("phq9", &with(same(1, 9, 1), json!({"3": 1, "4": code}))), ["4"]);
    }
    for (code, named) in [(json!(1e300), 1), (json!(true), 1), (json!([1]), 1), (json!({}), 1), (json!(3), 0)]
    {
        let read = shipped()["phq9"].read_answers([("4", &code)]);
        assert_eq!(read.err().map_or(0, |faults| faults.len()), named, "{code}");
    }
}

#[test]
fn not_applicable_is_refused_where_the_form_does_not_offer_it() {
    for id in ["phq9", "phq2", "gad7", "gad2", "pswq", "madrs_s", "bdi2", "bai", "audit", "qids_a17_sr"] {
        assert_eq!(refused(id, &answers(json!({"1": "na"}))), ["1"], "{id}");
    }
    assert_eq!(refused("qoli", &answers(json!({"1s": "na"}))), ["1s"]);
}

#[test]
fn an_item_that_the_form_does_not_have_is_refused_and_all_faults_are_named() {
    assert_eq!(refused("phq9", &with(same(1, 9, 1), json!({"11": 0, "2": 7}))), ["11", "2"]);
    assert_eq!(refused("phq2", &answers(json!({"1": 0, "2": 0, "3": null}))), ["3"]);
}

#[test]
fn phq2_and_gad2_are_complete_only_and_positive_from_3() {
    for id in ["phq2", "gad2"] {
        assert_eq!(total(id, &answers(json!({"1": 1, "2": 1}))), "scored 2 missing 0 negative");
        assert_eq!(total(id, &answers(json!({"1": 0, "2": 3}))), "scored 3 missing 0 positive");
        assert_eq!(total(id, &answers(json!({"1": 3}))), "not_scorable - missing 1 -");
        assert!(score(id, &answers(json!({}))).flags.is_empty());
    }
}

#[test]
fn gad7_item_8_is_never_summed_and_up_to_two_missing_are_prorated() {
    assert_eq!(total("gad7", &with(same(1, 7, 2), json!({"8": 3}))), "scored 14 missing 0 moderate");
    assert_eq!(total("gad7", &with(same(1, 7, 2), json!({"2": null}))), "prorated 14 missing 1 moderate");
    // 15 over six answers: 15 x 7 / 6 = 17.5.
    let six = with(same(1, 6, 3), json!({"1": 2, "2": 2, "3": 2}));
    assert_eq!(total("gad7", &six), "prorated 35/2 missing 1 severe");
    assert_eq!(total("gad7", &same(1, 4, 3)), "not_scorable - missing 3 -");
    assert_eq!(total("gad7", &same(1, 7, 3)), "scored 21 missing 0 severe");
    assert_eq!(total("gad7", &with(same(1, 7, 2), json!({"1": 3}))), "scored 15 missing 0 severe");
}

#[test]
fn bdi2_items_16_and_18_have_seven_options_and_score_by_their_number() {
    let lettered = with(same(1, 21, 1), json!({"16": "2b", "18": "3a"}));
    assert_eq!(total("bdi2", &lettered), "scored 24 missing 0 moderate");
    let plain = with(same(1, 21, 1), json!({"16": 2, "18": 3}));
    assert_eq!(total("bdi2", &plain), "scored 24 missing 0 moderate");
    assert_eq!(total("bdi2", &with(same(1, 21, 0), json!({"16": "0"}))), "scored 0 missing 0 minimal");
    for code in [json!("1"), json!("2"), json!("4a"), json!("2B"), json!(4), json!("0a")] {
        assert_eq!(refused("bdi2", &with(same(1, 21, 1), json!({"16": code}))), ["16"]);
    }
    assert_eq!(refused("bdi2", &with(same(1, 21, 1), json!({"15": "1a"}))), ["15"]);
}

#[test]
fn bdi2_bands_are_not_those_of_the_older_bdi() {
    let sheet = |value: u32| {
        let (full, rest) = (value / 3, value % 3);
        let last = if rest > 0 { same(full + 1, full + 1, rest) } else { same(1, 0, 0) };
        same(1, 21, 0).into_iter().chain(same(1, full, 3)).chain(last).collect()
    };
    for (value, band) in [
        (10, "minimal"),
        (13, "minimal"),
        (14, "mild"),
        (19, "mild"),
        (20, "moderate"),
        (28, "moderate"),
        (29, "severe"),
        (63, "severe"),
    ] {
        assert_eq!(total("bdi2", &sheet(value)), format!("scored {value} missing 0 {band}"));
    }
}

#[test]
fn bdi2_is_complete_only_and_flags_item_9_from_1() {
    let scored = score("bdi2", &with(same(1, 21, 1), json!({"21": null})));
    assert_eq!(line(&scored, "total"), "not_scorable - missing 1 -");
    assert_eq!(flag(&scored, "9"), "flag");
    assert_eq!(flag(&score("bdi2", &same(1, 21, 0)), "9"), "clear");
}

#[test]
fn bai_has_the_bands_of_the_manual_of_1993() {
    for (ones, band) in [(7, "minimal"), (8, "mild"), (15, "mild"), (16, "moderate")] {
        let sheet = same(1, 21, 0).into_iter().chain(same(1, ones, 1)).collect();
        assert_eq!(total("bai", &sheet), format!("scored {ones} missing 0 {band}"));
    }
    let sheet = |twos: u32| same(1, 21, 1).into_iter().chain(same(1, twos, 2)).collect();
    assert_eq!(total("bai", &sheet(4)), "scored 25 missing 0 moderate");
    assert_eq!(total("bai", &sheet(5)), "scored 26 missing 0 severe");
    assert_eq!(total("bai", &same(1, 20, 1)), "not_scorable - missing 1 -");
}

#[test]
fn madrs_s_takes_the_three_steps_that_are_not_described_and_no_fraction() {
    assert_eq!(total("madrs_s", &same(1, 9, 3)), "scored 27 missing 0 moderate");
    assert_eq!(total("madrs_s", &same(1, 9, 6)), "scored 54 missing 0 severe");
    assert_eq!(refused("madrs_s", &with(same(1, 9, 1), json!({"2": 0.5}))), ["2"]);
    // The clinician's form has a tenth item.
    assert_eq!(refused("madrs_s", &same(1, 10, 1)), ["10"]);
}

#[test]
fn madrs_s_bands_change_at_13_20_35_and_item_9_is_flagged_from_3() {
    for (more, value, band) in [
        (json!({"1": 4}), 12, "none_or_very_mild"),
        (json!({"1": 5}), 13, "mild"),
        (json!({"1": 6, "2": 6}), 19, "mild"),
        (json!({"1": 6, "2": 6, "3": 2}), 20, "moderate"),
        (json!({"1": 6, "2": 6, "3": 6, "4": 6, "5": 6}), 34, "moderate"),
        (json!({"1": 6, "2": 6, "3": 6, "4": 6, "5": 6, "6": 2}), 35, "severe"),
    ] {
        let scored = score("madrs_s", &with(same(1, 9, 1), more));
        assert_eq!(line(&scored, "total"), format!("scored {value} missing 0 {band}"), "{value}");
        assert_eq!(flag(&scored, "9"), "clear");
    }
    assert_eq!(flag(&score("madrs_s", &answers(json!({"9": 2}))), "9"), "clear");
    assert_eq!(flag(&score("madrs_s", &answers(json!({"9": 3}))), "9"), "flag");
}

#[test]
fn qids_a17_total_is_the_sum_of_nine_domains_not_of_the_items() {
    assert_eq!(total("qids_a17_sr", &same(1, 17, 3)), "scored 27 missing 0 very_severe");
    // sleep 3, mood 2, appetite 1, single 0+1+2+0+1 = 4, motor 2.
    let mixed =
        with(same(1, 17, 0), json!({"3": 3, "6": 2, "8": 1, "12": 1, "13": 2, "15": 1, "16": 2, "17": 1}));
    assert_eq!(total("qids_a17_sr", &mixed), "scored 12 missing 0 moderate");
}

#[test]
fn qids_a17_one_blank_in_each_pair_of_appetite_and_weight_is_regular() {
    let regular = with(same(1, 17, 1), json!({"7": null, "10": null}));
    assert_eq!(total("qids_a17_sr", &regular), "scored 9 missing 0 mild");
    let both = with(same(1, 17, 1), json!({"7": 0, "8": 3}));
    assert_eq!(total("qids_a17_sr", &both), "scored 11 missing 0 moderate");
}

#[test]
fn qids_a17_a_pair_with_two_blanks_counts_as_one_missing_and_any_other_gap_too() {
    let pair = with(same(1, 17, 1), json!({"7": null, "8": null}));
    assert_eq!(total("qids_a17_sr", &pair), "not_scorable - missing 1 -");
    let gaps = with(same(1, 17, 1), json!({"7": null, "8": null, "2": null, "13": null}));
    assert_eq!(total("qids_a17_sr", &gaps), "not_scorable - missing 3 -");
    assert_eq!(total("qids_a17_sr", &answers(json!({}))), "not_scorable - missing 15 -");
}

#[test]
fn qids_a17_suicide_item_is_13_not_12_and_domains_are_not_printed() {
    let scored = score("qids_a17_sr", &with(same(1, 17, 0), json!({"12": 3, "13": 1})));
    assert_eq!(flag(&scored, "13"), "clear");
    assert_eq!(scored.flags.len(), 1);
    assert_eq!(flag(&score("qids_a17_sr", &answers(json!({"13": 2}))), "13"), "flag");
    let ids: Vec<&str> = scored.scores.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(ids, ["total"]);
}

#[test]
fn pswq_all_fives_give_60_not_80() {
    assert_eq!(total("pswq", &same(1, 16, 5)), "scored 60 missing 0 -");
    assert_eq!(total("pswq", &same(1, 16, 1)), "scored 36 missing 0 -");
    let worst = with(same(1, 16, 5), json!({"1": 1, "3": 1, "8": 1, "10": 1, "11": 1}));
    assert_eq!(total("pswq", &worst), "scored 80 missing 0 -");
    assert_eq!(refused("pswq", &with(same(1, 16, 5), json!({"1": 0}))), ["1"]);
    assert_eq!(total("pswq", &same(1, 15, 5)), "not_scorable - missing 1 -");
}

#[test]
fn gad_q_iv_reaches_13_not_12() {
    let most = answers(json!({"1": 1, "2": 1, "3": 1, "4": 1, "5": 6, "6": 1, "7": 6, "8": 8, "9": 8}));
    assert_eq!(total("gad_q_iv", &most), "scored 13 missing 0 above_cutoff");
}

#[test]
fn gad_q_iv_items_that_the_gate_skips_count_0_and_a_blank_does_not() {
    let gated =
        json!({"1": 0, "2": 0, "3": 0, "4": "na", "5": "na", "6": "na", "7": "na", "8": "na", "9": "na"});
    assert_eq!(total("gad_q_iv", &answers(gated.clone())), "scored 0 missing 0 below_cutoff");
    let blank = with(answers(gated), json!({"7": null}));
    assert_eq!(total("gad_q_iv", &blank), "not_scorable - missing 1 -");
}

#[test]
fn gad_q_iv_band_is_looked_up_on_the_unrounded_value() {
    // 5 + 2/3 = 5.67 would round to 6 and be above 5.7; it is not.
    let below = answers(json!({"1": 1, "2": 1, "3": 1, "4": 1, "5": 2, "6": 1, "7": 0, "8": 0, "9": 0}));
    assert_eq!(total("gad_q_iv", &below), "scored 17/3 missing 0 below_cutoff");
    let above = answers(json!({"1": 1, "2": 1, "3": 1, "4": 1, "5": 0, "6": 1, "7": 0, "8": 3, "9": 0}));
    assert_eq!(total("gad_q_iv", &above), "scored 23/4 missing 0 above_cutoff");
    assert_eq!(
        refused("gad_q_iv", &with(above, json!({"5": 7, "8": 9, "1": 2, "7": 1.5}))),
        ["1", "5", "7", "8"]
    );
}

#[test]
fn audit_items_9_and_10_have_the_codes_0_2_4_only() {
    let most = with(same(1, 8, 4), json!({"9": 4, "10": 4}));
    assert_eq!(total("audit", &most), "scored 40 missing 0 zone_4");
    assert_eq!(refused("audit", &with(same(1, 8, 4), json!({"9": 1, "10": 3}))), ["10", "9"]);
}

#[test]
fn audit_of_a_person_who_never_drinks_is_complete_after_items_1_9_and_10() {
    let scored = score("audit", &answers(json!({"1": 0, "9": 2, "10": 0})));
    assert_eq!(line(&scored, "total"), "scored 2 missing 0 zone_1");
    assert_eq!(line(&scored, "audit_c"), "scored 0 missing 0 -");
    assert_eq!(line(&scored, "dependence"), "scored 0 missing 0 -");
    assert_eq!(line(&scored, "problems"), "scored 2 missing 0 -");
    // Items 9 and 10 are never skipped.
    assert_eq!(total("audit", &answers(json!({"1": 0, "9": 2}))), "not_scorable - missing 1 -");
}

#[test]
fn audit_items_4_to_8_may_be_blank_only_where_items_2_and_3_are_both_0() {
    let skipped = answers(json!({"1": 2, "2": 0, "3": 0, "9": 0, "10": 0}));
    assert_eq!(total("audit", &skipped), "scored 2 missing 0 zone_1");
    let scored = score("audit", &answers(json!({"1": 2, "2": 1, "3": 0, "9": 0, "10": 0})));
    assert_eq!(line(&scored, "total"), "not_scorable - missing 5 -");
    assert_eq!(line(&scored, "audit_c"), "scored 3 missing 0 -");
    assert_eq!(line(&scored, "dependence"), "not_scorable - missing 3 -");
    assert_eq!(line(&scored, "problems"), "not_scorable - missing 2 -");
    let open = answers(json!({"1": 2, "2": 0, "9": 0, "10": 0}));
    assert_eq!(total("audit", &open), "not_scorable - missing 6 -");
}

#[test]
fn audit_an_answer_given_in_spite_of_a_skip_counts() {
    let given = answers(json!({"1": 0, "3": 2, "9": 0, "10": 4}));
    assert_eq!(total("audit", &given), "scored 6 missing 0 zone_1");
}

#[test]
fn audit_of_an_empty_form_is_not_0() {
    let scored = score("audit", &answers(json!({})));
    assert_eq!(line(&scored, "total"), "not_scorable - missing 10 -");
    assert_eq!(line(&scored, "audit_c"), "not_scorable - missing 3 -");
}

#[test]
fn audit_zones_change_at_8_16_20() {
    let sheet = |four: u32, nine: u32, ten: u32, last: u32| {
        let base = with(same(1, 8, 0), json!({"9": nine, "10": ten, "8": last}));
        base.into_iter().chain(same(1, four, 4)).collect()
    };
    for (four, nine, ten, last, value, zone) in [
        (1, 0, 2, 1, 7, "zone_1"),
        (2, 0, 0, 0, 8, "zone_2"),
        (3, 0, 2, 1, 15, "zone_2"),
        (4, 0, 0, 0, 16, "zone_3"),
        (4, 0, 2, 1, 19, "zone_3"),
        (5, 0, 0, 0, 20, "zone_4"),
    ] {
        assert_eq!(total("audit", &sheet(four, nine, ten, last)), format!("scored {value} missing 0 {zone}"));
    }
}

fn qoli(importance: i64, satisfaction: i64) -> serde_json::Map<String, serde_json::Value> {
    (1..=16)
        .flat_map(|area| [(format!("{area}i"), json!(importance)), (format!("{area}s"), json!(satisfaction))])
        .collect()
}

#[test]
fn qoli_total_is_divided_by_the_number_of_important_areas() {
    assert_eq!(total("qoli", &answers(qoli(2, 3).into())), "scored 6 missing 0 -");
    assert_eq!(total("qoli", &answers(qoli(2, -3).into())), "scored -6 missing 0 -");
    // Fourteen areas of 2 x 1, one of 1 x -3, one not important: (28 - 3) / 15.
    let mixed = with(answers(qoli(2, 1).into()), json!({"4i": 1, "4s": -3, "5i": 0, "5s": 3}));
    assert_eq!(total("qoli", &mixed), "scored 5/3 missing 0 -");
}

#[test]
fn qoli_satisfaction_has_no_0() {
    assert_eq!(refused("qoli", &with(answers(qoli(2, 1).into()), json!({"7s": 0}))), ["7s"]);
    assert_eq!(refused("qoli", &with(answers(qoli(2, 1).into()), json!({"7i": 3}))), ["7i"]);
}

#[test]
fn qoli_area_that_is_not_important_needs_no_satisfaction() {
    let blank = with(answers(qoli(1, 2).into()), json!({"5i": 0, "5s": null}));
    assert_eq!(total("qoli", &blank), "scored 2 missing 0 -");
}

#[test]
fn qoli_without_an_important_area_is_not_scorable_and_nothing_is_missing() {
    assert_eq!(total("qoli", &answers(qoli(0, 1).into())), "not_scorable - missing 0 -");
}

#[test]
fn qoli_area_without_importance_or_satisfaction_counts_as_one_missing() {
    let gaps = with(answers(qoli(1, 2).into()), json!({"3i": null, "4s": null, "6i": null, "6s": null}));
    assert_eq!(total("qoli", &gaps), "not_scorable - missing 3 -");
    assert_eq!(total("qoli", &answers(json!({}))), "not_scorable - missing 16 -");
}
