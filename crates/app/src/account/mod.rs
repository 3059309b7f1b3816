//! The own account: signing up, logging in and out, sessions and passwords.

mod accept_invitation;
mod change_password;
mod end_session;
mod list_sessions;
mod log_in;
mod log_in_with_api_key;
mod me;
mod new_password;
mod password_tokens;
mod redeem_password_token;
mod refresh;
mod session;
mod sign_up;

pub use accept_invitation::{AcceptInvitation, accept_invitation, check_invitation};
pub use change_password::{change_password, check_current_password};
pub use end_session::{end_session, log_out};
pub use list_sessions::list_sessions;
pub use log_in::{Recognised, log_in, recognise};
pub use log_in_with_api_key::{RecognisedKey, log_in_with_api_key, recognise_key};
pub use me::{Me, me};
pub use new_password::{Owner as PasswordOwner, hash_new_password, require_unlike};
pub use redeem_password_token::{PasswordToken, check_password_token, redeem_password_token};
pub use refresh::{RefreshToken, refresh};
pub use session::{SessionKind, Tokens};
pub use sign_up::{SignUp, sign_up};

pub(crate) use password_tokens::issue as issue_password_token;
pub(crate) use refresh::{arrived, may_be_forgiven};
pub(crate) use session::end_all as end_all_sessions;
pub(crate) use sign_up::add_organisation;
