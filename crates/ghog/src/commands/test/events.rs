//! Test output as events, one JSON object per line. As `go doc test2json`; facts: cmd/internal/test2json.
//!
//! **Terms.** A *framing* line is package testing's own (`=== RUN`, `--- PASS:`); with `-test.v=test2json` it starts with
//! [`FRAMING`]. An error that a test reports stands between [`ERROR_BEGIN`] and [`ERROR_END`]; in other text the three marks
//! are preceded by [`ESCAPE`].

mod json;
mod lines;

use std::time::Duration;

use base::{System as _, SystemOs};

use crate::console;
use json::Object;
use lines::{Lines, Piece};

const FRAMING: u8 = 0x16;
const ERROR_BEGIN: u8 = 0x0f;
const ERROR_END: u8 = 0x0e;
const ESCAPE: u8 = 0x1b;

/// A line of output longer than this becomes several events.
const MAX_INPUT: usize = 4096;
const MAX_OUTPUT: usize = 1024;

const UPDATES: &[&str] =
    &["RUN   ", "PAUSE ", "CONT  ", "NAME  ", "PASS  ", "FAIL  ", "SKIP  ", "ATTR  ", "ARTIFACTS "];
const REPORTS: &[&str] = &["PASS: ", "FAIL: ", "SKIP: ", "BENCH: "];

/// The events for a build that failed.
pub(super) fn build_output(package: &str, text: &str) -> String {
    let mut events = String::new();
    for line in text.split_inclusive('\n') {
        let mut object = Object::new();
        object.text("ImportPath", package).text("Action", "build-output").text("Output", line);
        events += &object.finish();
    }
    let mut object = Object::new();
    object.text("ImportPath", package).text("Action", "build-fail");
    events + &object.finish()
}

/// Turns the output of one test executable into events on the standard output.
pub(super) struct Converter<'p> {
    package: &'p str,
    start: Duration,
    input: Lines,
    out: Out<'p>,
    /// Results of tests that are held back until their subtests' are out.
    reports: Vec<Report>,
    result: Option<&'static str>,
    /// Whether framing lines carry the mark.
    is_marked: bool,
}

/// The result of a test.
struct Report {
    action: String,
    test: String,
    elapsed: Option<f64>,
}

/// The way out: text is split into events of bounded size.
struct Out<'p> {
    package: &'p str,
    test: String,
    lines: Lines,
    is_framing: bool,
    is_in_error: bool,
    is_escaped: bool,
}

impl<'p> Converter<'p> {
    pub(super) fn new(package: &'p str) -> Self {
        let out = Out {
            package,
            test: String::new(),
            lines: Lines::new(MAX_OUTPUT),
            is_framing: false,
            is_in_error: false,
            is_escaped: false,
        };
        let start = SystemOs.monotonic();
        out.event("start", |_| {});
        Self {
            package,
            start,
            input: Lines::new(MAX_INPUT),
            out,
            reports: Vec::new(),
            result: None,
            is_marked: false,
        }
    }

    /// Takes some output.
    pub(super) fn write(&mut self, bytes: &[u8]) {
        for piece in self.input.push(bytes) {
            match piece {
                Piece::Line(line) => self.line(&line),
                Piece::Part(part) => self.out.write(&part),
            }
        }
    }

    /// Says how it all ended.
    pub(super) fn finish(mut self, is_success: bool, failed_build: Option<&str>) {
        if let Some(rest) = self.input.rest() {
            self.out.write(&rest);
        }
        self.out.flush();
        let result = match (is_success, self.result) {
            (false, _) => "fail",
            (true, Some("skip")) => "skip",
            (true, _) => "pass",
        };
        let elapsed = (SystemOs.monotonic() - self.start).as_secs_f64();
        let failed_build = failed_build.filter(|_| result == "fail");
        self.out.test.clear();
        debug_assert_eq!(self.out.package, self.package, "one converter, one package");
        self.out.event(result, |object| {
            object.number("Elapsed", (elapsed * 1000.0).round() / 1000.0);
            if let Some(build) = failed_build {
                object.text("FailedBuild", build);
            }
        });
    }

    fn line(&mut self, line: &[u8]) {
        if line.is_empty() {
            return;
        }
        let is_marked = line[0] == FRAMING;
        if self.is_marked && !is_marked {
            return self.out.write(line);
        }
        let line = if is_marked {
            self.out.flush();
            &line[1..]
        } else {
            line
        };
        // Framing is ASCII, but for names of tests.
        let text = String::from_utf8_lossy(line);
        let trimmed = text.strip_suffix('\n').unwrap_or(&text);
        let trimmed = trimmed.strip_suffix('\r').unwrap_or(trimmed);
        if matches!(trimmed, "PASS" | "FAIL") || trimmed.starts_with("FAIL\t") {
            return self.verdict(line, trimmed == "PASS", is_marked);
        }
        if text.starts_with("?   \t") && trimmed.ends_with("\t[no test files]") && self.reports.is_empty() {
            self.result = Some("skip");
        }
        let (line, text) =
            if trimmed == "=== NAME" { (&b"=== NAME  \n"[..], "=== NAME  \n".into()) } else { (line, text) };
        if let Some(update) = text.strip_prefix("=== ").filter(|rest| starts_with_any(rest, UPDATES)) {
            return self.update(line, update, is_marked);
        }
        let unindented = text.trim_start_matches("    ");
        let indent = (text.len() - unindented.len()) / 4;
        match unindented.strip_prefix("--- ").filter(|rest| starts_with_any(rest, REPORTS)) {
            Some(report) if indent <= self.reports.len() => self.report(line, report, indent, is_marked),
            Some(_) => self.out.write(line),
            None => {
                // The indentation tells which of the open tests speaks.
                if indent > 0 && indent <= self.reports.len() {
                    self.out.test = self.reports[indent - 1].test.clone();
                }
                self.out.write(line);
            }
        }
    }

