//! The bytes of each dataset of the small trial, written by hand from the definition of the datasets.

use std::collections::BTreeSet;

use equipoise::trial::dataset::catalogue::Dataset;
use equipoise::trial::dataset::record::AssessmentRecord;
use equipoise::trial::dataset::record::MissingReason;
use equipoise::trial::dataset::view::View;
use equipoise::trial::schedule::state::AssessmentState;

use crate::dataset::small::People;
use crate::dataset::small::Trial;
use crate::dataset::small::blinded;
use crate::dataset::small::with_arms;
use crate::dataset::small::without_arms;

fn csv(view: View, dataset: Dataset) -> String {
    Trial::new().csv(view, dataset, &People::new()).unwrap()
}

#[test]
fn participants_hold_levels_as_used_and_as_known_now() {
    assert_eq!(
        csv(with_arms(), Dataset::Participants),
        "participant_id,site,language,state,registered_on,consented_on,randomized_on,completed_on,arm,received_arm,\
         design_version,strat_worry,strat_site,strat_true_worry,strat_true_site,age,sex,participation_treatment,\
         participation_weekly,participation_questionnaires,participation_contact,identity\n\
         ROWAN-3BT2A,umea,en,randomized,2026-02-01,2026-02-01,2026-02-10,,ipdt,ipdt,1,high,umea,low,umea,34,f,active,active,active,active,present\n\
         ROWAN-5EP50,umea,sv,randomized,2026-01-20,2026-01-20,2026-02-10,,wl,,1,low,umea,low,umea,51,x,active,stopped,stopped,active,present\n\
         ROWAN-7WB4E,umea,en,excluded,2026-02-05,2026-02-05,,,,,,,,,,16,,active,active,active,active,cut\n"
    );
}

#[test]
fn screening_has_a_row_for_each_step_that_was_opened_and_each_of_its_criteria() {
    assert_eq!(
        csv(with_arms(), Dataset::Screening),
        "participant_id,step,step_no,on,outcome,reason_code,criterion,kind,verdict,judged_by_role,protocol_version\n\
         ROWAN-3BT2A,consent,1,2026-02-01,given,,,,,,\n\
         ROWAN-3BT2A,online,2,2026-02-03,passed,,age,rule,met,system,1\n\
         ROWAN-3BT2A,online,2,2026-02-03,passed,,risk,judged,not_met,lead,2\n\
         ROWAN-3BT2A,base,3,2026-02-09,done,,,,,,\n\
         ROWAN-3BT2A,draw,4,2026-02-10,drawn,,,,,,\n\
         ROWAN-5EP50,consent,1,2026-01-21,given,,,,,,\n\
         ROWAN-7WB4E,consent,1,2026-02-05,given,,,,,,\n\
         ROWAN-7WB4E,online,2,2026-02-05,failed,not_eligible,age,rule,not_met,system,2\n\
         ROWAN-7WB4E,online,2,2026-02-05,failed,not_eligible,risk,,,,\n"
    );
}

#[test]
fn assessments_are_all_there_and_say_why_they_are_empty() {
    assert_eq!(
        csv(with_arms(), Dataset::Assessments),
        "participant_id,episode,occasion,occasion_no,respondent,state,opens_on,due_on,closes_on,first_answer_at,\
         submitted_at,window_class,missing_reason,seconds,language,protocol_version\n\
         ROWAN-3BT2A,main,scr,1,participant,submitted,,,,2026-02-03T09:10:00Z,2026-02-03T09:15:30Z,in_window,,330,en,1\n\
         ROWAN-3BT2A,main,pre,2,participant,submitted,,,,,2026-02-08T18:00:00Z,in_window,,,en,2\n\
         ROWAN-3BT2A,main,w01,3,therapist,submitted,2026-02-16,2026-02-17,2026-02-22,,2026-02-17T15:00:00Z,in_window,,,en,2\n\
         ROWAN-3BT2A,main,w02,4,participant,partial,2026-02-23,2026-02-24,2026-03-01,,,,,,en,2\n\
         ROWAN-3BT2A,main,post,5,participant,open,2026-02-24,2026-02-24,2026-03-16,,,,not_due,,,2\n\
         ROWAN-5EP50,main,scr,1,participant,submitted,,,,,2026-01-22T23:30:00Z,in_window,,,en,2\n\
         ROWAN-5EP50,main,pre,2,participant,submitted,,,,,2026-02-09T10:00:00Z,late,,,en,2\n\
         ROWAN-5EP50,main,w02,4,participant,missed,2026-02-23,2026-02-24,2026-03-01,,,,refused,,,2\n\
         ROWAN-5EP50,main,post,5,participant,cancelled,2026-02-25,2026-02-25,2026-03-16,,,,withdrew,,,2\n\
         ROWAN-7WB4E,main,scr,1,participant,submitted,,,,,2026-02-05T12:00:00Z,in_window,,,en,2\n\
         ROWAN-7WB4E,main,pre,2,participant,cancelled,,,,,,,not_applicable,,,2\n"
    );
}

