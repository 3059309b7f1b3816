-- One text for both engines. Ids are UUIDv7, instants are Unix milliseconds (UTC).
-- Every table leads with the organisation, and foreign keys carry it, so that not even wrong code can link
-- two organisations. Tables are clustered by their key where the engine can.

CREATE TABLE organisations (
    org_id       UUID   NOT NULL PRIMARY KEY,
    name         TEXT   NOT NULL,
    description  TEXT,
    email        TEXT,
    suspended_at BIGINT,
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL
) /*sqlite: WITHOUT ROWID */;

CREATE TABLE users (
    org_id              UUID    NOT NULL REFERENCES organisations (org_id),
    id                  UUID    NOT NULL,
    first_name          TEXT    NOT NULL,
    last_name           TEXT    NOT NULL,
    email               TEXT    NOT NULL,
    -- NULL for a super user who has no part in an organisation.
    role                TEXT    CHECK (role IN ('member', 'admin')),
    super_user          BOOLEAN NOT NULL,
    active              BOOLEAN NOT NULL,
    -- NULL until a password is set with a password token.
    password_hash       TEXT,
    -- From then on the password logs nobody in.
    password_expires_at BIGINT,
    -- The longest ended track ever booked: how far before a window a track that reaches into it can have begun.
    longest_track_ms    BIGINT  NOT NULL,
    created_at          BIGINT  NOT NULL,
    updated_at          BIGINT  NOT NULL,
    PRIMARY KEY (org_id, id),
    CHECK (role IS NOT NULL OR super_user)
) /*sqlite: WITHOUT ROWID */;
-- Super users report on a user of any organisation.
CREATE INDEX users_by_id ON users (id);

-- The directory of login addresses: the one thing that is unique on the whole server.
CREATE TABLE logins (
    email_key TEXT NOT NULL PRIMARY KEY,
    org_id    UUID NOT NULL,
    user_id   UUID NOT NULL,
    FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id)
) /*sqlite: WITHOUT ROWID */;

CREATE TABLE api_keys (
    org_id       UUID   NOT NULL,
    id           UUID   NOT NULL,
    user_id      UUID   NOT NULL,
    name         TEXT   NOT NULL,
    -- SHA-256 of the whole key: it has too many random bits to be guessed, so it needs no slow hash.
    hash         BYTEA  NOT NULL UNIQUE,
    last4        TEXT   NOT NULL,
    -- Words separated by spaces; NULL for all.
    scopes       TEXT,
    expires_at   BIGINT,
    last_used_at BIGINT,
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id)
) /*sqlite: WITHOUT ROWID */;
CREATE INDEX api_keys_by_user ON api_keys (org_id, user_id, id);

CREATE TABLE sessions (
    org_id     UUID   NOT NULL,
    id         UUID   NOT NULL,
    user_id    UUID   NOT NULL,
    -- The key that began the session, if one did; they end together.
    api_key_id UUID,
    started_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    user_agent TEXT,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id),
    FOREIGN KEY (org_id, api_key_id) REFERENCES api_keys (org_id, id) ON DELETE CASCADE
) /*sqlite: WITHOUT ROWID */;
CREATE INDEX sessions_by_user ON sessions (org_id, user_id);
CREATE INDEX sessions_by_api_key ON sessions (org_id, api_key_id);

-- Every refresh token a session ever had, so that one which was replaced is known when it comes again.
CREATE TABLE refresh_tokens (
    org_id     UUID    NOT NULL,
    session_id UUID    NOT NULL,
    hash       BYTEA   NOT NULL,
    replaced   BOOLEAN NOT NULL,
    PRIMARY KEY (org_id, session_id, hash),
    FOREIGN KEY (org_id, session_id) REFERENCES sessions (org_id, id) ON DELETE CASCADE
) /*sqlite: WITHOUT ROWID */;

CREATE TABLE password_tokens (
    org_id     UUID   NOT NULL,
    user_id    UUID   NOT NULL,
    hash       BYTEA  NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, user_id, hash),
    FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id)
) /*sqlite: WITHOUT ROWID */;

CREATE TABLE invitations (
    org_id     UUID   NOT NULL REFERENCES organisations (org_id),
    id         UUID   NOT NULL,
    email      TEXT   NOT NULL,
    role       TEXT   NOT NULL CHECK (role IN ('member', 'admin')),
    expires_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, id)
) /*sqlite: WITHOUT ROWID */;
-- Who follows the link does not know the organisation.
CREATE INDEX invitations_by_id ON invitations (id);

CREATE TABLE projects (
    org_id      UUID   NOT NULL,
    id          UUID   NOT NULL,
    user_id     UUID   NOT NULL,
    name        TEXT   NOT NULL,
    description TEXT,
    external_id TEXT,
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL,
    PRIMARY KEY (org_id, id),
    UNIQUE (org_id, external_id),
    FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id)
) /*sqlite: WITHOUT ROWID */;
-- Super users report on a project of any organisation.
CREATE INDEX projects_by_id ON projects (id);

