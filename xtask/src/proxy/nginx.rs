//! Runs nginx with the configuration in `tests/programs/proxy`.

use std::fs;
use std::io;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::program;

/// The servers of the configuration, by the placeholder of their port.
const SERVERS: [&str; 6] = ["HTTP_2", "HTTP_1", "STEADY_503", "STEADY_429", "SINGLE_503", "SINGLE_429"];
/// Timeout for the start and for a line in the log, long enough for the slowest machine.
const TIMEOUT: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(20);

/// A running nginx. Dropping it stops nginx.
pub(super) struct Nginx {
    child: Child,
    folder: PathBuf,
    ports: Vec<(&'static str, u16)>,
    /// Number of log lines that were read.
    read: usize,
}

/// A request in the log of nginx.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) version: String,
    pub(super) status: u16,
    pub(super) encoding: String,
}

impl Nginx {
    /// Starts nginx in front of the emulator, with a new certificate and on free ports.
    pub(super) fn start(root: &Path, emulator: &str) -> Result<Self, String> {
        let folder = root.join("target/proxy");
        let failed = |path: &Path, error: &io::Error| format!("{}: {error}", path.display());
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(|error| failed(&folder, &error))?;
        }
        fs::create_dir_all(folder.join("temporary")).map_err(|error| failed(&folder, &error))?;
        certify(&folder)?;
        let ports = free_ports().map_err(|error| format!("cannot find a free port: {error}"))?;
        let template = root.join("tests/programs/proxy/nginx.conf");
        let template = fs::read_to_string(&template).map_err(|error| failed(&template, &error))?;
        let configuration = ports.iter().fold(template.replace("@EMULATOR@", emulator), |text, (server, port)| {
            text.replace(&format!("@{server}@"), &port.to_string())
        });
        let file = folder.join("nginx.conf");
        fs::write(&file, configuration).map_err(|error| failed(&file, &error))?;

        let mut command = Command::new("nginx");
        command.arg("-p").arg(&folder).args(["-c", "nginx.conf", "-e", "error.log"]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().map_err(|error| program::not_started(&command, &error))?;
        let mut nginx = Self { child, folder, ports, read: 0 };
        nginx.wait_until_it_listens()?;
        Ok(nginx)
    }

    /// Returns the URL of a server.
    pub(super) fn url(&self, server: &str) -> Result<String, String> {
        let port = self.ports.iter().find(|(name, _)| *name == server).map(|(_, port)| port);
        port.map(|port| format!("https://127.0.0.1:{port}")).ok_or_else(|| format!("there is no server {server}"))
    }

    /// Returns the certificate file that clients must trust.
    pub(super) fn certificate(&self) -> PathBuf {
        self.folder.join("certificate.pem")
    }

    /// Returns the requests since the last call.
    pub(super) fn requests(&mut self) -> Result<Vec<Request>, String> {
        let file = self.folder.join("access.log");
        // A line is written after its response. The log is complete when it has not changed for a while.
        let mut lines = Vec::new();
        let start = Instant::now();
        loop {
            let log = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
            let found: Vec<_> = log.lines().skip(self.read).map(str::to_owned).collect();
            if !found.is_empty() && found == lines || start.elapsed() > TIMEOUT {
                break;
            }
            lines = found;
            thread::sleep(10 * POLL);
        }
        self.read += lines.len();
        lines.iter().map(|line| read(line).ok_or_else(|| format!("{}: {line:?}", file.display()))).collect()
    }

    fn wait_until_it_listens(&mut self) -> Result<(), String> {
        let start = Instant::now();
        let log = self.folder.join("error.log");
        let said = || fs::read_to_string(&log).unwrap_or_default();
        while !self.ports.iter().all(|(_, port)| TcpStream::connect(("127.0.0.1", *port)).is_ok()) {
            let has_ended = self.child.try_wait().map_err(|error| format!("nginx: {error}"))?.is_some();
            if has_ended || start.elapsed() > TIMEOUT {
                return Err(format!("nginx did not start:\n{}", said()));
            }
            thread::sleep(POLL);
        }
        Ok(())
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Creates a certificate for this machine, and its key.
fn certify(folder: &Path) -> Result<(), String> {
    program::step(
        Command::new("openssl")
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"])
            .args(["-subj", "/CN=hss-proxy", "-addext", "subjectAltName=IP:127.0.0.1"])
            // A client refuses the certificate of an authority as a server certificate.
            .args(["-addext", "basicConstraints=critical,CA:FALSE"])
            .args(["-keyout", "key.pem", "-out", "certificate.pem"])
            .current_dir(folder),
    )?;
    Ok(())
}

/// Returns a free port for each server. The ports are bound at the same time, so that none is returned twice.
fn free_ports() -> io::Result<Vec<(&'static str, u16)>> {
    let listeners: Vec<_> = SERVERS.iter().map(|_| TcpListener::bind("127.0.0.1:0")).collect::<io::Result<_>>()?;
    SERVERS.into_iter().zip(listeners).map(|(name, listener)| Ok((name, listener.local_addr()?.port()))).collect()
}

/// Parses a line of the log: port, version, status, encoding.
fn read(line: &str) -> Option<Request> {
    let mut words = line.split(' ').skip(1).map(str::to_owned);
    let (version, status, encoding) = (words.next()?, words.next()?.parse().ok()?, words.next()?);
    Some(Request { version, status, encoding })
}
