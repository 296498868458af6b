//! Where the two programs are.

use std::env;
use std::path::PathBuf;

/// The names that Chromium and its sister go by.
const BROWSERS: [&str; 4] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// The driver: `CHROMEDRIVER` if that is set, else `chromedriver` in `PATH`.
pub(crate) fn driver() -> PathBuf {
    given("CHROMEDRIVER").or_else(|| find("chromedriver")).unwrap_or_else(|| {
        panic!(
            "there is no chromedriver to test with\n\
             hint: run scripts/browser, or name it in CHROMEDRIVER"
        )
    })
}

/// The browser: `CHROMIUM` if that is set, else one in `PATH`. Where there is
/// none, the driver still looks in the usual places of its system.
pub(crate) fn browser() -> Option<PathBuf> {
    given("CHROMIUM").or_else(|| BROWSERS.into_iter().find_map(find))
}

fn given(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).filter(|path| !path.is_empty()).map(PathBuf::from)
}

fn find(program: &str) -> Option<PathBuf> {
    let name = format!("{program}{}", env::consts::EXE_SUFFIX);
    let folders = env::var_os("PATH")?;
    env::split_paths(&folders).map(|folder| folder.join(&name)).find(|path| path.is_file())
}
