//! What the command line names: files, directories, import paths, and patterns of them.

use std::path::{Path, PathBuf};

use base::{FileKind, System};
use diag::Code;

use crate::error::LoadError;
use crate::modules::{Modules, clean, has_go_files, io_text};
use crate::overlay;
use crate::program::Origin;
use crate::resolve::{Layout, Place, Resolver, is_relative};

/// One thing to load.
#[derive(Clone, Debug)]
pub(crate) enum Root {
    /// Files given by name, all in one directory.
    Files(PathBuf, Vec<PathBuf>),
    /// A package that was named.
    Named(Place),
    /// A package that a pattern matched: it is passed over in silence when it has no files for this platform.
    Matched(Place),
}

/// Expands the arguments of a command; no arguments mean the current directory.
pub(crate) fn expand(resolver: &Resolver<'_>, args: &[String]) -> (Vec<Root>, Vec<LoadError>) {
    if args.iter().any(|arg| is_go_file(resolver, arg)) {
        return match files(resolver, args) {
            Ok(root) => (vec![root], Vec::new()),
            Err(error) => (Vec::new(), vec![error]),
        };
    }
    let default = [".".to_owned()];
    let args = if args.is_empty() { &default[..] } else { args };
    let mut roots = Vec::new();
    let mut errors = Vec::new();
    for arg in args {
        match one(resolver, arg) {
            Ok(found) => roots.extend(found),
            Err(error) => errors.push(error),
        }
    }
    (roots, errors)
}

/// Whether the argument is a Go file, and not a package with such a name.
fn is_go_file(resolver: &Resolver<'_>, arg: &str) -> bool {
    let metadata = || resolver.system.stat(&clean(&resolver.config.dir.join(arg)));
    arg.ends_with(".go") && metadata().is_ok_and(|metadata| metadata.kind != FileKind::Directory)
}

fn files(resolver: &Resolver<'_>, args: &[String]) -> Result<Root, LoadError> {
    let access = |message: String| LoadError::plain(Code::FileAccess, message);
    let mut paths = Vec::new();
    let mut dirs: Vec<(PathBuf, &str)> = Vec::new();
    for arg in args {
        if !arg.ends_with(".go") {
            return Err(access(format!("named files must be .go files: {arg}")));
        }
        let path = clean(&resolver.config.dir.join(arg));
        let metadata = resolver.system.stat(&path);
        let metadata = metadata.map_err(|error| access(format!("stat {arg}: {}", io_text(&error))))?;
        if metadata.kind == FileKind::Directory {
            return Err(access(format!("{arg} is a directory, should be a Go file")));
        }
        let dir = path.parent().unwrap_or(Path::new("/")).to_owned();
        dirs.push((dir, arg.rsplit_once('/').map_or(".", |(dir, _)| dir)));
        paths.push(path);
    }
    let (first, first_shown) = &dirs[0];
    if let Some((_, other)) = dirs.iter().find(|(dir, _)| dir != first) {
        let message = format!("named files must all be in one directory; have {first_shown} and {other}");
        return Err(access(message));
    }
    Ok(Root::Files(first.clone(), paths))
}

fn one(resolver: &Resolver<'_>, arg: &str) -> Result<Vec<Root>, LoadError> {
    if arg.contains("...") || matches!(arg, "all" | "std" | "cmd") {
        return wildcard(resolver, arg);
    }
    let place = if is_relative(arg) || arg.starts_with('/') {
        directory(resolver, arg)
    } else {
        let resolved = resolver.resolve(arg.trim_end_matches('/'), None);
        resolved.map_err(|unresolved| LoadError::plain(unresolved.code, unresolved.message))
    };
    Ok(vec![Root::Named(place?)])
}

fn directory(resolver: &Resolver<'_>, arg: &str) -> Result<Place, LoadError> {
    let dir = clean(&resolver.config.dir.join(arg));
    // Without a go.mod that is what is wrong, whether the directory exists or not.
    let place = resolver.directory(&dir);
    if resolver.system.is_dir(&dir) {
        let is_outside = matches!(&place, Err(unresolved) if unresolved.code == Code::PackageNotFound);
        if is_outside && !has_go_files(resolver.system, &dir) {
            return Err(LoadError::plain(Code::NoGoFiles, format!("no Go files in {}", dir.display())));
        }
        return place.map_err(|unresolved| LoadError::plain(unresolved.code, unresolved.message));
    }
    match place {
        Err(unresolved) if unresolved.code == Code::ModFile => {
            Err(LoadError::plain(unresolved.code, unresolved.message))
        }
        _ => Err(LoadError::plain(
            Code::PackageNotFound,
            format!("stat {}: directory not found", dir.display()),
        )),
    }
}

fn wildcard(resolver: &Resolver<'_>, pattern: &str) -> Result<Vec<Root>, LoadError> {
    let mut places = Vec::new();
    if is_relative(pattern) || pattern.starts_with('/') {
        below_directory(resolver, pattern, &mut places)?;
    } else {
        let matches = |path: &str| matches_pattern(pattern, path);
        let standard = |path: &str| match pattern {
            "std" => !path.starts_with("cmd/") && path != "cmd",
            "cmd" => path.starts_with("cmd/"),
            "all" => false,
            _ => matches(path),
        };
        collect_standard(resolver, &standard, &mut places);
        if !matches!(pattern, "std" | "cmd") {
            collect_user(resolver, &|path| pattern == "all" || matches(path), &mut places);
        }
    }
    Ok(places.into_iter().map(Root::Matched).collect())
}

