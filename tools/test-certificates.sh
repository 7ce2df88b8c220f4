#!/bin/sh
# Creates certificates for tests of TLS between nodes: a certificate authority, and a key and a certificate for each host.
#   tools/test-certificates.sh DIR HOST...
# Writes ca.pem into DIR, and HOST.pem and HOST.key for each host. A host is a name or an IPv4 address. An existing
# authority, DIR/ca.p12, is reused. The certificates are valid for 30 days. Do not use them in production: the password of
# ca.p12 is not secret. Needs a JDK, from JAVA_HOME or the path.
#
# shellcheck disable=SC2086 # options are split into words on purpose
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

# The optimizing compiler is of no use to programs that run for a moment.
quick='-J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC'

if [ ! -f "$authority" ]; then
    quietly "${tools}keytool" $quick -genkeypair -alias ca -keyalg EC -groupname secp256r1 \
        -dname "CN=Nightshift test authority" -ext bc:critical=ca:true -ext ku:critical=keyCertSign,cRLSign \
        -validity 30 -storetype PKCS12 -keystore "$authority" -storepass "$password"
fi
for host in "$@"; do
    case $host in
    *[!0-9.]*) name=dns:$host ;;
    *) name=ip:$host ;;
    esac
    node=$work/$host.p12
    cp "$authority" "$node"
    quietly "${tools}keytool" $quick -genkeypair -alias node -signer ca -keyalg EC \
        -groupname secp256r1 -dname "CN=$host" -ext "san=$name" -ext ku:critical=digitalSignature \
        -ext eku=serverAuth,clientAuth -validity 30 -keystore "$node" -storepass "$password"
done

# keytool doesn't give private keys away.
cat >"$work/Export.java" <<'JAVA'
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Base64;

class Export {
    public static void main(String[] arguments) throws Exception {
        char[] password = arguments[0].toCharArray();
        Path directory = Path.of(arguments[1]);
        Path work = Path.of(arguments[2]);
        KeyStore authority = KeyStore.getInstance(directory.resolve("ca.p12").toFile(), password);
        write(directory.resolve("ca.pem"), "CERTIFICATE", authority.getCertificate("ca").getEncoded());
        for (int i = 3; i < arguments.length; i++) {
            KeyStore node = KeyStore.getInstance(work.resolve(arguments[i] + ".p12").toFile(), password);
            write(directory.resolve(arguments[i] + ".pem"), "CERTIFICATE", node.getCertificate("node").getEncoded());
            write(directory.resolve(arguments[i] + ".key"), "PRIVATE KEY", node.getKey("node", password).getEncoded());
        }
    }

    private static void write(Path file, String kind, byte[] content) throws Exception {
        Files.writeString(file, "-----BEGIN %s-----\n%s\n-----END %s-----\n".formatted(
                kind, Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content), kind));
    }
}
JAVA
"${tools}java" -XX:TieredStopAtLevel=1 -XX:+UseSerialGC "$work/Export.java" "$password" "$directory" "$work" "$@"
