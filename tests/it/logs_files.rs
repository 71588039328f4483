//! `mtp-logs` on files in ways that logs are really rotated, replaced and damaged.

use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::{FileExt, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::CWD;

use crate::harness::text;
use crate::logs::{Logs, numbered, wait_for_lines, write_lines};

fn append(path: &Path) -> File {
    File::options().create(true).append(true).open(path).unwrap()
}

fn log(dir: &Path) -> (PathBuf, [String; 2]) {
    let path = dir.join("log");
    drop(append(&path));
    let args = ["--file".to_owned(), path.display().to_string()];
    (path, args)
}

fn start(args: &[String], dir: &Path) -> Logs {
    let args: Vec<_> = args.iter().map(String::as_str).collect();
    Logs::start(&args, dir)
}

fn stderr(dir: &Path) -> String {
    text(&fs::read(dir.join("err")).unwrap())
}

/// As rows wait for a slow reader: a stopped process reads nothing.
fn while_stopped(logs: &Logs, what: impl FnOnce()) {
    logs.signal(rustix::process::Signal::STOP);
    what();
    logs.signal(rustix::process::Signal::CONT);
}

/// A daily rotation, while the reader of the lines hangs for days.
#[test]
fn a_log_is_rotated_more_than_once_between_two_looks() {
    let folder = tempfile::tempdir().unwrap();
    let (path, args) = log(folder.path());
    let logs = start(&args, folder.path());
    write_lines(&mut append(&path), 0..100);
    wait_for_lines(folder.path(), 100);
    while_stopped(&logs, || {
        for (n, name) in (1..).zip(["log.4", "log.3", "log.2", "log.1"]) {
            write_lines(&mut append(&path), n * 100..n * 100 + 50);
            std::thread::sleep(Duration::from_millis(15));
            fs::rename(&path, folder.path().join(name)).unwrap();
            write_lines(&mut append(&path), n * 100 + 50..n * 100 + 100);
        }
    });
    write_lines(&mut append(&path), 500..600);
    let lines = wait_for_lines(folder.path(), 600);
    assert_eq!(lines, numbered(600));
    logs.end();
    // What was read is not read again by the next run.
    let logs = start(&args, folder.path());
    write_lines(&mut append(&path), 600..700);
    assert_eq!(wait_for_lines(folder.path(), 700), numbered(700));
    logs.end();
    assert_eq!(stderr(folder.path()), "");
}

/// Copied and truncated twice while nobody looked.
#[test]
fn a_log_is_copied_and_truncated_more_than_once_between_two_looks() {
    let folder = tempfile::tempdir().unwrap();
    let (path, args) = log(folder.path());
    let logs = start(&args, folder.path());
    let mut file = append(&path);
    write_lines(&mut file, 0..100);
    wait_for_lines(folder.path(), 100);
    while_stopped(&logs, || {
        for (n, name) in (1..).zip(["log.2", "log.1"]) {
            write_lines(&mut file, n * 100..n * 100 + 100);
            std::thread::sleep(Duration::from_millis(15));
            fs::copy(&path, folder.path().join(name)).unwrap();
            file.set_len(0).unwrap();
        }
    });
    write_lines(&mut file, 300..400);
    assert_eq!(wait_for_lines(folder.path(), 400), numbered(400));
    logs.end();
}

/// A proxy that begins its log anew at every start, with the same lines: `> log` in a unit.
#[test]
fn a_log_that_is_begun_anew_with_equal_lines_is_another_one() {
    let folder = tempfile::tempdir().unwrap();
    let (path, args) = log(folder.path());
    let banner = "tg://proxy?server=proxy.example&port=443&secret=\n".repeat(12);
    for round in 0..3 {
        let mut file = File::create(&path).unwrap();
        file.write_all(banner.as_bytes()).unwrap();
        // Each is longer than the one before it was.
        write_lines(&mut file, 1000 * round..1000 * round + 100 * (round + 1));
        let logs = start(&args, folder.path());
        let last = format!("line {}\n", 1000 * round + 100 * (round + 1) - 1);
        let until = std::time::Instant::now() + Duration::from_mins(1);
        while !text(&fs::read(folder.path().join("out")).unwrap()).ends_with(&last) {
            assert!(std::time::Instant::now() < until, "round {round}");
            std::thread::sleep(Duration::from_millis(20));
        }
        logs.end();
    }
    let out = text(&fs::read(folder.path().join("out")).unwrap());
    let gaps = out.lines().filter(|line| line.contains("found a gap")).count();
    let lines = out.lines().filter(|line| line.starts_with("line ")).count();
    let banners = out.lines().filter(|line| line.starts_with("tg://")).count();
    assert_eq!((gaps, lines, banners), (2, 600, 36), "{out}");
}

/// Truncated under a writer that keeps its place: the hole is no line.
#[test]
fn a_hole_before_the_place_of_the_writer_is_skipped() {
    let folder = tempfile::tempdir().unwrap();
    let (path, args) = log(folder.path());
    let logs = start(&args, folder.path());
    let mut file = File::create(&path).unwrap();
    write_lines(&mut file, 0..100);
    wait_for_lines(folder.path(), 100);
    file.set_len(0).unwrap();
    file.seek(SeekFrom::Start(3_000_000)).unwrap();
    write_lines(&mut file, 100..200);
    let lines = wait_for_lines(folder.path(), 201);
    assert!(lines[100].contains("found a gap"), "{}", lines[100]);
    assert_eq!(lines[101..], numbered(200)[100..]);
    // And once more: now the samples are those of a hole.
    let at = file.stream_position().unwrap();
    file.set_len(0).unwrap();
    file.write_all_at(b"line 200\n", at).unwrap();
    let lines = wait_for_lines(folder.path(), 203);
    assert_eq!(lines[202], "line 200");
    logs.end();
    assert!(!text(&fs::read(folder.path().join("out")).unwrap()).contains('\0'));
}

/// The link of cronolog and of dated logs: into another folder, and changed to the next file.
#[test]
fn a_link_into_another_folder_is_followed_at_once_and_to_the_next_file() {
    let folder = tempfile::tempdir().unwrap();
    let (path, args) = log(folder.path());
    let files = ["a", "b"].map(|name| folder.path().join("old").join(name));
    fs::create_dir(folder.path().join("old")).unwrap();
    write_lines(&mut append(&files[0]), 0..10);
    fs::remove_file(&path).unwrap();
    symlink(&files[0], &path).unwrap();
    let logs = start(&args, folder.path());
    wait_for_lines(folder.path(), 10);
    let began = std::time::Instant::now();
    write_lines(&mut append(&files[0]), 10..20);
    wait_for_lines(folder.path(), 20);
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    write_lines(&mut append(&files[1]), 20..30);
    symlink(&files[1], folder.path().join("new")).unwrap();
    rustix::fs::renameat(CWD, folder.path().join("new"), CWD, &path).unwrap();
    write_lines(&mut append(&files[1]), 30..40);
    assert_eq!(wait_for_lines(folder.path(), 40), numbered(40));
    logs.end();
}

/// svlogd, multilog and s6-log rename `current` to its time.
#[test]
fn the_current_log_of_a_supervisor_is_found_under_its_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("current");
    let args = ["--file".to_owned(), path.display().to_string()];
    write_lines(&mut append(&path), 0..10);
    let logs = start(&args, folder.path());
    wait_for_lines(folder.path(), 10);
    logs.end();
    for n in 1..3 {
        write_lines(&mut append(&path), n * 10..n * 10 + 10);
        std::thread::sleep(Duration::from_millis(15));
        fs::rename(&path, folder.path().join(format!("@400000006925a1b{n}.s"))).unwrap();
    }
    write_lines(&mut append(&path), 30..40);
    let logs = start(&args, folder.path());
    assert_eq!(wait_for_lines(folder.path(), 40), numbered(40));
    logs.end();
}

