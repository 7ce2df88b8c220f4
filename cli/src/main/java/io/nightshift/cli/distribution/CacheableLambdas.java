package io.nightshift.cli.distribution;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Rewrites the Scala functions of a class, and the lambdas that Java passes to Pekko, so that the JVM's
/// start-up cache can hold them.
///
/// These functions are serializable, so both compilers create them by `LambdaMetafactory.altMetafactory`.
/// The cache of JDK 25 holds only the lambdas of `metafactory`, so the JVM would create some 1,300 functions
/// again at every start. This class changes the entries of `BootstrapMethods` to `metafactory`; it does not
/// touch code. The functions are then no longer serializable, and lose the bridge methods next to their
/// interface's method, which nothing can call.
///
/// It edits the bytes itself, by chapter 4 of the JVM specification. The JDK's ClassFile API cannot replace a
/// bootstrap method in place: it would generate the code and stack maps of each method anew, and for that it
/// would need every class that the methods mention, also the optional ones that are not shipped.
final class CacheableLambdas {

    private static final String FACTORY = "java/lang/invoke/LambdaMetafactory";
    private static final String DESCRIPTOR = "(Ljava/lang/invoke/MethodHandles$Lookup;Ljava/lang/String;"
            + "Ljava/lang/invoke/MethodType;Ljava/lang/invoke/MethodType;Ljava/lang/invoke/MethodHandle;"
            + "Ljava/lang/invoke/MethodType;)Ljava/lang/invoke/CallSite;";

    /// Prefixes of the descriptors of functional interfaces that extend `Serializable`.
    private static final List<String> FUNCTIONS =
            List.of("Lscala/Function", "Lscala/runtime/java8/JFunction", "Lorg/apache/pekko/japi/function/");

    private static final int SERIALIZABLE = 1;
    private static final int BRIDGES = 4;

    private static final int MOST_CONSTANTS = 0xffff - 5;

    private final ByteBuffer file;
    /// The position of each constant's tag; 0 for an index without a constant.
    private final int[] constants;
    private final int afterConstants;

    private CacheableLambdas(byte[] file) {
        this.file = ByteBuffer.wrap(file);
        this.constants = new int[unsigned(8)];
        int at = 10;
        for (int i = 1; i < constants.length; i++) {
            constants[i] = at;
            int tag = file[at];
            at += switch (tag) {
                case 1 -> 3 + unsigned(at + 1);
                case 7, 8, 16, 19, 20 -> 3;
                case 15 -> 4;
                case 3, 4, 9, 10, 11, 12, 17, 18 -> 5;
                case 5, 6 -> 9;
                default -> throw new IllegalArgumentException("an unknown constant: " + tag);
            };
            if (tag == 5 || tag == 6) {
                i++;
            }
        }
        this.afterConstants = at;
    }

    /// Rewrites a class.
    ///
    /// @param file the class file
    /// @return the rewritten class file; the same array if the class has no such function
    static byte[] in(byte[] file) throws IOException {
        return new CacheableLambdas(file).changed();
    }

    private byte[] changed() throws IOException {
        int attribute = bootstrapMethods();
        if (attribute == 0 || constants.length > MOST_CONSTANTS) {
            return file.array();
        }
        Set<Integer> others = notFunctions();
        ByteArrayOutputStream methods = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(methods);
        int count = unsigned(attribute + 6);
        out.writeShort(count);
        boolean any = false;
        int at = attribute + 8;
        for (int method = 0; method < count; method++) {
            int arguments = unsigned(at + 2);
            boolean change = !others.contains(method) && isSerializableFunction(at);
            any |= change;
            out.writeShort(change ? constants.length + 4 : unsigned(at));
            out.writeShort(change ? 3 : arguments);
            out.write(file.array(), at + 4, 2 * (change ? 3 : arguments));
            at += 4 + 2 * arguments;
        }
        return any ? withBootstrapMethods(attribute, at, methods.toByteArray()) : file.array();
    }

