//! Checkpoints: all chain heads at one instant, made at what counts and once a day.

use crate::conduct::act::Act;
use crate::conduct::context::House;
use crate::kernel::Error;
use crate::kernel::time::Timestamp;
use crate::kernel::time::Zone;
use crate::storage::Tx;
use crate::storage::audit;
use crate::trial::audit::chain;

/// Makes a checkpoint over all heads, inside an act.
pub fn checkpoint(tx: &mut Tx<'_>, act: &Act<'_>, cause: &str) -> Result<(), Error> {
    let before = audit::lock_last_checkpoint(tx)?;
    let heads = audit::list_heads(tx, None)?;
    let made = chain::checkpoint(before.as_ref(), act.ctx.now, cause, &heads)?;
    audit::insert_checkpoint(tx, &made)
}

/// Makes the checkpoint of the day (in UTC) if none was made today and anything has happened since the last one. Called by
/// several processes at once, one makes it. Whether it was made.
pub fn checkpoint_daily(house: &House, now: Timestamp) -> Result<bool, Error> {
    let is_of_today = move |at: Timestamp| at.date_in(Zone::UTC) == now.date_in(Zone::UTC);
    if house.db.read::<_, Error>(audit::last_checkpoint_at)?.is_some_and(is_of_today) {
        return Ok(false);
    }
    house.db.write(move |tx| {
        let before = audit::lock_last_checkpoint(tx)?;
        if before.as_ref().is_some_and(|before| is_of_today(before.at)) {
            return Ok(false);
        }
        let heads = audit::list_heads(tx, None)?;
        let made = chain::checkpoint(before.as_ref(), now, "day", &heads)?;
        if before.is_some_and(|before| before.heads == made.heads) {
            return Ok(false);
        }
        audit::insert_checkpoint(tx, &made)?;
        Ok(true)
    })
}
