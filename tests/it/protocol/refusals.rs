//! What the checker refuses beyond the examples of the catalogue: mistakes that only show in a whole protocol.

use equipoise::trial::protocol::checker;
use equipoise::trial::protocol::texts::Texts;
use equipoise::trial::source::finding::Finding;
use proptest::prelude::*;

fn base() -> String {
    std::fs::read_to_string(format!("{}/tests/protocol_codes/base.toml", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn texts() -> Texts {
    let files = ["consent", "help"].map(|name| (format!("messages/base/en/{name}.md"), "Text".to_owned()));
    files.into_iter().collect()
}

fn findings(text: &str) -> Vec<Finding> {
    checker::check("p.toml", text, &texts()).findings
}

/// What is found, as `line: CODE text`, after each part stood for its other.
fn after(changes: &[(&str, &str)]) -> Vec<String> {
    let mut text = base();
    for (part, by) in changes {
        assert_eq!(text.matches(part).count(), 1, "{part}");
        text = text.replace(part, by);
    }
    findings(&text)
        .iter()
        .map(|finding| {
            let line = text.lines().nth(usize::try_from(finding.place.line).unwrap() - 1).unwrap();
            let at = usize::try_from(finding.place.column).unwrap() - 1;
            let marked: String =
                line.chars().skip(at).take(usize::try_from(finding.place.width).unwrap()).collect();
            format!("{} [{marked}] {}", finding.code, finding.text)
        })
        .collect()
}

#[test]
fn all_mistakes_come_in_one_run() {
    let found = after(&[
        ("kind = \"waitlist\", weeks = 10", "kind = \"waitlst\", weeks = 10"),
        ("zone = \"Europe/Stockholm\"", "zone = \"Europe/Stokholm\""),
        ("compare = [[\"ipdt\"], [\"wl\"]]", "compare = [[\"ipd\"], [\"wl\"]]"),
        (
            "post.phq9.total <= pre.phq9.total / 2",
            "post.phq9.totl <= pre.phq9.total / 2 or pst.phq9.total < 3",
        ),
    ]);
    assert_eq!(
        found,
        [
            "P010 [\"Europe/Stokholm\"] 'Europe/Stokholm' is no IANA zone. Did you mean 'Europe/Stockholm'?",
            "P010 [\"waitlst\"] 'waitlst' is no kind of arm. Did you mean 'waitlist'?",
            "P101 [\"ipd\"] No arm 'ipd'. Did you mean 'ipdt'?",
            "P205 [totl] phq9 has no score 'totl'. Did you mean 'total'?",
            "P205 [pst] This protocol has no occasion 'pst'. Did you mean 'post'?",
        ]
    );
}

#[test]
fn a_key_that_would_have_no_effect_is_unknown_there() {
    for (part, by, says) in [
        (
            "kind = \"offset\", point = \"randomization+10w\"",
            "kind = \"offset\", point = \"randomization+10w\", record = [\"lead\"]",
            "P002 [record] Unknown key 'record' in an anchor of kind offset.",
        ),
        (
            "{ id = \"pre\", label = \"Before treatment\" }",
            "{ id = \"pre\", label = \"Before treatment\", arms = [\"wl\"] }",
            "P002 [arms] Unknown key 'arms' in an occasion that a step opens.",
        ),
        (
            "kind = \"baseline\", occasion = \"pre\"",
            "kind = \"baseline\", occasion = \"pre\", by = [\"lead\"]",
            "P002 [by] Unknown key 'by' in a step of kind baseline.",
        ),
        (
            "blocks = [3, 6, 9]",
            "blocks = [3, 6, 9]\nmti = 3",
            "P002 [mti] Unknown key 'mti' in randomization by permuted_block.",
        ),
        (
            "ask = \"When were you born?\"",
            "ask = \"When were you born?\", min = 3",
            "P002 [min] Unknown key 'min' in an item of type date.",
        ),
        (
            "include = \"age >= 18\"",
            "include = \"age >= 18\", evidence = \"call\"",
            "P002 [evidence] Unknown key 'evidence' in a criterion that a rule judges.",
        ),
    ] {
        assert!(after(&[(part, by)]).contains(&says.to_owned()), "{says}: {:?}", after(&[(part, by)]));
    }
}

#[test]
fn what_a_kind_needs_is_missed_at_its_row() {
    let anchor = ("kind = \"offset\", point = \"randomization+10w\"", "kind = \"calendar\"");
    assert_eq!(after(&[anchor]), ["P005 [{] An anchor of kind calendar has no 'dates'."]);
    let window =
        ("opens = \"6m-7d\", due = \"6m\", closes = \"6m+21d\"", "opens = \"6m-7d\", closes = \"6m+21d\"");
    assert_eq!(after(&[window]), ["P005 [{] Occasion 'fu06m' has no 'due'."]);
    let evidence = ("evidence = \"call\", ", "");
    assert_eq!(after(&[evidence]).len(), 1);
    assert!(after(&[evidence])[0].starts_with("P005 [{] 'risk' is judged by people and has no 'evidence'"));
}

#[test]
fn rules_know_what_is_known_at_their_place() {
    let online = "include = \"scr.phq9.total >= 10\"";
    let rule = "rule = \"this.phq9[9] >= 1\"";
    let flag = "rule = \"post.phq9.total <= pre.phq9.total / 2\"";
    for (part, by, says) in [
        (
            online,
            "include = \"pre.phq9.total >= 10\"",
            "P206 [pre.phq9.total] pre.phq9.total isn't known at step 'online'.",
        ),
        (online, "include = \"done(pre)\"", "P206 [pre] done(pre) isn't known at step 'online'."),
        (
            online,
            "include = \"this.phq9.total >= 10\"",
            "P205 [this] There is no 'this' in a criterion or factor: name the occasion.",
        ),
        (
            online,
            "include = \"arm == 'wl'\"",
            "P207 [arm] 'arm' can't be used in a criterion or factor: there is none yet.",
        ),
        (online, "include = \"use.modules >= 1\"", "P205 [use] There is no 'use' in a criterion or factor."),
        (online, "include = \"scr.gad7.total >= 1\"", "P205 [gad7] scr has no instrument 'gad7'."),
        (
            online,
            "include = \"scr.phq9 >= 1\"",
            "P205 [phq9] scr.phq9 is no value: name a score or an item of phq9.",
        ),
        (online, "include = \"scr.phq9[11] >= 1\"", "P205 [11] phq9 has no item '11'. Did you mean '1'?"),
        (
            online,
            "include = \"band(scr.phq9.total) == 'hard'\"",
            "P209 ['hard'] 'hard' is no option of band(scr.phq9.total): minimal, mild, moderate, moderately_severe, severe.",
        ),
        (
            rule,
            "rule = \"this.phq9[9]>0 and post.phq9.total>3\"",
            "P206 [post.phq9.total] post.phq9.total isn't known in a safety rule.",
        ),
        (
            rule,
            "rule = \"this.phq9[9]>0 and site == 'umea'\"",
            "P205 [site] There is no 'site' in a safety rule.",
        ),
        (flag, "rule = \"last(post.phq9.total) < 3\"", "P205 [post] This protocol has no series 'post'."),
        (flag, "rule = \"flag.good\"", "P205 [good] This protocol has no flag 'good'."),
        (
            flag,
            "rule = \"w11.phq9.total < 3\"",
            "P205 [w11] This protocol has no occasion 'w11'. Did you mean 'w01'?",
        ),
    ] {
        assert_eq!(after(&[(part, by)]), [says], "{by}");
    }
    for by in [
        "rule = \"last(w.phq9.total) < 3 and w03.phq9.total < 9 and number(w.phq9.total) >= 2\"",
        "rule = \"arm == 'wl' and anchor.end > 2026-03-01 and site == 'umea' and use.modules >= 3\"",
    ] {
        assert_eq!(after(&[(flag, by)]), Vec::<String>::new());
    }
}

#[test]
fn age_is_known_once_the_step_that_asks_it_is_open() {
    let swapped = [
        (
            "{ id = \"online\", kind = \"screening\", occasion = \"scr\" }",
            "{ id = \"online\", kind = \"screening\", occasion = \"pre\" }",
        ),
        (
            "{ id = \"base\", kind = \"baseline\", occasion = \"pre\" }",
            "{ id = \"base\", kind = \"baseline\", occasion = \"scr\" }",
        ),
    ];
    assert!(after(&swapped).contains(&"P206 [age] age isn't known at step 'online'.".to_owned()));
}

#[test]
fn an_occasion_may_stand_twice_for_disjoint_arms_and_only_then() {
    let row = "{ id = \"fu06m\", label = \"6 months\", anchor = \"end\", opens = \"6m-7d\", due = \"6m\", closes = \"6m+21d\" },";
    let with = |first: &str, second: &str| {
        let one = row.replace(" },", &format!(", arms = [{first}] }},"));
        let two = row.replace(" },", &format!(", arms = [{second}] }},"));
        after(&[(row, &format!("{one}\n{two}"))])
    };
    assert_eq!(
        with("\"ipdt\", \"icbt\"", "\"wl\""),
        ["P511 [\"fu06m\"] fu06m differs between arms: blinded roles see no dates."]
    );
    assert!(
        with("\"ipdt\"", "\"wl\", \"ipdt\"")
            .contains(&"P007 [\"fu06m\"] 'fu06m' twice for arm ipdt.".to_owned())
    );
}

#[test]
fn what_only_some_arms_are_asked_needs_somebody_who_may_chase_it() {
    let own = ("closes = \"6m+21d\" }", "closes = \"6m+21d\", arms = [\"ipdt\", \"icbt\"] }");
    let blind =
        ("blind = [\"assessor\", \"statistician\"]", "blind = [\"assessor\", \"lead\", \"coordinator\"]");
    let says = "P513 [[\"ipdt\", \"icbt\"]] Occasions of arm ipdt, icbt only, and every role that may chase them is blind.";
    assert!(after(&[own, blind]).contains(&says.to_owned()), "{:?}", after(&[own, blind]));
    assert!(!after(&[own]).iter().any(|line| line.starts_with("P513")));
}

#[test]
fn the_same_answers_are_asked_once_at_an_occasion() {
    let gad = "{ use = \"gad7\", at = [\"pre\", \"post\", \"fu06m\"] },";
    let more = format!("{gad}\n{{ use = \"phq9\", at = [\"w03\"] }},");
    assert_eq!(after(&[(gad, &more)]), ["P007 [\"phq9\"] 'phq9' twice at w03."]);
}

#[test]
fn levels_by_rules_leave_no_gap_where_one_number_decides() {
    let factor = "of = \"pre.phq9.total\", levels = [\"low\", \"high\"], cuts = [15]";
    let with = |rules: &str| after(&[(factor, &format!("levels = [\"low\", \"high\"], rules = [{rules}]"))]);
    assert_eq!(with("\"pre.phq9.total < 15\", \"pre.phq9.total >= 15\""), Vec::<String>::new());
    assert!(
        with("\"pre.phq9.total <= 15\", \"pre.phq9.total >= 15\"")[0]
            .ends_with("A total of 15 fits two levels: use cuts.")
    );
    // An answer of a questionnaire is whole, so 1 to 2 is no gap.
    assert_eq!(with("\"pre.phq9[1] <= 1\", \"pre.phq9[1] >= 2\""), Vec::<String>::new());
    // What compares several names is not proved.
    assert_eq!(with("\"pre.phq9.total > 3\", \"pre.gad7.total > 3\""), Vec::<String>::new());
}

#[test]
fn what_is_accepted_becomes_a_warning_with_its_reason() {
    let found = after(&[
        ("blocks = [3, 6, 9]", "blocks = [3]"),
        ("[adherence]", "[accept]\nP302 = \"A replica.\"\n\n[adherence]"),
    ]);
    assert_eq!(
        found,
        [
            "P302 [[3]] The only block equals the ratio sum: every 3rd allocation is certain. Accepted: A replica."
        ]
    );
}

#[test]
fn rows_of_toml_1_1_are_refused_and_lists_inside_a_row_may_break() {
    let comma = ("kind = \"waitlist\", weeks = 10 }", "kind = \"waitlist\", weeks = 10, }");
    assert_eq!(after(&[comma]), ["P001 [}] Not TOML: a comma behind the last key of an inline table."]);
    let broken = ("at = [\"pre\", \"post\", \"fu06m\"]", "at = [\n\"pre\", \"post\", \"fu06m\"]");
    assert_eq!(after(&[broken]), Vec::<String>::new());
    let time = ("[schedule]", "[schedule]\nopens_at = 07:00");
    assert!(
        after(&[time])[0].starts_with("P004 [07:00] 'opens_at' takes a time of day"),
        "{:?}",
        after(&[time])
    );
}

#[test]
fn an_sms_of_a_ladder_is_short_and_tells_nothing() {
    let ladder = "[ladder.close]\nat = [\"post\"]\nsteps = [{ on = \"due\", via = [\"sms\"], text = \"tip\" }]\n\n[safety]";
    let text = base().replace("[safety]", ladder);
    let with = |tip: &str| {
        let mut texts = texts();
        texts.insert("messages/base/en/tip.md".to_owned(), tip.to_owned());
        let found = checker::check("p.toml", &text, &texts).findings;
        found.iter().map(|finding| finding.line()).collect::<Vec<_>>()
    };
    assert_eq!(with("A few questions are ready: {link}\n"), Vec::<String>::new());
    assert_eq!(
        with("About your anxiety: {link}"),
        ["messages/base/en/tip.md:1:12: P014 'anxiety' must not be in an alias, subject or SMS."]
    );
    let long = format!("{}{{link}}", "a".repeat(80));
    assert_eq!(
        with(&long),
        ["messages/base/en/tip.md:1:81: P705 SMS of 164 characters, or one outside GSM-7."]
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// Whatever is torn out of a file, the rest is examined, and every place lies in its file.
    #[test]
    fn a_torn_file_is_examined_to_its_end(from in 0..8000_usize, length in 0..200_usize, put in "[\\[\\]{}\"=a-z0-9., ö\n]{0,6}") {
        let full = std::fs::read_to_string(format!("{}/tests/protocol_codes/full.toml", env!("CARGO_MANIFEST_DIR")));
        let whole: Vec<char> = full.unwrap().chars().collect();
        let from = from.min(whole.len());
        let until = (from + length).min(whole.len());
        let mut torn: String = whole[..from].iter().collect();
        torn.push_str(&put);
        torn.extend(&whole[until..]);
        let lines = torn.split('\n').count();
        for finding in checker::check("p.toml", &torn, &Texts::new()).findings {
            prop_assert!(finding.place.line >= 1 && usize::try_from(finding.place.line).unwrap() <= lines);
            prop_assert!(finding.place.column >= 1 && finding.place.width >= 1);
            prop_assert!(!finding.text.is_empty());
        }
    }
}

#[test]
fn a_country_is_one_and_the_usual_slip_has_its_mend() {
    let slip = |by: &str| after(&[("countries = [\"SE\", \"GB\"]", by)]);
    assert_eq!(slip("countries = [\"UK\"]"), ["P010 [\"UK\"] 'UK' is no country. Did you mean 'GB'?"]);
    assert_eq!(slip("countries = [\"XX\"]"), ["P010 [\"XX\"] 'XX' is no country."]);
    assert_eq!(slip("countries = [\"GB\"]"), Vec::<String>::new());
}

#[test]
fn an_item_may_be_an_outcome_where_it_is_asked() {
    let by = |of: &str| {
        after(&[(
            "{ id = \"depression\", role = \"primary\", of = \"phq9.total\"",
            &format!("{{ id = \"depression\", role = \"primary\", of = \"{of}\""),
        )])
    };
    assert_eq!(by("phq9[9]"), Vec::<String>::new());
    assert!(by("phq9[77]")[0].starts_with("P205"), "{:?}", by("phq9[77]"));
}
