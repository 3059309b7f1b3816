//! What is true of tracked time without a computer: names, instants, durations, clipping, roles
//! and the records that the rest of TimeTracks passes around. Nothing here does I/O.

mod account;
mod ascii_text;
mod audit;
mod caller;
mod change;
mod duration;
mod ending;
mod id;
mod instant;
mod interval;
mod meta;
mod permission;
mod project;
mod report;
mod task;
mod text;
mod text_schema;
mod track;

pub use account::{ApiKey, Invitation, Kind, Organisation, Session, User};
pub use ascii_text::AsciiText;
pub use audit::{Action, AuditEvent, Subject};
pub use caller::{Access, Caller, Credential, Denied, Realm};
pub use change::Change;
pub use duration::{Duration, Split};
pub use ending::{End, EndedBy, Lease, LeaseLength, MaxRunning, RangeError};
pub use id::{BASE32, Id, IdError, kind};
pub use instant::{Instant, InstantError};
pub use interval::{Window, WindowError};
pub use meta::Meta;
pub use permission::{Permission, Role, Scope};
pub use project::Project;
pub use report::{ByKind, ProjectTime, ReportScope, TaskTime, UserTime, total};
pub use task::{Task, TaskStatus};
pub use text::{Description, Email, ExternalId, Name, Password, TextError};
pub use track::{START_TOLERANCE_MS, TimesError, Track, check_running_start, check_times};

/// The id of an organisation.
pub type OrgId = Id<kind::Organisation>;
/// The id of a user.
pub type UserId = Id<kind::User>;
/// The id of a session.
pub type SessionId = Id<kind::Session>;
/// The id of an API key (not its secret).
pub type ApiKeyId = Id<kind::ApiKey>;
/// The id of a project.
pub type ProjectId = Id<kind::Project>;
/// The id of a task.
pub type TaskId = Id<kind::Task>;
/// The id of a time track.
pub type TrackId = Id<kind::Track>;
/// The row id of an invitation. Its public id also carries a secret, see `app::secrets`.
pub type InvitationId = Id<kind::Invitation>;
/// The id of an entry of the audit trail.
pub type AuditEventId = Id<kind::AuditEvent>;
