//! Every operation of the API. The table and the methods are made of the same lines.

use reqwest::Method;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::Value;
use timetracks_api::{
    Message,
    account::{
        AcceptInvitation, LogIn, LogInWithApiKey, Me, RedeemPasswordToken, Refresh, Session,
        SignUp, SignedUp, Tokens,
    },
    api_keys::{ApiKey, ApiKeySecret, CreateApiKey},
    audit::{AuditEvent, AuditFilter},
    internal::{CountedOrganisation, OperatedOrganisation, Stats},
    invitations::{CreateInvitation, CreatedInvitation, Invitation},
    organisations::{Organisation, UpdateOrganisation},
    projects::{CreateProject, Project, UpdateProject},
    reports::{
        ProjectTasksReport, ProjectUsersReport, ReportFilter, ReportRange, TaskReport,
        TaskUsersReport, UserReport,
    },
    tasks::{CreateTask, MoveTask, Task, TaskFilter, UpdateTask},
    tracks::{Between, ClockIn, ClockOut, CreateTrack, Track, TrackFilter, UpdateTrack},
    users::{
        ChangePassword, CreateUser, CreatedUser, SchedulePasswordReset, ScheduledPasswordReset,
        UpdateUser, User,
    },
};
use timetracks_domain::{ApiKeyId, OrgId, ProjectId, SessionId, TaskId, TrackId, UserId};

use crate::{Call, Client, List, call::Request};

/// What a method of the client asks for.
#[derive(Debug)]
pub struct Operation {
    /// The method of [`Client`].
    pub name: &'static str,
    /// The HTTP method.
    pub method: &'static str,
    /// The path, with its parameters in braces.
    pub path: &'static str,
    /// Whether it needs a credential.
    pub signed: bool,
    /// Whether it answers with a list, page by page.
    pub list: bool,
    filters: &'static [fn() -> Vec<String>],
}

impl Operation {
    /// The names of its parameters in the query string, sorted.
    #[must_use]
    pub fn query(&self) -> Vec<String> {
        let mut names: Vec<_> = self.filters.iter().flat_map(|filter| filter()).collect();
        if self.list {
            names.extend(["cursor".to_owned(), "limit".to_owned()]);
        }
        names.sort_unstable();
        names
    }
}

fn parameters<Q: JsonSchema>() -> Vec<String> {
    let schema = SchemaGenerator::default().into_root_schema_for::<Q>();
    let properties = schema.get("properties").and_then(Value::as_object);
    properties
        .into_iter()
        .flat_map(|properties| properties.keys().cloned())
        .collect()
}

