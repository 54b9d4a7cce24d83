//! A gateway that answers as a test tells it to, down to the byte.

#![allow(dead_code, reason = "each test file uses a part of this")]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use hss_client::VirtualWorld;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A world in which every jitter is half of what it may be.
pub(crate) fn world() -> VirtualWorld {
    VirtualWorld::default().with_chance(0.5)
}

/// One request, as it came.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) target: String,
    /// Lower-case names and values.
    pub(crate) headers: Vec<(String, String)>,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The number that a query parameter has.
    pub(crate) fn number(&self, name: &str) -> i64 {
        let query = self.target.split_once('?').map_or("", |(_, query)| query);
        let pair = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        pair.and_then(|value| value.parse().ok()).unwrap_or(0)
    }
}

/// What is done with a request.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// These bytes, and the connection is closed.
    Bytes(Vec<u8>),
    /// These bytes, and then a reset.
    Reset(Vec<u8>),
    /// These bytes, and then nothing more, though the connection stays.
    Stall(Vec<u8>),
    /// A whole answer with these header lines.
    Answer(u16, Vec<String>, Vec<u8>),
}

impl Reply {
    pub(crate) fn json(status: u16, body: &str) -> Self {
        Self::Answer(status, vec!["content-type: application/json".to_owned()], body.as_bytes().to_vec())
    }

    /// The same with one more header line.
    pub(crate) fn with(self, line: &str) -> Self {
        match self {
            Self::Answer(status, mut lines, body) => {
                lines.push(line.to_owned());
                Self::Answer(status, lines, body)
            }
            other => other,
        }
    }

    /// Its bytes on the wire.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Bytes(bytes) | Self::Reset(bytes) | Self::Stall(bytes) => bytes.clone(),
            Self::Answer(status, lines, body) => {
                let mut head = format!("HTTP/1.1 {status} X\r\n");
                for line in lines {
                    head += &format!("{line}\r\n");
                }
                if !lines.iter().any(|line| line.starts_with("transfer-encoding")) {
                    head += &format!("content-length: {}\r\n", body.len());
                }
                [format!("{head}x-request-id: r-1\r\nconnection: close\r\n\r\n").into_bytes(), body.clone()].concat()
            }
        }
    }
}

/// A gateway on a port of its own.
#[derive(Debug)]
pub(crate) struct Gateway {
    pub(crate) address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    task: JoinHandle<()>,
}

impl Gateway {
    pub(crate) async fn start(reply: impl Fn(&Asked, &[Asked]) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (log, reply) = (Arc::clone(&asked), Arc::new(reply));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&log), Arc::clone(&reply)));
            }
        });
        Self { address, asked, task }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The requests that came so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve<F>(mut stream: TcpStream, log: Arc<Mutex<Vec<Asked>>>, reply: Arc<F>) -> Option<()>
where
    F: Fn(&Asked, &[Asked]) -> Reply,
{
    let asked = read(&mut stream).await?;
    let reply = {
        let mut log = log.lock().unwrap();
        let reply = reply(&asked, &log);
        log.push(asked);
        reply
    };
    stream.write_all(&reply.bytes()).await.ok()?;
    stream.flush().await.ok()?;
    match reply {
        Reply::Reset(_) => stream.set_zero_linger().ok()?,
        Reply::Stall(_) => std::future::pending::<()>().await,
        Reply::Bytes(_) | Reply::Answer(..) => stream.shutdown().await.ok()?,
    }
    Some(())
}

async fn read(stream: &mut TcpStream) -> Option<Asked> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).ok()?;
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers =
        lines.filter_map(|line| line.split_once(": ")).map(|(name, value)| (name.to_lowercase(), value.to_owned()));
    Some(Asked { method, target, headers: headers.collect() })
}
