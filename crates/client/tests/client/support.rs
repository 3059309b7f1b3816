//! A clock that does not wait, and a server that answers as it is told.

use std::{
    pin::Pin,
    sync::{Arc, Mutex},
    time::Duration,
};

use timetracks_client::{Time, domain::Instant};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// A clock that moves when somebody sleeps.
#[derive(Clone, Default)]
pub(crate) struct Hurried(Arc<Mutex<Vec<Duration>>>);

impl Hurried {
    /// What was slept so far.
    pub(crate) fn naps(&self) -> Vec<Duration> {
        self.0.lock().unwrap().clone()
    }
}

impl Time for Hurried {
    fn now(&self) -> Instant {
        let slept = i64::try_from(self.elapsed().as_millis()).unwrap();
        Instant::MIN.plus_ms(1_795_510_800_000 + slept)
    }

    fn elapsed(&self) -> Duration {
        self.naps().iter().sum()
    }

    fn sleep(&self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        self.0.lock().unwrap().push(time);
        Box::pin(async {})
    }
}

/// What the wire does with a request.
#[derive(Clone)]
pub(crate) enum Act {
    /// Answers: status, further headers, body.
    Answer(u16, &'static str, String),
    /// Says that more comes than it sends, and hangs up.
    CutOff(&'static str),
    /// Hangs up.
    HangUp,
}

/// A server that does what it is told, request by request, and the same for all behind the last.
pub(crate) struct Wire {
    pub(crate) url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Wire {
    pub(crate) async fn start(acts: Vec<Act>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        tokio::spawn(async move {
            let mut acts = acts.into_iter().peekable();
            while let Ok((stream, _)) = listener.accept().await {
                let act = acts.next().unwrap();
                let last = acts.peek().is_none().then(|| act.clone());
                serve(stream, act, &seen).await;
                if let Some(act) = last {
                    acts = vec![act].into_iter().peekable();
                }
            }
        });
        Self { url, requests }
    }

    /// The requests so far: heads and bodies.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// What each request had in a header.
    pub(crate) fn header(&self, name: &str) -> Vec<Option<String>> {
        let value = |request: &String| {
            let mut lines = request.lines();
            let line = lines.find(|line| line.to_lowercase().starts_with(&format!("{name}: ")))?;
            Some(line[name.len() + 2..].to_owned())
        };
        self.requests().iter().map(value).collect()
    }
}

async fn serve(mut stream: TcpStream, act: Act, seen: &Mutex<Vec<String>>) {
    let mut request = Vec::new();
    let mut piece = [0; 4096];
    while !is_whole(&request) {
        match stream.read(&mut piece).await.unwrap() {
            0 => return,
            read => request.extend_from_slice(&piece[..read]),
        }
    }
    seen.lock()
        .unwrap()
        .push(String::from_utf8(request).unwrap());
    let text = match act {
        Act::Answer(status, headers, body) => format!(
            "HTTP/1.1 {status} So\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n{body}",
            body.len()
        ),
        Act::CutOff(body) => {
            format!("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{body}")
        }
        Act::HangUp => return,
    };
    stream.write_all(text.as_bytes()).await.unwrap();
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head.lines().find_map(|line| {
        line.to_lowercase()
            .strip_prefix("content-length: ")
            .map(str::to_owned)
    });
    length.is_none_or(|length| body.len() >= length.parse().unwrap())
}
