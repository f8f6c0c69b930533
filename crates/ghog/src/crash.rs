//! What the user sees when Groundhog itself is at fault: what to report, and never a backtrace.

use std::panic::PanicHookInfo;

/// The exit code for an internal error (EX_SOFTWARE).
const EXIT_INTERNAL: i32 = 70;

/// From now on a panic on any thread ends the process with a report.
pub(crate) fn install_hook() {
    std::panic::set_hook(Box::new(report));
}

#[expect(clippy::exit, reason = "nothing can be trusted after a broken invariant")]
fn report(panic: &PanicHookInfo<'_>) {
    let message = panic.payload_as_str().unwrap_or("no message");
    let place = panic.location().map_or_else(String::new, |at| format!(" ({}:{})", at.file(), at.line()));
    let command = std::env::args().collect::<Vec<_>>().join(" ");
    crate::console::error(&format!(
        "ghog: internal error: {message}{place}\n\
         This is a bug in Groundhog {}. Please report it with the line above, this command and its input:\n\
         \t{command}\n",
        env!("CARGO_PKG_VERSION"),
    ));
    std::process::exit(EXIT_INTERNAL);
}
