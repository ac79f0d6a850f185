//! Examining a protocol without storing anything.

use crate::conduct::act;
use crate::conduct::context::Ctx;
use crate::conduct::target::Target;
use crate::kernel::Error;
use crate::trial::permission::action::Action;
use crate::trial::protocol::checker;
use crate::trial::protocol::texts::Texts;

/// What a check finds in one place.
pub use crate::trial::source::finding::Finding;
/// How much a finding weighs.
pub use crate::trial::source::finding::Severity;

/// Checks a protocol with the texts beside it.
pub fn check(ctx: &Ctx, source: &str, texts: &Texts) -> Result<Vec<Finding>, Error> {
    act::look(ctx, Action::CheckProtocol, &Target::Installation, |_, _| {
        Ok(checker::check("protocol.toml", source, texts).findings)
    })
}
