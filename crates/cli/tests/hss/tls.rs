//! Tests of `https`: trusted certificates, HTTP versions, and proxies.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use hss_client::{Client, ClientBuilder, Credentials, ErrorKind, Retries};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::HOST;
use hyper::service::service_fn;
use hyper::{Request, Response, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tempfile::TempDir;
use tokio_rustls::TlsAcceptor;

use crate::canned::Canned;
use crate::program::{Ran, TASK, hss, run};

/// A server with a self-signed certificate.
struct Server {
    url: String,
    certificate: PathBuf,
    connections: Arc<AtomicUsize>,
    requests: Requests,
    _directory: TempDir,
}

/// The requests that a server received, without their bodies.
type Requests = Arc<Mutex<Vec<Request<()>>>>;

impl Server {
    /// Starts a server that offers these protocols.
    fn start(protocols: &[&str]) -> Self {
        Self::start_as("127.0.0.1", protocols)
    }

    /// Starts a server with a certificate for this name.
    fn start_as(name: &str, protocols: &[&str]) -> Self {
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed([name.to_owned()]).unwrap();
        let directory = tempfile::tempdir().unwrap();
        let certificate = directory.path().join("authority.pem");
        std::fs::write(&certificate, cert.pem()).unwrap();

        let key = PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let mut config = config.with_no_client_auth().with_single_cert(vec![cert.der().clone()], key).unwrap();
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();

        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self {
            url: format!("https://{}", listener.local_addr().unwrap()),
            certificate,
            connections: Arc::default(),
            requests: Arc::default(),
            _directory: directory,
        };
        let (connections, requests) = (Arc::clone(&server.connections), Arc::clone(&server.requests));
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        std::thread::spawn(move || runtime.block_on(serve(listener, acceptor, connections, requests)));
        server
    }

    /// Runs `hss` with all its attempts against this server. `trusting` states whether it trusts the certificate.
    fn asked(&self, trusting: bool) -> Ran {
        self.asked_with(trusting, &[("HW_AUTH_TOKEN", "t")])
    }

    /// Does the same as [`asked`](Self::asked) with the credentials of these environment variables.
    fn asked_with(&self, trusting: bool, credentials: &[(&str, &str)]) -> Ran {
        let mut command = hss(&["--endpoint", &self.url, "--project-id", "p", "-o", "json", "scan", "hosts", TASK]);
        if trusting {
            command.env("SSL_CERT_FILE", &self.certificate);
        }
        run(command.envs(credentials.iter().copied()))
    }
}

#[test]
fn an_error_does_not_show_a_token_in_the_certificate_of_the_server() {
    let token = "token-sentinel-0123456789.example";
    let ran = Server::start_as(token, &["http/1.1"]).asked_with(true, &[("HW_AUTH_TOKEN", token)]);
    assert_eq!(ran.status, Some(1), "{}", ran.stderr);
    assert!(ran.stderr.contains("no connection to") && !ran.stderr.contains("sentinel"), "{}", ran.stderr);
}

#[test]
fn a_client_trusts_a_root_certificate_of_the_program() {
    let server = Server::start(&["h2", "http/1.1"]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let call = |certificate: Option<String>| {
        let client = Client::builder().no_environment().endpoint(&server.url).credentials(Credentials::Anonymous);
        let client = client.project_id("p").retries(Retries::default().attempts(1));
        let client = certificate.into_iter().fold(client, ClientBuilder::root_certificate);
        runtime.block_on(async { client.build().await?.list_vul_scan_task().send().await })
    };
    let error = call(None).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connection);
    assert!(format!("{error:#}").contains("invalid peer certificate"), "{error:#}");
    call(Some(std::fs::read_to_string(&server.certificate).unwrap())).unwrap();
}

async fn serve(
    listener: std::net::TcpListener,
    acceptor: TlsAcceptor,
    connections: Arc<AtomicUsize>,
    requests: Requests,
) {
    listener.set_nonblocking(true).unwrap();
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        connections.fetch_add(1, Ordering::SeqCst);
        let (accepting, requests) = (acceptor.accept(stream), Arc::clone(&requests));
        tokio::spawn(async move {
            let Ok(stream) = accepting.await else { return };
            let service = service_fn(move |request: Request<Incoming>| {
                requests.lock().unwrap().push(request.map(drop));
                let page = Full::new(Bytes::from_static(br#"{"total_num":0,"data_list":[]}"#));
                async { Ok::<_, Infallible>(Response::new(page)) }
            });
            let connection = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
            // The client closes the connection after the response.
            let _ = connection.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

#[test]
fn uses_http_2_if_offered_and_http_1_1_otherwise() {
    for (protocols, version) in
        [(&["h2", "http/1.1"][..], Version::HTTP_2), (&["http/1.1"], Version::HTTP_11), (&[], Version::HTTP_11)]
    {
        let server = Server::start(protocols);
        assert_eq!(server.asked(true).json()["total_num"], 0);
        let requests = server.requests.lock().unwrap();
        assert_eq!(requests.iter().map(Request::version).collect::<Vec<_>>(), [version], "{protocols:?}");
    }
}

#[test]
fn the_host_is_sent_once_over_each_version_of_http() {
    let key = [("HUAWEICLOUD_SDK_AK", "AKEXAMPLE"), ("HUAWEICLOUD_SDK_SK", "SENTINEL")];
    for credentials in [&[("HW_AUTH_TOKEN", "t")][..], &key] {
        for (protocol, version) in [("h2", Version::HTTP_2), ("http/1.1", Version::HTTP_11)] {
            let server = Server::start(&[protocol]);
            server.asked_with(true, credentials).printed();
            let requests = server.requests.lock().unwrap();
            let request = requests.first().unwrap();
            let authority = request.uri().authority().map(ToString::to_string);
            let host = request.headers().get(HOST).map(|value| value.to_str().unwrap().to_owned());
            let sent = Some(server.url.trim_start_matches("https://").to_owned());
            // HTTP/2 uses `:authority` in place of the header. A proxy such as nginx responds with 400 if both are
            // sent.
            let expected = if version == Version::HTTP_2 { (sent, None) } else { (None, sent) };
            assert_eq!((request.version(), authority, host), (version, expected.0, expected.1));
        }
    }
}

#[test]
fn an_untrusted_certificate_is_not_retried() {
    let server = Server::start(&["h2"]);
    let ran = server.asked(false);
    let said = ran.failed_with(1);
    assert!(said.contains("invalid peer certificate") && said.contains("SSL_CERT_FILE"), "{said}");
    assert_eq!(server.connections.load(Ordering::SeqCst), 1, "it was tried again");
    assert!(server.requests.lock().unwrap().is_empty());
}

#[test]
fn a_server_without_tls_is_not_retried() {
    let canned = Canned::new([]);
    let url = canned.url.replace("http:", "https:");
    let ran = run(hss(&["--endpoint", &url, "--project-id", "p", "scan", "hosts", TASK]).env("HW_AUTH_TOKEN", "t"));
    let said = ran.failed_with(1);
    assert!(said.contains("does not use TLS correctly") && !said.contains("attempts"), "{said}");
}

/// Starts a proxy that refuses every tunnel: the emulator responds with 421 to requests for other hosts.
fn proxy() -> Canned {
    Canned::new([])
}

/// The requests that this proxy gets: a tunnel, and a second request for the reason of the refusal.
const ASKED: [&str; 2] = ["CONNECT hss.cn-north-4.myhuaweicloud.com:443"; 2];

#[test]
fn the_proxy_of_the_environment_is_used_for_the_cloud() {
    let proxy = proxy();
    let mut command = hss(&["--region", "cn-north-4", "--project-id", "p", "scan", "list"]);
    let ran = run(command.env("HTTPS_PROXY", &proxy.url).env("HW_AUTH_TOKEN", "SENTINEL"));
    let said = "(HTTPS_PROXY): the proxy responded to CONNECT with HTTP 421. Check that the proxy";
    assert!(ran.failed_with(1).contains(said) && !ran.stderr.contains("SENTINEL"), "{}", ran.stderr);
    assert_eq!(proxy.requests(), ASKED);
}

#[test]
fn an_invalid_proxy_variable_is_refused() {
    for (value, words) in [
        ("nonsense://", "invalid HTTPS_PROXY: expected the URL of an HTTP proxy"),
        ("http://user:SENTINEL@", "invalid HTTPS_PROXY: expected the URL of an HTTP proxy"),
        ("socks5://user:SENTINEL@127.0.0.1:1080", "invalid HTTPS_PROXY: SOCKS proxies are not supported"),
    ] {
        // Without the proxy, neither the service nor IAM is called. IAM would be asked for the project.
        for arguments in [&["--project-id", "p", "scan", "list"][..], &["scan", "list"]] {
            let mut command = hss(&["--region", "cn-north-4"]);
            let ran = run(command.args(arguments).env("HTTPS_PROXY", value).env("HW_AUTH_TOKEN", "t"));
            let said = ran.failed_with(2);
            assert!(said.contains(words) && !said.contains("SENTINEL"), "{said}");
        }
    }
}

#[test]
fn a_proxy_that_cannot_be_reached_is_named_without_its_password() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let refusing = proxy();
    for address in [closed.to_string(), refusing.url.trim_start_matches("http://").to_owned()] {
        let value = format!("http://user:SENTINEL@{address}");
        let mut command = hss(&["--region", "cn-north-4", "--project-id", "p", "--max-attempts", "1", "scan", "list"]);
        let ran = run(command.env("https_proxy", value).env("HW_AUTH_TOKEN", "t"));
        let said = ran.failed_with(1);
        let expected = format!(
            "no connection to https://hss.cn-north-4.myhuaweicloud.com through the proxy http://{address} (https_proxy)"
        );
        assert!(said.contains(&expected) && !said.contains("SENTINEL"), "{said}");
    }
    assert_eq!(refusing.requests(), ASKED);
}

#[test]
fn unreadable_certificates_are_reported_with_their_variable() {
    let server = Server::start(&["h2"]);
    let directory = tempfile::tempdir().unwrap();
    let empty = directory.path().join("empty.pem");
    std::fs::write(&empty, "").unwrap();
    for (variable, path) in [
        ("SSL_CERT_FILE", directory.path().join("missing.pem")),
        ("SSL_CERT_FILE", empty),
        ("SSL_CERT_DIR", directory.path().join("missing")),
    ] {
        let mut command = hss(&["--endpoint", &server.url, "--project-id", "p", "scan", "list"]);
        let ran = run(command.env(variable, &path).env("HW_AUTH_TOKEN", "t"));
        let said = ran.failed_with(2);
        assert!(said.contains(variable) && said.contains(path.to_str().unwrap()), "{said}");
    }
    assert_eq!(server.connections.load(Ordering::SeqCst), 0);
}

#[test]
fn no_proxy_is_used_to_this_machine() {
    let (proxy, server) = (proxy(), Server::start(&["h2"]));
    let address: SocketAddr = server.url.trim_start_matches("https://").parse().unwrap();
    for url in [server.url.clone(), format!("http://127.0.0.1:{}", address.port())] {
        let mut command = hss(&["--endpoint", &url, "--project-id", "p", "--max-attempts", "1", "scan", "list"]);
        for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"] {
            command.env(name, &proxy.url);
        }
        run(command.env("SSL_CERT_FILE", &server.certificate).env("HW_AUTH_TOKEN", "t"));
    }
    assert_eq!(server.connections.load(Ordering::SeqCst), 2);
    assert_eq!(proxy.requests(), [""; 0]);
}
