//! One client that blocks: for what is asked one by one.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use crate::{
    Outcome,
    load::{Answer, Step},
};

const BUFFER_BYTES: usize = 256 * 1024;

pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    count: u64,
}

/// How an answer came.
pub(crate) struct Arrival {
    /// Until the first byte of the body.
    pub(crate) first: Duration,
    /// Until the last.
    pub(crate) last: Duration,
    pub(crate) answer: Answer,
}

impl Connection {
    pub(crate) fn open(address: &str) -> Outcome<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: vec![0; BUFFER_BYTES],
            count: 0,
        })
    }

    /// Asks, and waits for the whole answer.
    pub(crate) fn ask(&mut self, step: &Step, kept_bytes: usize) -> Outcome<Arrival> {
        self.count += 1;
        let request = step.request("", self.count);
        let began = Instant::now();
        self.stream.write_all(&request)?;
        let (mut answer, mut first) = (Answer::keeping(kept_bytes), None);
        loop {
            let read = self.stream.read(&mut self.buffer)?;
            if read == 0 {
                return Err(format!("{}: the answer broke off", step.name).into());
            }
            let is_whole = answer.take(&self.buffer[..read])?;
            if answer.body_bytes > 0 {
                first.get_or_insert_with(|| began.elapsed());
            }
            if is_whole {
                break;
            }
        }
        let last = began.elapsed();
        if !step.statuses.contains(&answer.status) {
            let text = String::from_utf8_lossy(&answer.start);
            return Err(format!("{}: {} {text}", step.line, answer.status).into());
        }
        Ok(Arrival {
            first: first.unwrap_or(last),
            last,
            answer,
        })
    }

    /// Asks all of this again and again.
    pub(crate) fn repeat(&mut self, steps: &[Step], times: usize) -> Outcome<()> {
        for _ in 0..times {
            for step in steps {
                self.ask(step, 0)?;
            }
        }
        Ok(())
    }
}
