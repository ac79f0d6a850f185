-- Allocations, who saw an arm, and the audit trail with its values apart.
CREATE TABLE allocation (
    id TEXT PRIMARY KEY NOT NULL,
    participant_id TEXT NOT NULL UNIQUE REFERENCES participant (id),
    study_id TEXT NOT NULL REFERENCES study (id),
    sequence BIGINT NOT NULL,
    design_version BIGINT NOT NULL,
    label TEXT NOT NULL,
    slot BIGINT NOT NULL,
    block BIGINT,
    position BIGINT,
    draw_index BIGINT,
    factors TEXT NOT NULL,
    arm TEXT NOT NULL,
    allocated_at TIMESTAMP NOT NULL,
    allocated_by TEXT NOT NULL,
    UNIQUE (study_id, design_version, label, slot),
    UNIQUE (study_id, sequence),
    FOREIGN KEY (study_id, design_version) REFERENCES design (study_id, version)
);

CREATE TABLE exposure (
    account_id TEXT NOT NULL REFERENCES account (id),
    participant_id TEXT NOT NULL REFERENCES participant (id),
    study_id TEXT NOT NULL REFERENCES study (id),
    seen_at TIMESTAMP NOT NULL,
    PRIMARY KEY (account_id, participant_id)
);

CREATE TABLE audit_event (
    id TEXT PRIMARY KEY NOT NULL,
    chain TEXT NOT NULL,
    seq BIGINT NOT NULL,
    study_id TEXT REFERENCES study (id),
    participant_id TEXT REFERENCES participant (id),
    at TIMESTAMP NOT NULL,
    actor TEXT NOT NULL,
    role TEXT NOT NULL,
    organisation TEXT NOT NULL,
    action TEXT NOT NULL,
    object TEXT NOT NULL,
    reason TEXT NOT NULL,
    request_id TEXT NOT NULL,
    software TEXT NOT NULL,
    digests TEXT NOT NULL,
    previous_hash TEXT NOT NULL,
    hash TEXT NOT NULL,
    act_scope TEXT,
    act_key TEXT,
    act_fingerprint TEXT,
    act_status BIGINT,
    act_location TEXT,
    act_object TEXT,
    UNIQUE (chain, seq),
    UNIQUE (act_scope, act_key)
);
CREATE INDEX audit_event_by_study ON audit_event (study_id, at, id);
CREATE INDEX audit_event_by_participant ON audit_event (participant_id, seq);
CREATE INDEX audit_event_by_object ON audit_event (object);

CREATE TABLE audit_value (
    event_id TEXT PRIMARY KEY NOT NULL REFERENCES audit_event (id),
    study_id TEXT REFERENCES study (id),
    content TEXT NOT NULL
);

CREATE TABLE audit_checkpoint (
    n BIGINT PRIMARY KEY NOT NULL,
    at TIMESTAMP NOT NULL,
    cause TEXT NOT NULL,
    heads TEXT NOT NULL,
    previous_hash TEXT NOT NULL,
    hash TEXT NOT NULL
);