    /// The last line of package testing, or what the go command adds.
    fn verdict(&mut self, line: &[u8], is_pass: bool, is_marked: bool) {
        self.flush_reports(0);
        self.out.test.clear();
        self.is_marked = is_marked;
        self.out.write_framing(line);
        self.result = Some(if is_pass { "pass" } else { "fail" });
    }

    /// `--- PASS: Name (0.00s)`
    fn report(&mut self, line: &[u8], report: &str, indent: usize, is_marked: bool) {
        let (action, name) = report.split_once(' ').unwrap_or((report, ""));
        let action = action.trim_end_matches(':').to_lowercase();
        let name = name.trim();
        let (test, elapsed) = match name.split_once(" (") {
            Some((test, time)) => (test, time.strip_suffix("s)").and_then(|seconds| seconds.parse().ok())),
            None => (name, None),
        };
        self.is_marked = is_marked;
        self.flush_reports(indent);
        test.clone_into(&mut self.out.test);
        self.reports.push(Report { action, test: test.to_owned(), elapsed });
        self.out.write_framing(line);
    }

    /// `=== RUN   Name`
    fn update(&mut self, line: &[u8], update: &str, is_marked: bool) {
        let (action, rest) = update.split_once(' ').unwrap_or((update, ""));
        let rest = rest.trim();
        self.is_marked = is_marked;
        self.flush_reports(0);
        let (name, details) = match action {
            "ATTR" | "ARTIFACTS" => rest.split_once(' ').unwrap_or((rest, "")),
            _ => (rest, ""),
        };
        name.clone_into(&mut self.out.test);
        match action {
            "NAME" => {}
            // The line before the event: or the test would seem to write while it is paused.
            "PAUSE" => {
                self.out.write_framing(line);
                self.out.event("pause", |_| {});
            }
            _ => {
                self.out.event(&action.to_lowercase(), |object| match action {
                    "ATTR" => {
                        let (key, value) = details.split_once(' ').unwrap_or((details, ""));
                        object.text_unless_empty("Key", key).text_unless_empty("Value", value);
                    }
                    "ARTIFACTS" => {
                        object.text_unless_empty("Path", details);
                    }
                    _ => {}
                });
                self.out.write_framing(line);
            }
        }
    }

    /// Lets out the results of tests at this depth and deeper.
    fn flush_reports(&mut self, depth: usize) {
        self.out.test.clear();
        while self.reports.len() > depth
            && let Some(Report { action, test, elapsed }) = self.reports.pop()
        {
            self.out.test = test;
            self.out.event(&action, |object| {
                if let Some(elapsed) = elapsed {
                    object.number("Elapsed", elapsed);
                }
            });
            self.out.test.clear();
        }
    }
}

fn starts_with_any(text: &str, prefixes: &[&str]) -> bool {
    prefixes.iter().any(|prefix| text.starts_with(prefix))
}

impl Out<'_> {
    fn write(&mut self, bytes: &[u8]) {
        for piece in self.lines.push(bytes) {
            let (Piece::Line(text) | Piece::Part(text)) = piece;
            self.output(&text);
        }
    }

    fn write_framing(&mut self, line: &[u8]) {
        self.is_framing = true;
        self.write(line);
        self.is_framing = false;
    }

    fn flush(&mut self) {
        if let Some(rest) = self.lines.rest() {
            self.output(&rest);
        }
    }

    /// Text as events, one for each run of the same kind.
    fn output(&mut self, text: &[u8]) {
        let mut kind = match (self.is_framing, self.is_in_error) {
            (true, _) => "frame",
            (false, true) => "error-continue",
            (false, false) => "",
        };
        let mut run = Vec::new();
        let mut rest = text.iter().copied().peekable();
        while let Some(byte) = rest.next() {
            if std::mem::take(&mut self.is_escaped) {
                run.push(byte);
                continue;
            }
            match byte {
                ESCAPE => self.is_escaped = true,
                ERROR_BEGIN => {
                    self.output_event(&std::mem::take(&mut run), kind);
                    self.is_in_error = true;
                    kind = "error";
                }
                ERROR_END => {
                    run.extend(rest.next_if_eq(&b'\n'));
                    self.output_event(&std::mem::take(&mut run), kind);
                    self.is_in_error = false;
                    kind = "";
                }
                _ => run.push(byte),
            }
        }
        self.output_event(&run, kind);
    }

    fn output_event(&self, text: &[u8], kind: &str) {
        if text.is_empty() {
            return;
        }
        self.event("output", |object| {
            object.bytes("Output", text).text_unless_empty("OutputType", kind);
        });
    }

    fn event(&self, action: &str, details: impl FnOnce(&mut Object)) {
        let mut object = Object::new();
        object.text("Time", &json::timestamp(SystemOs.now())).text("Action", action);
        object.text_unless_empty("Package", self.package).text_unless_empty("Test", &self.test);
        details(&mut object);
        console::print(&object.finish());
    }
}