    /// The same file with another such attribute, and with the handle of `metafactory` behind the other
    /// constants.
    private byte[] withBootstrapMethods(int attribute, int end, byte[] methods) throws IOException {
        int first = constants.length;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.write(file.array(), 0, 8);
        out.writeShort(first + 5);
        out.write(file.array(), 10, afterConstants - 10);
        utf8(out, "metafactory");
        utf8(out, DESCRIPTOR);
        out.writeByte(12);
        out.writeShort(first);
        out.writeShort(first + 1);
        out.writeByte(10);
        out.writeShort(factory());
        out.writeShort(first + 2);
        out.writeByte(15);
        out.writeByte(6);
        out.writeShort(first + 3);
        out.write(file.array(), afterConstants, attribute + 2 - afterConstants);
        out.writeInt(methods.length);
        out.write(methods);
        out.write(file.array(), end, file.capacity() - end);
        return bytes.toByteArray();
    }

    private static void utf8(DataOutputStream out, String text) throws IOException {
        out.writeByte(1);
        out.writeUTF(text);
    }

    /// Whether a bootstrap method creates a serializable function without extra interfaces.
    private boolean isSerializableFunction(int at) {
        if (!isAlternativeFactory(unsigned(at)) || unsigned(at + 2) < 4) {
            return false;
        }
        int flags = file.getInt(constants[unsigned(at + 10)] + 1);
        return flags == SERIALIZABLE || flags == (SERIALIZABLE | BRIDGES);
    }

    private boolean isAlternativeFactory(int handle) {
        int method = unsigned(constants[handle] + 2);
        return text(unsigned(constants[unsigned(constants[method] + 1)] + 1)).equals(FACTORY)
                && text(unsigned(constants[unsigned(constants[method] + 3)] + 1))
                        .equals("altMetafactory");
    }

    /// The class constant of `LambdaMetafactory`, which each method handle of it refers to.
    private int factory() {
        for (int i = 1; i < constants.length; i++) {
            if (constants[i] != 0
                    && file.get(constants[i]) == 7
                    && text(unsigned(constants[i] + 1)).equals(FACTORY)) {
                return i;
            }
        }
        throw new IllegalArgumentException("a handle without its class");
    }

    /// The bootstrap methods that some call site uses for something other than these functions. Their
    /// interfaces have one abstract method; another interface may have more, and then needs its
    /// bridges.
    private Set<Integer> notFunctions() {
        Set<Integer> others = new HashSet<>();
        for (int i = 1; i < constants.length; i++) {
            if (constants[i] != 0 && file.get(constants[i]) >= 17 && file.get(constants[i]) <= 18) {
                String made = text(unsigned(constants[unsigned(constants[i] + 3)] + 3));
                String type = made.substring(made.indexOf(')') + 1);
                if (FUNCTIONS.stream().noneMatch(type::startsWith)) {
                    others.add(unsigned(constants[i] + 1));
                }
            }
        }
        return others;
    }

    /// The position of the attribute, or 0 if the class has none.
    private int bootstrapMethods() {
        int at = afterConstants + 6;
        at += 2 + 2 * unsigned(at);
        for (int kind = 0; kind < 2; kind++) {
            int members = unsigned(at);
            at += 2;
            for (int member = 0; member < members; member++) {
                at += 6;
                int attributes = unsigned(at);
                at += 2;
                for (int i = 0; i < attributes; i++) {
                    at += 6 + file.getInt(at + 2);
                }
            }
        }
        int attributes = unsigned(at);
        at += 2;
        for (int i = 0; i < attributes; i++) {
            if (text(unsigned(at)).equals("BootstrapMethods")) {
                return at;
            }
            at += 6 + file.getInt(at + 2);
        }
        return 0;
    }

    private String text(int constant) {
        int at = constants[constant];
        return new String(file.array(), at + 3, unsigned(at + 1), StandardCharsets.UTF_8);
    }

    private int unsigned(int at) {
        return Short.toUnsignedInt(file.getShort(at));
    }
}
