//! The calendars of three people of the trial of 2012, worked out by hand on paper, against what the schedule computes.
//!
//! The plan: the first period ends 8 weeks (56 days) after the draw. `post` runs from that day to 14 days after it; `fu03m` and
//! `fu18m` from 14 days before to 14 days after the day 3 and 18 calendar months later. A window opens at 06:00 of its first
//! day and ends with its last day, by the clocks of Stockholm: one hour ahead of UTC in winter, two in summer.

use equipoise::kernel::time::Timestamp;
use equipoise::trial::protocol::checker;
use equipoise::trial::protocol::model::Protocol;
use equipoise::trial::protocol::texts::Texts;
use equipoise::trial::schedule::anchors::AnchorDate;
use equipoise::trial::schedule::anchors::AnchorFacts;
use equipoise::trial::schedule::anchors::date_of;
use equipoise::trial::schedule::definition::Timing;
use equipoise::trial::schedule::occasions::elements;
use equipoise::trial::schedule::window::Planned;
use equipoise::trial::schedule::window::plan;

/// A row of a calendar: occasion, opening instant, due day, closing instant.
type Row<'r> = (&'r str, &'r str, &'r str, &'r str);

fn protocol() -> Protocol {
    let text = include_str!("../../protocols/andersson2012.toml");
    checker::check("protocols/andersson2012.toml", text, &Texts::new()).protocol.unwrap()
}

fn facts(arm: &str, dates: &[(&str, &str)]) -> AnchorFacts {
    AnchorFacts {
        dates: dates.iter().map(|(id, date)| ((*id).to_owned(), date.parse().unwrap())).collect(),
        arm: Some(arm.to_owned()),
        cohort: None,
        today: "2030-01-01".parse().unwrap(),
    }
}

/// All windows of a person, in the order of the protocol.
fn calendar(protocol: &Protocol, facts: &AnchorFacts) -> Vec<(String, Planned)> {
    let schedule = &protocol.schedule;
    elements(&schedule.occasions)
        .iter()
        .filter(|element| element.is_for(facts.arm.as_deref()))
        .filter_map(|element| {
            let Timing::Window { anchor, .. } = &element.occasion.timing else { return None };
            let anchor = date_of(&schedule.anchors, anchor, facts)?;
            let planned = plan(&element.window?, anchor.on, protocol.study.zone, schedule.opens_at)?;
            Some((element.id.clone(), planned))
        })
        .collect()
}