#[test]
fn items_have_a_row_each_with_the_answer_or_the_reason() {
    let file = csv(with_arms(), Dataset::ItemsLong);
    let (header, rows) = file.split_once('\n').unwrap();
    assert_eq!(
        header,
        "participant_id,episode,occasion,occasion_no,respondent,instrument,instrument_version,item,value_code,value,\
         value_label,item_state,missing_reason,answered_at,response_status,window_class,response_version"
    );
    let of = |code: &str| -> String {
        rows.lines()
            .filter_map(|row| row.strip_prefix(code)?.strip_prefix(",main,"))
            .map(|row| format!("{row}\n"))
            .collect()
    };
    assert_eq!(
        of("ROWAN-3BT2A"),
        "scr,1,participant,entry,1,birth,1991-05-06,,,answered,,2026-02-03T09:15:30Z,submitted,in_window,1\n\
         scr,1,participant,entry,1,sex,f,,Woman,answered,,2026-02-03T09:15:30Z,submitted,in_window,1\n\
         scr,1,participant,entry,1,drug,0,0,no,answered,,2026-02-03T09:15:30Z,submitted,in_window,1\n\
         scr,1,participant,entry,1,helps,friend book,,,answered,,2026-02-03T09:15:30Z,submitted,in_window,1\n\
         scr,1,participant,entry,1,hours,,7.5,,answered,,2026-02-03T09:15:30Z,submitted,in_window,1\n\
         scr,1,participant,entry,1,note,,,,answered,,2026-02-03T09:15:30Z,submitted,in_window,1\n\
         pre,2,participant,gad2,1,1,2,2,More than half the days,answered,,2026-02-09T18:00:00Z,corrected,in_window,2\n\
         pre,2,participant,gad2,1,2,1,1,Several days,answered,,2026-02-09T18:00:00Z,corrected,in_window,2\n\
         w01,3,therapist,session,1,came,1,1,yes,answered,,2026-02-17T15:00:00Z,submitted,in_window,1\n\
         w02,4,participant,gad2,1,1,3,3,Nearly every day,answered,,2026-02-25T07:30:00Z,partial,,0\n\
         w02,4,participant,gad2,1,2,,,,not_reached,no_answer,2026-02-25T07:30:00Z,partial,,0\n\
         post,5,participant,gad2,1,1,,,,not_reached,not_due,,,,\n\
         post,5,participant,gad2,1,2,,,,not_reached,not_due,,,,\n\
         post,5,participant,tic_p,1,given,,,,not_reached,not_due,,,,\n\
         post,5,participant,tic_p,1,total,,,,not_reached,not_due,,,,\n"
    );
    assert_eq!(
        of("ROWAN-5EP50"),
        "scr,1,participant,entry,1,birth,1974-12-31,,,answered,,2026-01-22T23:30:00Z,submitted,in_window,1\n\
         scr,1,participant,entry,1,sex,x,,\"Other, or \"\"none\"\"\",answered,,2026-01-22T23:30:00Z,submitted,in_window,1\n\
         scr,1,participant,entry,1,drug,1,1,yes,answered,,2026-01-22T23:30:00Z,submitted,in_window,1\n\
         scr,1,participant,entry,1,helps,,,,answered,,2026-01-22T23:30:00Z,submitted,in_window,1\n\
         scr,1,participant,entry,1,hours,,,,not_reached,no_answer,2026-01-22T23:30:00Z,submitted,in_window,1\n\
         scr,1,participant,entry,1,note,,,,not_reached,no_answer,2026-01-22T23:30:00Z,submitted,in_window,1\n\
         pre,2,participant,gad2,1,1,0,0,Not at all,answered,,2026-02-09T10:00:00Z,submitted,late,1\n\
         pre,2,participant,gad2,1,2,,,,skipped,skipped,2026-02-09T10:00:00Z,submitted,late,1\n\
         w02,4,participant,gad2,1,1,,,,not_reached,refused,,,,\n\
         w02,4,participant,gad2,1,2,,,,not_reached,refused,,,,\n\
         post,5,participant,gad2,1,1,,,,not_reached,withdrew,,,,\n\
         post,5,participant,gad2,1,2,,,,not_reached,withdrew,,,,\n\
         post,5,participant,tic_p,1,given,,,,not_reached,withdrew,,,,\n\
         post,5,participant,tic_p,1,total,,,,not_reached,withdrew,,,,\n"
    );
}

