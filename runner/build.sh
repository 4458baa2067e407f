#!/usr/bin/env bash
# Builds one runner image and pushes it to ECR. CodeBuild runs it, with Docker and the AWS CLI, in this folder.
#
# BASE_IMAGE and IMAGE_TAG come with each build; the base is a text that strangers wrote. It is matched here again
# and reaches Docker only as one quoted argument. REPOSITORY_URI is the project's, and so are RUNNER_VERSION and
# RUNNER_SHA256 where another runner than that of versions.env is wanted ("pinned" stands for the sum in there), and
# RUNNER_DOWNLOAD_URL where it is fetched from a mirror.
# A tag is pushed once: tags are immutable.
set -Eeuo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

readonly PART='[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*'
readonly HOST='[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?'
readonly NAME="($HOST(\.$HOST)*(:[0-9]{1,5})?/)?$PART(/$PART)*"
readonly BASE="^($NAME)(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(@sha256:[0-9a-f]{64})?\$"
readonly MAX_NAME=255
readonly TAG='^[a-z0-9][a-z0-9._-]{0,119}$'
readonly REPOSITORY='^([0-9]{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?/([a-z0-9][a-z0-9._/-]*)$'

say() { printf 'build: %s\n' "$*" >&2; }

# Name a variable, and say what is allowed.
refuse() {
  say "$1 is '${!1:-}'; allowed: $2"
  exit 64
}

# Letters mean ASCII, whatever the machine's language.
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

is_there() {
  aws ecr describe-images --region "$region" --registry-id "$account" --repository-name "$name" \
    --image-ids "imageTag=$IMAGE_TAG" --output text >/dev/null 2>&1
}

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