/// Removed and made again with the same inode, the folder as well.
#[test]
fn a_log_and_its_folder_are_removed_and_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("logs");
    let path = inner.join("log");
    let args = ["--file".to_owned(), path.display().to_string()];
    let logs = start(&args, folder.path());
    for n in 0..4 {
        fs::create_dir(&inner).unwrap();
        write_lines(&mut append(&path), n * 10..n * 10 + 10);
        assert_eq!(wait_for_lines(folder.path(), n * 10 + 10), numbered(n * 10 + 10));
        fs::remove_dir_all(&inner).unwrap();
    }
    logs.end();
    // An empty file with the inode of the one that was read.
    fs::create_dir(&inner).unwrap();
    write_lines(&mut append(&path), 40..50);
    let logs = start(&args, folder.path());
    let lines = wait_for_lines(folder.path(), 51);
    assert!(lines[40].contains("was not found"), "{}", lines[40]);
    logs.end();
}

#[test]
fn other_kinds_of_file_are_reported_once() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    rustix::fs::mknodat(CWD, &pipe, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    let dir = folder.path().display().to_string();
    let pipe = pipe.display().to_string();
    let logs = Logs::start(&["--file", &dir, "--file", &pipe], folder.path());
    let (path, _) = log(folder.path());
    for _ in 0..10 {
        write_lines(&mut append(&path), 0..1);
        std::thread::sleep(Duration::from_millis(30));
    }
    logs.end();
    let errors = stderr(folder.path());
    assert_eq!(errors.matches("not a regular file").count(), 2, "{errors}");
    assert_eq!(errors.lines().count(), 2, "{errors}");
}