fn assert_calendar(facts: &AnchorFacts, by_hand: &[Row<'_>]) {
    let expected: Vec<(String, Planned)> = by_hand
        .iter()
        .map(|(id, opens_at, due_on, closes_at)| {
            let closes_at: Timestamp = closes_at.parse().unwrap();
            let planned = Planned {
                opens_at: opens_at.parse().unwrap(),
                due_on: due_on.parse().unwrap(),
                closes_at,
                // No answers are taken after the close: the protocol states no 'late'.
                late_at: closes_at,
            };
            ((*id).to_owned(), planned)
        })
        .collect();
    assert_eq!(calendar(&protocol(), facts), expected);
}

fn hours(planned: &Planned) -> i64 {
    planned.closes_at.seconds_since(planned.opens_at) / 3600
}

#[test]
fn a_treated_person_s_post_window_loses_an_hour_when_clocks_go_forward() {
    // Drawn on Monday 26 January 2026. 5 days to 31 January, 28 to 28 February, 23 more make 56: the end is 23 March.
    let person = facts("ipdt", &[("randomization", "2026-01-26")]);
    assert_calendar(
        &person,
        &[
            // 23 March 06:00 is 05:00 UTC (winter). 23 March + 14 days = 6 April; it ends at 24:00, 22:00 UTC (summer).
            ("post", "2026-03-23T05:00:00Z", "2026-03-23", "2026-04-06T22:00:00Z"),
            // 23 June, from 9 June to 7 July; summer throughout.
            ("fu03m", "2026-06-09T04:00:00Z", "2026-06-23", "2026-07-07T22:00:00Z"),
            // 18 months: 23 September 2027, from 9 September to 7 October; clocks go back on 31 October only.
            ("fu18m", "2027-09-09T04:00:00Z", "2027-09-23", "2027-10-07T22:00:00Z"),
        ],
    );
    // 15 days are 360 hours; the night before 06:00 takes 6 and Sunday 29 March has 23: 353.
    let calendar = calendar(&protocol(), &person);
    assert_eq!(calendar.iter().map(|(_, planned)| hours(planned)).next(), Some(353));
}

#[test]
fn a_treated_person_whose_period_ends_on_the_31st_is_asked_at_the_ends_of_shorter_months() {
    // Drawn on Monday 6 July 2026. 25 days to 31 July, 31 more make 56: the end is 31 August.
    let person = facts("icbt", &[("randomization", "2026-07-06")]);
    assert_calendar(
        &person,
        &[
            // 31 August to 14 September; summer.
            ("post", "2026-08-31T04:00:00Z", "2026-08-31", "2026-09-14T22:00:00Z"),
            // There is no 31 November: 30 November. Months come first, then days: 16 November to 14 December; winter.
            ("fu03m", "2026-11-16T05:00:00Z", "2026-11-30", "2026-12-14T23:00:00Z"),
            // There is no 31 February, and 2028 is a leap year: 29 February. 15 February to 14 March; clocks change on 26 March.
            ("fu18m", "2028-02-15T05:00:00Z", "2028-02-29", "2028-03-14T23:00:00Z"),
        ],
    );
}

#[test]
fn a_person_on_the_waitlist_has_no_long_follow_up_and_starts_when_somebody_records_it() {
    // Drawn on Monday 24 August 2026. 7 days to 31 August, 30 to 30 September, 19 more make 56: the end is 19 October.
    let waiting = facts("wl", &[("randomization", "2026-08-24")]);
    assert_calendar(
        &waiting,
        &[
            // 19 October 06:00 is 04:00 UTC (summer), 2 November 24:00 is 23:00 UTC (winter).
            ("post", "2026-10-19T04:00:00Z", "2026-10-19", "2026-11-02T23:00:00Z"),
            // 19 January 2027, from 5 January to 2 February; winter.
            ("fu03m", "2027-01-05T05:00:00Z", "2027-01-19", "2027-02-02T23:00:00Z"),
        ],
    );
    // 360 hours less 6, and Sunday 25 October has 25: 355.
    let calendar = calendar(&protocol(), &waiting);
    assert_eq!(calendar.iter().map(|(_, planned)| hours(planned)).next(), Some(355));

    // The own treatment has no date that anybody assumes: the day is recorded, here Monday 8 February 2027, and only in this arm.
    let anchors = protocol().schedule.anchors;
    assert_eq!(date_of(&anchors, "own", &waiting), None);
    let started = facts("wl", &[("randomization", "2026-08-24"), ("own", "2027-02-08")]);
    let recorded = AnchorDate { on: "2027-02-08".parse().unwrap(), assumed: false };
    assert_eq!(date_of(&anchors, "own", &started), Some(recorded));
    assert_calendar(
        &started,
        &[
            ("post", "2026-10-19T04:00:00Z", "2026-10-19", "2026-11-02T23:00:00Z"),
            ("fu03m", "2027-01-05T05:00:00Z", "2027-01-19", "2027-02-02T23:00:00Z"),
        ],
    );
}

#[test]
fn the_steps_before_the_draw_come_first_and_have_no_window() {
    let protocol = protocol();
    let elements = elements(&protocol.schedule.occasions);
    let places: Vec<(&str, i64, bool)> = elements
        .iter()
        .map(|element| (element.id.as_str(), element.number, element.window.is_some()))
        .collect();
    let by_hand = [
        ("scr", 1, false),
        ("int", 2, false),
        ("pre", 3, false),
        ("post", 4, true),
        ("fu03m", 5, true),
        ("fu18m", 6, true),
    ];
    assert_eq!(places, by_hand);
}
