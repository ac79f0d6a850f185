//! Looking: at what discloses nothing, without an event, and at personal or trial data, which is written down.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::conduct::act;
use crate::conduct::act::Act;
use crate::conduct::caller;
use crate::conduct::context::Ctx;
use crate::conduct::target::Target;
use crate::kernel::Error;
use crate::storage::Tx;
use crate::storage::people;
use crate::trial::audit::event::Event;
use crate::trial::permission::action::Action;
use crate::trial::permission::caller::Caller;

/// Looks at something that discloses nothing: no event.
pub fn look<T>(
    ctx: &Ctx,
    action: Action,
    target: &Target,
    read: impl FnOnce(&mut Tx<'_>, &Act<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let mut touched = None;
    let result = ctx.house.db.read(|tx| {
        let identified = caller::identify(tx, ctx)?;
        touched = identified.touched;
        let caller = identified.caller;
        let scope = act::resolve(tx, target, &caller)?;
        let grant = act::admit(ctx, action, &caller, &scope)?;
        read(tx, &Act { ctx, caller: &caller, grant: &grant, scope: &scope })
    });
    if let Some(session) = touched {
        ctx.house.db.write(move |tx| people::update_session(tx, &session))?;
    }
    result
}

/// Looks at something that discloses personal or trial data: the look is written down in the account's own chain, so that
/// no look waits for a participant's answers; a participant's look at the own record in the participant's.
pub fn disclose<T: Send + 'static>(
    ctx: &Ctx,
    action: Action,
    target: Target,
    event: &'static str,
    read: impl Fn(&mut Tx<'_>, &Act<'_>) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    disclose_noting(ctx, action, target, event, move |tx, act| Ok((read(tx, act)?, Vec::new())))
}

/// What a look has shown, as fields of its event.
pub type Notes = Vec<(&'static str, Value)>;

/// The same, where the event also says what was shown.
pub fn disclose_noting<T: Send + 'static>(
    ctx: &Ctx,
    action: Action,
    target: Target,
    event: &'static str,
    read: impl Fn(&mut Tx<'_>, &Act<'_>) -> Result<(T, Notes), Error> + Send + 'static,
) -> Result<T, Error> {
    let ctx_inner = ctx.clone();
    ctx.house.db.write(move |tx| {
        let ctx = &ctx_inner;
        let identified = caller::identify(tx, ctx)?;
        let caller = identified.caller;
        let scope = act::resolve(tx, &target, &caller)?;
        let grant = act::admit(ctx, action, &caller, &scope)?;
        if let Some(session) = identified.touched {
            people::update_session(tx, &session)?;
        }
        let act = Act { ctx, caller: &caller, grant: &grant, scope: &scope };
        let (value, notes) = read(tx, &act)?;
        if let Some(event) = disclosure(event, &act) {
            let event = notes.into_iter().fold(event, |event, (name, note)| event.set(name, note));
            act::append(tx, &act, &event, &mut BTreeMap::new(), None)?;
        }
        Ok(value)
    })
}

fn disclosure(action: &'static str, act: &Act<'_>) -> Option<Event> {
    let facts = act.scope.facts();
    let object = match (&act.scope.assessment(), &facts.participant, &facts.study) {
        (Ok(assessment), _, _) => assessment.id.to_string(),
        (Err(_), Some(participant), _) => participant.to_string(),
        (Err(_), None, Some(study)) => study.to_string(),
        (Err(_), None, None) => String::new(),
    };
    match act.caller {
        Caller::Staff { account, .. } => {
            Some(Event::of_account(action, account, object).about(facts.study, facts.participant))
        }
        Caller::Participant { id, study, span, .. } => {
            let object = span.assessment().map_or(object, ToString::to_string);
            Some(Event::of_participant(action, study, id, object))
        }
        Caller::Nobody | Caller::System(_) => None,
    }
}
