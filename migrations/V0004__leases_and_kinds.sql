-- Tracks that end by themselves, what people and pipelines say of a track, and who books time: people, pipelines or agents.

-- How a track ended that the user did not end.
ALTER TABLE tracks ADD COLUMN ended_by TEXT CHECK (ended_by IN ('lease', 'limit'));
-- For how many seconds a sign of life is good, and when the last one came (at first, when the track was booked).
ALTER TABLE tracks ADD COLUMN lease_s BIGINT CHECK (lease_s > 0);
ALTER TABLE tracks ADD COLUMN heartbeat_at BIGINT;
-- From when on a running track has ended by itself: at the end of its lease or at the organisation's limit, whichever
-- comes first; NULL for neither. Who reads works out the end, and whoever next changes the track writes it down.
ALTER TABLE tracks ADD COLUMN ends_at BIGINT;
ALTER TABLE tracks ADD COLUMN note TEXT;
-- A JSON object.
ALTER TABLE tracks ADD COLUMN meta TEXT;
ALTER TABLE tracks ADD COLUMN kind TEXT NOT NULL DEFAULT 'human' CHECK (kind IN ('human', 'ci', 'agent'));

-- After how many hours a track is ended; NULL for never.
ALTER TABLE organisations ADD COLUMN max_running_hours BIGINT CHECK (max_running_hours > 0);

ALTER TABLE users ADD COLUMN kind TEXT NOT NULL DEFAULT 'human' CHECK (kind IN ('human', 'ci', 'agent'));
-- NULL for the kind of its owner.
ALTER TABLE api_keys ADD COLUMN kind TEXT CHECK (kind IN ('human', 'ci', 'agent'));

-- What of the sums is not of kind 'human'. The rest is, so that a version that knows no kinds keeps them right.
ALTER TABLE task_totals ADD COLUMN ci_tracks BIGINT NOT NULL DEFAULT 0;
ALTER TABLE task_totals ADD COLUMN ci_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE task_totals ADD COLUMN agent_tracks BIGINT NOT NULL DEFAULT 0;
ALTER TABLE task_totals ADD COLUMN agent_ms BIGINT NOT NULL DEFAULT 0;
