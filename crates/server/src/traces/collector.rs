//! Speaking with the collector: one connection for each batch, on the server's own runtime.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use axum::{
    body::Bytes,
    http::{HeaderValue, Request, Response, Uri, header, uri::Scheme},
};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::rt::TokioIo;
use opentelemetry_http::{HttpClient, HttpError};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    runtime::Handle,
};
use tokio_rustls::TlsConnector;

use crate::ConfigError;

/// The longest answer that is read.
const LARGEST_ANSWER_BYTES: usize = 64 * 1024;

/// What a batch is sent with. It says once when the collector fails, and once when it is well again.
pub(super) struct Collector {
    runtime: Handle,
    /// For an endpoint of `https`.
    tls: Option<Arc<ClientConfig>>,
    time_limit: Duration,
    has_failed: Arc<AtomicBool>,
}

/// A setting and its value.
type Given<'a> = (&'static str, &'a str);

impl Collector {
    /// Looks up the trusted certificates: those of a file or, without one, those that the system trusts.
    pub(super) fn new(
        runtime: Handle,
        (setting, endpoint): Given<'_>,
        certificates: Option<(&'static str, String)>,
        time_limit: Duration,
    ) -> Result<Self, ConfigError> {
        let refuse = |rule: &str| ConfigError {
            setting,
            rule: format!("`{endpoint}` {rule}"),
        };
        let uri: Uri = endpoint.parse().map_err(|_| refuse("is no URL"))?;
        if uri.host().is_none_or(str::is_empty) {
            return Err(refuse("must begin with http:// or https:// and a host"));
        }
        let tls = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTP => None,
            Some(scheme) if *scheme == Scheme::HTTPS => Some(tls(certificates)?),
            _ => return Err(refuse("must begin with http:// or https://")),
        };
        Ok(Self {
            runtime,
            tls,
            time_limit,
            has_failed: Arc::default(),
        })
    }
}

fn tls(certificates: Option<(&'static str, String)>) -> Result<Arc<ClientConfig>, ConfigError> {
    let mut store = RootCertStore::empty();
    match certificates {
        None => {
            store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
        Some((setting, path)) => {
            let refuse = |error: &dyn fmt::Display| ConfigError {
                setting,
                rule: format!("cannot read the certificates in {path}: {error}"),
            };
            for certificate in
                CertificateDer::pem_file_iter(&path).map_err(|error| refuse(&error))?
            {
                let certificate = certificate.map_err(|error| refuse(&error))?;
                store.add(certificate).map_err(|error| refuse(&error))?;
            }
        }
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider knows the versions that are on by default")
        .with_root_certificates(store)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

#[async_trait]
impl HttpClient for Collector {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (tls, time_limit) = (self.tls.clone(), self.time_limit);
        let endpoint = request.uri().clone();
        // Whoever waits is on a thread that belongs to no runtime, and timers need one.
        let sent = async move { tokio::time::timeout(time_limit, send(request, tls)).await };
        let answer = match self.runtime.spawn(sent).await? {
            Ok(answer) => answer,
            Err(_) => Err("no answer in time".into()),
        };
        let failure = match &answer {
            Ok(answer) if answer.status().is_success() => None,
            Ok(answer) => Some(answer.status().to_string()),
            Err(error) => Some(error.to_string()),
        };
        self.report(&endpoint, failure);
        answer
    }
}

impl Collector {
    fn report(&self, endpoint: &Uri, failure: Option<String>) {
        let had_failed = self.has_failed.swap(failure.is_some(), Ordering::Relaxed);
        match failure {
            Some(error) if !had_failed => {
                tracing::warn!(%endpoint, error, "traces cannot be sent, and are lost while this lasts");
            }
            None if had_failed => tracing::info!(%endpoint, "traces are sent again"),
            _ => {}
        }
    }
}

impl fmt::Debug for Collector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Collector").finish_non_exhaustive()
    }
}

async fn send(
    request: Request<Bytes>,
    tls: Option<Arc<ClientConfig>>,
) -> Result<Response<Bytes>, HttpError> {
    let authority = request.uri().authority().ok_or("no host")?.clone();
    // An address of IPv6 stands in brackets.
    let host = authority.host().trim_matches(['[', ']']).to_owned();
    let port = authority.port_u16();
    let port = port.unwrap_or(if tls.is_some() { 443 } else { 80 });
    let stream = TcpStream::connect((host.as_str(), port)).await?;
    match tls {
        None => exchange(request, authority.as_str(), stream).await,
        Some(tls) => {
            let name = ServerName::try_from(host)?;
            let stream = TlsConnector::from(tls).connect(name, stream).await?;
            exchange(request, authority.as_str(), stream).await
        }
    }
}

/// Sends one request and reads its answer.
async fn exchange(
    request: Request<Bytes>,
    host: &str,
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
) -> Result<Response<Bytes>, HttpError> {
    let (mut parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().ok_or("no path")?;
    parts.uri = path.as_str().parse()?;
    parts
        .headers
        .insert(header::HOST, HeaderValue::from_str(host)?);
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    // It ends with its sender.
    tokio::spawn(connection);
    let request = Request::from_parts(parts, Full::new(body));
    let (parts, body) = sender.send_request(request).await?.into_parts();
    let body = Limited::new(body, LARGEST_ANSWER_BYTES).collect().await?;
    Ok(Response::from_parts(parts, body.to_bytes()))
}
