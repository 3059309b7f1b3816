//! The hosts of a URL one by one, so that one that says nothing keeps nobody from the next.

use std::time::Duration;

use tokio::time::timeout;
use tokio_postgres::{Client, Config, config::Host};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{error::describe, target::Driver};
use crate::Error;

/// Splits a configuration into one for each of its hosts.
pub(super) fn one_by_one(config: &Config) -> Vec<Config> {
    let hosts = config.get_hosts().iter().enumerate();
    hosts.map(|(place, _)| only(config, place)).collect()
}

/// What the configuration says of the host at this place.
fn only(config: &Config, place: usize) -> Config {
    let mut only = Config::new();
    match &config.get_hosts()[place] {
        Host::Tcp(name) => only.host(name),
        #[cfg(unix)]
        Host::Unix(path) => only.host_path(path),
    };
    if let Some(address) = config.get_hostaddrs().get(place) {
        only.hostaddr(*address);
    }
    let ports = config.get_ports();
    if let Some(port) = ports.get(place).or(ports.first()) {
        only.port(*port);
    }
    if let Some(user) = config.get_user() {
        only.user(user);
    }
    if let Some(password) = config.get_password() {
        only.password(password);
    }
    if let Some(name) = config.get_dbname() {
        only.dbname(name);
    }
    if let Some(options) = config.get_options() {
        only.options(options);
    }
    if let Some(name) = config.get_application_name() {
        only.application_name(name);
    }
    if let Some(limit) = config.get_connect_timeout() {
        only.connect_timeout(*limit);
    }
    if let Some(limit) = config.get_tcp_user_timeout() {
        only.tcp_user_timeout(*limit);
    }
    if let Some(interval) = config.get_keepalives_interval() {
        only.keepalives_interval(interval);
    }
    if let Some(retries) = config.get_keepalives_retries() {
        only.keepalives_retries(retries);
    }
    only.keepalives(config.get_keepalives())
        .keepalives_idle(config.get_keepalives_idle())
        .ssl_mode(config.get_ssl_mode())
        .ssl_negotiation(config.get_ssl_negotiation())
        .channel_binding(config.get_channel_binding())
        .target_session_attrs(config.get_target_session_attrs())
        .load_balance_hosts(config.get_load_balance_hosts());
    only
}

/// Connects to the first host that is as it should be. Each has that long until it is ready for statements:
/// tokio-postgres alone would give a host that accepts the connection, and then hangs, all the time in the world.
pub(super) async fn connect(
    hosts: &[Config],
    tls: &MakeRustlsConnect,
    limit: Duration,
) -> Result<(Client, Driver), Error> {
    let mut refusal = String::new();
    for host in hosts {
        refusal = match timeout(limit, host.connect(tls.clone())).await {
            Ok(Ok(connected)) => return Ok(connected),
            Ok(Err(error)) => describe(&error),
            Err(_) => "the database says nothing".to_owned(),
        };
    }
    Err(Error::Unavailable(refusal))
}
