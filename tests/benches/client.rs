//! Measures the cost of the client: signing, decoding a page, and sending a request, relative to reqwest and serde
//! alone. An interceptor is set, and no program receives the spans.
//!
//! ```text
//! cargo bench -p hss-tests --bench client
//! ```
//!
//! The first two are timed by divan. The third is a ratio of processor times. The programs run alternately within one
//! run, so that the ratio is also valid on a machine whose speed varies.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use divan::Bencher;
use hss_client::models::ListVulScanTaskHostResponse;
use hss_client::{AccessKey, AttemptOutcome, AttemptRequest, Client, Credentials, Interceptor, Rate, Secret};
use huaweicloud_core::{Signable, sign};
use reqwest::header::HeaderValue;
use serde::Deserialize;

/// Number of pages in a turn, of turns per client in a round, and of rounds. Turns are short, so that other load on the
/// machine affects all three clients equally.
const PAGES: u32 = 10;
const TURNS: u32 = 60;
const ROUNDS: usize = 9;

fn main() {
    divan::main();
    if !std::env::args().any(|argument| argument == "--test" || argument == "--list") {
        overhead();
    }
}

fn key() -> AccessKey {
    AccessKey::new("the key", "AKEXAMPLE0000000TEST", Secret::new("the secret", "sk-example").unwrap()).unwrap()
}

#[divan::bench]
fn sign_a_request(bencher: Bencher<'_, '_>) {
    let (key, at) = (key(), SystemTime::UNIX_EPOCH + Duration::from_secs(1_732_521_600));
    let request = Signable {
        method: "GET",
        path: "/v5/0605767bb280d5762fd6c0133d6bea3f/vulnerability/scan-task/2b31ed5206f44c1cbebdb6e57a1b2c3d/hosts",
        query: "scan_status=failed&limit=10&offset=0&enterprise_project_id=all_granted_eps",
        headers: &[("host", "hss.cn-north-4.myhuaweicloud.com"), ("x-project-id", "0605767bb280d5762fd6c0133d6bea3f")],
        body: b"",
    };
    bencher.bench(|| sign(&request, &key, at).unwrap());
}

/// Returns a page of 200 servers in the format of the service.
fn page() -> String {
    let row = |index: usize| {
        format!(
            "{{\"host_id\":\"{index:08x}-5a1e-4d32-9a76-0123456789ab\",\"host_name\":\"ecs-web-{index:04}\",\
             \"public_ip\":\"198.18.0.{index}\",\"private_ip\":\"10.119.0.{index}\",\"asset_value\":\"common\",\
             \"scan_status\":\"failed\",\"failed_reasons\":[{{\"vul_type\":\"linux_vul\",\"failed_reason\":\"The scan timed out.\"}}],\
             \"vul_scan_details\":[{{\"vul_type\":\"linux_vul\",\"status\":\"failed\",\"failed_reason\":\"The scan timed out.\"}},\
             {{\"vul_type\":\"app_vul\",\"status\":\"success\"}}]}}"
        )
    };
    format!("{{\"total_num\":200,\"data_list\":[{}]}}", (0..200).map(row).collect::<Vec<_>>().join(","))
}

/// A hand-written type for the same page, to measure decoding without open enumerations and lenient fields.
#[derive(Deserialize)]
#[expect(dead_code, reason = "only decoded")]
struct Page {
    total_num: i64,
    data_list: Vec<Host>,
}

#[derive(Deserialize)]
#[expect(dead_code, clippy::struct_field_names, reason = "only decoded; names are the API's")]
struct Host {
    host_id: String,
    host_name: String,
    public_ip: String,
    private_ip: String,
    asset_value: String,
    scan_status: String,
    failed_reasons: Vec<Reason>,
    vul_scan_details: Vec<Detail>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only decoded")]
struct Reason {
    vul_type: String,
    failed_reason: String,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only decoded")]
struct Detail {
    vul_type: String,
    status: String,
    failed_reason: Option<String>,
}

#[divan::bench]
fn decode_200_hosts(bencher: Bencher<'_, '_>) {
    let page = page();
    bencher.bench(|| serde_json::from_str::<ListVulScanTaskHostResponse>(&page).unwrap());
}

#[divan::bench]
fn decode_200_hosts_by_hand(bencher: Bencher<'_, '_>) {
    let page = page();
    bencher.bench(|| serde_json::from_str::<Page>(&page).unwrap());
}

/// Responds to every request with the page. The threads of the server are not measured.
fn serve() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let body = page();
        let answer = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nx-request-id: r\r\n\r\n{body}",
            body.len()
        );
        for stream in listener.incoming().map_while(Result::ok) {
            let answer = answer.clone();
            std::thread::spawn(move || {
                stream.set_nodelay(true).unwrap();
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let (mut stream, mut line) = (stream, String::new());
                while reader.read_line(&mut line).is_ok_and(|length| length > 0) {
                    if line == "\r\n" && stream.write_all(answer.as_bytes()).is_err() {
                        break;
                    }
                    line.clear();
                }
            });
        }
    });
    url
}

