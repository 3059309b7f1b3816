//! What a connection may do: not too many of them, a request's head in time, and no waiting for a silent client when the
//! server stops. hyper has one limit for idling and for a head that has begun, and at a stop it waits for heads that never
//! come, so this watches what is read.

use std::{
    future::Future,
    io,
    net::IpAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{body::Body, extract::Request, response::Response};
use axum_server::accept::Accept;
use http_body_util::BodyExt;
use ipnet::IpNet;
use timetracks_app::{Turn, Turns, network_of};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    sync::{Notify, OwnedSemaphorePermit, Semaphore, futures::OwnedNotified},
    time::Sleep,
};
use tower::Service;

use crate::HttpPolicy;

/// How many of them one address (IPv6: /64) may have that is no trusted proxy's.
const MOST_OF_ONE_ADDRESS: usize = 2_000;
/// How long the head of a request may take, from its first byte on.
const HEAD_TIME_LIMIT: Duration = Duration::from_secs(5);

/// Takes connections, and tells them when to end.
#[derive(Clone)]
pub(crate) struct Gate {
    places: Arc<Semaphore>,
    addresses: Arc<Turns<IpAddr>>,
    /// Who may have any number of them.
    proxies: Arc<[IpNet]>,
    is_limited: bool,
    stop: Arc<Stop>,
}

/// Given back when the connection ends.
struct Places {
    _one: OwnedSemaphorePermit,
    _of_its_address: Option<Turn<IpAddr>>,
}

#[derive(Default)]
struct Stop {
    begun: AtomicBool,
    told: Arc<Notify>,
}

impl Gate {
    /// A gate for as many connections at a time as the policy allows.
    pub(crate) fn new(policy: &HttpPolicy) -> Self {
        Self {
            places: Arc::new(Semaphore::new(policy.bounds.connections)),
            addresses: Arc::new(Turns::new(MOST_OF_ONE_ADDRESS)),
            proxies: policy.trusted_proxies.clone().into(),
            is_limited: policy.rate_limit,
            stop: Arc::default(),
        }
    }

    /// The places of a connection from that address.
    fn admit(&self, address: IpAddr) -> io::Result<Places> {
        let too_many = || io::Error::other("too many connections");
        let address = address.to_canonical();
        let is_proxy = self.proxies.iter().any(|net| net.contains(&address));
        let of_its_address = match self.is_limited && !is_proxy {
            true => {
                let place = self.addresses.take(network_of(address));
                Some(place.ok_or_else(too_many)?)
            }
            false => None,
        };
        let place = Arc::clone(&self.places).try_acquire_owned();
        Ok(Places {
            _one: place.map_err(|_| too_many())?,
            _of_its_address: of_its_address,
        })
    }

    /// From now on, a connection on which no request is under way ends.
    pub(crate) fn close(&self) {
        self.stop.begun.store(true, Ordering::SeqCst);
        self.stop.told.notify_waiters();
    }
}

impl<S> Accept<TcpStream, S> for Gate {
    type Stream = Connection;
    type Service = Counted<S>;
    type Future = std::future::Ready<io::Result<(Connection, Counted<S>)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let requests = Arc::new(Requests::default());
        let connection = || {
            let places = self.admit(stream.peer_addr()?.ip())?;
            stream.set_nodelay(true)?;
            Ok(Connection {
                stream,
                told: Box::pin(Arc::clone(&self.stop.told).notified_owned()),
                stop: Arc::clone(&self.stop),
                requests: Arc::clone(&requests),
                head: None,
                is_writing: false,
                _places: places,
            })
        };
        std::future::ready(connection().map(|connection| {
            let service = Counted {
                service,
                requests: Arc::clone(&requests),
            };
            (connection, service)
        }))
    }
}

/// The requests of one connection.
#[derive(Default)]
struct Requests {
    begun: AtomicUsize,
    under_way: AtomicUsize,
}

/// A request under way, until its answer is written or dropped.
struct UnderWay(Arc<Requests>);

