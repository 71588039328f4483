//! Tests if a rename may replace a config file: whoever has it must see the new one, with the same
//! owner and rights.

use std::collections::HashSet;
use std::fs::{self, Metadata};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access, getxattr};
use rustix::process::{getegid, geteuid, getgroups};

/// The access control list of a file.
const ACL: &str = "system.posix_acl_access";

/// Tests for a file that a rename can replace: in a writable folder, with a single name, not a mount
/// here or in a container, and of an owner and group that the new file can have, too.
pub(super) fn can_be_renamed(path: &Path, file: &Metadata) -> bool {
    let Ok(path) = fs::canonicalize(path) else { return false };
    let folder = path.parent().unwrap_or(Path::new("/"));
    file.nlink() == 1
        && access(folder, Access::WRITE_OK).is_ok()
        && keeps_owner(file)
        && getxattr(&path, ACL, &mut [0; 0][..]).is_err()
        && !is_mount(&path, file)
}

/// Tests if a new file can have the owner and group of this one.
fn keeps_owner(file: &Metadata) -> bool {
    let own = geteuid();
    let is_own_group = || {
        file.gid() == getegid().as_raw()
            || getgroups().unwrap_or_default().iter().any(|group| group.as_raw() == file.gid())
    };
    own.is_root() || (own.as_raw() == file.uid() && is_own_group())
}

/// Tests if the file is a mount of its own for any process: Docker mounts single files, and a rename
/// would leave the old one in the container.
fn is_mount(path: &Path, file: &Metadata) -> bool {
    let mut namespaces = HashSet::new();
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|process| is_process(process)).any(|process| {
        let namespace = fs::read_link(process.join("ns/mnt"));
        let is_new = namespace.map_or(true, |namespace| namespaces.insert(namespace));
        is_new && is_mount_of(&process, path, file)
    })
}

fn is_process(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().as_encoded_bytes();
    name.iter().all(u8::is_ascii_digit)
}

fn is_mount_of(process: &Path, path: &Path, file: &Metadata) -> bool {
    let mounts = fs::read_to_string(process.join("mountinfo")).unwrap_or_default();
    mounts.lines().any(|line| {
        let mut fields = line.split(' ').skip(3).map(unescape);
        let (Some(root), Some(point)) = (fields.next(), fields.next()) else { return false };
        if root.file_name() != path.file_name() {
            return false;
        }
        let inside = process.join("root").join(point.strip_prefix("/").unwrap_or(&point));
        match fs::metadata(inside) {
            Ok(meta) => (meta.ino(), meta.dev()) == (file.ino(), file.dev()),
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                path.ends_with(root.strip_prefix("/").unwrap_or(&root))
            }
            Err(_) => false,
        }
    })
}

/// Decodes the escapes of mountinfo: blanks and backslashes as three octal digits.
fn unescape(field: &str) -> PathBuf {
    let (mut out, mut rest) = (String::new(), field);
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let code = after.get(..3).and_then(|digits| u8::from_str_radix(digits, 8).ok());
        rest = if let Some(code) = code {
            out.push(char::from(code));
            after.get(3..).unwrap_or_default()
        } else {
            out.push('\\');
            after
        };
    }
    out.push_str(rest);
    PathBuf::from(out)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn names_in_mountinfo() {
        assert_eq!(unescape(r"/a\040b\134c\x"), Path::new(r"/a b\c\x"));
    }

    #[test]
    fn a_second_name_and_a_read_only_folder_need_a_write_in_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        fs::write(&path, "").unwrap();
        let can = || can_be_renamed(&path, &fs::metadata(&path).unwrap());
        assert!(can());
        fs::hard_link(&path, folder.path().join("other")).unwrap();
        assert!(!can());
        fs::remove_file(folder.path().join("other")).unwrap();
        fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o555)).unwrap();
        assert_eq!(can(), geteuid().is_root());
        fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
    }
}
