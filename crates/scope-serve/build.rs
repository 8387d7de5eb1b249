//! Embeds the page that `make ui` builds into `ui/build`: each file compressed, twice where the build made a `.br` of it, in a table that `server/page` answers
//! from. Where there is none, the server is built without it and says so to browsers.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::panic,
    reason = "a build script talks to cargo on stdout and fails by panicking"
)]

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var_os("CARGO_FEATURE_SERVER").is_none() {
        return;
    }
    let built = Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("ui/build");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap());
    // A missing path would make cargo run this again each time; its parent is there always.
    println!("cargo::rerun-if-changed={}", if built.exists() { built.display() } else { built.parent().unwrap().display() });
    let mut files = Vec::new();
    if built.join("app/index.html").exists() && built.join("hosts/index.html").exists() {
        collect(&built, &built, &mut files);
    } else {
        println!("cargo::warning=the server is built without its page: `make ui` builds that");
    }
    files.sort();
    let mut table = String::from("&[\n");
    for (number, (path, file)) in files.iter().enumerate() {
        let packed = out.join(format!("page-{number}.gz"));
        let mut encoder = flate2::GzBuilder::new().write(Vec::new(), flate2::Compression::best());
        encoder.write_all(&std::fs::read(file).unwrap()).unwrap();
        std::fs::write(&packed, encoder.finish().unwrap()).unwrap();
        let brotli = packed_by_the_build(file).map_or("None".to_owned(), |br| format!("Some(include_bytes!({:?}))", br.display().to_string()));
        writeln!(table, "File {{ path: {path:?}, gzip: include_bytes!({:?}), brotli: {brotli} }},", packed.display().to_string()).unwrap();
    }
    table.push_str("]\n");
    std::fs::write(out.join("page.rs"), table).unwrap();
}

/// Brotli is the page's own build's: this one needs no library for it.
fn packed_by_the_build(file: &Path) -> Option<PathBuf> {
    let mut name = file.as_os_str().to_owned();
    name.push(".br");
    let packed = PathBuf::from(name);
    packed.exists().then_some(packed)
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<(String, PathBuf)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, files);
        } else if path.extension().is_none_or(|end| end != "br") {
            let name = path.strip_prefix(root).unwrap().to_str().expect("names of built files are ASCII").to_owned();
            files.push((name, path));
        }
    }
}
