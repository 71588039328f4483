"""Makes a wheel that carries the programs: wheel.py BINARIES VERSION PLATFORM OUT."""
import base64
import hashlib
import pathlib
import sys
import zipfile

binaries, version, platform, out = sys.argv[1:]
root = pathlib.Path(__file__).resolve().parents[2]
name, tag = f"mtp_tools-{version}", f"py3-none-{platform}"
info = f"{name}.dist-info"
cargo = (root / "Cargo.toml").read_text()
brief = next(line for line in cargo.splitlines() if line.startswith("description = "))
files = {}
for path in sorted(pathlib.Path(binaries).glob("mtp-*")):
    files[f"{name}.data/scripts/{path.name}"] = (path.read_bytes(), 0o755)
for path in sorted((root / "man").glob("*.[15]")):
    files[f"{name}.data/data/share/man/man{path.suffix[1:]}/{path.name}"] = (path.read_bytes(), 0o644)
metadata = (
    f"Metadata-Version: 2.1\nName: mtp-tools\nVersion: {version}\n"
    f"Summary: {brief.split(chr(34))[1]}\n"
    "License: MIT OR Apache-2.0\nRequires-Python: >=3.8\n"
    "Description-Content-Type: text/markdown\n\n" + (root / "README.md").read_text()
)
files[f"{info}/METADATA"] = (metadata.encode(), 0o644)
wheel = f"Wheel-Version: 1.0\nGenerator: mtp-tools\nRoot-Is-Purelib: false\nTag: {tag}\n"
files[f"{info}/WHEEL"] = (wheel.encode(), 0o644)
record = ""
for path, (data, _) in files.items():
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    record += f"{path},sha256={digest},{len(data)}\n"
record += f"{info}/RECORD,,\n"
files[f"{info}/RECORD"] = (record.encode(), 0o644)
target = pathlib.Path(out) / f"{name}-{tag}.whl"
with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
    for path, (data, mode) in files.items():
        entry = zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0))
        entry.external_attr = (0o100000 | mode) << 16
        entry.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(entry, data)
print(target.name)
