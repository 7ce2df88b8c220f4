package io.nightshift.protocol.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import com.sun.management.ThreadMXBean;
import io.nightshift.protocol.register.BatchRegisterCommand;
import java.io.NotSerializableException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Any bytes are read as a message or refused, and reading them allocates little memory.
class MalformedMessageTest {

    private static final LocalActorSystem SYSTEM = new LocalActorSystem();
    private static final KryoSerializer SERIALIZER = SYSTEM.serializer();
    private static final Map<String, Object> GOLDEN = GoldenMessages.current(SYSTEM);
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final String TOO_MANY = SERIALIZER.manifest(new BatchRegisterCommand.TooManyOpen(""));
    private static final int MUTATIONS = 250 * Integer.getInteger("nightshift.tries.factor", 1);

    /// Enough for an exception with its stack trace, actors' paths, and the values of a message.
    private static final long ALLOCATED = 512 * 1024;

    @AfterAll
    static void stop() {
        SYSTEM.close();
    }

    /// The bytes are a record's length (four bytes, little-endian) and its components, each of them the
    /// number of its class plus 2 and its value.
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            nothing                       | TooManyOpen |                                 | Buffer too small
            garbage                       | TooManyOpen | ff ff ff ff ff ff ff ff         | a length of -1
            the end is missing            | TooManyOpen | 06 00 00 00 03 04 61            | a length of 6
            a text longer than its record | TooManyOpen | 03 00 00 00 03 ff 7f            | a length of 16383
            a text of 2 GiB               | TooManyOpen | 07 00 00 00 03 ff ff ff ff 07 61| a length of 2147483647
            a negative length             | TooManyOpen | 07 00 00 00 03 ff ff ff ff 0f 61| a length of -1
            an unknown class              | TooManyOpen | 02 00 00 00 ea 07 00            | unregistered class ID: 1000
            a class by its name           | TooManyOpen | 04 00 00 00 01 00 82 61         | a class by name
            a null                        | TooManyOpen | 01 00 00 00 00                  | TooManyOpen.reason can't be null
            another type                  | TooManyOpen | 02 00 00 00 02 02               | TooManyOpen.reason can't be of the class
            a component is missing        | TooManyOpen | 00 00 00 00                     | TooManyOpen.reason is missing
            bytes after the end           | TooManyOpen | 02 00 00 00 03 00 00            | 1 bytes too many
            a value the record refuses    | WorkAt   | 07 00 00 00 16 02 00 00 00 03 00| not a batch ID
            an unknown message            | 999      | 00 00 00 00                     | unknown message class number '999'
            a part of a message           | BatchId  | 02 00 00 00 03 00               | unknown message class number '20'
            a manifest that is no number  | x        | 00 00 00 00                     | unknown message class number 'x'
            """)
    void badBytesAreRefusedWithTheReason(String what, String type, String hex, String reason) {
        byte[] bytes = hex == null ? new byte[0] : HexFormat.ofDelimiter(" ").parseHex(hex);

        assertThatThrownBy(() -> SERIALIZER.fromBinary(bytes, manifest(type)))
                .as(what)
                .isInstanceOf(NotSerializableException.class)
                .hasMessageContaining(reason);
    }

    /// The number of the class with that simple name; the name itself if no class has it.
    private static String manifest(String type) {
        return WireTypes.ALL.stream()
                .filter(known -> known.type().getSimpleName().equals(type))
                .map(known -> Integer.toString(known.id()))
                .findFirst()
                .orElse(type);
    }

    @Test
    void deepNestingIsRefused() {
        // Lists that each hold one list, in a message of the largest size.
        byte[] bytes = new byte[WireLimits.MESSAGE];
        for (int i = 4; i < bytes.length; i += 2) {
            bytes[i] = 12;
            bytes[i + 1] = 1;
        }
        int length = bytes.length - 4;
        bytes[0] = (byte) length;
        bytes[1] = (byte) (length >> 8);
        bytes[2] = (byte) (length >> 16);

        long before = allocated();
        assertThatThrownBy(() -> SERIALIZER.fromBinary(bytes, TOO_MANY))
                .isInstanceOf(NotSerializableException.class)
                .hasMessageContaining("Max depth exceeded");
        assertThat(allocated() - before).isLessThan(ALLOCATED);
    }

    @Test
    void aMessageFullOfSmallestValuesAllocatesAFewTimesItsSize() {
        byte[] bytes = new byte[WireLimits.MESSAGE];
        int length = bytes.length - 4;
        bytes[0] = (byte) length;
        bytes[1] = (byte) (length >> 8);
        bytes[2] = (byte) (length >> 16);
        // A list of empty texts, the smallest elements.
        bytes[4] = 12;
        int elements = (bytes.length - 8) / 2;
        bytes[5] = (byte) ((elements & 0x7f) | 0x80);
        bytes[6] = (byte) ((elements >> 7 & 0x7f) | 0x80);
        bytes[7] = (byte) (elements >> 14);
        for (int i = 8; i < bytes.length; i += 2) {
            bytes[i] = 3;
        }

        long before = allocated();
        assertThatThrownBy(() -> SERIALIZER.fromBinary(bytes, TOO_MANY)).isInstanceOf(NotSerializableException.class);
        assertThat(allocated() - before).isLessThan(64L * WireLimits.MESSAGE);
    }

    @Test
    void mutatedMessagesAreReadOrRefusedAndGoodOnesStillReadAfterThem() throws NotSerializableException {
        List<String> manifests =
                GOLDEN.values().stream().map(SERIALIZER::manifest).distinct().toList();
        Random random = new Random(20_261_124);
        int refused = 0;
        long most = 0;
        for (Map.Entry<String, Object> golden : GOLDEN.entrySet()) {
            byte[] bytes = SERIALIZER.toBinary(golden.getValue());
            String own = SERIALIZER.manifest(golden.getValue());
            for (int i = 0; i < MUTATIONS; i++) {
                byte[] mutated = mutate(bytes, random);
                String manifest = random.nextInt(20) == 0 ? manifests.get(random.nextInt(manifests.size())) : own;
                long before = allocated();
                if (!isRead(mutated, manifest)) {
                    refused++;
                }
                long cost = allocated() - before;
                if (cost > ALLOCATED / 8) {
                    cost = Math.min(cost, cost(mutated, manifest));
                }
                most = Math.max(most, cost);
            }
            assertThat(SERIALIZER.fromBinary(bytes, own)).isEqualTo(golden.getValue());
        }
        assertThat(refused).as("of %d", MUTATIONS * GOLDEN.size()).isGreaterThan(MUTATIONS * GOLDEN.size() / 2);
        assertThat(most).as("bytes allocated for one of them").isLessThan(ALLOCATED);
    }

    private static boolean isRead(byte[] bytes, String manifest) {
        try {
            String read = SERIALIZER.manifest(SERIALIZER.fromBinary(bytes, manifest));
            if (!read.equals(manifest)) {
                fail("%s was read as %s", manifest, read);
            }
            return true;
        } catch (NotSerializableException e) {
            if (e.getMessage() == null || !e.getMessage().startsWith("not a ")) {
                fail("the reason is missing", e);
            }
            return false;
        }
    }

    /// The bytes allocated to read a message: the least of several measurements, since the JVM itself allocates at
    /// times.
    private static long cost(byte[] bytes, String manifest) {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 3 && least > ALLOCATED / 8; i++) {
            long before = allocated();
            isRead(bytes, manifest);
            least = Math.min(least, allocated() - before);
        }
        return least;
    }

    /// Makes one to three changes: flips a bit, sets a byte, writes 0xff as a length, truncates, or copies a
    /// piece.
    private static byte[] mutate(byte[] original, Random random) {
        byte[] bytes = original.clone();
        for (int changes = 1 + random.nextInt(3); changes > 0 && bytes.length > 0; changes--) {
            int at = random.nextInt(bytes.length);
            int length = Math.min(1 + random.nextInt(8), bytes.length - at);
            switch (random.nextInt(6)) {
                case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> bytes[at] = (byte) random.nextInt(256);
                case 2 -> Arrays.fill(bytes, at, at + length, (byte) 0xff);
                case 3 -> bytes = Arrays.copyOf(bytes, at);
                case 4 -> bytes = joined(bytes, at + length, bytes, at);
                default -> System.arraycopy(bytes, at, bytes, random.nextInt(bytes.length - length + 1), length);
            }
        }
        return bytes;
    }

    private static byte[] joined(byte[] head, int end, byte[] tail, int start) {
        byte[] bytes = Arrays.copyOf(head, end + tail.length - start);
        System.arraycopy(tail, start, bytes, end, tail.length - start);
        return bytes;
    }

    private static long allocated() {
        return THREADS.getCurrentThreadAllocatedBytes();
    }

    @Test
    void severalThreadsMayReadAndWriteAtTheSameTime() throws InterruptedException {
        List<Object> messages = List.copyOf(GOLDEN.values());
        List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 24; t++) {
            int first = t;
            threads.add(Thread.ofPlatform().start(() -> {
                try {
                    for (int i = 0; i < 2_000; i++) {
                        Object message = messages.get((first + i) % messages.size());
                        Object read = SERIALIZER.fromBinary(SERIALIZER.toBinary(message), SERIALIZER.manifest(message));
                        if (!read.equals(message)) {
                            throw new AssertionError(read + " is not " + message);
                        }
                    }
                } catch (NotSerializableException | RuntimeException | AssertionError e) {
                    failures.add(e);
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(failures).isEmpty();
    }
}
