//! Writes zip archives.

use std::io::{Cursor, Write as _};

use zip::result::ZipResult;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// Returns an archive with one file, which is not compressed. Archives of the same file have the same bytes.
///
/// # Errors
///
/// Returns an error of the format, such as a file that is too large for it.
pub(crate) fn of_file(name: &str, content: &[u8]) -> ZipResult<Vec<u8>> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    archive.start_file(name, SimpleFileOptions::default().compression_method(CompressionMethod::Stored))?;
    archive.write_all(content)?;
    Ok(archive.finish()?.into_inner())
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use zip::ZipArchive;

    use super::*;

    #[test]
    fn an_archive_contains_the_file() {
        let bytes = of_file("a.csv", b"x,y\n").unwrap();
        assert_eq!(of_file("a.csv", b"x,y\n").unwrap(), bytes);
        let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
        let mut content = String::new();
        archive.by_name("a.csv").unwrap().read_to_string(&mut content).unwrap();
        assert_eq!(content, "x,y\n");
    }
}
