//! `timetracks superuser`.

use timetracks_app::internal::{AddedSuperUser, add_super_user};
use timetracks_domain::Email;
use timetracks_server::Settings;

use crate::{
    Failure,
    arguments::StorageOptions,
    serve::{open, signing_key},
};

/// Makes the user with this email a super user, or makes a new one.
pub(crate) fn add(email: &str, storage: StorageOptions) -> Result<(), Failure> {
    let email = Email::parse(email).map_err(|rule| Failure::Other(format!("EMAIL {rule}")))?;
    let (given, file) = storage.given();
    let settings = Settings::load(given, file.as_deref())?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Other(error.to_string()))?;
    let app = open(&settings, &signing_key(&settings)?)?;
    let added = runtime
        .block_on(add_super_user(&app, email.clone()))
        .map_err(|error| Failure::Other(error.to_string()))?;
    match added {
        AddedSuperUser::Promoted => {
            println!(
                "{} is a super user now, with the same password",
                email.as_str()
            );
        }
        AddedSuperUser::NeedsPassword { password_token } => {
            println!(
                "{} is a super user now. Set the password within a day, at POST /api/v1/account/password:",
                email.as_str()
            );
            println!("{{\"token\": \"{password_token}\", \"password\": \"…\"}}");
        }
    }
    Ok(())
}
