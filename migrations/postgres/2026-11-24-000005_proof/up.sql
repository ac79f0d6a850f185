-- Allocations, who saw an arm, and the audit trail with its values apart.
CREATE TABLE allocation (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    participant_id TEXT COLLATE "C" NOT NULL UNIQUE REFERENCES participant (id),
    study_id TEXT COLLATE "C" NOT NULL REFERENCES study (id),
    sequence BIGINT NOT NULL,
    design_version BIGINT NOT NULL,
    label TEXT COLLATE "C" NOT NULL,
    slot BIGINT NOT NULL,
    block BIGINT,
    position BIGINT,
    draw_index BIGINT,
    factors TEXT COLLATE "C" NOT NULL,
    arm TEXT COLLATE "C" NOT NULL,
    allocated_at TIMESTAMP NOT NULL,
    allocated_by TEXT COLLATE "C" NOT NULL,
    UNIQUE (study_id, design_version, label, slot),
    UNIQUE (study_id, sequence),
    FOREIGN KEY (study_id, design_version) REFERENCES design (study_id, version)
);

CREATE TABLE exposure (
    account_id TEXT COLLATE "C" NOT NULL REFERENCES account (id),
    participant_id TEXT COLLATE "C" NOT NULL REFERENCES participant (id),
    study_id TEXT COLLATE "C" NOT NULL REFERENCES study (id),
    seen_at TIMESTAMP NOT NULL,
    PRIMARY KEY (account_id, participant_id)
);

CREATE TABLE audit_event (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    chain TEXT COLLATE "C" NOT NULL,
    seq BIGINT NOT NULL,
    study_id TEXT COLLATE "C" REFERENCES study (id),
    participant_id TEXT COLLATE "C" REFERENCES participant (id),
    at TIMESTAMP NOT NULL,
    actor TEXT COLLATE "C" NOT NULL,
    role TEXT COLLATE "C" NOT NULL,
    organisation TEXT COLLATE "C" NOT NULL,
    action TEXT COLLATE "C" NOT NULL,
    object TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    request_id TEXT COLLATE "C" NOT NULL,
    software TEXT COLLATE "C" NOT NULL,
    digests TEXT COLLATE "C" NOT NULL,
    previous_hash TEXT COLLATE "C" NOT NULL,
    hash TEXT COLLATE "C" NOT NULL,
    act_scope TEXT COLLATE "C",
    act_key TEXT COLLATE "C",
    act_fingerprint TEXT COLLATE "C",
    act_status BIGINT,
    act_location TEXT COLLATE "C",
    act_object TEXT COLLATE "C",
    UNIQUE (chain, seq),
    UNIQUE (act_scope, act_key)
);
CREATE INDEX audit_event_by_study ON audit_event (study_id, at, id);
CREATE INDEX audit_event_by_participant ON audit_event (participant_id, seq);
CREATE INDEX audit_event_by_object ON audit_event (object);

CREATE TABLE audit_value (
    event_id TEXT COLLATE "C" PRIMARY KEY NOT NULL REFERENCES audit_event (id),
    study_id TEXT COLLATE "C" REFERENCES study (id),
    content TEXT COLLATE "C" NOT NULL
);

CREATE TABLE audit_checkpoint (
    n BIGINT PRIMARY KEY NOT NULL,
    at TIMESTAMP NOT NULL,
    cause TEXT COLLATE "C" NOT NULL,
    heads TEXT COLLATE "C" NOT NULL,
    previous_hash TEXT COLLATE "C" NOT NULL,
    hash TEXT COLLATE "C" NOT NULL
);
