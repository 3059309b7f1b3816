//! The own account: signing up, logging in and out, sessions and passwords.

mod accept_invitation;
mod change_password;
mod end_session;
mod list_sessions;
mod log_in;
mod log_in_with_api_key;
mod me;
mod password_tokens;
mod redeem_password_token;
mod refresh;
mod session;
mod sign_up;

pub use accept_invitation::{AcceptInvitation, accept_invitation};
pub use change_password::{ChangePassword, change_password};
pub use end_session::{end_session, log_out};
pub use list_sessions::list_sessions;
pub use log_in::{LogIn, log_in};
pub use log_in_with_api_key::log_in_with_api_key;
pub use me::{Me, me};
pub use redeem_password_token::redeem_password_token;
pub use refresh::refresh;
pub use session::{SessionKind, Tokens};
pub use sign_up::{SignUp, sign_up};

pub(crate) use password_tokens::issue as issue_password_token;
pub(crate) use session::end_all as end_all_sessions;
pub(crate) use sign_up::add_organisation;
