-- What the clock must write: each kind of work is found by an index that holds nothing else.
DROP INDEX assessment_by_closing;
CREATE INDEX assessment_to_settle ON assessment (study_id, late_at)
    WHERE settled_at IS NULL AND submitted_at IS NULL AND cancelled_at IS NULL;
CREATE INDEX assessment_pending ON assessment (participant_id)
    WHERE settled_at IS NULL AND submitted_at IS NULL AND cancelled_at IS NULL;

-- When an anchor that nobody records takes its fallback date, and the windows that wait for it are planned.
ALTER TABLE assessment ADD COLUMN wakes_at TIMESTAMP;
CREATE INDEX assessment_to_wake ON assessment (study_id, wakes_at) WHERE wakes_at IS NOT NULL;

-- When a step lapses; NULL once it is over, and where it never does.
ALTER TABLE step ADD COLUMN lapses_at TIMESTAMP;
CREATE INDEX step_to_lapse ON step (study_id, lapses_at) WHERE lapses_at IS NOT NULL;

-- When an alert is escalated, unless somebody claims or closes it first.
ALTER TABLE alert ADD COLUMN escalates_at TIMESTAMP;
UPDATE alert SET escalates_at = read_by_at WHERE state <> 'closed';
CREATE INDEX alert_to_escalate ON alert (study_id, escalates_at) WHERE escalates_at IS NOT NULL;

-- The day on which everything was over that all arms have: what those may know who may not know arms.
ALTER TABLE participant ADD COLUMN common_over_on DATE;
CREATE INDEX participant_by_state ON participant (study_id, state);

-- What a later treatment gives.
ALTER TABLE episode ADD COLUMN treatment TEXT NOT NULL DEFAULT '';
