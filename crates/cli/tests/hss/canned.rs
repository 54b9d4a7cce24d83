//! An emulator that answers with what a test wrote, however wrong, in place of what it would.

use hss_emulator::{EmulatorBuilder, Fault};
use tokio::runtime::Runtime;

pub(crate) struct Canned {
    pub(crate) url: String,
    emulator: hss_emulator::Emulator,
    // Serves the emulator on a thread of its own, since the tests wait for a program.
    _runtime: Runtime,
}

/// An answer with a JSON body.
pub(crate) fn json(status: u16, body: &str) -> Fault {
    Fault { status: Some(status), body: Some(body.to_owned()), ..Fault::default() }
}

/// Such an answer, of which the last bytes never come.
pub(crate) fn cut(body: &str) -> Fault {
    let length = Some(body.len() as u64);
    Fault { length, ..json(200, body.trim_end_matches(['}', ']'])) }
}

/// These bytes, and nothing else.
pub(crate) fn raw(text: &str) -> Fault {
    Fault { raw: Some(text.to_owned()), ..Fault::default() }
}

/// So many servers, and these faults.
pub(crate) fn on_emulator(hosts: u32, faults: Vec<Fault>) -> Canned {
    Canned::serve(hss_emulator::Emulator::builder().hosts(hosts).faults(faults))
}

impl Canned {
    /// Answers one request after the other, and none that comes after those.
    pub(crate) fn new(answers: impl IntoIterator<Item = Fault>) -> Self {
        let once = |answer| Fault { times: Some(1), ..answer };
        let faults = answers.into_iter().map(once).chain([raw("")]).collect();
        Self::serve(hss_emulator::Emulator::builder().faults(faults))
    }

    /// Serves as the emulator is set up.
    pub(crate) fn serve(emulator: EmulatorBuilder) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let emulator = runtime.block_on(emulator.start()).unwrap();
        Self { url: emulator.url(), emulator, _runtime: runtime }
    }

    /// Puts these faults in the place of those before.
    pub(crate) fn set_faults(&self, faults: Vec<Fault>) {
        self.emulator.set_faults(faults);
    }

    /// The request lines so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.emulator.requests().into_iter().map(|asked| format!("{} {}", asked.method, asked.target)).collect()
    }
}
