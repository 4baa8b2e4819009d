#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Installs the distribution's packages that are missing, and nothing else.
# usage: scripts/deps.sh [--list | --missing] [group ...]
#
#	group		build, test, demo, bench; all of them if none is named
#	--list		print the packages of the groups, install nothing
#	--missing	fail and say so if a package is missing, install nothing
#
# Runs where there is nothing yet but a shell, dpkg and apt.  What each
# library is for is told in docs/dependencies.md; scripts/check-deps compares
# these lists with what the build and the scripts use.
set -eu

build="bison flex gcc libc6-dev meson ninja-build pkg-config libcmocka-dev libjansson-dev
libncurses-dev libpcap-dev libseccomp-dev libuv1-dev systemtap-sdt-dev"
test="bpftrace clang libclang-rt-14-dev clang-format spin mandoc ndisc6 python3
python3-jsonschema python3-pyte python3-pytest python3-scapy tcpdump tshark valgrind
dnsmasq-base udhcpc isc-dhcp-client radvd"
demo="iproute2 iputils-ping iperf3 traceroute ethtool"
bench="dpdk-dev libdpdk-dev librte-net-memif23 librte-net-af-xdp23 netsniff-ng
iproute2 iperf3 libxdp-dev libbpf-dev nftables python3 python3-jsonschema
valgrind"

mode=install
case ${1-} in
--list|--missing)
	mode=${1#--}
	shift ;;
esac
[ $# -gt 0 ] || set -- build test demo bench

packages=
for group; do
	case $group in
	build)	packages="$packages $build" ;;
	test)	packages="$packages $test" ;;
	demo)	packages="$packages $demo" ;;
	bench)	packages="$packages $bench" ;;
	*)	echo "scripts/deps.sh: no group \"$group\"" >&2
		exit 2 ;;
	esac
done

if [ "$mode" = list ]; then
	printf '%s\n' $packages | sort -u
	exit 0
fi

[ -n "$(echo $packages)" ] || exit 0

if ! command -v dpkg-query >/dev/null; then
	echo "scripts/deps.sh: no dpkg here; these packages are needed" \
	    "under whatever name: $packages" >&2
	exit 0
fi

# dpkg-query fails when it does not know a name; what it does know it prints.
installed=$(dpkg-query -W -f '${db:Status-Abbrev}${Package}\n' \
    $packages 2>/dev/null | sed -n 's/^ii *//p') || :
missing=$(printf '%s\n' $packages | sort -u | while read -r p; do
	case "
$installed
" in
	*"
$p
"*)	;;
	*)	printf '%s ' "$p" ;;
	esac
done)
[ -n "$missing" ] || exit 0

if [ "$mode" = missing ]; then
	echo "missing packages: $missing"
	echo "\"make deps\" installs them"
	exit 1
fi >&2

root=
if [ "$(id -u)" -ne 0 ]; then
	if ! command -v sudo >/dev/null; then
		echo "missing packages: $missing" >&2
		echo "install them as root: apt-get install $missing" >&2
		exit 1
	fi
	root=sudo
fi

echo "installing: $missing"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
trap 'exit 130' INT TERM HUP
apt() {
	if ! $root env DEBIAN_FRONTEND=noninteractive \
	    apt-get -q -y "$@" >"$log" 2>&1 </dev/null; then
		tail -n 20 "$log" >&2
		return 1
	fi
}
# Old lists often do; a mirror out of reach then does not matter.
apt update || echo "apt-get update failed; going on with the lists there are" >&2
apt install --no-install-recommends $missing
