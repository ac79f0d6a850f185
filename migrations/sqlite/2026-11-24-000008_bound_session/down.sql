ALTER TABLE session DROP COLUMN bound_to;