/// An interceptor as programs use it: it sets a header and counts attempts.
#[derive(Default)]
struct Observer(AtomicUsize);

impl Interceptor for Observer {
    fn on_request(&self, request: &mut AttemptRequest<'_>) {
        request.headers_mut().insert("x-program", HeaderValue::from_static("benchmark"));
    }

    fn on_outcome(&self, outcome: &AttemptOutcome<'_>) {
        assert_eq!(outcome.status(), Some(200));
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Returns the processor time of this thread, in nanoseconds.
fn processor_time() -> u64 {
    // The kernel updates the value when it schedules, not when it is read.
    std::thread::yield_now();
    let statistics = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    statistics.split(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

fn overhead() {
    if processor_time() == 0 {
        println!("this system does not tell the processor time of a thread; no overhead is measured");
        return;
    }
    let url = serve();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let client = |credentials| {
        let client = Client::builder().no_environment().endpoint(&url).credentials(credentials);
        let client = client.project_id("p").rate(Rate::Off).interceptor(Observer::default());
        runtime.block_on(client.build()).unwrap()
    };
    let with_token = client(Credentials::Token(Secret::new("token", "t").unwrap()));
    let with_key = client(Credentials::AccessKey(key()));
    // The client has its own provider; reqwest alone uses that of the process.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let bare = reqwest::Client::builder().no_proxy().build().unwrap();
    let address = format!("{url}/v5/p/vulnerability/scan-task/t/hosts?limit=200&offset=0");

    let fetch_bare = || {
        runtime.block_on(async {
            let request = bare.get(&address).header("x-auth-token", "t").header("accept", "application/json");
            let body = request.send().await.unwrap().bytes().await.unwrap();
            serde_json::from_slice::<ListVulScanTaskHostResponse>(&body).unwrap();
        });
    };
    let fetch = |client: &Client| {
        let request = client.list_vul_scan_task_host("t").limit(200).offset(0);
        runtime.block_on(async { request.send().await.map(drop).unwrap() });
    };
    let turn = |fetch: &dyn Fn()| {
        let began = processor_time();
        (0..PAGES).for_each(|_| fetch());
        processor_time() - began
    };
    let page = |nanoseconds: u64| Duration::from_nanos(nanoseconds).as_secs_f64() * 1e6 / f64::from(PAGES * TURNS);
    let (mut floor, mut token, mut key) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..=ROUNDS {
        let (mut of_floor, mut of_token, mut of_key) = (0, 0, 0);
        for _ in 0..TURNS {
            of_floor += turn(&fetch_bare);
            of_token += turn(&|| fetch(&with_token));
            of_key += turn(&|| fetch(&with_key));
        }
        floor.push(page(of_floor));
        token.push(page(of_token));
        key.push(page(of_key));
    }
    println!("\nprocessor time for a page of 200 servers, {ROUNDS} rounds of {} pages in turns", PAGES * TURNS);
    println!("{:26}{:>9} {:>9} {:>9}", "", "least", "median", "most");
    for (name, times) in [("reqwest and serde alone", &floor), ("with a token", &token), ("with an access key", &key)] {
        // The first round is a warm-up.
        let times = times.iter().zip(&floor).skip(1);
        print(name, "µs", 1, times.clone().map(|(time, _)| *time).collect());
        print("", "ratio", 3, times.map(|(time, floor)| time / floor).collect());
    }
}

/// Prints a line with the minimum, the median and the maximum of `values`.
fn print(name: &str, unit: &str, digits: usize, mut values: Vec<f64>) {
    values.sort_by(f64::total_cmp);
    let at = |index: usize| values.get(index).copied().unwrap_or(f64::NAN);
    let (least, median, most) = (at(0), at(values.len() / 2), at(values.len().saturating_sub(1)));
    println!("  {name:24}{least:9.digits$} {median:9.digits$} {most:9.digits$} {unit}");
}
