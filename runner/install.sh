#!/bin/sh
# Installs a runner in a base image: packages, a user with sudo, and GitHub's runner with a verified checksum. Runs as
# root during the image build, in POSIX sh, because the base image may have no other shell.
#
# Arguments select steps, in this order: `packages`, `runner`, `scripts`. Each is a layer of the image; without arguments
# all of them run. What a step does not need is deleted in the same step, since a later layer can't make the image
# smaller.
#
# Supported base images: glibc, x86_64 or arm64, apt (Debian, Ubuntu) or dnf (Amazon Linux 2023, Fedora, RHEL and
# derivatives). The Dockerfile's arguments are environment variables here and replace the values in versions.env:
# ECS_RUNNER_VERSION with ECS_RUNNER_SHA256 select another runner, ECS_RUNNER_DOWNLOAD_URL another base URL.
# ECS_RUNNER_ROOT is the root of the file system, for tests.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=${ECS_RUNNER_ROOT:-}
home=$root/home/runner
newline='
'
allowed='allowed: images with glibc and with apt-get or dnf, such as ubuntu, debian, amazonlinux:2023, fedora'

say() { printf 'install: %s\n' "$*" >&2; }
fail() { say "$*" && exit 1; }

architecture() {
  case $(uname -m) in
    x86_64) echo x64 ;;
    aarch64 | arm64) echo arm64 ;;
    *) fail "this machine is $(uname -m); allowed: x86_64, aarch64" ;;
  esac
}

# musl has no `getconf GNU_LIBC_VERSION`.
check_libc() {
  getconf GNU_LIBC_VERSION >/dev/null 2>&1 ||
    fail "this base image has no glibc, which GitHub's runner needs (musl does not do); $allowed"
}

package_manager() {
  for one in apt-get dnf; do
    if command -v "$one" >/dev/null 2>&1; then echo "$one" && return; fi
  done
  fail "this base image has neither apt-get nor dnf; $allowed"
}

