# Shared by quickstart and test: what the machine needs, and how that is installed. Sourced by bash, from any folder.

# The pinned toolchain. Deploy/lib/common.sh is the only place that names it.
swift_minimum=6.2
swift_release=6.3.1

# Debian 12 packages that building and running need.
build_packages=(
    build-essential ca-certificates coinor-libcbc-dev curl git libargon2-dev libcurl4-openssl-dev libedit2 libncurses6 libpq-dev libseccomp-dev
    libsqlite3-dev libxml2 libzstd-dev openssl pkg-config python3 python3-venv tzdata zlib1g-dev
)
# What only the tests need besides: a program that says which TLS the listeners speak.
test_system_packages=(sslscan)
# The emulated AWS of the sample and the tests, from PyPI.
python_packages=("moto[server]==5.2.1" "boto3==1.43.11" "awscli==1.45.11" "jsonschema==4.26.0")
# What only the tests need besides: an OpenID provider, a program that tries the API by its description, and a reader of HCL.
test_packages=("oidc-provider-mock==0.3.4" "schemathesis==4.32.5" "python-hcl2==8.1.4")

if [[ -t 2 && -z ${NO_COLOR:-} ]]; then bold=$'\e[1m' dim=$'\e[2m' red=$'\e[31m' plain=$'\e[0m'; else bold='' dim='' red='' plain=''; fi

# Says what happens now.
step() { printf '%s==>%s %s\n' "$bold" "$plain" "$*" >&2; }
note() { printf '    %s%s%s\n' "$dim" "$*" "$plain" >&2; }
# Ends with one line that says why.
fail() { printf '%s%s: %s%s\n' "$red" "${0##*/}" "$*" "$plain" >&2; exit 1; }

# Builds what is named. Always with the same check, so that quickstart and test share one build.
swift_build() { swift build --explicit-target-dependency-import-check error "$@"; }

# Installs the missing ones of the named Debian packages.
install_packages() {
    command -v dpkg-query >/dev/null || fail "this script installs Debian packages; on another system install their equivalents: $*"
    local missing=() package
    for package in "$@"; do
        [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true) == installed ]] || missing+=("$package")
    done
    ((${#missing[@]})) || return 0
    step "Installing Debian packages: ${missing[*]}"
    local as_root=()
    if ((EUID != 0)); then
        command -v sudo >/dev/null || fail "needs these packages; as root run: apt-get update && apt-get install -y ${missing[*]}"
        as_root=(sudo)
    fi
    local log
    log=$(mktemp)
    if ! { "${as_root[@]}" apt-get update -qq && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >"$log" 2>&1 </dev/null; then
        tail -n 15 "$log" >&2
        fail "the packages could not be installed; the whole output is in $log"
    fi
    rm -f "$log"
}

# Installs PostgreSQL's programs where there are none. Debian would start a server of the system's own with them: not here.
install_postgresql() {
    compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null && return 0
    install_packages postgresql-common
    local as_root=() settings=/etc/postgresql-common/createcluster.conf line='create_main_cluster = false'
    ((EUID == 0)) || as_root=(sudo)
    printf '%s\n' "$line" | "${as_root[@]}" tee -a "$settings" >/dev/null
    install_packages postgresql
    "${as_root[@]}" sed -i "/^$line\$/d" "$settings"
}

# Checks that Swift is there and new enough; otherwise says what to install and how to check it.
need_swift() {
    local version=""
    if command -v swift >/dev/null; then
        local said
        said=$(swift --version 2>&1) || fail "$(command -v swift) does not run: $(head -n 1 <<<"$said")"
        version=$(sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' <<<"$said")
        version=${version%%$'\n'*}
    fi
    if [[ -n $version && $(printf '%s\n' "$swift_minimum" "$version" | sort -V | head -n 1) == "$swift_minimum" ]]; then
        note "Swift $version"
        return
    fi
    local machine=""
    [[ $(uname -m) == aarch64 ]] && machine=-aarch64
    local name="swift-${swift_release}-RELEASE" address
    address="https://download.swift.org/swift-${swift_release}-release/debian12${machine}/${name}/${name}-debian12${machine}.tar.gz"
    cat >&2 <<TEXT
${0##*/}: Swift ${swift_minimum} or later is needed on PATH; found: ${version:-none}.

Install the pinned release ${swift_release} for Debian 12, and check its signature before you unpack it:

    curl -fLO ${address}
    curl -fLO ${address}.sig
    curl -fL https://www.swift.org/keys/all-keys.asc | gpg --import
    gpg --verify ${name}-debian12${machine}.tar.gz.sig
    sudo mkdir -p /opt/swift && sudo tar -xzf ${name}-debian12${machine}.tar.gz -C /opt/swift --strip-components=1
    export PATH=/opt/swift/usr/bin:\$PATH

gpg must say "Good signature"; the keys are listed at https://www.swift.org/install/linux/. Then run ${0##*/} again.
TEXT
    exit 1
}

# Makes the Python environment at $1 with the emulated AWS and the packages named behind it, once for each list of packages.
make_python() {
    local folder=$1 packages=("${python_packages[@]}" "${@:2}")
    local wanted="${packages[*]}"
    [[ -f $folder/made-for && $(<"$folder/made-for") == "$wanted" ]] && return 0
    step "Installing the emulated AWS (${python_packages[0]}) from PyPI into a folder of its own"
    rm -rf "$folder"
    /usr/bin/python3 -m venv "$folder"
    "$folder/bin/pip" install --quiet --disable-pip-version-check "${packages[@]}" >&2 || fail "the emulated AWS could not be installed from PyPI"
    printf '%s' "$wanted" >"$folder/made-for"
}
