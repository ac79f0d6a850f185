//! `[study]` and `[registry]`: zones, sites, countries, the alias, what stands behind age and sex.

use std::collections::BTreeSet;

use crate::kernel::time::Zone;
use crate::trial::expression::typing::Type;
use crate::trial::protocol::checks::clinical;
use crate::trial::protocol::checks::report::Report;
use crate::trial::protocol::checks::rules;
use crate::trial::protocol::checks::rules::place::Place;
use crate::trial::protocol::checks::trial::Trial;
use crate::trial::source::at::At;
use crate::trial::source::finding::did_you_mean;
use crate::trial::source::shape::is_code;

/// The countries by their codes (ISO 3166-1 alpha-2).
const COUNTRIES: &str = "\
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ \
    BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM \
    DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS \
    GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN \
    KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ \
    MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM \
    PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV \
    SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI \
    VN VU WF WS YE YT ZA ZM ZW";

/// Checks the two sections.
pub fn check(trial: &Trial<'_>, report: &mut Report<'_>) {
    let study = trial.at.key("study");
    check_zone(study.key("zone"), report);
    check_sites(study.key("sites"), report);
    check_alias(study.key("alias"), report);
    for country in study.key("countries").items() {
        let is_country = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase());
        if let Some(text) = country.text().filter(|text| !is_country(text)) {
            let text = format!("'{text}' is no country code: two capital letters.");
            report.error("P006", &country.value(), text);
        } else if let Some(text) =
            country.text().filter(|text| !COUNTRIES.split_whitespace().any(|code| code == *text))
        {
            // The usual slip for the United Kingdom.
            let guess = if text == "UK" { " Did you mean 'GB'?" } else { "" };
            let text = format!("'{text}' is no country.{guess}");
            report.error_with("P010", &country.value(), text, "A code of ISO 3166-1, such as SE.");
        }
    }
    for key in ["languages", "countries"] {
        check_not_empty(study.key(key), key, report);
    }
    check_behind(trial, study, report);
    check_registry(trial, report);
}

fn check_not_empty(at: At<'_>, key: &str, report: &mut Report<'_>) {
    if at.is_given() && at.items().next().is_none() {
        report.error("P004", &at.value(), format!("'{key}' takes at least one, here is none."));
    }
}

fn check_zone(at: At<'_>, report: &mut Report<'_>) {
    if let Some(text) = at.text().filter(|text| text.parse::<Zone>().is_err()) {
        let guess = did_you_mean(text, chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()));
        let text = format!("'{text}' is no IANA zone.{guess}");
        report.error_with("P010", &at.value(), text, "A name such as Europe/Stockholm.");
    }
}

fn check_sites(sites: At<'_>, report: &mut Report<'_>) {
    let takes = "'sites' takes rows [\"umea\", \"Umeå\", \"Europe/Stockholm\"], zone optional";
    let is_list = sites.written().starts_with('[');
    if sites.is_given() && (!is_list || sites.items().next().is_none()) {
        return report.error("P004", &sites.value(), format!("{takes}; at least one."));
    }
    let mut codes = BTreeSet::new();
    for site in sites.items() {
        let texts: Vec<Option<&str>> = site.items().map(At::text).collect();
        match texts.as_slice() {
            [Some(code), Some(_)] | [Some(code), Some(_), Some(_)] => {
                check_zone(site.item(2), report);
                let place = site.item(0).value();
                if !is_code(code) {
                    let text = format!(
                        "'{code}' is no code: small letters, digits and _, from a letter, at most 32."
                    );
                    report.error("P006", &place, text);
                } else if !codes.insert(*code) {
                    report.error("P007", &place, format!("'{code}' twice."));
                }
            }
            _ => report.error("P004", &site.value(), format!("{takes}.")),
        }
    }
}

fn check_alias(at: At<'_>, report: &mut Report<'_>) {
    let Some(alias) = at.text() else { return };
    let plain = alias.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let starts = alias.starts_with(|first: char| first.is_ascii_lowercase());
    if !plain || !starts || !(2..=12).contains(&alias.len()) {
        let text = format!("'{alias}' is no alias: small letters and digits, from a letter, 2 to 12.");
        report.error("P006", &at.value(), text);
    } else if let Some((_, word)) = clinical::word_in(alias) {
        report.error_with("P014", &at.value(), clinical::says(word), clinical::MEND);
    }
}

/// Age is counted from a date or taken as stated; sex is a choice. Both are asked at an enrolment step.
fn check_behind(trial: &Trial<'_>, study: At<'_>, report: &mut Report<'_>) {
    let last = trial.protocol.enrolment.steps.len().saturating_sub(1);
    let age = study.key("age_from");
    match rules::type_of_name(trial, age, Place::Step(last), report) {
        None | Some(Type::Date | Type::Number(..)) => {}
        Some(other) => {
            let text = format!(
                "{} is {}, age takes a date or a number.",
                age.text().unwrap_or_default(),
                other.words()
            );
            report.error("P204", &age.value(), text);
        }
    }
    let sex = study.key("sex_from");
    match rules::type_of_name(trial, sex, Place::Step(last), report) {
        None | Some(Type::Choice(_)) => {}
        Some(other) => {
            let text =
                format!("{} is {}, sex takes a choice.", sex.text().unwrap_or_default(), other.words());
            report.error("P204", &sex.value(), text);
        }
    }
}

fn check_registry(trial: &Trial<'_>, report: &mut Report<'_>) {
    let screening = trial.at.path("registry.screening");
    let are_dates =
        screening.items().all(|at| at.written().starts_with(|first: char| first.is_ascii_digit()));
    if !screening.is_given() || !are_dates {
        return;
    }
    let dates = trial.protocol.registry.as_ref().and_then(|registry| registry.screening);
    if dates.is_none_or(|(from, to)| from > to) {
        report.error("P004", &screening.value(), "'screening' takes two dates: its first and its last day.");
    }
}
