//! Compresses the interactive reference, Swagger UI: more than a megabyte of a binary that hardly ever shows it.

use std::{env, fs::File, io, io::Write, path::PathBuf};

use aide::swagger::Swagger;
use flate2::{Compression, write::GzEncoder};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    let page = Swagger::new("/openapi.json").with_title("TimeTracks API");
    let file = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("reference.html.gz");
    let mut file = GzEncoder::new(File::create(file)?, Compression::best());
    file.write_all(page.html().as_bytes())?;
    file.finish()?;
    Ok(())
}
