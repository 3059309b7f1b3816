//! `timetracks signing-key`.

use timetracks_app::internal::accept_signing_key;
use timetracks_server::Settings;

use crate::{
    Failure,
    arguments::StorageOptions,
    serve::{open, signing_key},
};

/// Makes the signing key that the settings name the one of the database.
pub(crate) fn accept(storage: StorageOptions) -> Result<(), Failure> {
    let other = |error: &dyn ToString| Failure::Other(error.to_string());
    let (given, file) = storage.given();
    let settings = Settings::load(given, file.as_deref())?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| other(&error))?;
    let app = open(&settings, &signing_key(&settings)?)?;
    runtime
        .block_on(accept_signing_key(&app))
        .map_err(|error| other(&error))?;
    println!("{} signs from now on", settings.signing_key.display());
    Ok(())
}
