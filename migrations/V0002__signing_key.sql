-- Which key signed the tokens and links that are out there, so that an instance with another one is noticed when it
-- starts. One row at most.
CREATE TABLE signing_key (
    fingerprint BYTEA NOT NULL PRIMARY KEY
) /*sqlite: WITHOUT ROWID */;
