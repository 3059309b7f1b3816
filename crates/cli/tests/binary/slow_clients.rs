//! Clients that take their time: each is cut off when the documentation says so, and others are served meanwhile. The
//! limits are those that everybody has, so these tests take as long as the limits.

use std::time::{Duration, Instant};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

use crate::support::Process;

const HEAD: Duration = Duration::from_secs(5);
const BODY: Duration = Duration::from_secs(10);
const IDLE: Duration = Duration::from_secs(60);
/// How much longer it may take on a machine that does much else: never as long as the next limit.
const LATE: Duration = Duration::from_secs(4);
/// Clocks and timers are not that exact.
const EARLY: Duration = Duration::from_millis(100);
/// How many clients there are of each kind at once.
const MANY: usize = 30;

const LIVE: &str = "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n";
const BEGINNING: &str = "GET /health/live HTTP/1.1\r\nHost: x\r\nX-Long: ";
const POST: &str =
    "POST /api/v1/account/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";

/// A client that never comes to an end with what it sends.
#[derive(Clone, Debug)]
struct Slow {
    /// Whether it has had an answer before, on the same connection.
    after_an_answer: bool,
    /// What it sends at once.
    says: String,
    /// What it sends once a second then.
    drips: &'static str,
    /// When it is to be cut off, from when it began to be slow.
    limit: Duration,
    /// What it is told, if anything.
    told: &'static str,
}

impl Slow {
    fn new(says: impl Into<String>, drips: &'static str, limit: Duration) -> Self {
        Self {
            after_an_answer: false,
            says: says.into(),
            drips,
            limit,
            told: "",
        }
    }

    fn told(self, told: &'static str) -> Self {
        Self { told, ..self }
    }

    fn after_an_answer(self) -> Self {
        Self {
            after_an_answer: true,
            ..self
        }
    }

    /// Fails unless the server cuts it off in time.
    async fn run(self, address: String) {
        let mut stream = TcpStream::connect(address).await.unwrap();
        // The server may know of an answer's end long before a busy client does.
        let asked = Instant::now();
        if self.after_an_answer {
            stream.write_all(LIVE.as_bytes()).await.unwrap();
            read_answer(&mut stream).await;
        }
        let began = Instant::now();
        stream.write_all(self.says.as_bytes()).await.unwrap();
        let told = self.drip_until_closed(stream).await;
        let took = began.elapsed();
        assert!(told.starts_with(self.told), "{self:?} is told {told:?}");
        assert_eq!(
            told.is_empty(),
            self.told.is_empty(),
            "{self:?} is told {told:?}"
        );
        assert!(
            asked.elapsed() >= self.limit - EARLY && took < self.limit + LATE,
            "{self:?} is closed after {took:?}"
        );
    }

    async fn drip_until_closed(&self, mut stream: TcpStream) -> String {
        let (mut reading, mut writing) = stream.split();
        let mut told = Vec::new();
        let drip = async {
            let mut second = tokio::time::interval(Duration::from_secs(1));
            loop {
                second.tick().await;
                if writing.write_all(self.drips.as_bytes()).await.is_err() {
                    std::future::pending::<()>().await;
                }
            }
        };
        let closed = async {
            // Cut off while it sends, it may see a reset.
            let _ = reading.read_to_end(&mut told).await;
        };
        let closed = tokio::time::timeout(2 * IDLE, closed);
        tokio::select! {
            () = drip => unreachable!("it never ends"),
            closed = closed => closed.expect("the connection is closed at all"),
        }
        String::from_utf8(told).unwrap()
    }
}

/// Reads the answer to [`LIVE`], which ends with its only brace.
async fn read_answer(stream: &mut TcpStream) {
    let mut answer = Vec::new();
    while !answer.ends_with(b"}") {
        let byte = stream.read_u8().await.expect("an answer");
        answer.push(byte);
    }
    assert!(answer.starts_with(b"HTTP/1.1 200"));
}

/// Runs many of each at once, while others go on to be served.
async fn all_are_cut_off_in_time(kinds: Vec<Slow>) {
    let directory = tempfile::tempdir().unwrap();
    let process = Process::start(&directory.path().join("data"));
    let address = process.base.trim_start_matches("http://").to_owned();
    let mut slow = JoinSet::new();
    for kind in kinds {
        for _ in 0..MANY {
            slow.spawn(kind.clone().run(address.clone()));
        }
    }
    let ready = format!("{}/health/ready", process.base);
    let mut served = 0;
    loop {
        // On a new connection each time.
        let request = reqwest::Client::new().get(&ready).timeout(LATE).send();
        assert_eq!(request.await.expect("an answer at once").status(), 200);
        served += 1;
        match tokio::time::timeout(Duration::from_millis(50), slow.join_next()).await {
            Ok(Some(cut_off)) => cut_off.unwrap(),
            Ok(None) => break,
            Err(_) => {}
        }
    }
    assert!(served > MANY, "{served}");
}

#[tokio::test]
async fn who_is_slow_with_a_request_is_cut_off_and_holds_nobody_up() {
    let timed_out = "HTTP/1.1 408 ";
    let remembered = format!("{POST}Idempotency-Key: slow\r\nContent-Length: 100\r\n\r\n{{");
    let body = format!("{POST}Content-Length: 100\r\n\r\n{{");
    let chunks = format!("{POST}Transfer-Encoding: chunked\r\n\r\n");
    all_are_cut_off_in_time(vec![
        Slow::new("", "", HEAD),
        Slow::new(BEGINNING, "", HEAD),
        Slow::new(BEGINNING, "x", HEAD),
        Slow::new(BEGINNING, "x", HEAD).after_an_answer(),
        Slow::new("\r\n", "\r\n", HEAD),
        Slow::new(&*body, "", BODY).told(timed_out),
        Slow::new(&*body, " ", BODY).told(timed_out),
        Slow::new(&*body, " ", BODY)
            .told(timed_out)
            .after_an_answer(),
        Slow::new(&*chunks, "1\r\n \r\n", BODY).told(timed_out),
        Slow::new(remembered, " ", BODY).told(timed_out),
    ])
    .await;
}

#[tokio::test]
async fn a_connection_may_idle_for_a_minute_between_requests_and_no_longer() {
    all_are_cut_off_in_time(vec![Slow::new("", "", IDLE).after_an_answer()]).await;
}

/// Many systems give a process a limit of open files that is far below that of connections.
#[tokio::test]
async fn a_low_limit_of_open_files_is_raised() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let process = Process::start_with(&data, |command| {
        let mut limited = std::process::Command::new("sh");
        limited.args(["-c", "ulimit -S -n 40 && exec \"$0\" \"$@\""]);
        limited.arg(command.get_program()).args(command.get_args());
        let log = std::fs::File::create(data.with_extension("log")).unwrap();
        limited.stdout(std::process::Stdio::piped()).stderr(log);
        *command = limited;
    });
    let address = process.base.trim_start_matches("http://");
    let mut held = Vec::new();
    for _ in 0..100 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(LIVE.as_bytes()).await.unwrap();
        let answered = tokio::time::timeout(LATE, read_answer(&mut stream)).await;
        answered.expect("an answer at once");
        held.push(stream);
    }
}
