//! A program that does nothing, with the runtime that `hss` has.

fn main() -> std::io::Result<()> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {});
    Ok(())
}
