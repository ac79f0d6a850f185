//! Names of columns: short, small, unique, the same in every program. `<instrument>_<part>_<occasion>`, with a letter in
//! front where somebody other than the participant answers.

use crate::trial::role::Respondent;

/// Stata and SAS cut or refuse longer names.
pub const LONGEST: usize = 32;

/// What follows the instrument in columns that hold neither an item nor a score.
pub const RESERVED: [&str; 4] = ["date", "status", "nmiss", "class"];

/// The word with which columns of an instrument, form or external measure begin: its id without underscores.
pub fn prefix(uses: &str) -> String {
    uses.replace('_', "")
}

/// A column of the wide file.
pub fn wide(respondent: Respondent, uses: &str, part: &str, occasion: &str) -> String {
    let by = match respondent {
        Respondent::Participant => "",
        Respondent::Therapist => "t_",
        Respondent::Assessor => "a_",
        Respondent::Guardian => "g_",
        Respondent::Coordinator => "c_",
    };
    format!("{by}{}_{part}_{occasion}", prefix(uses))
}

/// The part of a column that is an instrument's item: two digits at least, so that columns sort as the form does.
pub fn item_part(item: &str) -> String {
    let digits = item.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 1 { format!("0{item}") } else { item.to_owned() }
}

/// Whether statistical programs take it as a name: `[a-z][a-z0-9_]{0,31}`.
pub fn is_sound(name: &str) -> bool {
    let fits = name.len() <= LONGEST && name.starts_with(|first: char| first.is_ascii_lowercase());
    fits && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_have_two_digits_and_other_respondents_a_letter() {
        assert_eq!(wide(Respondent::Participant, "phq9", &item_part("9"), "pre"), "phq9_09_pre");
        assert_eq!(wide(Respondent::Participant, "qids_a17_sr", &item_part("12"), "w03"), "qidsa17sr_12_w03");
        assert_eq!(wide(Respondent::Assessor, "madrs_s", &item_part("1f"), "post"), "a_madrss_01f_post");
        assert_eq!(item_part("given"), "given");
    }

    #[test]
    fn a_name_of_33_characters_or_with_a_capital_is_not_sound() {
        assert!(is_sound(&"a".repeat(32)) && is_sound("phq9_01_pre"));
        for bad in [&"a".repeat(33), "", "9a", "_a", "Phq", "a-b", "ä"] {
            assert!(!is_sound(bad), "{bad}");
        }
    }
}
