-- A study, its protocol versions and their texts, its sites, its staff.
CREATE TABLE study (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    alias TEXT COLLATE "C" NOT NULL UNIQUE,
    mode TEXT COLLATE "C" NOT NULL CHECK (mode IN ('test', 'live')),
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('draft', 'open', 'paused', 'closed', 'locked', 'revealed')),
    seeded BOOLEAN NOT NULL,
    settings TEXT COLLATE "C" NOT NULL,
    protocol_version BIGINT NOT NULL,
    next_sequence BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    opened_at TIMESTAMP,
    closed_at TIMESTAMP,
    locked_at TIMESTAMP,
    revealed_at TIMESTAMP,
    chain_seq BIGINT NOT NULL,
    chain_hash TEXT COLLATE "C" NOT NULL
);

CREATE TABLE protocol_version (
    study_id TEXT COLLATE "C" NOT NULL REFERENCES study (id),
    n BIGINT NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    canonical TEXT COLLATE "C" NOT NULL,
    sha256 TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMP NOT NULL,
    created_by TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (study_id, n)
);

-- Documents, translations and overlays by their SHA-256.
CREATE TABLE text_file (
    sha256 TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    content TEXT COLLATE "C" NOT NULL
);

CREATE TABLE protocol_text (
    study_id TEXT COLLATE "C" NOT NULL,
    n BIGINT NOT NULL,
    path TEXT COLLATE "C" NOT NULL,
    sha256 TEXT COLLATE "C" NOT NULL REFERENCES text_file (sha256),
    PRIMARY KEY (study_id, n, path),
    FOREIGN KEY (study_id, n) REFERENCES protocol_version (study_id, n)
);

CREATE TABLE site (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    study_id TEXT COLLATE "C" NOT NULL REFERENCES study (id),
    code TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    time_zone TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('open', 'closed')),
    created_at TIMESTAMP NOT NULL,
    UNIQUE (study_id, code)
);

CREATE TABLE assignment (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    study_id TEXT COLLATE "C" NOT NULL REFERENCES study (id),
    account_id TEXT COLLATE "C" NOT NULL REFERENCES account (id),
    role TEXT COLLATE "C" NOT NULL CHECK (role IN ('lead', 'coordinator', 'therapist', 'assessor', 'statistician', 'monitor')),
    sees_arm TEXT COLLATE "C" NOT NULL CHECK (sees_arm IN ('none', 'own', 'all')),
    duties TEXT COLLATE "C" NOT NULL,
    from_on DATE NOT NULL,
    until_on DATE,
    training_on DATE,
    granted_at TIMESTAMP NOT NULL,
    granted_by TEXT COLLATE "C" NOT NULL,
    ended_at TIMESTAMP,
    ended_by TEXT COLLATE "C"
);
CREATE INDEX assignment_by_account ON assignment (account_id, study_id);
CREATE INDEX assignment_by_study ON assignment (study_id);

CREATE TABLE assignment_site (
    assignment_id TEXT COLLATE "C" NOT NULL REFERENCES assignment (id),
    site_id TEXT COLLATE "C" NOT NULL REFERENCES site (id),
    PRIMARY KEY (assignment_id, site_id)
);

-- A version of the randomization design. The design itself, seed and nonce are sealed with a key outside this database.
CREATE TABLE design (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    study_id TEXT COLLATE "C" NOT NULL REFERENCES study (id),
    version BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('draft', 'committed', 'active', 'superseded', 'abandoned', 'revealed')),
    beacon_ref TEXT COLLATE "C" NOT NULL,
    beacon TEXT COLLATE "C",
    commitment TEXT COLLATE "C",
    sealed_design TEXT COLLATE "C" NOT NULL,
    sealed_seed TEXT COLLATE "C",
    sealed_nonce TEXT COLLATE "C",
    drafted_at TIMESTAMP NOT NULL,
    committed_at TIMESTAMP,
    activated_at TIMESTAMP,
    first_sequence BIGINT,
    UNIQUE (study_id, version)
);
