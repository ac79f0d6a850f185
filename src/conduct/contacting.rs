//! Contact data: sealed in a table of their own, found again by keyed hashes alone.

use serde::Deserialize;
use serde::Serialize;
use serde_json::json;

use crate::conduct::act::Act;
use crate::conduct::holding;
use crate::kernel::Error;
use crate::kernel::canonical;
use crate::storage::Tx;
use crate::storage::enrolment;
use crate::storage::participant;
use crate::storage::participant::Participant;
use crate::trial::audit::event::Event;

/// Contact data: sealed in a table of its own, never beside anything else.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// The name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The telephone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// The postal address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// A slip is found now or never: what is stored is sealed. More than this only a letter that arrives can tell.
pub fn looks_like_address(text: &str) -> bool {
    let parts = text.split_once('@').filter(|(before, behind)| !before.is_empty() && behind.contains('.'));
    parts.is_some() && !text.chars().any(char::is_whitespace) && text.matches('@').count() == 1
}

/// Seals contact data. The events hold digests only, and a twin in the study raises a hold in silence.
pub fn store(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    person: &Participant,
    contact: &Contact,
    mut event: Event,
) -> Result<Event, Error> {
    let place = format!("contact.sealed/{}", person.id);
    let plain = canonical::text_of(contact)?;
    let sealed = act.ctx.keys().contact.seal(&place, plain.as_bytes(), act.ctx.entropy())?;
    let hash = |kind: &str, value: &str| {
        act.ctx.keys().mac.mac("contact-hash", format!("{}\n{kind}\n{value}", person.study).as_bytes())
    };
    let mut hashes = Vec::new();
    if let Some(email) = &contact.email {
        hashes.push(("email", hash("email", &email.trim().to_lowercase())));
    }
    if let Some(phone) = &contact.phone {
        let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
        hashes.push(("phone", hash("phone", &digits)));
    }
    participant::store_contact(tx, person, &sealed, &hashes, act.ctx.now)?;
    for (field, value) in [
        ("name", &contact.name),
        ("email", &contact.email),
        ("phone", &contact.phone),
        ("address", &contact.address),
    ] {
        if let Some(value) = value {
            let field = format!("contact.{field}");
            let keyed = act.keyed(&field, &json!(value));
            event = event.digest(field, None, Some(keyed));
        }
    }
    let has_twin = participant::has_twin(tx, &person.study, &person.id, &hashes)?;
    if has_twin {
        enrolment::insert_hold(tx, &person.study, &person.id, holding::DUPLICATE, act.ctx.now)?;
    }
    // There for everybody, as a digest: the trail of one site must not tell who is known at another.
    Ok(event.digest("contact.twin", None, Some(act.keyed("contact.twin", &json!(has_twin)))))
}
