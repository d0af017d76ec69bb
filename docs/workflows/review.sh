#!/bin/sh
# Says in any CI what a branch will do to what is running: a copy belongs in a repository that `tapgen init` began.
#
#   OUT=review FAIL_ON=data-loss,must-fail sh review.sh
#
# Writes review.md (a comment), review.sarif and review.html (a page) into OUT, prints the review, and exits 1 where
# there is something of FAIL_ON that tapgen.accepted.yaml does not accept. MAIN is the branch that it is to be merged
# into. Nothing is asked of AWS, and no secret is needed.
set -eu

main=${MAIN:-${CI_MERGE_REQUEST_TARGET_BRANCH_NAME:-${CHANGE_TARGET:-${BITBUCKET_PR_DESTINATION_BRANCH:-main}}}}
out=${OUT:-review}

# Most systems fetch the last commit of one branch: where the branch left the main branch is not in it.
if [ "$(git rev-parse --is-shallow-repository)" = true ]; then
  git fetch --quiet --unshallow origin
fi
git fetch --quiet origin "+refs/heads/$main:refs/remotes/origin/$main"
base=$(git merge-base HEAD "origin/$main")

make setup >&2
mkdir -p "$out"
for format in markdown:md sarif:sarif html:html; do
  .venv/bin/tapgen review --causes --format "${format%%:*}" -- "$base" > "$out/review.${format##*:}"
done
exec .venv/bin/tapgen review --causes --fail-on "${FAIL_ON:-}" -- "$base"
