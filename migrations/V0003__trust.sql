-- The first answer to a request with an Idempotency-Key, so that a retry gets it again. It is sealed with a key that is
-- made of the Idempotency-Key, which is not stored: only who retries can open it.
CREATE TABLE idempotency_keys (
    -- Nil for requests that need no credential.
    org_id      UUID   NOT NULL,
    key_hash    BYTEA  NOT NULL,
    -- Tells whether the same request came again.
    fingerprint BYTEA  NOT NULL,
    answer      BYTEA  NOT NULL,
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (org_id, key_hash)
) /*sqlite: WITHOUT ROWID */;
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (org_id, created_at);

-- Who did what to the security of an organisation. It refers to nothing, so that it outlives everything.
CREATE TABLE audit_events (
    org_id       UUID   NOT NULL,
    id           UUID   NOT NULL,
    action       TEXT   NOT NULL,
    -- NULL when nobody was known.
    user_id      UUID,
    session_id   UUID,
    api_key_id   UUID,
    address      TEXT,
    request_id   TEXT,
    subject_type TEXT,
    subject_id   UUID,
    detail       TEXT,
    created_at   BIGINT NOT NULL,
    PRIMARY KEY (org_id, id)
) /*sqlite: WITHOUT ROWID */;

-- Attempts to log in with a password, by account, whether there is one or not (GCRA: one instant says it all).
CREATE TABLE login_attempts (
    account    BYTEA  NOT NULL PRIMARY KEY,
    -- When every attempt will be forgiven.
    forgiven_at BIGINT NOT NULL
) /*sqlite: WITHOUT ROWID */;
CREATE INDEX login_attempts_by_end ON login_attempts (forgiven_at);

-- How many attempts failed on each day, since 1970, for addresses that nobody has.
CREATE TABLE unknown_logins (
    day      BIGINT NOT NULL PRIMARY KEY,
    failures BIGINT NOT NULL
) /*sqlite: WITHOUT ROWID */;

-- The one project that an API key is bound to, if it is to any.
CREATE TABLE api_key_projects (
    org_id     UUID NOT NULL,
    api_key_id UUID NOT NULL,
    project_id UUID NOT NULL,
    PRIMARY KEY (org_id, api_key_id),
    FOREIGN KEY (org_id, api_key_id) REFERENCES api_keys (org_id, id) ON DELETE CASCADE,
    FOREIGN KEY (org_id, project_id) REFERENCES projects (org_id, id)
) /*sqlite: WITHOUT ROWID */;
CREATE INDEX api_key_projects_by_project ON api_key_projects (org_id, project_id);

-- When a refresh token was replaced and by which, while a lost answer can still be forgiven.
ALTER TABLE refresh_tokens ADD COLUMN replaced_at BIGINT;
ALTER TABLE refresh_tokens ADD COLUMN successor BYTEA;
-- Whether the answer with it was taken for lost, so that nobody should have it.
ALTER TABLE refresh_tokens ADD COLUMN lost BOOLEAN NOT NULL DEFAULT FALSE;

/*sqlite:
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('idempotency_keys', 'idempotency_keys', '1000000 5000 1'),
    ('idempotency_keys', 'idempotency_keys_by_age', '1000000 5000 1'),
    ('audit_events', 'audit_events', '1000000 5000 1'),
    ('login_attempts', 'login_attempts', '20000 1'),
    ('login_attempts', 'login_attempts_by_end', '20000 1'),
    ('unknown_logins', 'unknown_logins', '1000 1'),
    ('api_key_projects', 'api_key_projects', '5000 20 1'),
    ('api_key_projects', 'api_key_projects_by_project', '5000 20 2');
*/