# Packages that .NET needs, in which the runner is written (source: the runner's installdependencies.sh), and packages
# that the standard actions need: git, tar, unzip, curl.
install_with_apt() {
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  icu=$(apt-cache pkgnames libicu | grep -E '^libicu[0-9]+$' | sort -V | tail -n 1)
  [ -n "$icu" ] || fail "this base image's packages have no libicu, which GitHub's runner needs"
  # Only for these packages: a job that installs others gets their documentation. Copyright files are kept, as licenses
  # require. Ubuntu's and Debian's slim images exclude the same by their own configuration.
  apt-get install -qq -y --no-install-recommends \
    -o Dpkg::Options::=--path-exclude='/usr/share/doc/*' \
    -o Dpkg::Options::=--path-include='/usr/share/doc/*/copyright' \
    -o Dpkg::Options::=--path-exclude='/usr/share/info/*' \
    -o Dpkg::Options::=--path-exclude='/usr/share/man/*' \
    -o Dpkg::Options::=--path-exclude='/usr/share/locale/*' \
    bash ca-certificates coreutils curl git gzip "$icu" libkrb5-3 libstdc++6 openssl passwd sudo tar unzip zlib1g
  # Base images for containers keep no packages by their configuration; others do.
  apt-get clean
  rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/*.bin
}

install_with_dnf() {
  # Amazon Linux has curl-minimal, with which curl conflicts.
  curl=
  command -v curl >/dev/null 2>&1 || curl=curl
  dnf install -q -y --setopt=install_weak_deps=False --nodocs \
    bash ca-certificates findutils git gzip krb5-libs libicu libstdc++ openssl-libs shadow-utils \
    sudo tar unzip zlib ${curl:+"$curl"}
  dnf clean all -q
}

make_user() {
  id runner >/dev/null 2>&1 || useradd --create-home --home-dir /home/runner --shell /bin/bash runner
  mkdir -p "$home" "$root/etc/sudoers.d"
  echo 'runner ALL=(ALL) NOPASSWD:ALL' >"$root/etc/sudoers.d/runner"
  chmod 0440 "$root/etc/sudoers.d/runner"
}

pinned() { sed -n "s/^$1=//p" "$here/versions.env"; }

# Returns whether the whole text matches; grep alone would accept one matching line.
matches() {
  case $1 in *"$newline"*) return 1 ;; esac
  printf '%s\n' "$1" | grep -Eqx "$2"
}

# Sets `version` and `sha256`.
choose_runner() {
  version=${ECS_RUNNER_VERSION:-$(pinned RUNNER_VERSION)}
  sha256=${ECS_RUNNER_SHA256:-}
  if [ -z "$sha256" ] && [ "$version" = "$(pinned RUNNER_VERSION)" ]; then
    sha256=$(pinned "RUNNER_SHA256_$(echo "$1" | tr '[:lower:]' '[:upper:]')")
  fi
  matches "$version" '[0-9]+\.[0-9]+\.[0-9]+' ||
    fail "RUNNER_VERSION is '$version'; allowed: three numbers, such as $(pinned RUNNER_VERSION)"
  matches "$sha256" '[0-9a-f]{64}' ||
    fail "RUNNER_SHA256 is '$sha256'; runner $version needs the SHA-256 of its linux-$1 archive, 64 hex digits"
}

# Sets `url` and `scheme`. The image history contains the build arguments, so the URL must not contain credentials.
choose_url() {
  url=${ECS_RUNNER_DOWNLOAD_URL:-$(pinned RUNNER_DOWNLOAD_URL)}
  scheme=${url%%:*}
  matches "$url" '(https://[A-Za-z0-9.-]+|http://(127\.0\.0\.1|localhost))(:[0-9]{1,5})?(/[A-Za-z0-9._~%+-]+)*' ||
    fail "RUNNER_DOWNLOAD_URL is '$url'; allowed: https://host[:port][/path]; http: only for 127.0.0.1 and localhost"
}

# Redirects must use https.
fetch() {
  curl --fail --silent --show-error --location --retry 3 --proto "=$scheme" --proto-redir =https --output "$2" "$1"
}

# The base image can contain another version of the runner, whose files must not mix with this one. The files in the
# archive have the owner of the machine that packed it.
install_runner() {
  name=actions-runner-linux-$1-$version.tar.gz
  archive=$(mktemp)
  fetch "$url/v$version/$name" "$archive" || fail "$name could not be fetched from $url"
  found=$(sha256sum "$archive" | cut -d ' ' -f 1)
  [ "$found" = "$sha256" ] || fail "$name has SHA-256 $found, not $sha256: it is not what was asked for"
  rm -rf "${home:?}/bin" "${home:?}/externals"
  tar -xzf "$archive" -C "$home" --no-same-owner
  rm -f "$archive"
  remove_unused
  chown -R runner: "$home"
  say "runner $version for linux-$1 is installed"
}

# The runner starts <externals>/<version>/bin/node, and for a job container of Alpine Linux <version>_alpine instead,
# which is built for musl (source: actions/runner, src/Runner.Worker/Handlers/StepHost.cs, ContainerStepHost). A task on
# Fargate has no Docker and so no job containers. C headers and manual pages are for people who develop with Node.js.
# npm stays, since actions may start it.
remove_unused() {
  rm -rf "${home:?}"/externals/*_alpine
  for node in "$home"/externals/*/; do
    rm -rf "${node:?}include" "${node:?}share/doc" "${node:?}share/man"
  done
}

# The zip may not have preserved the file modes.
finish() {
  chmod 0755 "$here/entrypoint.sh" "$here/job-hook.sh"
  ln -sf job-hook.sh "$here/job-started.sh"
  ln -sf job-hook.sh "$here/job-completed.sh"
}

install_packages() {
  case $manager in
    apt-get) install_with_apt ;;
    dnf) install_with_dnf ;;
  esac
  make_user
}

[ $# -gt 0 ] || set -- packages runner scripts
arch=$(architecture)
manager=$(package_manager)
check_libc
# Before the first step, so that a wrong argument does not wait for packages.
choose_runner "$arch"
choose_url
for step in "$@"; do
  case $step in
    packages) install_packages ;;
    runner) install_runner "$arch" ;;
    scripts) finish ;;
    *) fail "there is no step '$step'; allowed: packages, runner, scripts" ;;
  esac
done
