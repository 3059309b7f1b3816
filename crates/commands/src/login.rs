//! `login` and `logout`.

use std::io::{self, BufRead, IsTerminal, Write};

use timetracks_client::{
    Client, Credential, MemoryStore, SessionKind,
    api::{Code, account::LogIn},
    domain::Email,
};

use super::{
    arguments::{self, Common},
    context,
    credentials::{Account, CredentialsFile, Kept, Stored},
    failure::{Failure, NOT_LOGGED_IN},
    output::{self, Output},
    terminal,
};

pub(crate) async fn login(options: arguments::Login, common: &Common) -> Result<(), Failure> {
    let server = Account::server(options.server)?;
    let open = |credential| context::client(&server, credential, common.timeout);
    let anonymous = open(Credential::None)?;
    let address = anonymous.server().to_owned();
    if is_exposed(&address) {
        output::note(&format!(
            "{address} is not encrypted: whoever is on the way can read along"
        ));
    }
    let (client, kept) = if options.api_key {
        let key = secret("API key")?.trim().to_owned();
        (open(Credential::ApiKey(key.clone()))?, Kept::ApiKey(key))
    } else {
        let email = options.email.map_or_else(|| ask("Email"), Ok)?;
        let email =
            Email::parse(&email).map_err(|rule| Failure::usage(format!("the email {rule}")))?;
        let password = secret("Password")?;
        let tokens = log_in(&anonymous, email, password).await?;
        let store = MemoryStore::new(tokens.clone());
        let credential = Credential::Session(SessionKind::Password, std::sync::Arc::new(store));
        (open(credential)?, Kept::Session(tokens))
    };
    let me = client.get_me().await?;
    let file = CredentialsFile::find()?;
    file.write(&Stored {
        server: address.clone(),
        user_id: me.user.id,
        email: me.user.email.clone(),
        kept,
    })?;
    Output::new(common.json).show(&me, || {
        format!(
            "{} at {address}, {} of {}\nkept in {}",
            me.user.email,
            me.role,
            me.org.name,
            file.path().display()
        )
    })
}

async fn log_in(
    client: &Client,
    email: Email,
    password: String,
) -> Result<timetracks_client::api::account::Tokens, Failure> {
    match client.log_in(&LogIn { email, password }).await {
        Err(error) if error.code() == Some(Code::PasswordExpired) => {
            let token = error
                .problem()
                .and_then(|problem| problem.password_token.clone());
            Err(Failure::new(
                NOT_LOGGED_IN,
                format!(
                    "this password has expired. Set a new one with POST /api/v1/account/password and {{\"token\": \"{}\", \"password\": \"…\"}}",
                    token.unwrap_or_default()
                ),
            ))
        }
        answer => Ok(answer?),
    }
}

/// Whether what is sent to this address can be read by others.
fn is_exposed(address: &str) -> bool {
    let host = address.strip_prefix("http://").map(|rest| {
        let host = rest.split('/').next().unwrap_or_default();
        host.rsplit_once(':')
            .map_or(host, |(host, _)| host)
            .to_owned()
    });
    host.is_some_and(|host| host != "localhost" && host != "[::1]" && !host.starts_with("127."))
}

pub(crate) async fn logout(common: &Common) -> Result<(), Failure> {
    let file = CredentialsFile::find()?;
    let Some(stored) = file.read()? else {
        return Err(Failure::not_logged_in());
    };
    let is_session = matches!(stored.kept, Kept::Session(_));
    let credential = Credential::Session(SessionKind::Password, std::sync::Arc::new(file.clone()));
    let client = context::client(&stored.server, credential, common.timeout)?;
    let ended = match is_session {
        true => client.log_out().await.map(|_| ()),
        false => Ok(()),
    };
    file.remove()?;
    match ended {
        Ok(()) | Err(timetracks_client::Error::LoggedOut) => {}
        Err(error) => output::note(&format!(
            "forgotten here, but the session at the server goes on: {error}"
        )),
    }
    let message = timetracks_client::api::Message::new("logged out");
    Output::new(common.json).show(&message, || message.message.clone())
}

fn ask(what: &str) -> Result<String, Failure> {
    if io::stdin().is_terminal() {
        let mut error = io::stderr();
        let _ = write!(error, "{what}: ").and_then(|()| error.flush());
    }
    line(what)
}

/// Asks without showing what is typed; without a terminal, takes the next line of standard input.
fn secret(what: &str) -> Result<String, Failure> {
    if !io::stdin().is_terminal() {
        return line(what);
    }
    terminal::secret(what)
}

fn line(what: &str) -> Result<String, Failure> {
    let mut text = String::new();
    let read = io::stdin().lock().read_line(&mut text);
    let text = text.trim_end_matches(['\r', '\n']);
    match read {
        Ok(_) if !text.is_empty() => Ok(text.to_owned()),
        _ => Err(Failure::usage(format!("no {what} on standard input"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_leaves_the_machine_in_clear_is_exposed() {
        for safe in [
            "https://example.com",
            "http://127.0.0.1:8080",
            "http://localhost",
            "http://[::1]:1",
        ] {
            assert!(!is_exposed(safe), "{safe}");
        }
        for exposed in [
            "http://example.com",
            "http://10.0.0.1:80/time",
            "http://localhost.example.com",
        ] {
            assert!(is_exposed(exposed), "{exposed}");
        }
    }
}