#[test]
fn answers_in_free_words_are_in_only_where_the_view_says_so() {
    let file = csv(with_arms().with_free_text(), Dataset::ItemsLong);
    let row = file.lines().find(|row| row.contains(",note,")).unwrap();
    assert_eq!(
        row,
        "ROWAN-3BT2A,main,scr,1,participant,entry,1,note,\"=1+1, said \"\"Ann\"\"\",,,answered,,2026-02-03T09:15:30Z,\
         submitted,in_window,1"
    );
    for dataset in Dataset::ALL {
        assert!(!csv(with_arms(), *dataset).contains("Ann"), "{dataset}");
    }
    let header = |view: View| csv(view, Dataset::Wide).lines().next().unwrap().to_owned();
    assert!(header(with_arms().with_free_text()).contains(",entry_note_scr,"));
    assert!(!header(with_arms()).contains("entry_note_scr"));
}

#[test]
fn scores_say_how_they_came_about() {
    assert_eq!(
        csv(with_arms(), Dataset::ScoresLong),
        "participant_id,episode,occasion,occasion_no,respondent,instrument,instrument_version,score,value,score_status,\
         band,n_items,n_missing,rule_version\n\
         ROWAN-3BT2A,main,pre,2,participant,gad2,1,total,3,scored,positive,2,0,0123456789ab\n\
         ROWAN-3BT2A,main,w02,4,participant,gad2,1,total,,not_scorable,,2,1,0123456789ab\n\
         ROWAN-5EP50,main,pre,2,participant,gad2,1,total,,not_scorable,,2,1,0123456789ab\n"
    );
}

#[test]
fn the_wide_file_has_one_column_for_each_measurement_in_the_order_of_the_protocol() {
    let gad2 = |occasion: &str| {
        ["01", "02", "total", "date", "status", "nmiss", "class"]
            .map(|part| format!("gad2_{part}_{occasion}"))
            .join(",")
    };
    let tail = |name: &str, occasion: &str| {
        ["date", "status", "nmiss", "class"].map(|part| format!("{name}_{part}_{occasion}")).join(",")
    };
    assert_eq!(
        csv(with_arms(), Dataset::Wide),
        format!(
            "participant_id,site,strat_worry,strat_site,\
             entry_birth_scr,entry_sex_scr,entry_drug_scr,entry_helps_scr,entry_hours_scr,{},\
             {},t_session_came_w01,{},{},{},ticp_given_post,ticp_total_post,{}\n\
             ROWAN-3BT2A,umea,high,umea,\
             1991-05-06,f,0,friend book,7.5,2026-02-03,submitted,0,in_window,\
             2,1,3,2026-02-09,corrected,0,in_window,\
             1,2026-02-17,submitted,0,in_window,\
             3,,,2026-02-25,partial,1,,\
             ,,,,,,,\
             ,,,,,\n\
             ROWAN-5EP50,umea,low,umea,\
             1974-12-31,x,1,,,2026-01-22,submitted,2,in_window,\
             0,,,2026-02-09,submitted,1,late,\
             ,,,,,\
             ,,,,,,,\
             ,,,,,,,\
             ,,,,,\n\
             ROWAN-7WB4E,umea,,,\
             2010-01-01,,,,,2026-02-05,submitted,5,in_window,\
             ,,,,,,,\
             ,,,,,\
             ,,,,,,,\
             ,,,,,,,\
             ,,,,,\n",
            tail("entry", "scr"),
            gad2("pre"),
            tail("t_session", "w01"),
            gad2("w02"),
            gad2("post"),
            tail("ticp", "post"),
        )
    );
}

#[test]
fn events_are_coded_and_their_words_stay_in_the_service() {
    assert_eq!(
        csv(with_arms(), Dataset::Events),
        "participant_id,event_id,kind,on,known_on,code,seriousness,severity,relatedness,expectedness,outcome,ongoing,\
         version,text_flag\n\
         ROWAN-5EP50,evt_2,adverse_event,,2026-02-20,sleep,not_serious,mild,unrelated,,recovered,0,2,0\n\
         ROWAN-5EP50,evt_1,adverse_event,2026-02,2026-02-20,sleep,not_serious,mild,unrelated,,recovered,0,2,1\n"
    );
}

