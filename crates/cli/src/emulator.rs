//! The `hss emulator` command.

mod access_log;

use std::ffi::OsString;

use hss_client::credentials::{KEY_VARIABLES, KeyVariables};
use hss_client::{Rate, Runtime as _, System, printable};
use hss_emulator::{Auth, DEMO_ACCESS_KEY, DEMO_TOKEN, DEMO_USER, Emulator, EmulatorBuilder, Fault, Received};

use self::access_log::AccessLog;
use crate::args::{EmulatorArgs, Globals};
use crate::error::{Error, Result};
use crate::exit::CommandError;
use crate::interrupt::interrupt;
use crate::output::Output;

/// Serves requests until the process is terminated or `--timeout` passes.
pub(crate) async fn run(args: &EmulatorArgs, globals: &Globals, output: &Output) -> Result<(), CommandError> {
    let deadline = globals.deadline();
    let mut emulator = configure(args, output)?;
    let mut log = None;
    if !output.options.is_quiet {
        let started = AccessLog::start(output).map_err(|error| CommandError::local("start a thread", &error))?;
        let queue = started.queue();
        emulator = emulator.on_request(move |received| queue.push(access_line(received)));
        log = Some(started);
    }
    let emulator =
        emulator.start().await.map_err(|error| Error::usage("cannot start the emulator").caused_by(error))?;
    output.data(format!("listening on {}\n", emulator.url()).as_bytes())?;
    let stopped = deadline.within(async {
        emulator.stopped().await;
        Ok::<_, Error>(())
    });
    let outcome = tokio::select! {
        biased;
        signal = interrupt() => Err(CommandError::Stopped(signal)),
        stopped = stopped => stopped.map_err(CommandError::from),
    };
    if let Some(log) = log {
        log.finish();
    }
    outcome
}

fn configure(args: &EmulatorArgs, output: &Output) -> Result<EmulatorBuilder> {
    let mut emulator = Emulator::builder().listen(args.listen);
    if let Some(hosts) = args.hosts {
        emulator = emulator.hosts(hosts);
    }
    if let Some(seed) = args.seed {
        emulator = emulator.seed(seed);
    }
    if let Rate::Strict(quota) = args.rate {
        emulator = emulator.quota(quota);
    }
    if let Some(time) = args.latency {
        emulator = emulator.latency(time);
    }
    if let Some(file) = &args.fault {
        emulator = emulator.faults(Fault::from_file(file)?);
    }
    if let Some(seconds) = args.clock_offset {
        emulator = emulator.clock_offset(seconds);
    }
    for name in &args.allow_host {
        emulator = emulator.allow_host(name);
    }
    if args.require_signed_security_token {
        emulator = emulator.require_signed_security_token();
    }
    if args.allow_remote {
        output.note("warning: any machine that can reach this emulator can send requests, set faults and read the request log; requests are not encrypted");
        emulator = emulator.allow_remote();
    }
    with_credentials(emulator.auth(args.auth), args.auth, output)
}

/// Adds the credentials of the environment to the emulator. Prints the built-in demo credentials that are valid where
/// the environment has none.
fn with_credentials(mut emulator: EmulatorBuilder, auth: Auth, output: &Output) -> Result<EmulatorBuilder> {
    let variable = |name: &str| {
        let value = System::default().variable(name).map(OsString::into_string);
        let value = value.transpose().map_err(|_| Error::usage(format!("invalid {name}: not valid Unicode")))?;
        Ok::<_, Error>(value.map(|value| value.trim().to_owned()).filter(|value| !value.is_empty()))
    };
    // An incomplete credential must not leave that of the demo valid.
    let unset = |set: &str, unset: &str| Err(Error::usage(format!("{set} is set without {unset}")));
    let (mut demo, mut has_key) = (Vec::new(), false);
    // The first complete key takes precedence, as in the client.
    for KeyVariables { id, secret, security_token, .. } in KEY_VARIABLES {
        let token = security_token.map(variable).transpose()?.flatten();
        match (variable(id)?, variable(secret)?, token) {
            (Some(id), Some(secret), None) => emulator = emulator.access_key(&id, &secret),
            (Some(id), Some(secret), Some(token)) => emulator = emulator.temporary_access_key(&id, &secret, &token),
            (Some(_), None, _) => return unset(id, secret),
            (None, Some(_), _) => return unset(secret, id),
            (None, None, Some(_)) => return unset(security_token.unwrap_or_default(), id),
            (None, None, None) => continue,
        }
        has_key = true;
        break;
    }
    if let (false, [KeyVariables { id, secret, .. }, ..]) = (has_key, KEY_VARIABLES) {
        demo.push(format!("{id}={} {secret}={}", DEMO_ACCESS_KEY.0, DEMO_ACCESS_KEY.1));
    }
    match variable("HW_AUTH_TOKEN")? {
        Some(token) => emulator = emulator.token(&token),
        None => demo.push(format!("HW_AUTH_TOKEN={DEMO_TOKEN}")),
    }
    let [account, name, password] = ["HW_DOMAIN_NAME", "HW_USER_NAME", "HW_USER_PASSWORD"];
    match (variable(account)?, variable(name)?, variable(password)?) {
        (Some(account), Some(name), Some(password)) => emulator = emulator.user(&account, &name, &password),
        (_, Some(_), None) => return unset(name, password),
        (_, None, Some(_)) => return unset(password, name),
        (None, Some(_), Some(_)) => return unset(name, account),
        // An account alone is not a credential: Terraform also uses it together with a key.
        (_, None, None) => {
            let (demo_account, demo_name, demo_password) = DEMO_USER;
            demo.push(format!("{account}={demo_account} {name}={demo_name} {password}={demo_password}"));
        }
    }
    if auth != Auth::Off {
        // These secrets may be printed, since they are valid only for this emulator.
        for line in demo {
            output.note(&format!("accepted credentials: {line}"));
        }
    }
    Ok(emulator)
}

/// Formats one line of the access log: method, target, status, operation.
pub(crate) fn access_line(received: &Received) -> String {
    let Received { method, target, operation, status, .. } = received;
    format!("{} {} {status} {}", printable(method), printable(target), operation.unwrap_or("-"))
}
