//! One client: asks, waits for the answer, asks again on the same connection for as long as the server keeps it.

use std::time::{Duration, Instant};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::{Answer, Plan, Script, Step, report::Tally};
use crate::{Failure, Outcome};

/// Longer than any server lets a request take.
const LONGEST_ANSWER: Duration = Duration::from_secs(30);
const BUFFER_BYTES: usize = 64 * 1024;
/// As much of a body as is read for a member to carry.
const KEPT_BYTES: usize = 8 * 1024;
/// Between the numbers of two connections.
const NUMBERS: u64 = 1_000_000;

/// When answers count.
#[derive(Clone, Copy)]
pub(super) struct Window {
    start: Instant,
    end: Instant,
    pause: Duration,
    /// So that no two runs use the same numbers.
    first_number: u64,
}

impl Window {
    pub(super) fn of(plan: &Plan) -> Self {
        let start = Instant::now() + Duration::from_secs_f64(plan.warm_up_seconds);
        let since_1970 = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
        Self {
            start,
            end: start + Duration::from_secs_f64(plan.seconds),
            pause: Duration::from_millis(plan.pause_ms),
            first_number: since_1970.as_secs() * 1000 * NUMBERS,
        }
    }
}

/// A step that is ready to be sent.
struct Ready<'s> {
    step: &'s Step,
    request: Option<Vec<u8>>,
}

/// A connection, and the next one once an answer has ended it.
struct Client {
    address: String,
    stream: TcpStream,
    is_ended: bool,
    buffer: Vec<u8>,
}

pub(super) async fn run(
    address: String,
    number: usize,
    script: Script,
    window: Window,
) -> Result<Tally, Failure> {
    let mut client = Client::connect(address).await?;
    let steps: Vec<_> = script
        .steps
        .iter()
        .map(|step| Ready {
            step,
            request: step.is_constant().then(|| step.request("", 0)),
        })
        .collect();
    let mut took: Vec<Vec<u32>> = vec![Vec::new(); steps.len()];
    let (mut tally, mut carried) = (Tally::default(), script.carried.clone());
    let mut serial = window.first_number + number as u64 * NUMBERS;
    while Instant::now() < window.end {
        for (place, ready) in steps.iter().enumerate() {
            serial += 1;
            let dynamic;
            let request = match &ready.request {
                Some(request) => request,
                None => {
                    dynamic = ready.step.request(&carried, serial);
                    &dynamic
                }
            };
            let began = Instant::now();
            let answer = client.ask(request, ready.step).await?;
            let ended = Instant::now();
            if let Some(member) = &ready.step.carry {
                carried = answer
                    .member(member)
                    .ok_or_else(|| format!("no `{member}` in an answer"))?;
            }
            tally.answers += 1;
            if ended >= window.start && ended < window.end {
                took[place].push(u32::try_from((ended - began).as_micros()).unwrap_or(u32::MAX));
                *tally.statuses.entry(answer.status).or_default() += 1;
                tally.bytes += answer.body_bytes;
            }
            if !window.pause.is_zero() {
                tokio::time::sleep(window.pause).await;
            }
        }
    }
    for (ready, took) in steps.iter().zip(took) {
        tally
            .took_us
            .entry(ready.step.name.clone())
            .or_default()
            .extend(took);
    }
    Ok(tally)
}

impl Client {
    async fn connect(address: String) -> Outcome<Self> {
        Ok(Self {
            stream: open(&address).await?,
            address,
            is_ended: false,
            buffer: vec![0; BUFFER_BYTES],
        })
    }

    async fn ask(&mut self, request: &[u8], step: &Step) -> Outcome<Answer> {
        if self.is_ended {
            self.stream = open(&self.address).await?;
        }
        let mut answer = Answer::keeping(if step.carry.is_some() { KEPT_BYTES } else { 0 });
        self.stream.write_all(request).await?;
        loop {
            let read = timeout(LONGEST_ANSWER, self.stream.read(&mut self.buffer)).await??;
            if read == 0 {
                return Err(format!("{}: the connection was closed", step.name).into());
            }
            if answer.take(&self.buffer[..read])? {
                break;
            }
        }
        if !step.statuses.contains(&answer.status) {
            let (name, line, status) = (&step.name, &step.line, answer.status);
            return Err(format!("{name} ({line}): {status} instead of {:?}", step.statuses).into());
        }
        self.is_ended = answer.is_last;
        Ok(answer)
    }
}

async fn open(address: &str) -> Outcome<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read, Write},
        net::TcpListener,
    };

    use super::*;

    const KEPT: &[u8] = b"HTTP/1.1 204 No Content\r\n\r\n";
    const LAST: &[u8] = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";

    /// A server that gives these answers on each of its connections and then closes it.
    fn serve(connections: &'static [&'static [&'static [u8]]]) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        std::thread::spawn(move || {
            for answers in connections {
                let (mut stream, _) = listener.accept().unwrap();
                for answer in *answers {
                    assert!(stream.read(&mut [0; 1024]).unwrap() > 0);
                    stream.write_all(answer).unwrap();
                }
            }
        });
        address
    }

    #[tokio::test]
    async fn a_connection_is_kept_until_an_answer_ends_it_and_then_followed_by_another() {
        let address = serve(&[&[KEPT, LAST], &[LAST], &[KEPT]]);
        let mut client = Client::connect(address).await.unwrap();
        let step = Step::new("read", 204, "GET /tasks/1");
        for _ in 0..4 {
            client.ask(&step.request("", 0), &step).await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_server_that_closes_without_having_said_so_fails_the_run() {
        let mut client = Client::connect(serve(&[&[KEPT]])).await.unwrap();
        let step = Step::new("read", 204, "GET /tasks/1");
        client.ask(&step.request("", 0), &step).await.unwrap();
        assert!(client.ask(&step.request("", 0), &step).await.is_err());
    }
}
