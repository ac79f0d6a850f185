-- What a participant's session shows: an assessment, or the participant; NULL: the participant until the draw, with which
-- the session ends. Of sessions that are open it is not known who handed over their links, so they end with it too.
ALTER TABLE session ADD COLUMN bound_to TEXT COLLATE "C";
