-- Accounts, their secrets, sessions and roles.
CREATE TABLE account (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    login TEXT COLLATE "C" NOT NULL UNIQUE,
    name TEXT COLLATE "C" NOT NULL,
    organisation TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('invited', 'active', 'disabled')),
    is_administrator BOOLEAN NOT NULL,
    password_hash TEXT COLLATE "C",
    failed_sign_ins BIGINT NOT NULL,
    delayed_until TIMESTAMP,
    created_at TIMESTAMP NOT NULL,
    chain_seq BIGINT NOT NULL,
    chain_hash TEXT COLLATE "C" NOT NULL
);

-- Whatever is shown once and kept as a hash: links, invitations, refresh tokens, API tokens, re-authentications.
CREATE TABLE secret (
    hash TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    public_id TEXT COLLATE "C" UNIQUE,
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('link', 'invitation', 'refresh', 'api_token', 'reauthentication')),
    holder TEXT COLLATE "C" NOT NULL,
    bound_to TEXT COLLATE "C",
    detail TEXT COLLATE "C" NOT NULL,
    tries BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    used_at TIMESTAMP,
    revoked_at TIMESTAMP
);
CREATE INDEX secret_by_holder ON secret (holder, kind);
CREATE INDEX secret_by_bound_to ON secret (bound_to);

CREATE TABLE session (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    holder TEXT COLLATE "C" NOT NULL,
    level TEXT COLLATE "C" NOT NULL CHECK (level IN ('staff', 'write', 'verified')),
    created_at TIMESTAMP NOT NULL,
    last_seen_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    ended_at TIMESTAMP
);
CREATE INDEX session_by_holder ON session (holder);
