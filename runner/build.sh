#!/usr/bin/env bash
# Builds one runner image and pushes it to ECR. CodeBuild runs this script in this directory, with Docker and the AWS
# CLI.
#
# Each build sets BASE_IMAGE and IMAGE_TAG. BASE_IMAGE is untrusted input from a job's label, so this script validates
# it again and passes it to Docker only as one quoted argument. The project sets REPOSITORY_URI, and optionally
# RUNNER_VERSION and RUNNER_SHA256 (to replace those in versions.env; "pinned" means the checksum in that file),
# RUNNER_DOWNLOAD_URL (a mirror) and BUILDKIT_IMAGE. A tag is pushed only once, because tags are immutable.
#
# With BUILDKIT_IMAGE, BuildKit runs in a container of that image and compresses the layers with zstd, which a task
# unpacks faster (docs/adr/0034-runner-images-are-small.md). Docker's own builder can't do that unless the daemon has the
# containerd image store, which the daemon in CodeBuild's images does not have. Without BUILDKIT_IMAGE, or if that container does
# not start, Docker builds and compresses with gzip. A failed build is not repeated.
set -Eeuo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

readonly PART='[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*'
readonly HOST='[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?'
readonly NAME="($HOST(\.$HOST)*(:[0-9]{1,5})?/)?$PART(/$PART)*"
readonly BASE="^($NAME)(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(@sha256:[0-9a-f]{64})?\$"
readonly MAX_NAME=255
readonly TAG='^[a-z0-9][a-z0-9._-]{0,119}$'
# Assumed of a task on Fargate; cli/image_sizes.py has the same, with its source.
readonly PULL_MB_PER_SECOND=10
# The pull of the builder's image, about 100 MB, and its start.
readonly BOOT_SECONDS=180
readonly BUILDER=runner-image
# force-compression includes the layers of the base image. zstd requires OCI media types. docs/runner-image.md has what
# the level saves. Source of the options: Docker Docs, "Image and registry exporters".
readonly ZSTD=oci-mediatypes=true,compression=zstd,compression-level=9,force-compression=true
readonly REPOSITORY='^([0-9]{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?/([a-z0-9][a-z0-9._/-]*)$'

say() { printf 'build: %s\n' "$*" >&2; }

# Prints a variable with its value and the allowed values, and exits.
refuse() {
  say "$1 is '${!1:-}'; allowed: $2"
  exit 64
}

# Character ranges match only ASCII, regardless of the locale.
LC_ALL=C
[[ ${IMAGE_TAG:-} =~ $TAG ]] || refuse IMAGE_TAG '1 to 120 of a-z, 0-9, ".", "_", "-", no sign first'
[[ ${BASE_IMAGE:-} =~ $BASE && ${#BASH_REMATCH[1]} -le $MAX_NAME ]] ||
  refuse BASE_IMAGE '[host/]name[:tag][@sha256:digest]'
[[ ! ${BUILDKIT_IMAGE:-} || $BUILDKIT_IMAGE =~ $BASE ]] ||
  refuse BUILDKIT_IMAGE '[host/]name[:tag][@sha256:digest], or nothing'
[[ ${REPOSITORY_URI:-} =~ $REPOSITORY ]] ||
  refuse REPOSITORY_URI '<account>.dkr.ecr.<region>.amazonaws.com/<name>'
readonly account=${BASH_REMATCH[1]} region=${BASH_REMATCH[2]} name=${BASH_REMATCH[4]}
readonly registry=${REPOSITORY_URI%%/*} image=$REPOSITORY_URI:$IMAGE_TAG

sha256=${RUNNER_SHA256:-}
if [[ $sha256 == pinned ]]; then sha256=; fi

describe() {
  aws ecr describe-images --region "$region" --registry-id "$account" --repository-name "$name" \
    --image-ids "imageTag=$IMAGE_TAG" --output text "$@" 2>/dev/null
}

print_size() { say "it has $1 MB, compressed; a task pulls it in about $(($1 / PULL_MB_PER_SECOND)) s"; }

is_there() { describe >/dev/null; }

if is_there; then
  say "$image is there already; nothing to do"
  exit 0
fi

aws ecr get-login-password --region "$region" |
  docker login --username AWS --password-stdin "$registry" >/dev/null

arguments=(
  --pull
  --build-arg "BASE_IMAGE=$BASE_IMAGE"
  --build-arg "ECS_RUNNER_VERSION=${RUNNER_VERSION:-}"
  --build-arg "ECS_RUNNER_SHA256=$sha256"
  --build-arg "ECS_RUNNER_DOWNLOAD_URL=${RUNNER_DOWNLOAD_URL:-}"
)

boot_builder() {
  timeout "$BOOT_SECONDS" docker buildx create --name "$BUILDER" --driver docker-container \
    --driver-opt "image=$BUILDKIT_IMAGE" --bootstrap
}

choose_builder() {
  builder=docker compression=gzip
  [[ ${BUILDKIT_IMAGE:-} ]] || return 0
  if boot_builder; then builder=buildkit compression=zstd; else say "BuildKit does not start from $BUILDKIT_IMAGE"; fi
}

# Without attestations, whose manifests ECR would store, scan and count as images of their own.
with_buildkit() {
  docker buildx build --builder "$BUILDER" --provenance=false --output "type=image,name=$image,push=true,$ZSTD" \
    "${arguments[@]}" .
}

# Exits if the build fails, and returns whether the push succeeds.
with_docker() {
  docker build --tag "$image" "${arguments[@]}" . || exit
  docker push "$image"
}

choose_builder
say "$builder builds the image; its layers are compressed with $compression"
if ! "with_$builder"; then
  is_there || exit 1
  say "another build has pushed $image meanwhile"
fi
say "$image is built from $BASE_IMAGE"

# What each task pulls before its job can begin. Source: Amazon ECR API Reference, ImageDetail, imageSizeInBytes.
bytes=$(describe --query 'imageDetails[0].imageSizeInBytes') || bytes=
if [[ $bytes =~ ^[0-9]+$ ]]; then print_size $((bytes / 1000000)); fi
