-- People in a study: pseudonym and progress here, contact data apart and encrypted.
CREATE TABLE participant (
    id TEXT PRIMARY KEY NOT NULL,
    study_id TEXT NOT NULL REFERENCES study (id),
    code TEXT NOT NULL,
    site_id TEXT NOT NULL REFERENCES site (id),
    unit TEXT,
    therapist_id TEXT REFERENCES account (id),
    language TEXT NOT NULL,
    time_zone TEXT,
    source TEXT NOT NULL,
    cohort TEXT,
    state TEXT NOT NULL CHECK (state IN ('registered', 'enrolling', 'ready', 'randomized', 'enrolled', 'excluded', 'completed')),
    excluded_code TEXT,
    excluded_criterion TEXT,
    identity TEXT NOT NULL CHECK (identity IN ('present', 'cut')),
    registered_at TIMESTAMP NOT NULL,
    registered_by TEXT NOT NULL,
    completed_on DATE,
    chain_seq BIGINT NOT NULL,
    chain_hash TEXT NOT NULL,
    UNIQUE (study_id, code)
);
CREATE INDEX participant_by_site ON participant (study_id, site_id, code);

CREATE TABLE contact (
    participant_id TEXT PRIMARY KEY NOT NULL REFERENCES participant (id),
    study_id TEXT NOT NULL REFERENCES study (id),
    sealed TEXT NOT NULL,
    changed_at TIMESTAMP NOT NULL
);

-- Keyed hashes of normalised addresses and numbers: they find a duplicate and tell nothing else.
CREATE TABLE contact_hash (
    study_id TEXT NOT NULL REFERENCES study (id),
    kind TEXT NOT NULL CHECK (kind IN ('email', 'phone')),
    hash TEXT NOT NULL,
    participant_id TEXT NOT NULL REFERENCES participant (id),
    PRIMARY KEY (study_id, kind, hash, participant_id)
);
CREATE INDEX contact_hash_by_participant ON contact_hash (participant_id);

CREATE TABLE step (
    participant_id TEXT NOT NULL REFERENCES participant (id),
    step_id TEXT NOT NULL,
    study_id TEXT NOT NULL REFERENCES study (id),
    state TEXT NOT NULL CHECK (state IN ('open', 'complete', 'failed')),
    opened_at TIMESTAMP NOT NULL,
    closed_at TIMESTAMP,
    outcome TEXT,
    reason_code TEXT,
    acted_by TEXT,
    PRIMARY KEY (participant_id, step_id)
);

-- What was judged of a criterion, each time: never recomputed, never changed.
CREATE TABLE verdict (
    participant_id TEXT NOT NULL REFERENCES participant (id),
    criterion TEXT NOT NULL,
    n BIGINT NOT NULL,
    study_id TEXT NOT NULL REFERENCES study (id),
    step_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('rule', 'judged')),
    outcome TEXT NOT NULL CHECK (outcome IN ('met', 'not_met', 'undetermined')),
    inputs TEXT NOT NULL,
    evidence_on DATE NOT NULL,
    protocol_version BIGINT NOT NULL,
    judged_at TIMESTAMP NOT NULL,
    judged_by TEXT NOT NULL,
    judged_by_role TEXT NOT NULL,
    PRIMARY KEY (participant_id, criterion, n)
);

CREATE TABLE consent (
    id TEXT PRIMARY KEY NOT NULL,
    participant_id TEXT NOT NULL REFERENCES participant (id),
    study_id TEXT NOT NULL REFERENCES study (id),
    document TEXT NOT NULL,
    document_version BIGINT NOT NULL,
    language TEXT NOT NULL,
    sha256 TEXT NOT NULL REFERENCES text_file (sha256),
    items TEXT NOT NULL,
    decision TEXT NOT NULL CHECK (decision IN ('given', 'declined')),
    medium TEXT NOT NULL CHECK (medium IN ('online', 'paper_post', 'paper_onsite', 'eid')),
    signer TEXT NOT NULL,
    sealed_name TEXT,
    identity_check TEXT NOT NULL,
    signed_on DATE NOT NULL,
    recorded_at TIMESTAMP NOT NULL,
    recorded_by TEXT NOT NULL,
    protocol_version BIGINT NOT NULL
);
CREATE INDEX consent_by_participant ON consent (participant_id, recorded_at);

CREATE TABLE anchor (
    participant_id TEXT NOT NULL REFERENCES participant (id),
    episode TEXT NOT NULL,
    name TEXT NOT NULL,
    n BIGINT NOT NULL,
    study_id TEXT NOT NULL REFERENCES study (id),
    happened_on DATE NOT NULL,
    assumed BOOLEAN NOT NULL,
    recorded_at TIMESTAMP NOT NULL,
    recorded_by TEXT NOT NULL,
    PRIMARY KEY (participant_id, episode, name, n)
);

CREATE TABLE episode (
    id TEXT PRIMARY KEY NOT NULL,
    participant_id TEXT NOT NULL REFERENCES participant (id),
    study_id TEXT NOT NULL REFERENCES study (id),
    name TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    UNIQUE (participant_id, name)
);

CREATE TABLE hold (
    participant_id TEXT NOT NULL REFERENCES participant (id),
    kind TEXT NOT NULL CHECK (kind IN ('duplicate', 'safety', 'query')),
    n BIGINT NOT NULL,
    study_id TEXT NOT NULL REFERENCES study (id),
    raised_at TIMESTAMP NOT NULL,
    resolved_at TIMESTAMP,
    outcome TEXT,
    PRIMARY KEY (participant_id, kind, n)
);
