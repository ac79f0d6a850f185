//! Cursors of lists: opaque, good for a day, bound to account and filters by a keyed hash.

use subtle::ConstantTimeEq;

use crate::kernel::Error;
use crate::kernel::Kind;
use crate::kernel::digest;
use crate::kernel::digest::Framed;
use crate::kernel::sealing::SecretKey;
use crate::kernel::time::Timestamp;

/// How long a cursor is good, in seconds.
pub const LIFETIME_SECONDS: i64 = 24 * 3600;
const PURPOSE: &str = "EQUIPOISE-CURSOR-V1";
/// Hex digits of the keyed hash.
const MAC_DIGITS: usize = 64;
/// Hex digits of the instant.
const INSTANT_DIGITS: usize = 16;

/// What a cursor belongs to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Binding {
    /// Who asks: the holder of the credential.
    pub holder: String,
    /// The list: its path.
    pub list: String,
    /// The filters, in a fixed order.
    pub filters: String,
}

/// A cursor behind the row with this sort key.
pub fn issue(key: &SecretKey, binding: &Binding, sort_key: &str, now: Timestamp) -> String {
    let issued = digest::hex(&now.unix_seconds().to_be_bytes());
    let mac = mac(key, binding, &issued, sort_key);
    format!("{mac}{issued}{}", digest::hex(sort_key.as_bytes()))
}

/// The sort key behind which to go on; `cursor.invalid` for a cursor that is changed, foreign or old.
pub fn open(key: &SecretKey, binding: &Binding, cursor: &str, now: Timestamp) -> Result<String, Error> {
    parse(key, binding, cursor)
        .filter(|(issued, _)| (0..LIFETIME_SECONDS).contains(&(now.unix_seconds() - issued)))
        .map(|(_, sort_key)| sort_key)
        .ok_or_else(|| Error::new(Kind::Malformed, "cursor.invalid"))
}

fn parse(key: &SecretKey, binding: &Binding, cursor: &str) -> Option<(i64, String)> {
    let (shown, rest) = cursor.split_at_checked(MAC_DIGITS)?;
    let (issued, sort_key) = rest.split_at_checked(INSTANT_DIGITS)?;
    let sort_key = String::from_utf8(digest::unhex(sort_key)?).ok()?;
    let expected = mac(key, binding, issued, &sort_key);
    if !bool::from(expected.as_bytes().ct_eq(shown.as_bytes())) {
        return None;
    }
    let issued = i64::from_be_bytes(digest::unhex(issued)?.try_into().ok()?);
    Some((issued, sort_key))
}

fn mac(key: &SecretKey, binding: &Binding, issued: &str, sort_key: &str) -> String {
    let parts = [&binding.holder, &binding.list, &binding.filters, issued, sort_key];
    let message = parts.iter().fold(Framed::tagged(PURPOSE), |framed, part| framed.part(part.as_bytes()));
    key.mac(PURPOSE, message.bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key() -> SecretKey {
        SecretKey::new([5; 32])
    }

    fn binding() -> Binding {
        Binding { holder: "acc_1".to_owned(), list: "/a".to_owned(), filters: "state=x".to_owned() }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix_seconds(1_800_000_000 + seconds).unwrap()
    }

    #[test]
    fn a_cursor_is_good_for_a_day() {
        let cursor = issue(&key(), &binding(), "ALMA-7K3QX", at(0));
        assert!(!cursor.contains("ALMA"));
        assert_eq!(open(&key(), &binding(), &cursor, at(0)).unwrap(), "ALMA-7K3QX");
        assert_eq!(open(&key(), &binding(), &cursor, at(86_399)).unwrap(), "ALMA-7K3QX");
        for second in [86_400, -1] {
            assert_eq!(open(&key(), &binding(), &cursor, at(second)).unwrap_err().code(), "cursor.invalid");
        }
    }

    #[test]
    fn a_cursor_serves_its_own_account_list_filters_and_key_only() {
        let cursor = issue(&key(), &binding(), "k", at(0));
        let change = |change: fn(&mut Binding)| {
            let mut other = binding();
            change(&mut other);
            other
        };
        for other in [
            change(|other| other.holder = "acc_2".to_owned()),
            change(|other| other.list = "/b".to_owned()),
            change(|other| other.filters = String::new()),
        ] {
            assert!(open(&key(), &other, &cursor, at(0)).is_err(), "{other:?}");
        }
        assert!(open(&SecretKey::new([6; 32]), &binding(), &cursor, at(0)).is_err());
    }

    proptest! {
        #[test]
        fn any_sort_key_comes_back(sort_key in ".*") {
            let cursor = issue(&key(), &binding(), &sort_key, at(0));
            prop_assert_eq!(open(&key(), &binding(), &cursor, at(1)).unwrap(), sort_key);
        }

        #[test]
        fn no_text_of_a_stranger_opens(text in ".*") {
            prop_assert!(open(&key(), &binding(), &text, at(0)).is_err());
        }

        #[test]
        fn a_changed_character_closes_it(place in 0usize..82, digit in "[0-9a-f]") {
            let cursor = issue(&key(), &binding(), "k", at(0));
            let mut changed = cursor.clone();
            changed.replace_range(place..=place, &digit);
            prop_assume!(changed != cursor);
            prop_assert!(open(&key(), &binding(), &changed, at(0)).is_err());
        }
    }
}
