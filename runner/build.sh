#!/usr/bin/env bash
# Builds one runner image and pushes it to ECR. CodeBuild runs this script in this directory, with Docker and the AWS
# CLI.
#
# Each build sets BASE_IMAGE and IMAGE_TAG. BASE_IMAGE is untrusted input from a job's label, so this script validates
# it again and passes it to Docker only as one quoted argument. The project sets REPOSITORY_URI, and optionally
# RUNNER_VERSION and RUNNER_SHA256 (to replace those in versions.env; "pinned" means the checksum in that file) and
# RUNNER_DOWNLOAD_URL (a mirror). A tag is pushed only once, because tags are immutable.
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

docker build --pull --tag "$image" \
  --build-arg "BASE_IMAGE=$BASE_IMAGE" \
  --build-arg "ECS_RUNNER_VERSION=${RUNNER_VERSION:-}" \
  --build-arg "ECS_RUNNER_SHA256=$sha256" \
  --build-arg "ECS_RUNNER_DOWNLOAD_URL=${RUNNER_DOWNLOAD_URL:-}" \
  .

if ! docker push "$image"; then
  is_there || exit 1
  say "another build has pushed $image meanwhile"
fi
say "$image is built from $BASE_IMAGE"

# What each task pulls before its job can begin. Source: Amazon ECR API Reference, ImageDetail, imageSizeInBytes.
bytes=$(describe --query 'imageDetails[0].imageSizeInBytes') || bytes=
if [[ $bytes =~ ^[0-9]+$ ]]; then print_size $((bytes / 1000000)); fi
