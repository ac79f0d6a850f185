-- A study, its protocol versions and their texts, its sites, its staff.
CREATE TABLE study (
    id TEXT PRIMARY KEY NOT NULL,
    alias TEXT NOT NULL UNIQUE,
    mode TEXT NOT NULL CHECK (mode IN ('test', 'live')),
    state TEXT NOT NULL CHECK (state IN ('draft', 'open', 'paused', 'closed', 'locked', 'revealed')),
    seeded BOOLEAN NOT NULL,
    settings TEXT NOT NULL,
    protocol_version BIGINT NOT NULL,
    next_sequence BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    opened_at TIMESTAMP,
    closed_at TIMESTAMP,
    locked_at TIMESTAMP,
    revealed_at TIMESTAMP,
    chain_seq BIGINT NOT NULL,
    chain_hash TEXT NOT NULL
);

CREATE TABLE protocol_version (
    study_id TEXT NOT NULL REFERENCES study (id),
    n BIGINT NOT NULL,
    source TEXT NOT NULL,
    canonical TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    created_by TEXT NOT NULL,
    PRIMARY KEY (study_id, n)
);

-- Documents, translations and overlays by their SHA-256.
CREATE TABLE text_file (
    sha256 TEXT PRIMARY KEY NOT NULL,
    content TEXT NOT NULL
);

CREATE TABLE protocol_text (
    study_id TEXT NOT NULL,
    n BIGINT NOT NULL,
    path TEXT NOT NULL,
    sha256 TEXT NOT NULL REFERENCES text_file (sha256),
    PRIMARY KEY (study_id, n, path),
    FOREIGN KEY (study_id, n) REFERENCES protocol_version (study_id, n)
);

CREATE TABLE site (
    id TEXT PRIMARY KEY NOT NULL,
    study_id TEXT NOT NULL REFERENCES study (id),
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'closed')),
    created_at TIMESTAMP NOT NULL,
    UNIQUE (study_id, code)
);

CREATE TABLE assignment (
    id TEXT PRIMARY KEY NOT NULL,
    study_id TEXT NOT NULL REFERENCES study (id),
    account_id TEXT NOT NULL REFERENCES account (id),
    role TEXT NOT NULL CHECK (role IN ('lead', 'coordinator', 'therapist', 'assessor', 'statistician', 'monitor')),
    sees_arm TEXT NOT NULL CHECK (sees_arm IN ('none', 'own', 'all')),
    duties TEXT NOT NULL,
    from_on DATE NOT NULL,
    until_on DATE,
    training_on DATE,
    granted_at TIMESTAMP NOT NULL,
    granted_by TEXT NOT NULL,
    ended_at TIMESTAMP,
    ended_by TEXT
);
CREATE INDEX assignment_by_account ON assignment (account_id, study_id);
CREATE INDEX assignment_by_study ON assignment (study_id);

CREATE TABLE assignment_site (
    assignment_id TEXT NOT NULL REFERENCES assignment (id),
    site_id TEXT NOT NULL REFERENCES site (id),
    PRIMARY KEY (assignment_id, site_id)
);

-- A version of the randomization design. The design itself, seed and nonce are sealed with a key outside this database.
CREATE TABLE design (
    id TEXT PRIMARY KEY NOT NULL,
    study_id TEXT NOT NULL REFERENCES study (id),
    version BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('draft', 'committed', 'active', 'superseded', 'abandoned', 'revealed')),
    beacon_ref TEXT NOT NULL,
    beacon TEXT,
    commitment TEXT,
    sealed_design TEXT NOT NULL,
    sealed_seed TEXT,
    sealed_nonce TEXT,
    drafted_at TIMESTAMP NOT NULL,
    committed_at TIMESTAMP,
    activated_at TIMESTAMP,
    first_sequence BIGINT,
    UNIQUE (study_id, version)
);
