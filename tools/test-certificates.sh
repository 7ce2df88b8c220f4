#!/bin/sh
# Creates certificates for tests of TLS between nodes: a certificate authority, and a key and a certificate for each host.
#   tools/test-certificates.sh DIR HOST...
# Writes ca.pem into DIR, and HOST.pem and HOST.key for each host. A host is a name or an IPv4 address. An existing
# authority, DIR/ca.p12, is reused. The certificates are valid for 30 days. Do not use them in production: the password of
# ca.p12 is not secret. Needs a JDK, from JAVA_HOME or the path.
set -eu

if [ $# -lt 2 ]; then
    echo "usage: $0 DIR HOST..." >&2
    exit 2
fi
directory=$1
shift
tools=${JAVA_HOME:+$JAVA_HOME/bin/}
password=test-only
authority=$directory/ca.p12
umask 077
mkdir -p "$directory"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

quietly() {
    "$@" >"$work/log" 2>&1 || {
        cat "$work/log" >&2
        return 1
    }
}

if [ ! -f "$authority" ]; then
    quietly "${tools}keytool" -genkeypair -alias ca -keyalg EC -groupname secp256r1 -dname "CN=Nightshift test authority" \
        -ext bc:critical=ca:true -ext ku:critical=keyCertSign,cRLSign -validity 30 \
        -storetype PKCS12 -keystore "$authority" -storepass "$password"
fi
"${tools}keytool" -exportcert -rfc -alias ca -keystore "$authority" -storepass "$password" >"$directory/ca.pem" 2>"$work/log"

# keytool doesn't give private keys away.
cat >"$work/PrivateKey.java" <<'JAVA'
class PrivateKey {
    public static void main(String[] arguments) throws Exception {
        char[] password = arguments[1].toCharArray();
        byte[] key = java.security.KeyStore.getInstance(new java.io.File(arguments[0]), password)
                .getKey("node", password).getEncoded();
        System.out.println("-----BEGIN PRIVATE KEY-----");
        System.out.println(java.util.Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(key));
        System.out.println("-----END PRIVATE KEY-----");
    }
}
JAVA

for host in "$@"; do
    case $host in
    *[!0-9.]*) name=dns:$host ;;
    *) name=ip:$host ;;
    esac
    node=$work/node.p12
    cp "$authority" "$node"
    quietly "${tools}keytool" -genkeypair -alias node -signer ca -keyalg EC -groupname secp256r1 -dname "CN=$host" \
        -ext "san=$name" -ext ku:critical=digitalSignature -ext eku=serverAuth,clientAuth -validity 30 \
        -keystore "$node" -storepass "$password"
    "${tools}keytool" -exportcert -rfc -alias node -keystore "$node" -storepass "$password" \
        >"$directory/$host.pem" 2>"$work/log"
    "${tools}java" "$work/PrivateKey.java" "$node" "$password" >"$directory/$host.key"
done
