//! From the protocol to the randomization design: arms, ratios, factors and method as the design states them, with the
//! restricted keys that are public in the file, or that the unblinded statistician has typed in.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::trial::protocol::model::Derivation;
use crate::trial::protocol::model::Openness;
use crate::trial::protocol::model::Protocol;

/// The design without its restricted keys; `None` where nothing is drawn.
pub fn open_part(protocol: &Protocol) -> Option<Map<String, Value>> {
    let section = protocol.randomization.as_ref()?;
    let arms: Vec<Value> = protocol.comparison.arms.iter().map(|arm| json!([arm.id, arm.ratio])).collect();
    let factors: Vec<Value> = section
        .factors
        .iter()
        .map(|factor| match &factor.derivation {
            Derivation::Open { .. } => json!([factor.id, { "open": true }]),
            Derivation::Cuts { levels, .. }
            | Derivation::Choice { levels, .. }
            | Derivation::Rules { levels, .. } => {
                json!([factor.id, levels])
            }
        })
        .collect();
    let members = [
        ("arms", Value::from(arms)),
        ("factors", Value::from(factors)),
        ("method", Value::from(section.method.as_str())),
        ("v", Value::from(1)),
    ];
    Some(members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

/// The restricted keys that stand in the file; `None` where they are sealed.
pub fn public_part(protocol: &Protocol) -> Option<Map<String, Value>> {
    let section = protocol.randomization.as_ref()?;
    if section.openness == Openness::Sealed {
        return None;
    }
    let blocks = section.blocks.as_ref().map(|sizes| ("blocks".to_owned(), Value::from(sizes.clone())));
    Some(blocks.into_iter().collect())
}

/// The whole design.
pub fn with_parameters(protocol: &Protocol, restricted: &Map<String, Value>) -> Option<Value> {
    let mut design = open_part(protocol)?;
    design.extend(restricted.clone());
    Some(Value::from(design))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::digest::hex;
    use crate::trial::protocol::reading;
    use crate::trial::randomization::design::Design;
    use crate::trial::source::tree;
    use crate::trial::source::tree::Source;

    #[test]
    fn two_arms_one_cut_and_two_sizes_give_the_published_bytes() {
        let text = "[comparison]\narms = [{ id = \"A\" }, { id = \"B\" }]\n[randomization]\nmethod = \"permuted_block\"\n\
                    blocks = [6, 4]\npublic = true\n\
                    factors = [{ id = \"sev\", of = \"pre.phq9.total\", levels = [\"low\", \"high\"], cuts = [15] }]\n";
        let (root, findings) = tree::read(&Source::new("t.toml", text));
        assert!(findings.is_empty());
        let protocol = reading::protocol(&root);
        let design = with_parameters(&protocol, &public_part(&protocol).unwrap()).unwrap();
        let design = Design::from_json(&design).unwrap();
        assert_eq!(hex(&design.hash())[..8], *"f8f99049");
    }
}
