//! Checking a trail: recompute every hash and digest, and name the first break.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;

use crate::kernel::digest;
use crate::trial::audit::chain::Checkpoint;
use crate::trial::audit::chain::Digests;
use crate::trial::audit::chain::Head;
use crate::trial::audit::chain::Linked;
use crate::trial::audit::chain::checkpoint_hash;
use crate::trial::audit::chain::event_hash;
use crate::trial::audit::chain::value_digest;
use crate::trial::audit::event;

/// The field whose digest covers the columns of the row that an event describes.
pub const ROW: &str = "row";

/// The first thing that does not fit.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Break {
    /// The chain, table or checkpoint.
    pub place: String,
    /// The event's number or the row's key.
    pub at: String,
    /// What does not fit.
    pub what: String,
}

impl Break {
    /// States a break.
    pub fn new(place: impl Into<String>, at: impl fmt::Display, what: impl Into<String>) -> Self {
        Self { place: place.into(), at: at.to_string(), what: what.into() }
    }
}

impl fmt::Display for Break {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}: {}", self.place, self.at, self.what)
    }
}

/// Follows one chain from its first event to its head. Gathers the digests of rows on the way.
#[derive(Debug)]
pub struct Follower {
    chain: String,
    head: Head,
    checkpointed: BTreeMap<i64, String>,
}

impl Follower {
    /// Starts at the first event; `checkpointed` are the hashes that checkpoints hold of this chain.
    pub fn new(chain: impl Into<String>, checkpointed: BTreeMap<i64, String>) -> Self {
        Self { chain: chain.into(), head: Head::default(), checkpointed }
    }

    /// Checks the next event.
    pub fn follow(&mut self, event: &Linked) -> Result<Digests, Break> {
        let broken = |what: &str| Break::new(self.chain.clone(), event.seq, what);
        if event.chain.name() != self.chain || event.seq != self.head.seq + 1 {
            return Err(broken("an event is missing or out of place"));
        }
        if event.previous_hash != self.head.hash {
            return Err(broken("the link to the event before does not fit"));
        }
        if event_hash(event) != event.hash {
            return Err(broken("the event was changed"));
        }
        let digests: Digests =
            serde_json::from_str(&event.digests).map_err(|_| broken("the digests can't be read"))?;
        check_kept(event, &digests).map_err(|what| broken(&what))?;
        if self.checkpointed.get(&event.seq).is_some_and(|hash| *hash != event.hash) {
            return Err(broken("a checkpoint holds another hash"));
        }
        self.head = Head { seq: event.seq, hash: event.hash.clone() };
        Ok(digests)
    }

    /// Checks the end of the chain against the head that its owner's row holds.
    pub fn finish(self, stored: &Head) -> Result<(), Break> {
        let last = self.checkpointed.keys().next_back().copied().unwrap_or(0);
        if self.head != *stored || last > self.head.seq {
            return Err(Break::new(self.chain, self.head.seq, "the chain does not end at its head"));
        }
        Ok(())
    }
}

/// Every kept value must have its digest in the event, and every plain field its value.
fn check_kept(event: &Linked, digests: &Digests) -> Result<(), String> {
    for (name, (old, new)) in digests.iter().filter(|(name, _)| !event::lies_in_row(name)) {
        let kept = event.kept.get(name).ok_or_else(|| format!("the salt of '{name}' is missing"))?;
        let gone = |digest: &Option<String>, value: &Option<Value>| digest.is_some() && value.is_none();
        if !event::keeps_no_value(name) && (gone(old, &kept.old) || gone(new, &kept.new)) {
            return Err(format!("the value of '{name}' is missing"));
        }
    }
    for (name, kept) in &event.kept {
        let Some((old, new)) = digests.get(name) else {
            return Err(format!("a value of '{name}' has no digest"));
        };
        let Some(salt) = digest::unhex(&kept.salt) else {
            return Err(format!("the salt of '{name}' can't be read"));
        };
        for (value, digest) in [(&kept.old, old), (&kept.new, new)] {
            if value.as_ref().is_some_and(|value| Some(value_digest(&salt, value)) != *digest) {
                return Err(format!("the value of '{name}' was changed"));
            }
        }
    }
    Ok(())
}

/// Checks the columns of a row against the digest in the event that describes it.
pub fn check_row(event: &Linked, digests: &Digests, image: &Value) -> Result<(), String> {
    let digest = digests.get(ROW).and_then(|(_, new)| new.as_ref()).ok_or("the event describes no row")?;
    let kept = event.kept.get(ROW).ok_or("the salt of the row is missing")?;
    let salt = digest::unhex(&kept.salt).ok_or("the salt of the row can't be read")?;
    if value_digest(&salt, image) == *digest { Ok(()) } else { Err("the row was changed".to_owned()) }
}

/// Checks that checkpoints are chained, and gives the hashes that they hold: chain → number → hash.
pub fn follow_checkpoints(
    checkpoints: &[Checkpoint],
) -> Result<BTreeMap<String, BTreeMap<i64, String>>, Break> {
    let mut held: BTreeMap<String, BTreeMap<i64, String>> = BTreeMap::new();
    let mut before = String::new();
    for (checkpoint, n) in checkpoints.iter().zip(1..) {
        let broken = |what: &str| Break::new("checkpoint", checkpoint.n, what);
        if checkpoint.n != n
            || checkpoint.previous_hash != before
            || checkpoint_hash(checkpoint) != checkpoint.hash
        {
            return Err(broken("the checkpoint was changed, or one is missing"));
        }
        let heads: BTreeMap<String, (i64, String)> =
            serde_json::from_str(&checkpoint.heads).map_err(|_| broken("the heads can't be read"))?;
        for (chain, (seq, hash)) in heads {
            held.entry(chain).or_default().insert(seq, hash);
        }
        before = checkpoint.hash.clone();
    }
    Ok(held)
}

