//! Words that would tell whoever sees the screen what a message is about (P014).

/// Stems in the languages of participants, in small letters: found whole or inside a word.
const STEMS: [&str; 26] = [
    "depress",
    "anxiety",
    "anxious",
    "angst",
    "ångest",
    "ängst",
    "panic",
    "panik",
    "phobi",
    "fobi",
    "suicid",
    "suizid",
    "självmord",
    "selbstmord",
    "psych",
    "psyk",
    "therap",
    "terapi",
    "treatment",
    "behandl",
    "disorder",
    "störung",
    "trauma",
    "diagnos",
    "symptom",
    "mental",
];

/// The first clinical word of a text with the byte at which it starts.
pub fn word_in(text: &str) -> Option<(usize, &str)> {
    let mut start = 0;
    for word in text.split(|character: char| !character.is_alphabetic()) {
        let lower = word.to_lowercase();
        if STEMS.iter().any(|stem| lower.contains(stem)) {
            return Some((start, word));
        }
        let behind = start + word.len();
        start = behind + text.get(behind..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    }
    None
}

/// What P014 says of a word.
pub fn says(word: &str) -> String {
    format!("'{word}' must not be in an alias, subject or SMS.")
}

/// How P014 is mended.
pub const MEND: &str = "Choose a name that tells nothing to whoever sees the screen.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clinical_words_are_found_inside_words_of_any_case() {
        assert_eq!(word_in("En enkät om ÅNGESTBESVÄR väntar"), Some((13, "ÅNGESTBESVÄR")));
        assert_eq!(word_in("linden"), None);
        assert_eq!(word_in("Ihre Depression."), Some((5, "Depression")));
    }
}