CREATE TABLE tasks (
    org_id      UUID   NOT NULL,
    id          UUID   NOT NULL,
    user_id     UUID   NOT NULL,
    project_id  UUID,
    name        TEXT   NOT NULL,
    description TEXT,
    status      TEXT   NOT NULL CHECK (status IN ('open', 'in_progress', 'done')),
    external_id TEXT,
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL,
    PRIMARY KEY (org_id, id),
    UNIQUE (org_id, external_id),
    FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id),
    FOREIGN KEY (org_id, project_id) REFERENCES projects (org_id, id)
) /*sqlite: WITHOUT ROWID */;
CREATE INDEX tasks_by_project ON tasks (org_id, project_id, id);
CREATE INDEX tasks_by_name ON tasks (org_id, name, id);
-- Super users report on a task of any organisation.
CREATE INDEX tasks_by_id ON tasks (id);

-- Clustered by task: the list and the report of a task read neighbouring pages.
CREATE TABLE tracks (
    org_id     UUID   NOT NULL,
    task_id    UUID   NOT NULL,
    id         UUID   NOT NULL,
    user_id    UUID   NOT NULL,
    started_at BIGINT NOT NULL,
    -- NULL while it runs.
    ended_at   BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, task_id, id),
    FOREIGN KEY (org_id, task_id) REFERENCES tasks (org_id, id) ON DELETE CASCADE,
    FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id),
    CHECK (ended_at >= started_at)
) /*sqlite: WITHOUT ROWID */;
-- One running track per person and task: the promise that no race can break.
CREATE UNIQUE INDEX tracks_running ON tracks (org_id, user_id, task_id) WHERE ended_at IS NULL;
CREATE INDEX tracks_by_person ON tracks (org_id, user_id, started_at);
CREATE INDEX tracks_by_creation ON tracks (org_id, id);
CREATE INDEX tracks_by_person_and_creation ON tracks (org_id, user_id, id);

-- Sums of ended tracks per task and person, kept with every write of a track, so that a report costs what it
-- shows and not what was ever tracked.
CREATE TABLE task_totals (
    org_id   UUID   NOT NULL,
    task_id  UUID   NOT NULL,
    user_id  UUID   NOT NULL,
    -- All tracks, running ones too.
    tracks   BIGINT NOT NULL CHECK (tracks >= 0),
    -- Milliseconds of the ended ones.
    ended_ms BIGINT NOT NULL CHECK (ended_ms >= 0),
    PRIMARY KEY (org_id, task_id, user_id),
    FOREIGN KEY (org_id, task_id) REFERENCES tasks (org_id, id) ON DELETE CASCADE,
    FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id)
) /*sqlite: WITHOUT ROWID */;

/*sqlite:
-- Without statistics SQLite takes any first column for selective and reads a whole organisation where an index would
-- find a row. These say what a large installation looks like: entries in all, then how many share the first column, the
-- first two, and so on. They are fixed, so that plans are the same everywhere; nothing runs ANALYZE.
ANALYZE;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('organisations', 'organisations', '1000 1'),
    ('users', 'users', '20000 100 1'),
    ('users', 'users_by_id', '20000 1 1'),
    ('logins', 'logins', '20000 1'),
    ('api_keys', 'api_keys', '20000 100 1'),
    ('api_keys', 'api_keys_by_user', '20000 100 2 1'),
    ('sessions', 'sessions', '100000 500 1'),
    ('sessions', 'sessions_by_user', '100000 500 5'),
    ('sessions', 'sessions_by_api_key', '100000 500 5'),
    ('refresh_tokens', 'refresh_tokens', '500000 2000 5 1'),
    ('password_tokens', 'password_tokens', '5000 20 2 1'),
    ('invitations', 'invitations', '5000 20 1'),
    ('invitations', 'invitations_by_id', '5000 1 1'),
    ('projects', 'projects', '20000 100 1'),
    ('projects', 'projects_by_id', '20000 1 1'),
    ('tasks', 'tasks', '1000000 5000 1'),
    ('tasks', 'tasks_by_project', '1000000 5000 50 1'),
    ('tasks', 'tasks_by_name', '1000000 5000 2 1'),
    ('tasks', 'tasks_by_id', '1000000 1 1'),
    ('tracks', 'tracks', '10000000 50000 10 1'),
    ('tracks', 'tracks_running', '5000 50 2 1'),
    ('tracks', 'tracks_by_person', '10000000 50000 500 1'),
    ('tracks', 'tracks_by_creation', '10000000 50000 1'),
    ('tracks', 'tracks_by_person_and_creation', '10000000 50000 500 1'),
    ('task_totals', 'task_totals', '3000000 15000 3 1');
*/
