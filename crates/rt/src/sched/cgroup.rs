//! The CPU limit of the control group that the process runs in, as Go 1.25 honours it.

use rt_sys::io;

/// Files of `/proc` and `/sys` are read up to this size.
const MAX_FILE: usize = 8 << 10;

/// Processors' worth of time per second, in thousandths.
pub type Millis = u64;

/// GOMAXPROCS for `n_cpu` processors and a limit: rounded up, at least 2 unless there is only one processor.
pub fn adjust(n_cpu: u32, limit: Millis) -> u32 {
    let rounded = limit.div_ceil(1000).min(u64::from(u32::MAX)) as u32;
    n_cpu.min(rounded.max(2))
}

/// The limit of this process, if it has one: the tightest on the way to the root.
pub fn cpu_limit() -> Option<Millis> {
    let mut buffer = [0; MAX_FILE];
    let n_read = io::read_file(b"/proc/self/cgroup\0", &mut buffer).ok()?;
    let (version, group) = parse_group(&buffer[..n_read])?;
    let mut path = [0; MAX_FILE];
    let mut group_len = group.len();
    let mut limit = None;
    loop {
        limit = [limit, read_limit(version, &group[..group_len], &mut path)].into_iter().flatten().min();
        if group_len == 0 {
            return limit;
        }
        group_len = group[..group_len].iter().rposition(|&byte| byte == b'/').unwrap_or(0);
    }
}

/// Which hierarchy has the cpu controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// `cpu.cfs_quota_us` and `cpu.cfs_period_us`.
    V1,
    /// `cpu.max`.
    V2,
}

/// The group of the cpu controller in `/proc/self/cgroup`: a line `N:cpu,...:/path` or `0::/path`.
pub fn parse_group(text: &[u8]) -> Option<(Version, &[u8])> {
    let mut unified = None;
    for line in text.split(|&byte| byte == b'\n') {
        let mut fields = line.splitn(3, |&byte| byte == b':');
        let (Some(number), Some(controllers), Some(path)) = (fields.next(), fields.next(), fields.next())
        else {
            continue;
        };
        let path = path.strip_suffix(b"/").unwrap_or(path);
        if controllers.split(|&byte| byte == b',').any(|name| name == b"cpu") {
            return Some((Version::V1, path));
        }
        if number == b"0" && controllers.is_empty() {
            unified = Some((Version::V2, path));
        }
    }
    unified
}

/// `cpu.max`: "quota period" or "max period".
pub fn parse_v2(text: &[u8]) -> Option<Millis> {
    let mut words = text.split(|byte| byte.is_ascii_whitespace());
    let quota = parse_number(words.next()?)?;
    let period = parse_number(words.next()?)?;
    (period != 0).then(|| quota * 1000 / period)
}

fn parse_number(text: &[u8]) -> Option<u64> {
    str::from_utf8(text).ok()?.trim().parse().ok()
}

fn read_limit(version: Version, group: &[u8], path: &mut [u8; MAX_FILE]) -> Option<Millis> {
    match version {
        Version::V2 => {
            let mut text = [0; 64];
            let n_read = read_in(b"/sys/fs/cgroup", group, b"/cpu.max\0", path, &mut text)?;
            parse_v2(&text[..n_read])
        }
        Version::V1 => {
            let mut number = |name| {
                let mut text = [0; 64];
                let n_read = read_in(b"/sys/fs/cgroup/cpu", group, name, path, &mut text)?;
                parse_number(&text[..n_read])
            };
            let quota = number(b"/cpu.cfs_quota_us\0")?;
            let period = number(b"/cpu.cfs_period_us\0")?;
            (period != 0).then(|| quota * 1000 / period)
        }
    }
}

fn read_in(root: &[u8], group: &[u8], name: &[u8], path: &mut [u8], text: &mut [u8]) -> Option<usize> {
    let mut n = 0;
    for part in [root, group, name] {
        path.get_mut(n..n + part.len())?.copy_from_slice(part);
        n += part.len();
    }
    io::read_file(&path[..n], text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cpu_controller_of_version_1_wins() {
        let text = b"12:memory:/a\n3:cpu,cpuacct:/docker/x/\n0::/unified\n";
        assert_eq!(parse_group(text), Some((Version::V1, &b"/docker/x"[..])));
        assert_eq!(parse_group(b"0::/user.slice\n"), Some((Version::V2, &b"/user.slice"[..])));
        assert_eq!(parse_group(b"0::/\n"), Some((Version::V2, &b""[..])));
        assert_eq!(parse_group(b"garbage"), None);
    }

    #[test]
    fn quotas_become_thousandths() {
        assert_eq!(parse_v2(b"150000 100000\n"), Some(1500));
        assert_eq!(parse_v2(b"max 100000\n"), None);
        assert_eq!(parse_v2(b""), None);
    }

    #[test]
    fn limits_round_up_and_leave_two() {
        assert_eq!(adjust(8, 1500), 2);
        assert_eq!(adjust(8, 2500), 3);
        assert_eq!(adjust(8, 500), 2);
        assert_eq!(adjust(1, 500), 1);
        assert_eq!(adjust(4, 100_000), 4);
    }
}
