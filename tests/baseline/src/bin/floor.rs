//! A program that only starts the same runtime as `hss`.

fn main() -> std::io::Result<()> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {});
    Ok(())
}
