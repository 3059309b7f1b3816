//! An organisation may be as large as a table, so a statement must not read all of one either.

use super::{Allowed, Statement, only_allowed_by_plan};

/// Statements that may read all that an organisation has in a table.
const WHOLE_ORGANISATION: &[Allowed] = &[
    (
        "SELECT id, user_id, started_at, expires_at, user_agent FROM sessions WHERE org_id = $1 AND id > $2",
        "a list of all",
    ),
    (
        "SELECT id, user_id, name, description, external_id, created_at, updated_at FROM projects WHERE org_id = $1 AND id > $2",
        "a list of all",
    ),
    (
        "SELECT u.id, u.org_id, u.first_name, u.last_name, u.email, u.role, u.super_user, u.kind, u.active, u.created_at, u.updated_at FROM users u WHERE u.org_id = $1 AND u.id > $2",
        "a list of all",
    ),
    (
        "SELECT id, org_id, email, role, expires_at, created_at, updated_at FROM invitations WHERE org_id = $1 AND id > $2",
        "a list of all",
    ),
    (
        "SELECT t.id, t.user_id, t.project_id, t.name, t.description, t.status, t.external_id, t.created_at, t.updated_at FROM tasks t WHERE t.org_id = $1 AND t.id > $2 AND (",
        "a list of all",
    ),
    (
        "SELECT id, action, user_id, session_id, api_key_id, address, request_id, subject_type, subject_id, detail, created_at FROM audit_events WHERE org_id = $1 AND id > $2 AND (",
        "a list of all",
    ),
    (
        "SELECT r.id, r.task_id, r.user_id, r.kind, r.started_at, r.ended_at, r.ended_by, r.lease_s, r.heartbeat_at, r.ends_at, r.note, r.meta, r.created_at, r.updated_at FROM tracks r WHERE r.org_id = $1 AND r.id > $2 AND (",
        "a list of all",
    ),
    (
        "SELECT r.id, r.task_id, r.user_id, r.kind, r.started_at, r.ended_at, r.ended_by, r.lease_s, r.heartbeat_at, r.ends_at, r.note, r.meta, r.created_at, r.updated_at FROM tracks r WHERE r.org_id = $1 AND r.ended_at IS NULL AND COALESCE",
        "reads what runs in an organisation, and what runs is little",
    ),
    (
        "SELECT r.id, r.task_id, r.user_id, r.kind, r.started_at, r.ended_at, r.ended_by, r.lease_s, r.heartbeat_at, r.ends_at, r.note, r.meta, r.created_at, r.updated_at FROM tracks r WHERE r.org_id = $1 AND r.ended_at IS NULL AND r.ends_at",
        "reads what runs in an organisation, when its limit changes",
    ),
    (
        "UPDATE tracks SET ends_at = CASE",
        "changes what runs in an organisation, when its limit changes",
    ),
    (
        "SELECT (SELECT COUNT(*) FROM users WHERE org_id = $1)",
        "the operator's statistics count everything",
    ),
    (
        "DELETE FROM invitations WHERE org_id = $1 AND expires_at",
        "an organisation has few invitations, and only while they are good",
    ),
    (
        "SELECT 1 FROM users WHERE org_id = $1 AND id <> $2 AND role = 'admin'",
        "stops at the first admin",
    ),
    (
        "SELECT o.org_id FROM organisations o WHERE o.org_id <> $1 AND NOT EXISTS ",
        "stops at the first admin of each organisation",
    ),
];

/// Whether a line of a plan finds rows by their organisation and at most the id behind which a page starts.
fn by_organisation_alone(line: &str) -> bool {
    let of_organisations =
        line.starts_with("SEARCH organisations") || line.starts_with("SEARCH o ");
    let alone = line.ends_with("(org_id=?)") || line.ends_with("(org_id=? AND id>?)");
    alone && !of_organisations
}

#[test]
fn no_statement_reads_a_whole_organisation_without_a_reason() {
    only_allowed_by_plan(WHOLE_ORGANISATION, |_, plan| {
        plan.iter().any(|line| by_organisation_alone(line))
    });
}

#[test]
fn running_tracks_are_found_by_their_own_index() {
    // Whoever has tracked for years runs a handful at a time.
    only_allowed_by_plan(&[], |Statement { text, .. }, plan| {
        let wants_running = [
            "AND ended_at",
            "AND r.ended_at",
            " WHERE ended_at",
            " WHERE r.ended_at",
        ];
        let wants_running = wants_running
            .iter()
            .any(|start| text.contains(&format!("{start} IS NULL")));
        wants_running && !plan.iter().any(|line| line.contains("tracks_running"))
    });
}
