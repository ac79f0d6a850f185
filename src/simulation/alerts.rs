//! Alerts of a simulated trial: the lead reads them in the morning, and closes each some hours later.

use crate::conduct::handling;
use crate::conduct::handling::Closing;
use crate::kernel::Error;
use crate::kernel::ids::AlertId;
use crate::simulation::course::Course;
use crate::simulation::course::Wake;

impl Course<'_> {
    /// Somebody will read the alerts at the next morning hour.
    pub fn alerts_are_up(&mut self) {
        if !self.calendar.values().any(|wake| matches!(wake, Wake::ReadAlerts)) {
            let at = self.in_days(1);
            self.at(at, Wake::ReadAlerts);
        }
    }

    /// Reads and closes what is left of alerts.
    pub fn close_alerts(&mut self) -> Result<(), Error> {
        self.read_alerts()?;
        while let Some(((at, _), wake)) = self.calendar.pop_first() {
            if let Wake::CloseAlert(alert) = wake {
                self.now = self.now.max(at);
                self.close_alert(&alert)?;
            }
        }
        Ok(())
    }

    pub(super) fn read_alerts(&mut self) -> Result<(), Error> {
        let lead = self.lead()?;
        for found in handling::list(&lead, &self.study, Some("raised".to_owned()), None, 200)? {
            handling::claim(&lead, &found.alert.id, false, |_| Ok(()))?;
            let at = self.now.plus_seconds(self.chance.between(600, 8 * 3600));
            self.at(at, Wake::CloseAlert(found.alert.id));
        }
        Ok(())
    }

    pub(super) fn close_alert(&mut self, id: &AlertId) -> Result<(), Error> {
        let found =
            self.house.db.read(|tx| crate::storage::alert::find(tx, id))?.ok_or_else(Error::not_found)?;
        match found.state.as_str() {
            "claimed" => {}
            // The clock has taken it back because it had waited for too long.
            "raised" => {
                self.alerts_are_up();
                return Ok(());
            }
            _ => return Ok(()),
        }
        let rules = &self.plan.protocol.safety.rules;
        let codes = rules.iter().find(|known| known.id == found.rule).map(|known| &known.closing);
        let outcome = codes.and_then(|codes| self.chance.pick(codes)).cloned();
        let closing = Closing {
            contact_result: "reached".to_owned(),
            risk_outcome: outcome.unwrap_or_else(|| "low".to_owned()),
            told: vec!["nobody".to_owned()],
            text: "Synthetic words.".to_owned(),
        };
        let lead = self.lead()?;
        handling::close(&lead, id, closing, |_| Ok(())).map(|_| ())
    }
}
