//! How to download a file.
//!
//! `send` of an operation that returns a file returns a [`Download`](crate::Download) when the response has begun. The
//! program reads the bytes while they arrive, so that a file may be larger than the memory.
//!
//! ```
//! use std::io::Write as _;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let emulator = hss_emulator::Emulator::builder().start().await?;
//! # let client = hss_client::Client::builder()
//! #     .no_environment()
//! #     .endpoint(&emulator.url())
//! #     .credentials(hss_client::Credentials::Token(hss_client::Secret::new("token", "any")?))
//! #     .project_id("0123456789abcdef0123456789abcdef").build().await?;
//! # let file_id = "b3e83d25-d92f-4963-a293-e056e81ec44d";
//! # let directory = tempfile::tempdir()?;
//! # let directory = directory.path();
//! let mut download = client.list_download_exported_file(file_id).send().await?.into_inner();
//! let name = download.file_name().unwrap_or_else(|| "export.zip".to_owned());
//! let path = directory.join(name);
//! let incomplete = path.with_extension("incomplete");
//! let mut file = std::fs::File::create(&incomplete)?;
//! while let Some(bytes) = download.chunk().await? {
//!     file.write_all(&bytes)?;
//! }
//! // Only here, all bytes have arrived.
//! std::fs::rename(incomplete, &path)?;
//! # assert_eq!(path.file_name().and_then(|name| name.to_str()), Some("hss-vul-vul-zh-xxxxxxxx.zip"));
//! # assert_eq!(download.size(), Some(std::fs::metadata(path)?.len()));
//! # Ok(())
//! # }
//! ```
//!
//! [`write_to`](crate::Download::write_to) writes all bytes to a Tokio writer, and
//! [`into_stream`](crate::Download::into_stream) returns them as a stream.
//!
//! The call is retried until the response has begun. An error after that ends the download: a broken connection, or no
//! bytes for the [timeout of an attempt](crate::ClientBuilder::attempt_timeout). To continue, call the operation again.
