//! `cargo xtask clients`: runs third-party clients against the emulator. Their listings must match those of `hss`.
//!
//! The official SDKs run unmodified, and must report refusals as the gateway sends them. Clients that openapi-generator
//! creates from the bundle must compile, which shows that the document is usable for other languages. Keystone clients,
//! and other authentication methods of the official SDKs, must get the expected responses from IAM and the metadata
//! service.

mod client;
mod foreign;
mod generated;
mod language;
mod official;
mod operations;
mod rows;
mod service_error;

use std::path::Path;

use clap::ValueEnum;

use self::client::Client;
use self::generated::Generator;
use self::service_error::ServiceError;
use crate::emulator::{Emulator, KEY, PROJECT, TOKEN, build_hss, hss_at, newest_task};
use crate::{bundle, place, program, report};

pub(crate) use self::language::Language;

/// The task of the manual's example.
const TASK: &str = "2b31ed520xxxxxxebedb6e57xxxxxxxx";

/// A test case for a client, with the expected outcome.
struct Case {
    name: &'static str,
    listing: Listing,
    auth: Auth,
    /// Additional options of the emulator.
    options: &'static [&'static str],
    secret: Option<&'static str>,
    /// The exact number of requests. Retries would lock the key, or exhaust the quota.
    requests: usize,
    outcome: Outcome,
}

/// The credentials that the emulator requires and `hss` uses.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Auth {
    Key,
    Token,
}

impl Auth {
    fn credentials(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Key => &KEY,
            Self::Token => &[TOKEN],
        }
    }
}

#[derive(Clone, Copy)]
enum Listing {
    /// The servers on which the documented scan failed.
    Documented,
    /// All servers of the newest task.
    Newest,
    /// All tasks.
    Tasks,
}

enum Outcome {
    /// This number of rows, equal to those of `hss`.
    Rows(usize),
    Refused(ServiceError),
}

/// The servers on which the documented scan failed.
const fn documented(auth: Auth) -> Case {
    Case {
        name: "documented failure",
        listing: Listing::Documented,
        auth,
        options: &[],
        secret: None,
        requests: 1,
        outcome: Outcome::Rows(1),
    }
}

/// All servers of the newest task, in pages.
const fn all_hosts(auth: Auth) -> Case {
    Case {
        name: "450 hosts in 3 pages",
        listing: Listing::Newest,
        auth,
        options: &[],
        secret: None,
        requests: 3,
        outcome: Outcome::Rows(450),
    }
}

/// All tasks, in pages.
const fn tasks(auth: Auth) -> Case {
    Case {
        name: "12 tasks in 2 pages",
        listing: Listing::Tasks,
        auth,
        options: &[],
        secret: None,
        requests: 2,
        outcome: Outcome::Rows(12),
    }
}

/// The test cases of a generated client. It cannot sign requests and therefore uses a token.
const LISTINGS: [Case; 2] = [documented(Auth::Token), all_hosts(Auth::Token)];

/// The test cases of an official SDK.
const CASES: [Case; 6] = [
    documented(Auth::Key),
    all_hosts(Auth::Key),
    tasks(Auth::Key),
    Case {
        name: "wrong secret key",
        listing: Listing::Newest,
        auth: Auth::Key,
        options: &[],
        secret: Some("wrong"),
        requests: 1,
        outcome: Outcome::Refused(ServiceError::new(401, "APIGW.0301", "canonicalRequest:GET|")),
    },
    Case {
        name: "clock 20 minutes behind",
        listing: Listing::Newest,
        auth: Auth::Key,
        options: &["--clock-offset", "20m"],
        secret: None,
        requests: 1,
        outcome: Outcome::Refused(ServiceError::new(401, "APIGW.0301", "signature expired")),
    },
    Case {
        name: "throttled on page 3",
        listing: Listing::Newest,
        auth: Auth::Key,
        options: &["--rate", "2/min"],
        secret: None,
        requests: 3,
        outcome: Outcome::Refused(ServiceError::new(429, "APIGW.0308", "limit:2,time:1 minute")),
    },
];

/// The origin of the clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Maker {
    /// Huawei Cloud: the official SDKs
    Official,
    /// Others, and other parts of the official SDKs, with their own authentication
    Foreign,
    /// openapi-generator
    Generated,
}

