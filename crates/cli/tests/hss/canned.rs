//! An emulator that sends the responses written in a test, including invalid ones.

use hss_emulator::{EmulatorBuilder, Fault};
use tokio::runtime::Runtime;

pub(crate) struct Canned {
    pub(crate) url: String,
    emulator: hss_emulator::Emulator,
    // Runs the emulator on a separate thread, since the tests block until the program ends.
    _runtime: Runtime,
}

/// Returns a response with a JSON body.
pub(crate) fn json(status: u16, body: &str) -> Fault {
    Fault { status: Some(status), body: Some(body.to_owned()), ..Fault::default() }
}

/// Returns a response with a JSON body whose last bytes are never sent.
pub(crate) fn cut(body: &str) -> Fault {
    let length = Some(body.len() as u64);
    Fault { length, ..json(200, body.trim_end_matches(['}', ']'])) }
}

/// Returns a response of exactly these bytes.
pub(crate) fn raw(text: &str) -> Fault {
    Fault { raw: Some(text.to_owned()), ..Fault::default() }
}

/// Starts an emulator with this number of servers and these faults.
pub(crate) fn on_emulator(hosts: u32, faults: Vec<Fault>) -> Canned {
    Canned::serve(hss_emulator::Emulator::builder().hosts(hosts).faults(faults))
}

impl Canned {
    /// Sends these responses, one per request. Later requests get an empty response.
    pub(crate) fn new(answers: impl IntoIterator<Item = Fault>) -> Self {
        let once = |answer| Fault { times: Some(1), ..answer };
        let faults = answers.into_iter().map(once).chain([raw("")]).collect();
        Self::serve(hss_emulator::Emulator::builder().faults(faults))
    }

    /// Starts a configured emulator.
    pub(crate) fn serve(emulator: EmulatorBuilder) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let emulator = runtime.block_on(emulator.start()).unwrap();
        Self { url: emulator.url(), emulator, _runtime: runtime }
    }

    /// Replaces the faults.
    pub(crate) fn set_faults(&self, faults: Vec<Fault>) {
        self.emulator.set_faults(faults);
    }

    /// Returns the request lines so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.emulator.requests().into_iter().map(|asked| format!("{} {}", asked.method, asked.target)).collect()
    }
}