fn below_directory(resolver: &Resolver<'_>, pattern: &str, places: &mut Vec<Place>) -> Result<(), LoadError> {
    let (prefix, _) = pattern.split_once("...").unwrap_or((pattern, ""));
    let base = prefix.rsplit_once('/').map_or(prefix, |(dir, _)| if dir.is_empty() { "/" } else { dir });
    let dir = clean(&resolver.config.dir.join(base));
    if !resolver.system.is_dir(&dir) {
        let message = format!("pattern {pattern}: lstat {base}/: no such file or directory");
        return Err(LoadError::plain(Code::PackageNotFound, message));
    }
    if let Layout::Loose = resolver.layout
        && !dir.starts_with(resolver.config.goroot.src())
    {
        let message = format!(
            "go: pattern {pattern}: directory prefix {base} does not contain main module or its selected dependencies"
        );
        return Err(LoadError::plain(Code::ModFile, message));
    }
    let absolute = clean(&resolver.config.dir.join(prefix)).display().to_string();
    let absolute = if prefix.ends_with('/') { format!("{absolute}/") } else { absolute };
    let pattern = format!("{absolute}...{}", pattern.split_once("...").map_or("", |(_, rest)| rest));
    let is_module_mode = matches!(resolver.layout, Layout::Modules(_));
    walk(resolver.system, &dir, &dir, is_module_mode, &mut |found| {
        if matches_pattern(&pattern, &found.display().to_string())
            && let Ok(place) = resolver.directory(found)
        {
            places.push(place);
        }
    });
    Ok(())
}

fn collect_standard(resolver: &Resolver<'_>, wants: &dyn Fn(&str) -> bool, places: &mut Vec<Place>) {
    let src = resolver.config.goroot.src();
    let mut found = Vec::new();
    walk(resolver.system, &src, &src, false, &mut |dir| {
        found.extend(dir.strip_prefix(&src).ok().and_then(Path::to_str).map(str::to_owned));
    });
    let ours = overlay::entries().into_iter().map(|entry| entry.path);
    found.extend(ours);
    found.sort();
    found.dedup();
    // The first only documents what is built in; the second is cgo, which is off.
    found.retain(|path| !matches!(path.as_str(), "builtin" | "runtime/cgo"));
    let place = |path: String| Place { dir: src.join(&path), path, origin: Origin::Standard };
    places.extend(found.into_iter().filter(|path| wants(path)).map(place));
}

fn collect_user(resolver: &Resolver<'_>, wants: &dyn Fn(&str) -> bool, places: &mut Vec<Place>) {
    let mut visit = |root: &Path, is_module_mode: bool| {
        walk(resolver.system, root, root, is_module_mode, &mut |dir| {
            places.extend(resolver.directory(dir).ok().filter(|place| wants(&place.path)));
        });
    };
    match resolver.layout {
        Layout::Gopath(roots) => roots.iter().for_each(|root| visit(&root.join("src"), false)),
        Layout::Modules(modules) => visit_main(modules, &mut visit),
        Layout::Loose => {}
    }
}

fn visit_main(modules: &Modules, visit: &mut dyn FnMut(&Path, bool)) {
    for module in &modules.main {
        visit(&module.dir, true);
    }
}

/// Calls `found` for every directory with Go files at and below `dir`, in lexical order.
fn walk(system: &dyn System, top: &Path, dir: &Path, is_module_mode: bool, found: &mut dyn FnMut(&Path)) {
    let Ok(entries) = system.read_dir(dir) else { return };
    let has = |name: &str| entries.iter().any(|entry| entry.name == name && entry.kind == FileKind::File);
    if is_module_mode && dir != top && has("go.mod") {
        return;
    }
    if entries.iter().any(|entry| entry.kind == FileKind::File && entry.name.ends_with(".go")) {
        found(dir);
    }
    for entry in &entries {
        let is_skipped = entry.name.starts_with(['.', '_'])
            || entry.name == "testdata"
            || (is_module_mode && entry.name == "vendor");
        if entry.kind == FileKind::Directory && !entry.is_symlink && !is_skipped {
            walk(system, top, &dir.join(&entry.name), is_module_mode, found);
        }
    }
}

/// Whether `path` matches: `...` stands for any text, and a final `/...` for nothing too. A `vendor` element is only
/// matched by a pattern that has one.
fn matches_pattern(pattern: &str, path: &str) -> bool {
    if let Some(base) = pattern.strip_suffix("/...")
        && !base.contains("...")
        && path == base
    {
        return true;
    }
    let crosses_vendor = path.contains("/vendor/") && !pattern.contains("vendor");
    let mut rest = path;
    let mut parts = pattern.split("...").peekable();
    let Some(first) = parts.next() else { return false };
    let Some(after) = rest.strip_prefix(first) else { return false };
    rest = after;
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part) && !crosses_vendor;
        }
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.is_empty() && !crosses_vendor
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_the_go_commands_do() {
        assert!(matches_pattern("net/...", "net") && matches_pattern("net/...", "net/http"));
        assert!(!matches_pattern("net/...", "netx"));
        assert!(matches_pattern("net...", "netx"));
        assert!(matches_pattern("a/.../c", "a/b/c") && !matches_pattern("a/.../c", "a/b/d"));
        assert!(!matches_pattern("a/...", "a/vendor/b") && matches_pattern("a/vendor/...", "a/vendor/b"));
    }
}
