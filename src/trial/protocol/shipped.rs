//! What ships of protocols, embedded when the program is built: the texts of all of them, so that whoever sends the file of
//! such a protocol alone need not send its texts again; and the example as a whole.

use rust_embed::RustEmbed;

use crate::trial::protocol::texts::Texts;
use crate::trial::source::tree;
use crate::trial::source::tree::Node;
use crate::trial::source::tree::Source;

#[derive(RustEmbed)]
#[folder = "protocols/messages"]
struct Files;

/// The example: three arms, invented from end to end.
pub const EXAMPLE: &str = include_str!("../../../protocols/example.toml");

/// The texts that ship for the study that a protocol names; none for any other, or where it names none.
pub fn texts_beside(protocol: &str) -> Texts {
    let (root, _) = tree::read(&Source::new("protocol.toml", protocol));
    let id = root.get("study").and_then(|study| study.get("id")).and_then(Node::text).unwrap_or_default();
    let inside = format!("{id}/");
    Files::iter()
        .filter(|name| !id.is_empty() && name.starts_with(&inside))
        .filter_map(|name| {
            let content = String::from_utf8(Files::get(&name)?.data.into_owned()).ok()?;
            Some((format!("messages/{name}"), content))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial::protocol::checker;

    #[test]
    fn the_example_is_sound_as_it_is_embedded() {
        let checked = checker::check("example.toml", EXAMPLE, &texts_beside(EXAMPLE));
        assert!(checked.is_sound(), "{:?}", checked.findings);
    }

    #[test]
    fn the_texts_of_a_protocol_that_ships_are_found_by_its_id_alone() {
        let found = texts_beside("[study]\nid = \"example\"");
        assert!(!found.is_empty());
        assert!(found.keys().all(|path| path.starts_with("messages/example/")), "{found:?}");
        for other in ["[study]\nid = \"exampl\"", "[study]\nid = \"\"", "id = \"example\"", "[study", ""] {
            assert!(texts_beside(other).is_empty(), "{other}");
        }
    }
}