/// Files of one name in two folders are two sources, and a file that is given twice is one.
#[test]
fn files_of_one_name_are_kept_apart() {
    let folder = tempfile::tempdir().unwrap();
    let paths = ["a", "b"].map(|name| folder.path().join(name).join("proxy.log"));
    for (n, path) in paths.iter().enumerate() {
        fs::create_dir(path.parent().unwrap()).unwrap();
        write_lines(&mut append(path), n..n + 1);
    }
    let [a, b] = paths.map(|path| path.display().to_string());
    let logs = Logs::start(&["--file", &a, "--file", &b, "--file", &a], folder.path());
    let mut lines = wait_for_lines(folder.path(), 2);
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(wait_for_lines(folder.path(), 2).len(), 2);
    logs.end();
    lines.sort();
    assert!(lines[0].ends_with("-a-proxy.log  | line 0"), "{lines:?}");
    assert!(lines[1].ends_with("-b-proxy.log  | line 1"), "{lines:?}");
}

/// Lines of any bytes and any length; a last one without an end waits for it.
#[test]
fn lines_of_any_form_pass() {
    let folder = tempfile::tempdir().unwrap();
    let (path, args) = log(folder.path());
    let mut file = append(&path);
    let long = "x".repeat(3_000_000);
    file.write_all(format!("a\0b\n\n\u{1b}[2J\r\n{long}\nhalf").as_bytes()).unwrap();
    file.write_all(b"\xff\xfe of it").unwrap();
    let logs = start(&args, folder.path());
    let lines = wait_for_lines(folder.path(), 6);
    assert_eq!(lines[..3], ["a\0b", "", "\u{1b}[2J"]);
    assert_eq!(lines[3..].concat(), long);
    logs.end();
    // Stopped in the line: the next run writes it whole.
    let logs = start(&args, folder.path());
    let count = lines.len();
    std::thread::sleep(Duration::from_millis(300));
    file.write_all(b" and the rest\n").unwrap();
    let lines = wait_for_lines(folder.path(), count + 1);
    assert_eq!(lines[count], "half\u{fffd}\u{fffd} of it and the rest");
    logs.end();
}

/// A state that cannot be saved does not end the stream.
#[test]
fn a_full_disk_of_the_state_is_reported_and_survived() {
    let folder = tempfile::tempdir().unwrap();
    let (path, args) = log(folder.path());
    let state = folder.path().join("full");
    fs::create_dir(&state).unwrap();
    let mount = |args: &[&str]| {
        let status = std::process::Command::new(args[0]).args(&args[1..]).status();
        status.is_ok_and(|status| status.success())
    };
    let place = state.display().to_string();
    if !mount(&["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", &place]) {
        return crate::harness::skip("the right to mount");
    }
    let filler = state.join("filler");
    drop(File::create(&filler).unwrap().write_all(&vec![1; 1 << 20]));
    let saved = state.join("state").display().to_string();
    let args = [&args[..], &["--state".to_owned(), saved]].concat();
    let logs = start(&args, folder.path());
    for n in 0..3 {
        write_lines(&mut append(&path), n * 10..n * 10 + 10);
        wait_for_lines(folder.path(), n * 10 + 10);
    }
    fs::remove_file(&filler).unwrap();
    write_lines(&mut append(&path), 30..40);
    wait_for_lines(folder.path(), 40);
    logs.end();
    let logs = start(&args, folder.path());
    write_lines(&mut append(&path), 40..50);
    let lines = wait_for_lines(folder.path(), 50);
    logs.end();
    mount(&["umount", &place]);
    assert_eq!(lines, numbered(50));
    let errors = stderr(folder.path());
    let errors: Vec<_> = errors.lines().collect();
    assert_eq!(errors.len(), 2, "{errors:?}");
    assert!(errors[0].contains("positions are kept in memory"), "{errors:?}");
    assert!(errors[1].contains("saved again"), "{errors:?}");
}
