//! What every command works with.

use std::{sync::Arc, time::Duration};

use timetracks_client::{Client, Policy, SystemTime, domain::UserId};

use super::{
    arguments::Common,
    credentials::Account,
    failure::{CONFIGURATION, Failure},
    output::Output,
    queue::Queue,
    when::Local,
};

/// A server, who asks it, and where answers go.
pub(crate) struct Context {
    pub(crate) client: Client,
    pub(crate) queue: Queue,
    pub(crate) output: Output,
    user: Option<UserId>,
}

/// How patient commands are.
pub(crate) fn policy(timeout: u64) -> Policy {
    let deadline = Duration::from_secs(timeout);
    Policy {
        deadline,
        // Time for one more attempt when the first one hangs.
        attempt: deadline / 2,
        connect: Duration::from_secs(3).min(deadline / 2),
        first_wait: Duration::from_millis(100),
        longest_wait: Duration::from_secs(2),
    }
}

/// A client for this server.
pub(crate) fn client(
    server: &str,
    credential: timetracks_client::Credential,
    timeout: u64,
) -> Result<Client, Failure> {
    let time = Arc::new(SystemTime::default());
    Client::with(server, credential, policy(timeout), time)
        .map_err(|error| Failure::new(CONFIGURATION, error.to_string()))
}

impl Context {
    pub(crate) fn open(common: &Common) -> Result<Self, Failure> {
        let account = Account::find()?;
        let client = client(&account.server, account.credential, common.timeout)?;
        Ok(Self {
            queue: Queue::of(client.server(), &account.mark)?,
            client,
            output: Output::new(common.json),
            user: account.user,
        })
    }

    /// Who is asking.
    pub(crate) async fn me(&self) -> Result<UserId, Failure> {
        match self.user {
            Some(user) => Ok(user),
            None => Ok(self.client.get_me().await?.user.id),
        }
    }

    pub(crate) fn local(&self) -> Local {
        Local::now()
    }
}
