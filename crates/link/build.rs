//! Links the runtime image: `rt-image` of crate `rt`, as a static executable at `abi::IMAGE_BASE`.
//!
//! A nested cargo builds it in its own target directory with its own flags: no libc, no position independence, frame
//! pointers (the collector and tracebacks never walk Rust frames, but debuggers do), panics abort. The result is
//! embedded by `link::runtime_image`.

use std::{
    env,
    ffi::OsStr,
    path::{Path, PathBuf},
    process::Command,
};

/// The crates that run inside the user's program.
const RUNTIME: [&str; 5] = ["abi", "rt", "rt-heap", "rt-sync", "rt-sys"];
const TARGET: &str = "x86_64-unknown-linux-gnu";
const PROFILE: &str = "rt-image";

fn main() {
    let out = PathBuf::from(variable("OUT_DIR"));
    let root = Path::new(&variable("CARGO_MANIFEST_DIR")).join("../..");
    for runtime in RUNTIME {
        for part in ["src", "Cargo.toml"] {
            println!("cargo::rerun-if-changed={}", root.join("crates").join(runtime).join(part).display());
        }
    }
    println!("cargo::rerun-if-changed=build.rs");
    let built = build(&root, &out.join("rt-target"));
    let copied = std::fs::copy(built, out.join(PROFILE));
    assert!(copied.is_ok(), "the runtime image was not built: {copied:?}");
}

#[expect(clippy::disallowed_methods, reason = "a build script is told everything by its environment")]
fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("cargo sets {name}"))
}

/// Runs the nested cargo; answers the path of the image.
fn build(root: &Path, target_dir: &Path) -> PathBuf {
    let mut cargo = Command::new(variable("CARGO"));
    // What the outer cargo was told (clippy's wrapper, flags, a target directory) is not meant for the image.
    for (name, _) in env::vars_os() {
        if is_of_outer_cargo(&name) {
            cargo.env_remove(name);
        }
    }
    cargo
        .current_dir(root)
        .env("CARGO_ENCODED_RUSTFLAGS", flags().join("\u{1f}"))
        .args(["build", "--quiet", "--offline", "--package", "rt", "--bin", "rt-image"])
        .args(["--profile", PROFILE, "--target", TARGET])
        .arg("--target-dir")
        .arg(target_dir);
    let status = cargo.status();
    assert!(status.as_ref().is_ok_and(|status| status.success()), "building the runtime image: {status:?}");
    target_dir.join(TARGET).join(PROFILE).join("rt-image")
}

fn is_of_outer_cargo(name: &OsStr) -> bool {
    let Some(name) = name.to_str() else { return false };
    name.starts_with("CARGO_") && !matches!(name, "CARGO_HOME" | "CARGO_NET_OFFLINE")
        || matches!(name, "RUSTFLAGS" | "RUSTC_WRAPPER" | "RUSTC_WORKSPACE_WRAPPER" | "RUSTC" | "RUSTDOC")
        || name.starts_with("DEP_")
}

fn flags() -> Vec<String> {
    let mut flags: Vec<String> = [
        "--cfg=rt_image",
        "-Crelocation-model=static",
        "-Ctarget-feature=+crt-static",
        "-Cpanic=abort",
        "-Cforce-frame-pointers=yes",
    ]
    .map(String::from)
    .to_vec();
    let image_base = format!("-Wl,--image-base={:#x}", abi::IMAGE_BASE);
    for arg in ["-nostartfiles", "-nostdlib", "-static", "-no-pie", "-Wl,--build-id=none", &image_base] {
        flags.push(format!("-Clink-arg={arg}"));
    }
    flags
}
