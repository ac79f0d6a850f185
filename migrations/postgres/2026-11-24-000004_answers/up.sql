-- Occasions of a person, the answers given at them, and the alerts that answers raise.
CREATE TABLE assessment (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    participant_id TEXT COLLATE "C" NOT NULL REFERENCES participant (id),
    study_id TEXT COLLATE "C" NOT NULL REFERENCES study (id),
    episode TEXT COLLATE "C" NOT NULL,
    occasion TEXT COLLATE "C" NOT NULL,
    occasion_no BIGINT NOT NULL,
    respondent TEXT COLLATE "C" NOT NULL CHECK (respondent IN ('participant', 'assessor', 'therapist', 'coordinator', 'guardian')),
    anchor TEXT COLLATE "C",
    arm_bound BOOLEAN NOT NULL,
    assigned_to TEXT COLLATE "C" REFERENCES account (id),
    protocol_version BIGINT NOT NULL,
    opens_at TIMESTAMP,
    due_on DATE,
    closes_at TIMESTAMP,
    late_at TIMESTAMP,
    first_seen_at TIMESTAMP,
    first_answer_at TIMESTAMP,
    submitted_at TIMESTAMP,
    submitted_by TEXT COLLATE "C",
    window_class TEXT COLLATE "C" CHECK (window_class IN ('in_window', 'late', 'outside')),
    cancelled_at TIMESTAMP,
    reopened_until TIMESTAMP,
    settled_at TIMESTAMP,
    language TEXT COLLATE "C",
    UNIQUE (participant_id, episode, occasion, respondent)
);
CREATE INDEX assessment_by_study ON assessment (study_id, occasion_no);
CREATE INDEX assessment_by_closing ON assessment (study_id, settled_at, closes_at);

CREATE TABLE response (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    assessment_id TEXT COLLATE "C" NOT NULL REFERENCES assessment (id),
    participant_id TEXT COLLATE "C" NOT NULL REFERENCES participant (id),
    study_id TEXT COLLATE "C" NOT NULL REFERENCES study (id),
    instrument TEXT COLLATE "C" NOT NULL,
    instrument_version TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('draft', 'submitted', 'partial', 'invalid')),
    n BIGINT NOT NULL,
    version BIGINT NOT NULL,
    UNIQUE (assessment_id, instrument)
);
CREATE INDEX response_by_participant ON response (participant_id);
CREATE INDEX response_by_study ON response (study_id);

-- One version of a response in one row: states and answers of all items, scores, and the salts of their digests.
CREATE TABLE response_version (
    response_id TEXT COLLATE "C" NOT NULL REFERENCES response (id),
    n BIGINT NOT NULL,
    version BIGINT NOT NULL,
    study_id TEXT COLLATE "C" NOT NULL REFERENCES study (id),
    participant_id TEXT COLLATE "C" NOT NULL REFERENCES participant (id),
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('draft', 'submitted', 'partial', 'corrected')),
    answers TEXT COLLATE "C" NOT NULL,
    scores TEXT COLLATE "C" NOT NULL,
    salts TEXT COLLATE "C" NOT NULL,
    language TEXT COLLATE "C" NOT NULL,
    origin TEXT COLLATE "C" NOT NULL,
    saved_at TIMESTAMP NOT NULL,
    saved_by TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (response_id, n)
);
CREATE INDEX response_version_by_study ON response_version (study_id, participant_id);

CREATE TABLE alert (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    participant_id TEXT COLLATE "C" NOT NULL REFERENCES participant (id),
    study_id TEXT COLLATE "C" NOT NULL REFERENCES study (id),
    assessment_id TEXT COLLATE "C" NOT NULL REFERENCES assessment (id),
    instrument TEXT COLLATE "C" NOT NULL,
    rule TEXT COLLATE "C" NOT NULL,
    level TEXT COLLATE "C" NOT NULL CHECK (level IN ('urgent', 'review')),
    cause TEXT COLLATE "C" NOT NULL CHECK (cause IN ('met', 'unanswered')),
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('raised', 'claimed', 'closed')),
    raised_at TIMESTAMP NOT NULL,
    read_by_at TIMESTAMP NOT NULL,
    claimed_at TIMESTAMP,
    claimed_by TEXT COLLATE "C" REFERENCES account (id),
    closed_at TIMESTAMP,
    UNIQUE (assessment_id, rule, cause)
);
CREATE INDEX alert_by_study ON alert (study_id, state, raised_at);

CREATE TABLE alert_entry (
    alert_id TEXT COLLATE "C" NOT NULL REFERENCES alert (id),
    n BIGINT NOT NULL,
    study_id TEXT COLLATE "C" NOT NULL REFERENCES study (id),
    at TIMESTAMP NOT NULL,
    by_account TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('raised', 'claimed', 'released', 'contact', 'closed', 'reopened', 'escalated')),
    content TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (alert_id, n)
);