macro_rules! operations {
    ($(
        $(#[$about:meta])*
        $name:ident($($value:ident: $kind:ty),*) $verb:ident $access:ident $path:literal
            $(query $query:ident)? $(body $body:ident)? => $answer:ty;
    )*) => {
        /// Every operation that the client knows. One that the server also takes with PUT stands here with PATCH.
        pub const OPERATIONS: &[Operation] = &[$(Operation {
            name: stringify!($name),
            method: method!($verb),
            path: $path,
            signed: access!($access),
            list: is_list!($verb),
            filters: &[$(parameters::<$query>)?],
        }),*];

        impl Client {
            $(operation! {
                $(#[$about])*
                $name($($value: $kind),*) $verb $access $path ($($query)?) ($($body)?) $answer
            })*
        }
    };
}

macro_rules! method {
    (LIST) => {
        "GET"
    };
    ($verb:ident) => {
        stringify!($verb)
    };
}

macro_rules! is_list {
    (LIST) => {
        true
    };
    ($verb:ident) => {
        false
    };
}

macro_rules! access {
    (signed) => {
        true
    };
    (open) => {
        false
    };
}

macro_rules! operation {
    (
        $(#[$about:meta])*
        $name:ident($($value:ident: $kind:ty),*) LIST $access:ident $path:literal ($($query:ident)?) () $answer:ty
    ) => {
        $(#[$about])*
        pub fn $name(&self, $($value: $kind,)* $(filter: &$query)?) -> List<$answer> {
            let request = Request::new(Method::GET, $path, &[$($value.to_string()),*], access!($access));
            $(let request = { let filter: &$query = filter; request.query(filter) };)?
            List::new(self, request)
        }
    };
    (
        $(#[$about:meta])*
        $name:ident($($value:ident: $kind:ty),*) $verb:ident $access:ident $path:literal ($($query:ident)?) ($($body:ident)?) $answer:ty
    ) => {
        $(#[$about])*
        pub fn $name(&self, $($value: $kind,)* $(filter: &$query,)? $(body: &$body)?) -> Call<$answer> {
            let request = Request::new(Method::$verb, $path, &[$($value.to_string()),*], access!($access));
            $(let request = { let filter: &$query = filter; request.query(filter) };)?
            $(let request = { let body: &$body = body; request.body(body) };)?
            Call::new(self, request)
        }
    };
}

operations! {
    /// Makes a user and their organisation.
    sign_up() POST open "/api/v1/account/signup" body SignUp => SignedUp;
    /// Makes the user who was invited.
    accept_invitation(inv_id: &str) POST open "/api/v1/account/signup/{invId}" body AcceptInvitation => CreatedUser;
    /// Begins a session with email and password.
    log_in() POST open "/api/v1/account/login" body LogIn => Tokens;
    /// Begins a short session with an API key.
    log_in_with_api_key() POST open "/api/v1/account/login/api-key" body LogInWithApiKey => Tokens;
    /// Renews the tokens of a session; one with a [`crate::TokenStore`] does so by itself.
    refresh() POST open "/api/v1/account/refresh" body Refresh => Tokens;
    /// As [`Client::refresh`], for a session that began with an API key.
    refresh_api_key_session() POST open "/api/v1/account/refresh/api-key" body Refresh => Tokens;
    /// Ends the session in use.
    log_out() POST signed "/api/v1/account/logout" => Message;
    /// The sessions that are still good: everyone's, for admins.
    list_sessions() LIST signed "/api/v1/account/sessions" => Session;
    /// Ends a session.
    end_session(session_id: SessionId) DELETE signed "/api/v1/account/sessions/{sessionId}" => Message;
    /// Sets a password with a one-time token.
    redeem_password_token() POST open "/api/v1/account/password" body RedeemPasswordToken => Message;
    /// Who the caller is.
    get_me() GET signed "/api/v1/account/me" => Me;

    /// The organisation.
    get_organisation(org_id: OrgId) GET signed "/api/v1/orgs/{orgId}" => Organisation;
    /// Changes it.
    update_organisation(org_id: OrgId) PATCH signed "/api/v1/orgs/{orgId}" body UpdateOrganisation => Organisation;

    /// The users of the organisation.
    list_users() LIST signed "/api/v1/users" => User;
    /// Makes a user.
    create_user() POST signed "/api/v1/users" body CreateUser => CreatedUser;
    /// A user.
    get_user(user_id: UserId) GET signed "/api/v1/users/{userId}" => User;
    /// Changes a user.
    update_user(user_id: UserId) PATCH signed "/api/v1/users/{userId}" body UpdateUser => User;
    /// Changes the own password.
    change_password(user_id: UserId) PATCH signed "/api/v1/users/{userId}/password" body ChangePassword => Message;
    /// Lets a user's password expire.
    schedule_password_reset(user_id: UserId) POST signed "/api/v1/users/{userId}/password-reset" body SchedulePasswordReset => ScheduledPasswordReset;

    /// The own API keys.
    list_api_keys() LIST signed "/api/v1/api-keys" => ApiKey;
    /// Makes an API key.
    create_api_key() POST signed "/api/v1/api-keys" body CreateApiKey => ApiKeySecret;
    /// What is known of an API key.
    get_api_key(api_key_id: ApiKeyId) GET signed "/api/v1/api-keys/{apiKeyId}" => ApiKey;
    /// Gives an API key a new secret.
    rotate_api_key(api_key_id: ApiKeyId) PUT signed "/api/v1/api-keys/{apiKeyId}" => ApiKeySecret;
    /// Deletes an API key.
    delete_api_key(api_key_id: ApiKeyId) DELETE signed "/api/v1/api-keys/{apiKeyId}" => Message;

    /// The projects.
    list_projects() LIST signed "/api/v1/projects" => Project;
    /// Makes a project.
    create_project() POST signed "/api/v1/projects" body CreateProject => Project;
    /// A project.
    get_project(project_id: ProjectId) GET signed "/api/v1/projects/{projectId}" => Project;
    /// Changes a project.
    update_project(project_id: ProjectId) PATCH signed "/api/v1/projects/{projectId}" body UpdateProject => Project;
    /// Deletes a project; its tasks keep their time.
    delete_project(project_id: ProjectId) DELETE signed "/api/v1/projects/{projectId}" => Message;
    /// The tasks of a project.
    list_project_tasks(project_id: ProjectId) LIST signed "/api/v1/projects/{projectId}/tasks" => Task;
    /// Makes a task in a project.
    create_project_task(project_id: ProjectId) POST signed "/api/v1/projects/{projectId}/tasks" body CreateTask => Task;
    /// Deletes a task of a project, with its time.
    delete_project_task(project_id: ProjectId, task_id: TaskId) DELETE signed "/api/v1/projects/{projectId}/tasks/{taskId}" => Message;
    /// Moves a task to another project.
    move_task(project_id: ProjectId, task_id: TaskId) POST signed "/api/v1/projects/{projectId}/tasks/{taskId}/move" body MoveTask => Task;
    /// Takes a task out of its project.
    detach_task(project_id: ProjectId, task_id: TaskId) POST signed "/api/v1/projects/{projectId}/tasks/{taskId}/detach" => Task;
    /// Puts a standalone task into a project.
    attach_task(project_id: ProjectId, task_id: TaskId) POST signed "/api/v1/projects/{projectId}/tasks/{taskId}/attach" => Task;

    /// The tasks.
    list_tasks() LIST signed "/api/v1/tasks" query TaskFilter => Task;
    /// Makes a task.
    create_task() POST signed "/api/v1/tasks" body CreateTask => Task;
    /// A task.
    get_task(task_id: TaskId) GET signed "/api/v1/tasks/{taskId}" => Task;
    /// Changes a task.
    update_task(task_id: TaskId) PATCH signed "/api/v1/tasks/{taskId}" body UpdateTask => Task;
    /// Deletes a task with its time.
    delete_task(task_id: TaskId) DELETE signed "/api/v1/tasks/{taskId}" => Message;
    /// Clocks in.
    clock_in(task_id: TaskId) POST signed "/api/v1/tasks/{taskId}/clock-in" body ClockIn => Track;
    /// Clocks out.
    clock_out(task_id: TaskId) POST signed "/api/v1/tasks/{taskId}/clock-out" body ClockOut => Track;
    /// Clocks in on the task of this name, which is made when there is none.
    clock_in_by_name(name: &str) POST signed "/api/v1/tasks/by-name/{name}/clock-in" body ClockIn => Track;
    /// Clocks out of the task of this name.
    clock_out_by_name(name: &str) POST signed "/api/v1/tasks/by-name/{name}/clock-out" body ClockOut => Track;
    /// Clocks in on the task with this external id, which is made when there is none.
    clock_in_by_external_id(external_id: &str) POST signed "/api/v1/tasks/by-external-id/{externalId}/clock-in" body ClockIn => Track;
    /// Clocks out of the task with this external id.
    clock_out_by_external_id(external_id: &str) POST signed "/api/v1/tasks/by-external-id/{externalId}/clock-out" body ClockOut => Track;

    /// Time tracks across tasks.
    list_tracks() LIST signed "/api/v1/tracks" query TrackFilter => Track;
    /// Time tracks of a task.
    list_task_tracks(task_id: TaskId) LIST signed "/api/v1/tasks/{taskId}/tracks" query Between => Track;
    /// Books a track.
    create_track(task_id: TaskId) POST signed "/api/v1/tasks/{taskId}/tracks" body CreateTrack => Track;
    /// A track.
    get_track(task_id: TaskId, track_id: TrackId) GET signed "/api/v1/tasks/{taskId}/tracks/{trackId}" => Track;
    /// Changes a track.
    update_track(task_id: TaskId, track_id: TrackId) PATCH signed "/api/v1/tasks/{taskId}/tracks/{trackId}" body UpdateTrack => Track;
    /// Extends a track's lease from now on; one without a lease stays as it is.
    heartbeat(task_id: TaskId, track_id: TrackId) POST signed "/api/v1/tasks/{taskId}/tracks/{trackId}/heartbeat" => Track;
    /// Deletes a track.
    delete_track(task_id: TaskId, track_id: TrackId) DELETE signed "/api/v1/tasks/{taskId}/tracks/{trackId}" => Message;

    /// The open invitations.
    list_invitations() LIST signed "/api/v1/invitations" => Invitation;
    /// Invites someone.
    create_invitation() POST signed "/api/v1/invitations" body CreateInvitation => CreatedInvitation;
    /// An invitation, for who holds its id.
    get_invitation(inv_id: &str) GET open "/api/v1/invitations/{invId}" => Invitation;
    /// Takes an invitation back.
    delete_invitation(inv_id: &str) DELETE signed "/api/v1/invitations/{invId}" => Message;

    /// What was spent on a task, track by track.
    report_task(task_id: TaskId) GET signed "/api/v1/reports/tasks/{taskId}" query ReportFilter => TaskReport;
    /// What was spent on a task, person by person.
    report_task_users(task_id: TaskId) GET signed "/api/v1/reports/tasks/{taskId}/users" query ReportFilter => TaskUsersReport;
    /// What was spent on a project, person by person.
    report_project_users(project_id: ProjectId) GET signed "/api/v1/reports/projects/{projectId}/users" query ReportFilter => ProjectUsersReport;
    /// What was spent on a project, task by task.
    report_project_tasks(project_id: ProjectId) GET signed "/api/v1/reports/projects/{projectId}/tasks" query ReportFilter => ProjectTasksReport;
    /// What a person spent, by project and task.
    report_user(user_id: UserId) GET signed "/api/v1/reports/users/{userId}" query ReportRange => UserReport;
    /// The audit trail.
    list_audit_events() LIST signed "/api/v1/audit-events" query AuditFilter => AuditEvent;

    /// Every organisation of the server, for super users.
    operator_list_organisations() LIST signed "/api/v1/internal/orgs" => OperatedOrganisation;
    /// An organisation and how much it has, for super users.
    operator_get_organisation(org_id: OrgId) GET signed "/api/v1/internal/orgs/{orgId}" => CountedOrganisation;
    /// Suspends an organisation, for super users.
    operator_suspend_organisation(org_id: OrgId) POST signed "/api/v1/internal/orgs/{orgId}/suspend" => OperatedOrganisation;
    /// Lets an organisation work again, for super users.
    operator_resume_organisation(org_id: OrgId) POST signed "/api/v1/internal/orgs/{orgId}/resume" => OperatedOrganisation;
    /// How much the server holds, for super users.
    operator_get_stats() GET signed "/api/v1/internal/stats" => Stats;

    /// Whether the server is alive.
    get_liveness() GET open "/health/live" => Message;
    /// Whether the server can do its work.
    get_readiness() GET open "/health/ready" => Message;
    /// The OpenAPI document.
    get_open_api() GET open "/openapi.json" => Value;
}