#[test]
fn flags_and_sets_are_derived_by_rule_and_those_that_tell_arms_are_only_where_arms_are() {
    assert_eq!(
        csv(with_arms(), Dataset::Derived),
        "participant_id,kind,id,label,value,missing_reason\n\
         ROWAN-3BT2A,flag,anxious,GAD-2 of 3 or more before,1,\n\
         ROWAN-3BT2A,flag,met,The first session was held,0,\n\
         ROWAN-3BT2A,set,all_randomized,Everybody with an allocation,1,\n\
         ROWAN-3BT2A,set,treated,\"Treated, and anxious\",1,\n\
         ROWAN-5EP50,flag,anxious,GAD-2 of 3 or more before,,undetermined\n\
         ROWAN-5EP50,flag,met,The first session was held,,undetermined\n\
         ROWAN-5EP50,set,all_randomized,Everybody with an allocation,1,\n\
         ROWAN-5EP50,set,treated,\"Treated, and anxious\",0,\n\
         ROWAN-7WB4E,flag,anxious,GAD-2 of 3 or more before,,undetermined\n\
         ROWAN-7WB4E,flag,met,The first session was held,,undetermined\n\
         ROWAN-7WB4E,set,all_randomized,Everybody with an allocation,0,\n\
         ROWAN-7WB4E,set,treated,\"Treated, and anxious\",,undetermined\n"
    );
    let ids = |view: View| {
        let text = csv(view, Dataset::Derived);
        text.lines()
            .skip(1)
            .take(4)
            .map(|line| line.split(',').nth(2).unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    // Whether the session was held, only one arm can know; who was treated, only those who see arms.
    assert_eq!(ids(without_arms())[..2], ["anxious", "all_randomized"]);
    assert_eq!(ids(without_arms().with_free_text())[..2], ["anxious", "all_randomized"]);
    assert_eq!(ids(blinded())[..3], ["anxious", "met", "all_randomized"]);
    assert_eq!(ids(blinded().masked())[..2], ["anxious", "all_randomized"]);
}

#[test]
fn allocations_have_the_columns_of_the_reveal_up_to_the_time() {
    assert_eq!(
        csv(with_arms(), Dataset::Allocations),
        "sequence,participant,version,label,block,position,index,factors,arm,allocated_at\n\
         1,ROWAN-5EP50,1,\"[\"\"low\"\",\"\"umea\"\"]\",0,1,,\"{\"\"site\"\":\"\"umea\"\",\"\"worry\"\":\"\"low\"\"}\",wl,2026-02-10T08:00:00Z\n\
         2,ROWAN-3BT2A,1,\"[\"\"low\"\",\"\"umea\"\"]\",0,2,,\"{\"\"site\"\":\"\"umea\"\",\"\"worry\"\":\"\"high\"\"}\",ipdt,2026-02-10T08:00:00Z\n"
    );
}

#[test]
fn occasions_have_their_windows_as_the_protocol_states_them() {
    let head = "occasion,label,occasion_no,anchor,opens,due,closes,late,arms,episode\n\
                scr,Screening,1,,,,,,,main\n\
                pre,Before treatment,2,,,,,,,main\n\
                w01,Week,3,randomization,6d,7d,12d,12d,,main\n\
                w02,Week,4,randomization,13d,14d,19d,19d,,main\n";
    assert_eq!(
        csv(with_arms(), Dataset::Occasions),
        format!(
            "{head}post,After treatment,5,end,0d,0d,20d,20d,ipdt,main\npost,After waiting,5,end,1d,1d,20d,27d,wl,main\n"
        )
    );
    assert_eq!(csv(without_arms(), Dataset::Occasions), head);
}

#[test]
fn a_missing_value_has_the_reason_that_was_recorded_or_the_one_that_the_facts_give() {
    let reasons = |change: &dyn Fn(&mut AssessmentRecord)| -> BTreeSet<String> {
        let mut people = People::new();
        let missed = people.0[1].assessments.iter_mut().find(|at| at.occasion == "w02").unwrap();
        missed.absence = None;
        change(missed);
        let items = Trial::new().csv(with_arms(), Dataset::ItemsLong, &people).unwrap();
        let of_it = items.lines().filter(|row| row.starts_with("ROWAN-5EP50,main,w02,"));
        of_it.map(|row| row.split(',').skip(11).take(2).collect::<Vec<_>>().join(" ")).collect()
    };
    let all = |text: &str| BTreeSet::from([text.to_owned()]);
    assert_eq!(reasons(&|_| ()), all("not_reached no_answer"));
    assert_eq!(reasons(&|missed| missed.is_announced = false), all("not_reached not_sent"));
    assert_eq!(
        reasons(&|missed| missed.absence = Some(MissingReason::Technical)),
        all("not_reached technical")
    );
    assert_eq!(reasons(&|missed| missed.state = AssessmentState::Waiting), all("not_reached not_due"));
    assert_eq!(reasons(&|missed| missed.state = AssessmentState::Submitted), all("not_reached no_answer"));
    let hidden = |missed: &mut AssessmentRecord| missed.hidden = BTreeSet::from(["gad2".to_owned()]);
    assert_eq!(reasons(&hidden), all("not_shown not_shown"));
}
