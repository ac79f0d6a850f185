//! The protocol that ships with the program as an example, embedded when it is built.

use rust_embed::RustEmbed;

use crate::trial::protocol::texts::Texts;

#[derive(RustEmbed)]
#[folder = "protocols/messages/example"]
#[prefix = "messages/example/"]
struct Messages;

/// The example: three arms, invented from end to end. Its file, and the texts beside it by their path from there.
pub fn example() -> (&'static str, Texts) {
    let texts = Messages::iter().filter_map(|path| {
        let text = String::from_utf8_lossy(&Messages::get(&path)?.data).into_owned();
        Some((path.into_owned(), text))
    });
    (include_str!("../../../protocols/example.toml"), texts.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial::protocol::checker;

    #[test]
    fn the_example_is_sound_as_it_is_embedded() {
        let (source, texts) = example();
        let checked = checker::check("example.toml", source, &texts);
        assert!(checked.is_sound(), "{:?}", checked.findings);
        assert!(texts.keys().any(|path| path.starts_with("messages/example/sv")), "{:?}", texts.keys());
    }
}