/// Runs the programs of these languages and this maker, or of all.
pub(crate) fn run(languages: &[Language], maker: Option<Maker>) -> Result<bool, String> {
    let languages = if languages.is_empty() { Language::ALL } else { languages };
    let is_asked = |one: Maker| maker.is_none_or(|maker| maker == one);
    let mut tools: Vec<_> = languages.iter().flat_map(|language| language.tools()).copied().collect();
    if is_asked(Maker::Generated) {
        tools.extend(Generator::TOOLS);
    }
    tools.sort_unstable();
    tools.dedup();
    program::need(&tools)?;
    let root = place::root();
    let hss = build_hss(&root)?;
    let mut all_well = true;
    let mut clients: Vec<(Client, &[Case])> = Vec::new();
    if is_asked(Maker::Official) {
        for &language in languages {
            clients.extend(official::set_up(language, &root)?.map(|client| (client, &CASES[..])));
        }
    }
    if is_asked(Maker::Foreign) {
        for &language in languages {
            clients.extend(foreign::set_up(language, &root)?);
        }
    }
    if is_asked(Maker::Generated) {
        let generator = Generator::set_up(&root, &bundle::for_other_tools(&root.join(place::HSS))?)?;
        for &language in languages {
            clients.push((generator.client(language)?, &LISTINGS));
        }
    }
    for (client, cases) in &clients {
        for case in *cases {
            let verdict = verify(&hss, client, case)?;
            all_well &= verdict.is_ok();
            let (word, more) = match &verdict {
                Ok(()) => ("as expected", ""),
                Err(difference) => ("WRONG: ", difference.as_str()),
            };
            report::line(&format_args!("{}: {}: {word}{more}", client.name, case.name));
        }
    }
    if is_asked(Maker::Official) {
        all_well &= operations::run(&hss, &root, languages)?;
    }
    Ok(all_well)
}

/// Runs a test case. The inner error describes a failed check.
fn verify(hss: &Path, client: &Client, case: &Case) -> Result<Result<(), String>, String> {
    let auth = case.auth;
    let mut options = vec!["--hosts", "450", "--auth", if auth == Auth::Key { "aksk" } else { "token" }];
    options.extend(case.options);
    let listing = match case.listing {
        Listing::Documented => vec![TASK.to_owned(), "failed".to_owned()],
        Listing::Newest => {
            let emulator = Emulator::start(hss, &options)?;
            vec![newest_task(hss, &emulator.url, auth.credentials())?]
        }
        Listing::Tasks => Vec::new(),
    };
    let mut emulator = Emulator::start(hss, &options)?;
    let theirs = client.list(&emulator.url, &listing, case.secret)?;
    let requests = emulator.requests().iter().filter(|line| line.starts_with("GET /v5/")).count();
    let verdict = match &case.outcome {
        Outcome::Refused(service_error) if service_error.status == 429 => {
            client.throttled.unwrap_or(*service_error).check(&theirs)
        }
        Outcome::Refused(service_error) => service_error.check(&theirs),
        Outcome::Rows(_) if !theirs.status.success() => Err(service_error::shown(&theirs)),
        Outcome::Rows(count) => {
            let fields = if listing.is_empty() { rows::TASK } else { rows::HOST };
            let ours = rows::of_document(&ours(hss, auth, &options, &listing)?, fields)?;
            if ours.len() != *count {
                return Err(format!("hss lists {} rows instead of {count}", ours.len()));
            }
            rows::compare(&ours, &rows::of_lines(&theirs.stdout, fields)?)
        }
    };
    let as_many = requests == case.requests;
    Ok(verdict.and_then(|()| if as_many { Ok(()) } else { Err(format!("{requests} requests, not {}", case.requests)) }))
}

/// Returns the same listing by `hss`, which paginates and signs by itself, from a new emulator without earlier
/// requests.
fn ours(hss: &Path, auth: Auth, options: &[&str], listing: &[String]) -> Result<Vec<u8>, String> {
    let fresh = Emulator::start(hss, options)?;
    let mut command = hss_at(hss, &fresh.url, auth.credentials());
    command.args(["--project-id", PROJECT]);
    match listing {
        [] => command.args(["scan", "list"]),
        [task, status @ ..] => {
            command.args(["scan", "hosts", task]).args(status.iter().map(|status| format!("--status={status}")))
        }
    };
    Ok(program::step(command.args(["--output", "json"]))?.stdout)
}
