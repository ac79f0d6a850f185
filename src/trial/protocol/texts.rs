//! The texts beside a protocol: documents, translations, overlays. Path → content, as they lie beside the file.

use std::collections::BTreeMap;

/// Path → content, for example `messages/alma/en/consent.md`.
pub type Texts = BTreeMap<String, String>;

/// Where a document of a study lies.
pub fn document_path(study: &str, language: &str, name: &str) -> String {
    format!("messages/{study}/{language}/{name}.md")
}

/// Where the words of a study in another language lie.
pub fn translation_path(study: &str, language: &str) -> String {
    format!("messages/{study}/{language}.toml")
}

/// Where a team's own wording of an instrument lies.
pub fn overlay_path(study: &str, instrument: &str, language: &str) -> String {
    format!("messages/{study}/instruments/{instrument}.{language}.toml")
}
