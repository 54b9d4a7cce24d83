//! Accepts connections, reads whole requests within limits, and passes them to the dispatcher.

use std::fmt;
use std::future::{pending, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt as _, Full};
use hyper::Request;
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{Semaphore, SemaphorePermit, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::dispatch::Dispatcher;
use crate::faults::Script;
use crate::gateway::peer::Peer;
use crate::response::GatewayError;
use crate::timeout::TIMEOUT;

/// Maximum size of the head of a request, in bytes. Beyond it, hyper sends an error response by itself. A token alone
/// may have 32 768 bytes.
const HEAD_LIMIT: usize = 96 * 1024;
/// Maximum number of headers of a request: the number of shortest headers that fit into 64 KiB. Beyond it, hyper sends
/// an error response by itself.
const HEADERS: usize = 16 * 1024;
/// Maximum size of a body, in bytes: the limit of the API gateway.
const BODY_LIMIT: u64 = 12 * 1024 * 1024;
/// Capacity of the buffer for a larger body. The system's allocator maps a block of more than 32 MiB by itself and unmaps it
/// when it is freed. A smaller block would become part of the heap, which keeps its size. Unused capacity takes no memory.
const LARGE_BODY_CAPACITY: usize = 33 * 1024 * 1024;
/// Maximum number of open connections. Further connections wait until one is closed. Each may use a quarter of a
/// megabyte: a head and a small body, in buffers that double in size.
const CONNECTIONS: usize = 128;
/// Maximum number of connections that wait. Beyond it, clients cannot connect.
const WAITING_CONNECTIONS: u32 = 1024;
/// Size of a body, in bytes, up to which the number of concurrent requests is not limited.
const SMALL_BODY: usize = 64 * 1024;
/// Maximum number of concurrent requests with a larger body. Further requests wait before they can send theirs.
const MAX_LARGE_BODIES: usize = 2;
/// Delay after a connection could not be accepted. The most common cause is that the process has too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// The state that all connections share.
struct Shared {
    dispatcher: Arc<Dispatcher>,
    /// One permit for each request with a large body.
    large_bodies: Semaphore,
    /// Timeout for the client to read the response and to send the head of its next request.
    response_timeout: Duration,
}

/// Binds a listener to an address.
pub(crate) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // The standard library does the same. On Windows this option would let other programs bind the same address.
    #[cfg(not(windows))]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(WAITING_CONNECTIONS)
}

/// Serves connections until the future is dropped. Dropping it closes the connections.
pub(crate) async fn run(listener: TcpListener, dispatcher: Arc<Dispatcher>) {
    run_with(listener, dispatcher, TIMEOUT).await;
}

async fn run_with(listener: TcpListener, dispatcher: Arc<Dispatcher>, response_timeout: Duration) {
    let shared = Arc::new(Shared { dispatcher, large_bodies: Semaphore::new(MAX_LARGE_BODIES), response_timeout });
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            // Completed tasks are removed at once. Otherwise, they would prevent freed memory around them from
            // returning to the system.
            Some(_) = connections.join_next() => {}
            accepted = listener.accept(), if connections.len() < CONNECTIONS => match accepted {
                Ok((stream, peer)) => drop(connections.spawn(serve(stream, Peer(peer.ip()), Arc::clone(&shared)))),
                Err(_) => sleep(ACCEPT_PAUSE).await,
            },
        }
    }
}

/// Serves one connection until it closes. Errors of the connection concern only its client and are ignored.
async fn serve(stream: TcpStream, peer: Peer, shared: Arc<Shared>) {
    // A response is small and complete, so that waiting to combine packets would only delay it.
    let _ = stream.set_nodelay(true);
    let script = Mutex::new(None);
    let (unread, until) = watch::channel(None);
    // Boxed, so that the stream can be taken back to play a script.
    let service = service_fn(|request| {
        Box::pin(async {
            let _ = unread.send(None);
            let response = respond(&shared, &script, peer, request).await;
            let _ = unread.send(Instant::now().checked_add(shared.response_timeout));
            response
        })
    });
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(TIMEOUT)
        .max_buf_size(HEAD_LIMIT)
        .max_headers(HEADERS)
        // A client may close its write side after sending the request, and still expect a response.
        .half_close(true)
        .serve_connection(TokioIo::new(stream), service);
    let is_stuck = tokio::select! {
        _ = poll_fn(|context| connection.poll_without_shutdown(context)) => false,
        () = passed(until) => true,
    };
    let mut stream = connection.into_parts().io.into_inner();
    match script.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(script) => Script::play(script, stream, shared.dispatcher.runtime()).await,
        // Drops the unread part of the response that the system still buffers.
        None if is_stuck => drop(stream.set_zero_linger()),
        None => drop(stream.shutdown().await),
    }
}

