//! The published vectors of commitments and lists, which freeze the algorithm.

use equipoise::kernel::digest;
use equipoise::trial::randomization::design::Design;
use equipoise::trial::randomization::draw::DrawError;
use equipoise::trial::randomization::draw::Place;
use equipoise::trial::randomization::draw::Sequences;
use equipoise::trial::randomization::stream;
use equipoise::trial::randomization::stream::Context;
use equipoise::trial::randomization::stream::Secrets;
use equipoise::trial::randomization::stream::Streams;
use serde_json::Value;

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../vectors/randomization.json")).unwrap()
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap()
}

fn secrets(vectors: &Value) -> Secrets {
    let hex = |key: &str| digest::unhex32(text(vectors, key)).unwrap();
    Secrets { seed: hex("seed"), nonce: hex("nonce") }
}

fn context(vectors: &Value, design: &Design) -> Context {
    Context {
        study: text(vectors, "study").into(),
        design_hash: design.hash(),
        beacon_ref: text(vectors, "beacon_ref").into(),
        beacon: None,
    }
}

#[test]
fn commitments_of_all_methods_hold() {
    let vectors = vectors();
    let mut cases: Vec<(Value, String)> = Vec::new();
    for list in vectors["lists"].as_array().unwrap() {
        cases.push((list["design"].clone(), text(list, "commitment").to_owned()));
    }
    for case in vectors["minimization"]["cases"].as_array().unwrap() {
        let mut design = vectors["minimization"]["base"].as_object().unwrap().clone();
        for (key, value) in case["change"].as_object().unwrap() {
            if value.is_null() {
                design.remove(key)
            } else {
                design.insert(key.clone(), value.clone())
            };
        }
        cases.push((Value::Object(design), text(case, "commitment").to_owned()));
    }
    assert_eq!(cases.len(), 7 + 12);
    for (design, expected) in cases {
        let sound = Design::from_json(&design).unwrap_or_else(|fault| panic!("{design}: {fault}"));
        let commitment = digest::hex(&stream::commitment(&context(&vectors, &sound), &secrets(&vectors)));
        assert!(commitment.starts_with(&expected), "{design}: {commitment}");
    }
}

#[test]
fn lists_hold_slot_by_slot_and_other_methods_are_refused_by_name() {
    let vectors = vectors();
    let mut compared = 0;
    for list in vectors["lists"].as_array().unwrap() {
        let design = Design::from_json(&list["design"]).unwrap();
        let drawn = Sequences::new(&design, &context(&vectors, &design), &secrets(&vectors));
        let Some(lists) = list.get("arms") else {
            assert_eq!(drawn.unwrap_err(), DrawError::Unsupported(design.parameters().method()));
            continue;
        };
        let sequences = drawn.unwrap();
        for (label, arms) in lists.as_object().unwrap() {
            let arms: Vec<&str> = arms.as_str().unwrap().split(' ').filter(|arm| *arm != "|").collect();
            let found: Vec<&str> =
                sequences.list(label).take(arms.len()).map(|slot| sequences.arm_id(&slot)).collect();
            assert_eq!(found, arms, "{} {label}", list["design"]);
            compared += 1;
        }
    }
    assert_eq!(compared, 4);
}

#[test]
fn blocks_of_the_first_vector_begin_where_they_should() {
    let vectors = vectors();
    let design = Design::from_json(&vectors["lists"][0]["design"]).unwrap();
    let sequences = Sequences::new(&design, &context(&vectors, &design), &secrets(&vectors)).unwrap();
    for (label, sizes) in [(r#"["low"]"#, [6, 4, 6, 4]), (r#"["high"]"#, [4, 6, 6, 6])] {
        let mut number = 0;
        for (size, block) in sizes.into_iter().zip(0..) {
            for position in 1..=size {
                assert_eq!(sequences.slot(label, number).place, Place::Block(block, position));
                number += 1;
            }
        }
    }
}

#[test]
fn digests_and_keys_of_the_first_vector_hold_byte_for_byte() {
    let vectors = vectors();
    let first = &vectors["lists"][0];
    let design = Design::from_json(&first["design"]).unwrap();
    assert_eq!(digest::hex(&design.hash()), text(first, "design_hash"));
    let streams = Streams::new(&context(&vectors, &design), &secrets(&vectors));
    assert_eq!(digest::hex(&streams.commitment()), text(first, "commitment"));
    assert_eq!(
        digest::hex(streams.key(r#"["low"]"#, 0).as_slice()),
        "dbf5d1f89f9fc15289b7f96201e71f36505ddac9f8c9c4d459f994f6946059f9"
    );
    assert_eq!(digest::hex(&streams.key(r#"["low"]"#, 1)[..4]), "a424850d");
    for (block, words) in
        [(0, [3_446_933_391, 876_924_141, 2_873_609_739]), (1, [1_665_531_438, 3_713_786_674, 4_081_389_958])]
    {
        let mut stream = streams.words(r#"["low"]"#, block);
        assert_eq!([stream.next_word(), stream.next_word(), stream.next_word()], words);
    }
}
