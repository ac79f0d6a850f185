//! What of a person's plan a caller may be shown. Whatever only some arms have, or have at a time of their own, tells the arm:
//! for callers who see no arm it is not there.

use std::collections::BTreeSet;

use crate::conduct::act::Act;
use crate::conduct::context::Ctx;
use crate::conduct::disclosing;
use crate::conduct::plan::Plan;
use crate::conduct::target::Target;
use crate::kernel::Error;
use crate::kernel::ids::ParticipantId;
use crate::storage::Tx;
use crate::storage::allocation;
use crate::storage::assessment::Assessment;
use crate::trial::permission::action::Action;
use crate::trial::role::Respondent;
use crate::trial::schedule::occasions;

/// What one caller may be shown of the plan.
pub struct Sight<'p> {
    plan: &'p Plan,
    is_blind: bool,
}

impl<'p> Sight<'p> {
    /// The sight of whoever acts.
    pub fn of(act: &Act<'_>, plan: &'p Plan) -> Self {
        Self { plan, is_blind: !act.may_know_arm() }
    }

    /// The sight of whoever may not know arms.
    pub fn blind(plan: &'p Plan) -> Self {
        Self { plan, is_blind: true }
    }

    /// Whether arms are hidden.
    pub fn is_blind(&self) -> bool {
        self.is_blind
    }

    /// Whether an anchor's date may be shown.
    pub fn shows_anchor(&self, name: &str) -> bool {
        !self.is_blind || !self.plan.protocol.schedule.anchor_tells_arm(name)
    }

    /// Whether an assessment is there for the caller.
    pub fn shows(&self, assessment: &Assessment) -> bool {
        !self.is_blind || !assessment.arm_bound
    }

    /// Whether what is asked at an assessment is there for the caller: asked in every arm.
    pub fn shows_measure(&self, assessment: &Assessment, uses: &str) -> bool {
        let schedule = &self.plan.protocol.schedule;
        let elements = occasions::elements(&schedule.occasions);
        let is_asked_in = |arm: &str| {
            elements
                .iter()
                .filter(|element| element.id == assessment.occasion && element.is_for(Some(arm)))
                .any(|element| {
                    let asked = element.measures(&schedule.measures, Some(arm), assessment.respondent);
                    asked.iter().any(|measure| measure.uses == uses)
                })
        };
        let mut arms = self.plan.protocol.comparison.arms.iter();
        !self.is_blind || (self.shows(assessment) && arms.all(|arm| is_asked_in(&arm.id)))
    }

    /// Whether every arm is asked the same at an assessment, so that the end of it tells no arm.
    pub fn asks_alike(&self, assessment: &Assessment) -> bool {
        let schedule = &self.plan.protocol.schedule;
        let arms: Vec<&str> = self.plan.protocol.comparison.arms.iter().map(|arm| arm.id.as_str()).collect();
        occasions::elements(&schedule.occasions)
            .iter()
            .filter(|element| element.id == assessment.occasion)
            .flat_map(|element| {
                let asked = |arm| element.measures(&schedule.measures, Some(arm), assessment.respondent);
                arms.iter().flat_map(move |arm| asked(arm)).collect::<Vec<_>>()
            })
            .all(|measure| self.shows_measure(assessment, &measure.uses))
    }

    /// Refuses an assessment that is not there for the caller, as an unknown one.
    pub fn require(&self, assessment: &Assessment) -> Result<(), Error> {
        if self.shows(assessment) { Ok(()) } else { Err(Error::not_found()) }
    }
}

/// What is asked in some arms only at an occasion that all have, as `occasion/instrument`: whoever may not know arms must not
/// find it in a trail either.
pub fn hidden_measures(plan: &Plan) -> Vec<String> {
    let schedule = &plan.protocol.schedule;
    let arms = &plan.protocol.comparison.arms;
    let mut hidden = BTreeSet::new();
    for element in occasions::elements(&schedule.occasions) {
        for respondent in Respondent::ALL {
            let asked = |arm: &str| -> BTreeSet<&str> {
                let measures = element.measures(&schedule.measures, Some(arm), *respondent);
                measures.into_iter().map(|measure| measure.uses.as_str()).collect()
            };
            let by_arm: Vec<BTreeSet<&str>> = arms.iter().map(|arm| asked(&arm.id)).collect();
            let some = by_arm.iter().flatten().copied();
            let apart = some.filter(|uses| !by_arm.iter().all(|asked| asked.contains(uses)));
            hidden.extend(apart.map(|uses| format!("{}/{uses}", element.id)));
        }
    }
    hidden.into_iter().collect()
}

/// Remembers for ever that the caller has come to know the arm of the person whom the act is about, if this is so. What is
/// there and what is missing tells the arm, so whatever is shown of a person who was drawn counts.
pub fn remember(tx: &mut Tx<'_>, act: &Act<'_>) -> Result<(), Error> {
    let person = act.scope.participant()?.id.clone();
    remember_people(tx, act, [person])
}

/// The same of each of the people of whom something of the study is shown.
pub fn remember_people(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    people: impl IntoIterator<Item = ParticipantId>,
) -> Result<(), Error> {
    let people: BTreeSet<ParticipantId> = people.into_iter().collect();
    let people: Vec<ParticipantId> = people.into_iter().collect();
    let Some(account) = act.caller.account() else { return Ok(()) };
    let study = &act.scope.study()?.id;
    let unseen = unseen(tx, act, &people)?;
    unseen.iter().try_for_each(|seen| allocation::store_exposure(tx, study, seen, account, act.ctx.now))
}

/// Remembers that the caller was told something of a person that tells the arm, though the caller may not know arms.
pub fn remember_told(tx: &mut Tx<'_>, act: &Act<'_>, person: &ParticipantId) -> Result<(), Error> {
    let Some(account) = act.caller.account() else { return Ok(()) };
    allocation::store_exposure(tx, &act.scope.study()?.id, person, account, act.ctx.now)
}

/// Looks at a list, whose rows are of people whom `read` names, and remembers the same of each before it is answered.
pub fn look_at_people<T>(
    ctx: &Ctx,
    action: Action,
    target: &Target,
    read: impl FnOnce(&mut Tx<'_>, &Act<'_>) -> Result<(T, Vec<ParticipantId>), Error>,
) -> Result<T, Error> {
    let (value, shown) = disclosing::look(ctx, action, target, |tx, act| {
        let (value, people) = read(tx, act)?;
        let study = act.scope.study()?.id.clone();
        let shown = act.caller.account().cloned().map(|account| (study, account));
        Ok((value, shown.zip(Some(unseen(tx, act, &people)?))))
    })?;
    if let Some(((study, account), people)) = shown.filter(|(_, people)| !people.is_empty()) {
        let now = ctx.now;
        ctx.house.db.write(move |tx| {
            people.iter().try_for_each(|seen| allocation::store_exposure(tx, &study, seen, &account, now))
        })?;
    }
    Ok(value)
}

fn unseen(tx: &mut Tx<'_>, act: &Act<'_>, people: &[ParticipantId]) -> Result<Vec<ParticipantId>, Error> {
    match act.caller.account() {
        Some(account) if act.may_know_arm() => allocation::list_unseen(tx, people, account),
        Some(_) | None => Ok(Vec::new()),
    }
}
