# Unpacks Compose 2 from Debian's next release into $1, as a plug-in of Docker's client; the
# system's own lists and packages stay as they are.
set -euo pipefail
[ -r /usr/share/keyrings/debian-archive-keyring.gpg ]
box=$(mktemp -d); chmod 755 "$box"; trap 'rm -rf "$box"' EXIT
mkdir -p "$box/lists/partial" "$box/cache/archives/partial"
sources=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.sources 2>/dev/null || true)
mirror=$(grep -oE 'https?://[^ ]*/debian( |$)' <<<"$sources" | grep -v snapshot | head -n 1)
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie main" >"$box/list"
own=(-o "Dir::Etc::SourceList=$box/list" -o Dir::Etc::SourceParts=/dev/null
  -o "Dir::State::lists=$box/lists" -o "Dir::Cache=$box/cache" -o APT::Sandbox::User=root)
apt-get "${own[@]}" update -qq
(cd "$box" && apt-get "${own[@]}" download -qq docker-compose && dpkg-deb -x docker-compose_*.deb x)
mkdir -p "$1/cli-plugins"
cp "$box/x/usr/libexec/docker/cli-plugins/docker-compose" "$1/cli-plugins/docker-compose.$$"
mv "$1/cli-plugins/docker-compose.$$" "$1/cli-plugins/docker-compose"
