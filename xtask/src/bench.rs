//! `cargo xtask bench`: measures the cost of `hss`, relative to minimal programs.
//!
//! The programs run alternately as whole processes. The results are ratios of medians within one run. Processor time
//! and memory are measured on Linux only.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::emulator::Emulator;
use crate::{place, program, report};

/// Number of measurements of a start, and of a listing.
const STARTS: usize = 41;
const LISTINGS: usize = 3;
/// Interval at which the memory of a process is sampled.
const SAMPLE_INTERVAL: Duration = Duration::from_millis(10);

/// Lists the failed servers of the documented task.
const DEMO: [&str; 6] = ["--demo", "scan", "hosts", "2b31ed520xxxxxxebedb6e57xxxxxxxx", "--status", "failed"];

/// Measures starts of the program and a listing of `hosts` servers.
pub(crate) fn run(hosts: u32) -> Result<bool, String> {
    let built = program::build(&place::root(), &["--release", "--package", "hss-cli", "--package", "hss-baseline"])?;
    let named = |name: &str| {
        let found = built.iter().find(|file| file.file_stem().is_some_and(|stem| stem == name));
        found.cloned().ok_or_else(|| format!("cargo did not report the path of {name}"))
    };
    let (hss, floor, bare_loop) = (named("hss")?, named("floor")?, named("bare-loop")?);
    let size = fs::metadata(&hss).map_err(|error| format!("{}: {error}", hss.display()))?.len();
    report::line(&format_args!("program: {:.1} MB, stripped", megabytes(size)));
    measure_starts(&hss, &floor)?;
    measure_listings(&hss, &bare_loop, hosts)?;
    Ok(true)
}

fn measure_starts(hss: &Path, floor: &Path) -> Result<(), String> {
    let programs: [(&str, &Path, &[&str]); 3] =
        [("nothing", floor, &[]), ("hss --version", hss, &["--version"]), ("hss --demo scan hosts", hss, &DEMO)];
    let mut times = programs.map(|_| Vec::new());
    for _ in 0..STARTS {
        for ((_, program, arguments), times) in programs.iter().zip(&mut times) {
            let start = Instant::now();
            program::step(Command::new(program).args(*arguments))?;
            times.push(start.elapsed());
        }
    }
    let medians = times.map(median);
    for ((name, ..), time) in programs.iter().zip(&medians) {
        let ratio = time.as_secs_f64() / medians.first().unwrap_or(time).as_secs_f64();
        report::line(&format_args!("start of {name}: {:.2} ms, {ratio:.2} of nothing", time.as_secs_f64() * 1000.0));
    }
    Ok(())
}

/// The cost of a process.
struct Cost {
    processor: Duration,
    /// Peak memory, in bytes.
    memory: u64,
}

fn measure_listings(hss: &Path, bare_loop: &Path, hosts: u32) -> Result<(), String> {
    if !Path::new("/proc/self/stat").exists() {
        report::line(&format_args!(
            "listing: skipped, since this system does not report the processor time of a process"
        ));
        return Ok(());
    }
    let emulator = Emulator::start(hss, &["--quiet", "--hosts", &hosts.to_string()])?;
    let here = ["--endpoint", &emulator.url, "--project-id", "p", "--rate", "off", "--quiet"];
    let newest = program::step(
        Command::new(hss)
            .args(here)
            .args(["scan", "list", "--max", "1", "-o", "tsv", "--columns", "id"])
            .env("HW_AUTH_TOKEN", "t"),
    )?;
    let newest = String::from_utf8_lossy(&newest.stdout);
    let task = newest.lines().last().ok_or("the emulator has no task")?;
    let listing = |format: &str| {
        let mut command = Command::new(hss);
        command.args(here).args(["scan", "hosts", task, "-o", format]).env("HW_AUTH_TOKEN", "t");
        command
    };
    let mut costs: Vec<(String, Vec<Cost>)> = Vec::new();
    for _ in 0..LISTINGS {
        let mut bare = Command::new(bare_loop);
        bare.args([&emulator.url, task]);
        let formats =
            ["ndjson", "json", "csv", "tsv", "table"].map(|format| (format!("hss -o {format}"), listing(format)));
        for (name, mut command) in [("bare loop".to_owned(), bare)].into_iter().chain(formats) {
            let cost = cost(&mut command)?;
            match costs.iter_mut().find(|(known, _)| *known == name) {
                Some((_, costs)) => costs.push(cost),
                None => costs.push((name, vec![cost])),
            }
        }
    }
    let mut bare = None;
    for (name, costs) in costs {
        let memory = costs.iter().map(|cost| cost.memory).max().unwrap_or_default();
        let time = median(costs.into_iter().map(|cost| cost.processor).collect()).as_secs_f64();
        let ratio = time / *bare.get_or_insert(time);
        report::line(&format_args!(
            "{hosts} servers, {name}: {time:.2} s of processor time, {ratio:.2} of the bare loop, {:.1} MB at most",
            megabytes(memory)
        ));
    }
    Ok(())
}

/// Runs a program until it exits, and returns its cost.
fn cost(command: &mut Command) -> Result<Cost, String> {
    let output = File::create("/dev/null").map_err(|error| format!("/dev/null: {error}"))?;
    let before = of_children()?;
    let mut child =
        command.stdin(Stdio::null()).stdout(output).spawn().map_err(|error| program::not_started(command, &error))?;
    let status = PathBuf::from(format!("/proc/{}/status", child.id()));
    let mut memory = 0;
    let ended = loop {
        if let Some(ended) = child.try_wait().map_err(|error| error.to_string())? {
            break ended;
        }
        // The value never decreases, so that the last sample is the peak.
        let now = fs::read_to_string(&status).unwrap_or_default();
        let peak = now.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
        memory = memory.max(peak.unwrap_or(0) * 1024);
        thread::sleep(SAMPLE_INTERVAL);
    };
    if !ended.success() {
        return Err(format!("{} ended with {ended}", command.get_program().display()));
    }
    Ok(Cost { processor: of_children()?.saturating_sub(before), memory })
}

/// Returns the processor time of all child processes that have exited.
fn of_children() -> Result<Duration, String> {
    let stat = fs::read_to_string("/proc/self/stat").map_err(|error| format!("/proc/self/stat: {error}"))?;
    // Names may contain spaces and parentheses. All fields after the last parenthesis are numbers; times are in
    // hundredths of seconds.
    let fields: Vec<_> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let ticks = |index: usize| fields.get(index).and_then(|field| field.parse::<u64>().ok());
    match (ticks(13), ticks(14)) {
        (Some(user), Some(system)) => Ok(Duration::from_millis((user + system) * 10)),
        _ => Err("/proc/self/stat has no times".to_owned()),
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

#[expect(clippy::cast_precision_loss, reason = "one digit is shown")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1_000_000.0
}
