//! What participants read, each in the own language: the words of the study's first language stand in the protocol, those of
//! the others in `messages/<study>/<language>.toml`.

use std::collections::BTreeMap;

use crate::trial::protocol::model::StudySection;
use crate::trial::protocol::texts;
use crate::trial::protocol::texts::Texts;
use crate::trial::source::tree;
use crate::trial::source::tree::Node;
use crate::trial::source::tree::Source;

/// Language → path such as `form.entry.birth` → words.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Words(BTreeMap<String, BTreeMap<String, String>>);

impl Words {
    /// Reads the files of the further languages. What is missing or wrong in them the check of the protocol has told.
    pub fn read(study: &StudySection, texts: &Texts) -> Self {
        let files = study.languages.iter().skip(1).filter_map(|language| {
            let path = texts::translation_path(&study.id, language);
            let (root, _) = tree::read(&Source::new(&path, texts.get(&path)?));
            let words = root
                .entries()
                .iter()
                .filter_map(|entry| Some((entry.key.clone(), Node::text(&entry.value)?.to_owned())));
            Some((language.clone(), words.collect()))
        });
        Self(files.collect())
    }

    /// The words for a path in a language; those of the protocol where there are no others.
    pub fn say(&self, language: &str, path: &str, original: &str) -> String {
        let found = self.0.get(language).and_then(|words| words.get(path));
        found.map_or(original, String::as_str).to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial::protocol::checker;
    use crate::trial::protocol::shipped;

    #[test]
    fn each_language_has_its_words_and_the_first_has_those_of_the_protocol() {
        let texts = shipped::texts_beside(shipped::EXAMPLE);
        let study = checker::check("example.toml", shipped::EXAMPLE, &texts).protocol.unwrap().study;
        let words = Words::read(&study, &texts);
        let birth = |language| words.say(language, "form.entry.birth", "When were you born?");
        assert_eq!(birth("en"), "When were you born?");
        assert_eq!(birth("sv"), "När är du född?");
        assert_ne!(birth("de"), birth("en"));
        assert_eq!(words.say("sv", "options.sex.f", "Woman"), "Kvinna");
        assert_eq!(words.say("sv", "form.entry.nothing", "as it was"), "as it was");
    }
}