/// Waits until the client has exceeded the time to read the responses of a connection. While a request is processed, no
/// limit applies.
async fn passed(mut until: watch::Receiver<Option<Instant>>) {
    loop {
        let now = *until.borrow_and_update();
        let passed = async {
            match now {
                Some(until) => sleep_until(until).await,
                None => pending().await,
            }
        };
        tokio::select! {
            () = passed => return,
            changed = until.changed() => if changed.is_err() { return },
        }
    }
}

/// Signals that a script is to be played instead of an HTTP response.
#[derive(Debug)]
struct Scripted;

impl fmt::Display for Scripted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a fault takes the connection")
    }
}

impl std::error::Error for Scripted {}

async fn respond(
    Shared { dispatcher, large_bodies, .. }: &Shared,
    script: &Mutex<Option<Script>>,
    peer: Peer,
    request: Request<Incoming>,
) -> Result<hyper::Response<Full<Bytes>>, Scripted> {
    let (mut head, body) = request.into_parts();
    head.extensions.insert(peer);
    let request_id = dispatcher.next_request_id();
    if let Some(refused) = dispatcher.refuse(&head, &request_id) {
        // A head that is too large uses a hundred times as much memory as its bytes, and the body may arrive slowly.
        drop(head);
        discard(body).await;
        return Ok(refused);
    }
    // The permit for a large body is kept until the body is dropped.
    let (body, _permit) = match read(body, large_bodies).await {
        Ok((body, permit)) => (Ok(body), permit),
        Err(gateway_error) => (Err(gateway_error), None),
    };
    dispatcher.respond(&head, body, &request_id).await.map_err(|found| {
        *script.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
        Scripted
    })
}

/// Reads and discards the body of a refused request. A client that is still sending would not read the response.
async fn discard(mut body: Incoming) {
    if body.size_hint().lower() > BODY_LIMIT {
        return;
    }
    let mut length = 0;
    let reading = async {
        while let Some(Ok(frame)) = body.frame().await {
            length += frame.data_ref().map_or(0, Bytes::len);
            if length as u64 > BODY_LIMIT {
                return;
            }
        }
    };
    let _ = timeout(TIMEOUT, reading).await;
}

/// Reads a body to its end, so that the next request on the connection can be parsed.
async fn read(
    mut body: Incoming,
    large_bodies: &Semaphore,
) -> Result<(Bytes, Option<SemaphorePermit<'_>>), GatewayError> {
    // A body whose declared length exceeds the limit is refused before any of it is read.
    if body.size_hint().lower() > BODY_LIMIT {
        return Err(GatewayError::BODY_TOO_LARGE);
    }
    // Enough for a small body. Without this capacity, the buffer would grow to twice the size of the body.
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(SMALL_BODY);
    let (mut bytes, mut permit) = (BytesMut::with_capacity(announced.min(SMALL_BODY)), None);
    let reading = async {
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| GatewayError::BODY_CUT)?;
            let data = frame.data_ref().map_or(&[][..], |data| data);
            let length = bytes.len() + data.len();
            if length as u64 > BODY_LIMIT {
                return Err(GatewayError::BODY_TOO_LARGE);
            }
            if length > SMALL_BODY && permit.is_none() {
                permit = large_bodies.acquire().await.ok();
                bytes.reserve(LARGE_BODY_CAPACITY);
            }
            bytes.extend_from_slice(data);
        }
        Ok((bytes.freeze(), permit))
    };
    timeout(TIMEOUT, reading).await.unwrap_or(Err(GatewayError::BODY_CUT))
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt as _;

    use super::*;
    use crate::emulator::Emulator;
    use crate::gateway::log::Received;

    #[tokio::test]
    async fn closes_the_connection_if_the_client_does_not_read_the_response() {
        let emulator = Emulator::builder().start().await.unwrap();
        let dispatcher = Arc::clone(&emulator.dispatcher);
        // Larger than the buffers of the system.
        let request = Request::get(format!("/{}", "x".repeat(8_000))).body(()).unwrap().into_parts().0;
        for _ in 0..1_900 {
            dispatcher.log().add(Received::new(&request));
        }
        let listener = listen(([127, 0, 0, 1], 0).into()).unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(run_with(listener, dispatcher, Duration::from_secs(3)));
        let ask = async || {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream
                .write_all(b"GET /_emulator/requests HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
                .await
                .unwrap();
            stream
        };
        let mut stuck = ask().await;
        stuck.read_exact(&mut [0; 8]).await.unwrap();
        let mut response = Vec::new();
        let read = async { ask().await.read_to_end(&mut response).await };
        timeout(Duration::from_secs(60), read).await.unwrap().unwrap();
        assert!(response.starts_with(b"HTTP/1.1 200 ") && response.ends_with(b"]}"));
        assert!(stuck.read_to_end(&mut response).await.is_err(), "the other connection was reset");
    }
}
