# Sourced by the scripts beside it: where things are built, and what the tests need beside cargo.
# Installs what is missing: Debian packages, and a Python environment under the target folder.

say() { printf '\n==> %s\n' "$*"; }

install() {
    local as_root=()
    if [[ $EUID -ne 0 ]]; then as_root=(sudo); fi
    say "installing $*"
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
}

# Clones come and go in CI; what was built stays.
if [[ -n ${CI:-} && -z ${CARGO_TARGET_DIR:-} ]]; then
    export CARGO_TARGET_DIR=${XDG_CACHE_HOME:-$HOME/.cache}/dragoman/target
fi
target=${CARGO_TARGET_DIR:-target}
mkdir -p "$target"

# aws-lc, zstd and mimalloc are C.
command -v cc > /dev/null || install gcc libc6-dev
command -v python3 > /dev/null || install python3 python3-venv

if [[ -z ${DRAGOMAN_TEST_PYTHON:-} ]]; then
    requirements=tests/python/requirements.txt
    environment=$target/python
    if ! cmp -s "$requirements" "$environment/installed.txt"; then
        say "making a Python environment in $environment"
        rm -rf "$environment"
        # Debian's python3 has no ensurepip without its own package.
        python3 -c 'import ensurepip, venv' 2> /dev/null || install python3-venv
        python3 -m venv "$environment"
        "$environment/bin/python" -m pip install --quiet --disable-pip-version-check -r "$requirements"
        cp "$requirements" "$environment/installed.txt"
    fi
    DRAGOMAN_TEST_PYTHON=$(realpath "$environment")/bin/python
    export DRAGOMAN_TEST_PYTHON
fi
