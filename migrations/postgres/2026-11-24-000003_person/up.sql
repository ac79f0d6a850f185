-- People in a study: pseudonym and progress here, contact data apart and encrypted.
CREATE TABLE participant (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    study_id TEXT COLLATE "C" NOT NULL REFERENCES study (id),
    code TEXT COLLATE "C" NOT NULL,
    site_id TEXT COLLATE "C" NOT NULL REFERENCES site (id),
    unit TEXT COLLATE "C",
    therapist_id TEXT COLLATE "C" REFERENCES account (id),
    language TEXT COLLATE "C" NOT NULL,
    time_zone TEXT COLLATE "C",
    source TEXT COLLATE "C" NOT NULL,
    cohort TEXT COLLATE "C",
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('registered', 'enrolling', 'ready', 'randomized', 'enrolled', 'excluded', 'completed')),
    excluded_code TEXT COLLATE "C",
    excluded_criterion TEXT COLLATE "C",
    identity TEXT COLLATE "C" NOT NULL CHECK (identity IN ('present', 'cut')),
    registered_at TIMESTAMP NOT NULL,
    registered_by TEXT COLLATE "C" NOT NULL,
    completed_on DATE,
    chain_seq BIGINT NOT NULL,
    chain_hash TEXT COLLATE "C" NOT NULL,
    UNIQUE (study_id, code)
);
CREATE INDEX participant_by_site ON participant (study_id, site_id, code);

CREATE TABLE contact (
    participant_id TEXT COLLATE "C" PRIMARY KEY NOT NULL REFERENCES participant (id),
    study_id TEXT COLLATE "C" NOT NULL REFERENCES study (id),
    sealed TEXT COLLATE "C" NOT NULL,
    changed_at TIMESTAMP NOT NULL
);

-- Keyed hashes of normalised addresses and numbers: they find a duplicate and tell nothing else.
CREATE TABLE contact_hash (
    study_id TEXT COLLATE "C" NOT NULL REFERENCES study (id),
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('email', 'phone')),
    hash TEXT COLLATE "C" NOT NULL,
    participant_id TEXT COLLATE "C" NOT NULL REFERENCES participant (id),
    PRIMARY KEY (study_id, kind, hash, participant_id)
);
CREATE INDEX contact_hash_by_participant ON contact_hash (participant_id);

CREATE TABLE step (
    participant_id TEXT COLLATE "C" NOT NULL REFERENCES participant (id),
    step_id TEXT COLLATE "C" NOT NULL,
    study_id TEXT COLLATE "C" NOT NULL REFERENCES study (id),
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('open', 'complete', 'failed')),
    opened_at TIMESTAMP NOT NULL,
    closed_at TIMESTAMP,
    outcome TEXT COLLATE "C",
    reason_code TEXT COLLATE "C",
    acted_by TEXT COLLATE "C",
    PRIMARY KEY (participant_id, step_id)
);

-- What was judged of a criterion, each time: never recomputed, never changed.
CREATE TABLE verdict (
    participant_id TEXT COLLATE "C" NOT NULL REFERENCES participant (id),
    criterion TEXT COLLATE "C" NOT NULL,
    n BIGINT NOT NULL,
    study_id TEXT COLLATE "C" NOT NULL REFERENCES study (id),
    step_id TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('rule', 'judged')),
    outcome TEXT COLLATE "C" NOT NULL CHECK (outcome IN ('met', 'not_met', 'undetermined')),
    inputs TEXT COLLATE "C" NOT NULL,
    evidence_on DATE NOT NULL,
    protocol_version BIGINT NOT NULL,
    judged_at TIMESTAMP NOT NULL,
    judged_by TEXT COLLATE "C" NOT NULL,
    judged_by_role TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (participant_id, criterion, n)
);

CREATE TABLE consent (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    participant_id TEXT COLLATE "C" NOT NULL REFERENCES participant (id),
    study_id TEXT COLLATE "C" NOT NULL REFERENCES study (id),
    document TEXT COLLATE "C" NOT NULL,
    document_version BIGINT NOT NULL,
    language TEXT COLLATE "C" NOT NULL,
    sha256 TEXT COLLATE "C" NOT NULL REFERENCES text_file (sha256),
    items TEXT COLLATE "C" NOT NULL,
    decision TEXT COLLATE "C" NOT NULL CHECK (decision IN ('given', 'declined')),
    medium TEXT COLLATE "C" NOT NULL CHECK (medium IN ('online', 'paper_post', 'paper_onsite', 'eid')),
    signer TEXT COLLATE "C" NOT NULL,
    sealed_name TEXT COLLATE "C",
    identity_check TEXT COLLATE "C" NOT NULL,
    signed_on DATE NOT NULL,
    recorded_at TIMESTAMP NOT NULL,
    recorded_by TEXT COLLATE "C" NOT NULL,
    protocol_version BIGINT NOT NULL
);
CREATE INDEX consent_by_participant ON consent (participant_id, recorded_at);

CREATE TABLE anchor (
    participant_id TEXT COLLATE "C" NOT NULL REFERENCES participant (id),
    episode TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    n BIGINT NOT NULL,
    study_id TEXT COLLATE "C" NOT NULL REFERENCES study (id),
    happened_on DATE NOT NULL,
    assumed BOOLEAN NOT NULL,
    recorded_at TIMESTAMP NOT NULL,
    recorded_by TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (participant_id, episode, name, n)
);

CREATE TABLE episode (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    participant_id TEXT COLLATE "C" NOT NULL REFERENCES participant (id),
    study_id TEXT COLLATE "C" NOT NULL REFERENCES study (id),
    name TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMP NOT NULL,
    UNIQUE (participant_id, name)
);

CREATE TABLE hold (
    participant_id TEXT COLLATE "C" NOT NULL REFERENCES participant (id),
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('duplicate', 'safety', 'query')),
    n BIGINT NOT NULL,
    study_id TEXT COLLATE "C" NOT NULL REFERENCES study (id),
    raised_at TIMESTAMP NOT NULL,
    resolved_at TIMESTAMP,
    outcome TEXT COLLATE "C",
    PRIMARY KEY (participant_id, kind, n)
);
