#!/bin/sh
# Makes the certificates of the embedded API server. They are for tests on loopback only: anybody can read the key here.
# They are valid from 2020 to 2120, whatever the clock of the machine that runs the tests says.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
: >index.txt
cat >ca.cnf <<'END'
[ca]
default_ca = here
[here]
database = index.txt
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = any
[any]
commonName = supplied
[authority]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = CA:FALSE
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost,DNS:kubernetes,IP:127.0.0.1,IP:::1
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
END
for name in ca server; do
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout $name.key -out $name.csr -subj "/CN=embedded-cluster-$name"
done
set -- -startdate 20200101000000Z -enddate 21200101000000Z -batch -notext
openssl ca -config ca.cnf -selfsign -keyfile ca.key -in ca.csr -out ca.crt -extensions authority "$@"
openssl ca -config ca.cnf -cert ca.crt -keyfile ca.key -in server.csr -out server.crt -extensions server "$@"
# The CA's key is not kept: nothing else is ever to be signed with it.
cp ca.crt server.crt server.key "$here"