impl UnderWay {
    fn begin(requests: &Arc<Requests>) -> Self {
        requests.under_way.fetch_add(1, Ordering::SeqCst);
        requests.begun.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(requests))
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A service that counts the requests of its connection.
#[derive(Clone)]
pub(crate) struct Counted<S> {
    service: S,
    requests: Arc<Requests>,
}

impl<S, B> Service<Request<B>> for Counted<S>
where
    S: Service<Request<B>, Response = Response>,
    S::Future: Send + 'static,
    S::Error: Send,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let under_way = UnderWay::begin(&self.requests);
        let answer = self.service.call(request);
        Box::pin(async move {
            let answer = answer.await?;
            // The last frame has been taken, or nobody wants it, when the body is dropped.
            Ok(answer.map(|body| {
                Body::new(body.map_frame(move |frame| {
                    let _ = &under_way;
                    frame
                }))
            }))
        })
    }
}

/// The stream of a client.
pub(crate) struct Connection {
    stream: TcpStream,
    stop: Arc<Stop>,
    told: Pin<Box<OwnedNotified>>,
    requests: Arc<Requests>,
    /// A head that has begun: after how many requests, and when its time is over.
    head: Option<(usize, Pin<Box<Sleep>>)>,
    /// Whether something was written that is not flushed.
    is_writing: bool,
    _places: Places,
}

impl Connection {
    fn is_between_requests(&self) -> bool {
        self.requests.under_way.load(Ordering::SeqCst) == 0
    }

    /// Whether the server stops, and nothing is under way here.
    fn is_over(&mut self, context: &mut Context<'_>) -> bool {
        if !self.stop.begun.load(Ordering::SeqCst) {
            // Registered first, so that what is told in between is heard.
            if self.told.as_mut().poll(context).is_pending()
                && !self.stop.begun.load(Ordering::SeqCst)
            {
                return false;
            }
        }
        self.is_between_requests() && !self.is_writing
    }

    /// Fails once a head that has begun is late.
    fn poll_head(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        let begun = self.requests.begun.load(Ordering::SeqCst);
        self.head.take_if(|(at, _)| *at != begun);
        match &mut self.head {
            Some((_, limit)) => limit
                .as_mut()
                .poll(context)
                .map(|()| io::Error::from(io::ErrorKind::TimedOut)),
            None => Poll::Pending,
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.is_over(context) {
            return Poll::Ready(Ok(()));
        }
        let filled = buffer.filled().len();
        if let Poll::Ready(read) = Pin::new(&mut this.stream).poll_read(context, buffer) {
            if buffer.filled().len() > filled && this.is_between_requests() {
                let begun = this.requests.begun.load(Ordering::SeqCst);
                this.head.take_if(|(at, _)| *at != begun);
                let limit = || (begun, Box::pin(tokio::time::sleep(HEAD_TIME_LIMIT)));
                this.head.get_or_insert_with(limit);
            }
            return Poll::Ready(read);
        }
        let late = ready!(this.poll_head(context));
        Poll::Ready(Err(late))
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.is_writing = true;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.is_writing = true;
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        self.is_writing = flushed.is_pending();
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_cannot_take_up_every_connection_unless_it_is_a_proxy() {
        let policy = HttpPolicy {
            trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()],
            rate_limit: true,
            ..HttpPolicy::default()
        };
        let gate = Gate::new(&policy);
        let admit = |address: &str| gate.admit(address.parse().unwrap());
        let mut taken: Vec<_> = (0..MOST_OF_ONE_ADDRESS)
            .map(|_| admit("2001:db8::1").unwrap())
            .collect();
        assert!(admit("2001:db8::ffff:2").is_err());
        assert!(admit("2001:db8:0:1::1").is_ok());
        taken.pop();
        assert!(admit("2001:db8::ffff:2").is_ok());
        let of_proxy: Vec<_> = (taken.len()..policy.bounds.connections)
            .map(|_| admit("::ffff:10.1.2.3").unwrap())
            .collect();
        assert!(admit("192.0.2.1").is_err());
        drop(of_proxy);
        assert!(admit("192.0.2.1").is_ok());
    }
}
