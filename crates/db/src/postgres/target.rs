//! Where the database is, and how to speak with it safely: a `postgres://` URL, its TLS.

use std::{fmt, str::FromStr, sync::Arc, time::Duration};

use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use tokio::sync::watch;
use tokio_postgres::{
    Client, Config,
    config::{Host, SslMode, TargetSessionAttrs},
};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{
    error::describe,
    hosts::{self, one_by_one},
};
use crate::{Error, OpenError};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long what was sent may stay unacknowledged before the connection counts as lost.
const NETWORK_TIMEOUT: Duration = Duration::from_secs(10);

/// A `postgres://` URL, understood. Shows itself without its password.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresUrl {
    config: Box<Config>,
    tls: Tls,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Tls {
    /// In clear.
    Off,
    /// The certificate must be good for the host, and come from this file or else from who the system trusts.
    Full { roots: Option<String> },
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.config.get_dbname().unwrap_or("?");
        write!(formatter, "postgres://{:?}/{name}", self.config.get_hosts())
    }
}

impl FromStr for PostgresUrl {
    type Err = String;

    /// Takes what libpq takes in a URL, as far as it makes sense here. `sslmode` may be `disable` or else means
    /// `verify-full`; without it a local host is spoken to in clear and any other is verified.
    ///
    /// # Errors
    /// The rule that the URL breaks, without its password.
    fn from_str(text: &str) -> Result<Self, String> {
        let (base, query) = text.split_once('?').unwrap_or((text, ""));
        let (mut mode, mut roots) = (None, None);
        let mut rest = form_urlencoded::Serializer::new(String::new());
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "sslmode" => mode = Some(value.into_owned()),
                "sslrootcert" => roots = Some(value.into_owned()),
                _ => {
                    rest.append_pair(&name, &value);
                }
            }
        }
        // In a URL a space is %20; the form's + would be taken literally.
        let rest = rest.finish().replace('+', "%20");
        let mut config: Config = format!("{base}?{rest}").parse().map_err(|error| {
            format!(
                "must be postgres://USER:PASSWORD@HOST:PORT/NAME: {}",
                describe(&error)
            )
        })?;
        if config.get_hosts().is_empty() || config.get_dbname().is_none() {
            return Err("must name a host and a database".to_owned());
        }
        let is_local = config.get_hosts().iter().all(is_local);
        let tls = match mode.as_deref() {
            None if is_local && roots.is_none() => Tls::Off,
            Some("disable") => Tls::Off,
            None | Some("require" | "verify-ca" | "verify-full") => Tls::Full { roots },
            Some(mode) => {
                return Err(format!(
                    "sslmode={mode} promises nothing: use verify-full, or disable"
                ));
            }
        };
        config.ssl_mode(match tls {
            Tls::Off => SslMode::Disable,
            Tls::Full { .. } => SslMode::Require,
        });
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIMEOUT);
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(NETWORK_TIMEOUT);
        }
        config.keepalives_idle(NETWORK_TIMEOUT);
        // Never a standby, which would answer but not write.
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        Ok(Self {
            config: Box::new(config),
            tls,
        })
    }
}

fn is_local(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => {
            name == "localhost"
                || name
                    .parse()
                    .is_ok_and(|address: std::net::IpAddr| address.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    }
}

/// What the connections of one purpose have in common.
pub(crate) struct Target {
    /// In the order of the URL.
    hosts: Vec<Config>,
    limit: Duration,
    tls: MakeRustlsConnect,
    /// The settings of each new connection.
    pub(super) preparation: String,
    /// Told when the server was found to say nothing any more, for connections of every purpose.
    silence: Arc<watch::Sender<()>>,
}

/// What drives a connection; it ends with it.
pub(super) type Driver = tokio_postgres::Connection<
    tokio_postgres::Socket,
    <MakeRustlsConnect as tokio_postgres::tls::MakeTlsConnect<tokio_postgres::Socket>>::Stream,
>;

impl Target {
    /// Looks up the trusted certificates.
    pub(super) fn new(url: &PostgresUrl) -> Result<Self, OpenError> {
        let mut config = Config::clone(&url.config);
        if config.get_application_name().is_none() {
            config.application_name("timetracks");
        }
        Ok(Self {
            hosts: one_by_one(&config),
            limit: *config.get_connect_timeout().unwrap_or(&CONNECT_TIMEOUT),
            tls: MakeRustlsConnect::new(tls(&url.tls)?),
            preparation: String::new(),
            silence: Arc::new(watch::Sender::new(())),
        })
    }

    /// The same place, for connections that begin with these settings.
    pub(super) fn with(&self, preparation: &str) -> Arc<Self> {
        Arc::new(Self {
            hosts: self.hosts.clone(),
            limit: self.limit,
            tls: self.tls.clone(),
            preparation: preparation.to_owned(),
            silence: Arc::clone(&self.silence),
        })
    }

    /// Has every connection given up that was made until now.
    pub(super) fn give_up(&self) {
        self.silence.send_replace(());
    }

    /// Hears when a connection that is made now is to be given up.
    pub(super) fn silence(&self) -> watch::Receiver<()> {
        self.silence.subscribe()
    }

    /// Connects to the first host that takes writes.
    pub(super) async fn connect(&self) -> Result<(Client, Driver), Error> {
        hosts::connect(&self.hosts, &self.tls, self.limit).await
    }
}

fn tls(tls: &Tls) -> Result<ClientConfig, OpenError> {
    let mut store = RootCertStore::empty();
    match tls {
        Tls::Off => {}
        Tls::Full { roots: Some(path) } => {
            let failed = |error: &dyn fmt::Display| {
                OpenError::Postgres(format!("cannot read the certificates in {path}: {error}"))
            };
            for certificate in
                CertificateDer::pem_file_iter(path).map_err(|error| failed(&error))?
            {
                let certificate = certificate.map_err(|error| failed(&error))?;
                store.add(certificate).map_err(|error| failed(&error))?;
            }
        }
        Tls::Full { roots: None } => {
            store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let versions = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| OpenError::Postgres(error.to_string()))?;
    Ok(versions.with_root_certificates(store).with_no_client_auth())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::{net::TcpListener, time::timeout};

    use super::{PostgresUrl, Target};
    use crate::Error;

    #[tokio::test]
    async fn a_host_that_accepts_connections_and_hangs_is_given_up_for_the_next() {
        let [hangs, next] = [
            TcpListener::bind("127.0.0.1:0").await.unwrap(),
            TcpListener::bind("127.0.0.1:0").await.unwrap(),
        ];
        let [first, second] = [&hangs, &next].map(|host| host.local_addr().unwrap().port());
        let url =
            format!("postgres://u@127.0.0.1:{first},127.0.0.1:{second}/name?connect_timeout=1");
        let url: PostgresUrl = url.parse().unwrap();
        let target = Target::new(&url).unwrap();
        let both = async { tokio::join!(target.connect(), next.accept()) };
        let (outcome, asked) = timeout(Duration::from_secs(30), both)
            .await
            .expect("it gives up");
        assert!(asked.is_ok());
        assert!(matches!(outcome, Err(Error::Unavailable(_))));
    }
}
