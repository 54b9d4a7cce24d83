//! Connections: reads requests whole, within limits, and hands them to the dispatcher.

use std::fmt;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::answer::Refusal;
use crate::dispatch::Dispatcher;
use crate::faults::Script;
use crate::gateway::peer::Peer;

/// Time for the head of a request to arrive, counted from the answer before it, and for its body. Longer than the minute
/// that a throttled client waits, whose connection would else close just as it sends again.
const READ_TIMEOUT: Duration = Duration::from_secs(75);
/// Largest head of a request, in bytes. Beyond it hyper answers by itself. A token alone may have 32 768.
const HEAD_LIMIT: usize = 96 * 1024;
/// The most headers of a request, beyond which hyper answers by itself: as many as 64 KiB hold of the shortest.
const HEADERS: usize = 16 * 1024;
/// Largest body, in bytes: that of the gateway.
const BODY_LIMIT: u64 = 12 * 1024 * 1024;
/// The most connections at once. Others wait until one is closed.
const CONNECTIONS: usize = 1024;
/// Largest body, in bytes, that any number of requests may have at once.
const SMALL_BODY: usize = 64 * 1024;
/// The most requests at once with a larger one. Others wait to send theirs.
const LARGE_BODIES: usize = 2;
/// Wait after a connection could not be accepted, which mostly means that the process has too many files open.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What all connections share.
struct Shared {
    dispatcher: Arc<Dispatcher>,
    /// A permit for each request with a large body.
    large_bodies: Semaphore,
}

/// Serves connections until it is dropped, and drops them with it.
pub(crate) async fn run(listener: TcpListener, dispatcher: Arc<Dispatcher>) {
    let shared = Arc::new(Shared { dispatcher, large_bodies: Semaphore::new(LARGE_BODIES) });
    let mut connections = JoinSet::new();
    loop {
        if connections.len() >= CONNECTIONS {
            connections.join_next().await;
        }
        let Ok((stream, peer)) = listener.accept().await else {
            sleep(ACCEPT_PAUSE).await;
            continue;
        };
        // Those that have ended would otherwise pile up.
        while connections.try_join_next().is_some() {}
        connections.spawn(serve(stream, Peer(peer.ip()), Arc::clone(&shared)));
    }
}

/// Serves one connection to its end. Whatever breaks it is its client's affair alone.
async fn serve(stream: TcpStream, peer: Peer, shared: Arc<Shared>) {
    // An answer is small and complete: nothing is won by waiting for more to send with it.
    let _ = stream.set_nodelay(true);
    let script = Mutex::new(None);
    // Boxed, so that the stream can be had back for a script.
    let service = service_fn(|request| Box::pin(answer(&shared, &script, peer, request)));
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(READ_TIMEOUT)
        .max_buf_size(HEAD_LIMIT)
        .max_headers(HEADERS)
        // A client may close its side once it has sent its request, and still wants the answer.
        .half_close(true)
        .serve_connection(TokioIo::new(stream), service);
    let _ = poll_fn(|context| connection.poll_without_shutdown(context)).await;
    let mut stream = connection.into_parts().io.into_inner();
    match script.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(script) => Script::play(script, stream, shared.dispatcher.world()).await,
        None => drop(stream.shutdown().await),
    }
}

/// There is a script to play instead of an answer.
#[derive(Debug)]
struct Scripted;

impl fmt::Display for Scripted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a fault takes the connection")
    }
}

impl std::error::Error for Scripted {}

async fn answer(
    Shared { dispatcher, large_bodies }: &Shared,
    script: &Mutex<Option<Script>>,
    peer: Peer,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Scripted> {
    let (mut head, body) = request.into_parts();
    head.extensions.insert(peer);
    // The permit of a large body is kept until the body is dropped.
    let (body, _permit) = match read(body, large_bodies).await {
        Ok((body, permit)) => (Ok(body), permit),
        Err(refusal) => (Err(refusal), None),
    };
    dispatcher.answer(&head, body).await.map_err(|found| {
        *script.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
        Scripted
    })
}

/// Reads a body to its end, so that the next request on the connection is found.
async fn read(mut body: Incoming, large_bodies: &Semaphore) -> Result<(Bytes, Option<SemaphorePermit<'_>>), Refusal> {
    // A length that is announced is refused before anything is read.
    if body.size_hint().lower() > BODY_LIMIT {
        return Err(Refusal::BODY_TOO_LARGE);
    }
    let (mut whole, mut permit) = (BytesMut::new(), None);
    let reading = async {
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| Refusal::BODY_CUT)?;
            let data = frame.data_ref().map_or(&[][..], |data| data);
            let length = whole.len() + data.len();
            if length as u64 > BODY_LIMIT {
                return Err(Refusal::BODY_TOO_LARGE);
            }
            if length > SMALL_BODY && permit.is_none() {
                permit = large_bodies.acquire().await.ok();
            }
            whole.extend_from_slice(data);
        }
        Ok((whole.freeze(), permit))
    };
    timeout(READ_TIMEOUT, reading).await.unwrap_or(Err(Refusal::BODY_CUT))
}