/// The first chain that a checkpoint holds and the database does not have any more.
pub fn dropped_chain<'h>(
    held: &'h BTreeMap<String, BTreeMap<i64, String>>,
    present: &BTreeSet<String>,
) -> Option<&'h String> {
    held.iter()
        .find(|(chain, heads)| !present.contains(*chain) && heads.keys().any(|seq| *seq > 0))
        .map(|(chain, _)| chain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::entropy::SeededEntropy;
    use crate::kernel::ids::StudyId;
    use crate::kernel::time::Timestamp;
    use crate::trial::audit::chain::Signature;
    use crate::trial::audit::chain::checkpoint;
    use crate::trial::audit::chain::link;
    use crate::trial::audit::event::Event;
    use serde_json::json;

    fn signature() -> Signature {
        Signature {
            actor: "acc_1".into(),
            role: "lead".into(),
            organisation: "Test".into(),
            request: "req_1".into(),
            software: "0".into(),
        }
    }

    fn chain_of_three() -> Vec<Linked> {
        let entropy = SeededEntropy::new("audit");
        let study = StudyId::draw(&entropy).unwrap();
        let mut head = Head::default();
        (1..=3)
            .map(|number| {
                let event = Event::of_study("study.changed", &study, "stu_1")
                    .plain("contact", Some(json!("a")), Some(json!(number)))
                    .digest("arm", None, Some(json!("ipdt")));
                let at = Timestamp::from_unix_seconds(number).unwrap();
                let linked = link(&event, &head, at, &signature(), &entropy).unwrap();
                head = Head { seq: linked.seq, hash: linked.hash.clone() };
                linked
            })
            .collect()
    }

    fn follow_all(events: &[Linked]) -> Result<(), Break> {
        let last = events.last().unwrap();
        let stored = Head { seq: 3, hash: chain_of_three()[2].hash.clone() };
        let mut follower = Follower::new(last.chain.name(), BTreeMap::new());
        for event in events {
            follower.follow(event)?;
        }
        follower.finish(&stored)
    }

    #[test]
    fn an_untouched_chain_passes_and_keeps_no_digest_only_value() {
        let events = chain_of_three();
        assert_eq!(follow_all(&events), Ok(()));
        let arm = &events[0].kept["arm"];
        assert!(arm.old.is_none() && arm.new.is_none());
        assert!(!format!("{:?}", events[0]).contains("ipdt"));
    }

    #[test]
    fn each_change_is_found_at_its_event() {
        type Change = (&'static str, fn(&mut Linked));
        let changes: Vec<Change> = vec![
            ("at", |event| event.at = event.at.plus_seconds(1)),
            ("actor", |event| event.signature.actor = "acc_2".into()),
            ("role", |event| event.signature.role = "monitor".into()),
            ("organisation", |event| event.signature.organisation = "Other".into()),
            ("request", |event| event.signature.request = "req_2".into()),
            ("software", |event| event.signature.software = "1".into()),
            ("action", |event| event.action = "study.opened".into()),
            ("object", |event| event.object = "stu_2".into()),
            ("reason", |event| event.reason = "{}".into()),
            ("digests", |event| event.digests = "{}".into()),
            ("hash", |event| event.hash = "0".repeat(64)),
            ("previous hash", |event| event.previous_hash = String::new()),
            ("value", |event| event.kept.get_mut("contact").unwrap().new = Some(json!("b"))),
            ("salt", |event| event.kept.get_mut("contact").unwrap().salt = "00".repeat(16)),
        ];
        for (name, change) in changes {
            let mut events = chain_of_three();
            change(&mut events[1]);
            assert_eq!(follow_all(&events).unwrap_err().at, "2", "{name}");
        }
    }

    #[test]
    fn a_missing_event_or_end_is_found() {
        let events = chain_of_three();
        assert_eq!(follow_all(&[events[0].clone(), events[2].clone()]).unwrap_err().at, "3");
        assert_eq!(follow_all(&events[..2]).unwrap_err().at, "2");
    }

    #[test]
    fn checkpoints_hold_old_heads_and_notice_a_dropped_chain() {
        let at = Timestamp::from_unix_seconds(9).unwrap();
        let heads = BTreeMap::from([("study:x".to_owned(), Head { seq: 3, hash: "h".into() })]);
        let first = checkpoint(None, at, "lock", &heads).unwrap();
        let second = checkpoint(Some(&first), at, "lock", &heads).unwrap();
        let held = follow_checkpoints(&[first.clone(), second.clone()]).unwrap();
        assert_eq!(held["study:x"][&3], "h");
        assert_eq!(dropped_chain(&held, &BTreeSet::new()), Some(&"study:x".to_owned()));
        assert!(follow_checkpoints(&[second]).is_err());
        let mut changed = first;
        changed.heads = "{}".into();
        assert!(follow_checkpoints(&[changed]).is_err());
    }

    #[test]
    fn a_field_that_is_null_is_a_field_without_a_value() {
        let entropy = SeededEntropy::new("null");
        let study = StudyId::draw(&entropy).unwrap();
        let event = Event::of_study("study.changed", &study, "stu_1").set("criterion", None::<String>);
        let at = Timestamp::from_unix_seconds(1).unwrap();
        let mut linked = link(&event, &Head::default(), at, &signature(), &entropy).unwrap();
        // As it is read again from the database.
        let stored = serde_json::to_string(&linked.kept).unwrap();
        linked.kept = serde_json::from_str(&stored).unwrap();
        let mut follower = Follower::new(linked.chain.name(), BTreeMap::new());
        assert_eq!(follower.follow(&linked), Ok(BTreeMap::from([("criterion".to_owned(), (None, None))])));
    }
}
