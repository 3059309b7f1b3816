//! A tiny collector: it takes `POST /v1/traces` and keeps what it is told.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use opentelemetry_proto::tonic::{
    collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse},
    common::v1::{KeyValue, any_value::Value},
    trace::v1::Span,
};
use prost::Message;
use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};

/// What it does with a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    /// Takes what comes.
    Well,
    /// Ends it.
    HangsUp,
    /// Keeps it and never answers.
    Silent,
}

/// A collector that lives as long as the test process.
pub(super) struct Collector {
    scheme: &'static str,
    port: u16,
    state: Arc<State>,
}

struct State {
    mood: Mutex<Mood>,
    asked: AtomicUsize,
    got: Mutex<Vec<ExportTraceServiceRequest>>,
    headers: Mutex<String>,
    kept: Mutex<Vec<TcpStream>>,
    tls: Option<Arc<ServerConfig>>,
}

impl Collector {
    pub(super) fn start(mood: Mood) -> Self {
        Self::serve(mood, None)
    }

    /// One for `https`, and the certificate to trust.
    pub(super) fn start_with_tls() -> (Self, String) {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], PrivateKeyDer::Pkcs8(key))
            .unwrap();
        let collector = Self::serve(Mood::Well, Some(Arc::new(config)));
        (collector, made.cert.pem())
    }

    fn serve(mood: Mood, tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let collector = Self {
            scheme: if tls.is_some() { "https" } else { "http" },
            port: listener.local_addr().unwrap().port(),
            state: Arc::new(State {
                mood: Mutex::new(mood),
                asked: AtomicUsize::new(0),
                got: Mutex::default(),
                headers: Mutex::default(),
                kept: Mutex::default(),
                tls,
            }),
        };
        let state = Arc::clone(&collector.state);
        thread::spawn(move || {
            for stream in listener.incoming() {
                state.take(stream.unwrap());
            }
        });
        collector
    }

    pub(super) fn endpoint(&self) -> String {
        format!("{}://localhost:{}", self.scheme, self.port)
    }

    pub(super) fn change(&self, mood: Mood) {
        *self.state.mood.lock().unwrap() = mood;
    }

    /// How many connections it has had.
    pub(super) fn asked(&self) -> usize {
        self.state.asked.load(Ordering::SeqCst)
    }

    /// The headers of all it was sent.
    pub(super) fn headers(&self) -> String {
        self.state.headers.lock().unwrap().clone()
    }

    /// The spans it got since it was last asked, and who sent them.
    pub(super) fn spans(&self) -> (Vec<Span>, Vec<KeyValue>) {
        let got = std::mem::take(&mut *self.state.got.lock().unwrap());
        let (mut spans, mut resource) = (Vec::new(), Vec::new());
        for sent in got.into_iter().flat_map(|request| request.resource_spans) {
            resource = sent.resource.unwrap().attributes;
            spans.extend(sent.scope_spans.into_iter().flat_map(|scope| scope.spans));
        }
        (spans, resource)
    }
}

impl State {
    fn take(&self, stream: TcpStream) {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let mood = *self.mood.lock().unwrap();
        match (mood, &self.tls) {
            (Mood::HangsUp, _) => {}
            (Mood::Silent, _) => self.kept.lock().unwrap().push(stream),
            (Mood::Well, None) => self.answer(stream).unwrap(),
            (Mood::Well, Some(tls)) => {
                let connection = ServerConnection::new(Arc::clone(tls)).unwrap();
                // Who does not trust the certificate leaves.
                let _ = self.answer(StreamOwned::new(connection, stream));
            }
        }
    }

    fn answer(&self, stream: impl Read + Write) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        let (mut line, mut length) = (String::new(), 0);
        stream.read_line(&mut line)?;
        assert_eq!(line, "POST /v1/traces HTTP/1.1\r\n");
        while line != "\r\n" {
            line.clear();
            stream.read_line(&mut line)?;
            self.headers.lock().unwrap().push_str(&line);
            match line.trim().split_once(": ") {
                Some(("content-length", value)) => length = value.parse().unwrap(),
                Some(("content-type", value)) => assert_eq!(value, "application/x-protobuf"),
                _ => {}
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body)?;
        let request = ExportTraceServiceRequest::decode(&*body).unwrap();
        self.got.lock().unwrap().push(request);
        let answer = ExportTraceServiceResponse::default().encode_to_vec();
        let stream = stream.get_mut();
        write!(
            stream,
            "HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: {}\r\n\r\n",
            answer.len()
        )?;
        stream.write_all(&answer)?;
        stream.flush()
    }
}

/// The value of an attribute, as text.
pub(super) fn attribute(all: &[KeyValue], name: &str) -> Option<String> {
    let found = all.iter().find(|attribute| attribute.key == name)?;
    match found.value.clone()?.value? {
        Value::StringValue(text) => Some(text),
        Value::IntValue(number) => Some(number.to_string()),
        other => panic!("{name}: {other:?}"),
    }
}
