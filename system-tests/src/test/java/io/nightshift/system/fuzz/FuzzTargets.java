package io.nightshift.system.fuzz;

import com.typesafe.config.ConfigFactory;
import io.nightshift.coordinator.ledger.LedgerSerializer;
import io.nightshift.protocol.job.JobFile;
import io.nightshift.protocol.job.JobFileException;
import io.nightshift.protocol.ledger.LedgerEntry;
import io.nightshift.protocol.wire.KryoSerializer;
import io.nightshift.scoring.Model;
import io.nightshift.scoring.ModelException;
import io.nightshift.scoring.ModelFile;
import io.nightshift.scoring.ModelLoader;
import io.nightshift.smile.SmileLibrary;
import io.nightshift.testing.Checkout;
import java.io.IOException;
import java.io.NotSerializableException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.actor.ExtendedActorSystem;

/// The targets by name: every reader of bytes from outside that needs no running node.
final class FuzzTargets {

    /// The rows that each model scores: one small block.
    private static final int ROWS = 16;

    private static final Map<String, Supplier<FuzzTarget>> ALL = new TreeMap<>(Map.of(
            "job-file", JobFiles::new,
            "wire", Messages::new,
            "ledger", LedgerEntries::new,
            "model-xgboost",
                    () -> new Models(
                            "examples/flights/flights.ubj", "scoring/src/test/resources/categories/xgboost.ubj"),
            "model-lightgbm", () -> new Models("examples/storms/storms.lightgbm"),
            "model-sklearn", () -> new Models("scoring/src/test/resources/sklearn/*.json"),
            "model-onnx", () -> new Models("scoring/src/test/resources/peers/*.onnx"),
            "model-smile", () -> new Models("smile/src/test/resources/smile/*.ser"),
            "model-nightshift", NightshiftModels::new));

    private FuzzTargets() {}

    static List<String> names() {
        return List.copyOf(ALL.keySet());
    }

    static FuzzTarget of(String name) {
        Supplier<FuzzTarget> target = ALL.get(name);
        if (target == null) {
            throw new IllegalArgumentException("there is no target %s; the targets are %s".formatted(name, names()));
        }
        return target.get();
    }

    /// The contents of the checkout's files that a pattern names.
    ///
    /// @param pattern a path; its last part may be a glob
    private static List<byte[]> files(String pattern) {
        Path path = Checkout.path(pattern);
        Path folder = path.getParent();
        if (folder == null) {
            throw new IllegalArgumentException(pattern);
        }
        try (Stream<Path> files = Files.list(folder)) {
            var matcher = folder.getFileSystem().getPathMatcher("glob:" + path.getFileName());
            List<byte[]> contents = new ArrayList<>();
            for (Path file : files.filter(file -> matcher.matches(file.getFileName()))
                    .sorted()
                    .toList()) {
                contents.add(Files.readAllBytes(file));
            }
            return contents;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] prefixed(int first, byte[] rest) {
        return concat(new byte[] {(byte) first}, rest);
    }

    private static byte[] concat(byte[] start, byte[] end) {
        byte[] all = Arrays.copyOf(start, start.length + end.length);
        System.arraycopy(end, 0, all, start.length, end.length);
        return all;
    }

    private static final class JobFiles implements FuzzTarget {

        private static final Path FILE = Path.of("/jobs/job.yaml");

        @Override
        public List<byte[]> seeds() {
            return Stream.of("examples/flights/job.yaml", "examples/storms/job.yaml", "bench/jobs/*.yaml")
                    .flatMap(pattern -> files(pattern).stream())
                    .toList();
        }

        @Override
        public void read(byte[] input) {
            try {
                JobFile.parse(input, FILE, List.of());
            } catch (JobFileException refused) {
                if (refused.mistakes().isEmpty()) {
                    throw refused;
                }
            }
        }
    }

    /// Messages between nodes. The first byte of an input is the number of the message's class.
    private static final class Messages implements FuzzTarget {

        /// Above all class numbers.
        private static final int CLASSES = 256;

        private final KryoSerializer serializer = new KryoSerializer((ExtendedActorSystem) ActorSystem.create(
                "fuzz",
                ConfigFactory.parseString("pekko { daemonic = on, loglevel = OFF, stdout-loglevel = OFF }")
                        .withFallback(ConfigFactory.load("reference"))));

        /// The golden messages, each under every class that accepts it; that of its own is among them.
        @Override
        public List<byte[]> seeds() {
            List<byte[]> seeds = new ArrayList<>();
            for (byte[] message : files("protocol/src/test/resources/golden/wire/*.bin")) {
                for (int number = 0; number < CLASSES; number++) {
                    if (accepts(message, number)) {
                        seeds.add(prefixed(number, message));
                    }
                }
            }
            return seeds;
        }

        private boolean accepts(byte[] message, int number) {
            try {
                serializer.fromBinary(message, Integer.toString(number));
                return true;
            } catch (NotSerializableException anotherClass) {
                return false;
            }
        }

        @Override
        public void read(byte[] input) {
            if (input.length == 0) {
                return;
            }
            try {
                serializer.fromBinary(Arrays.copyOfRange(input, 1, input.length), Integer.toString(input[0] & 0xff));
            } catch (NotSerializableException refused) {
                // This is the contract: Pekko drops the message.
            }
        }
    }

    /// Events of batches and of the register as the journal stores them. The first byte of an input chooses
    /// which of the two it is.
    private static final class LedgerEntries implements FuzzTarget {

        private static final String GENESIS = "0".repeat(64);

        private final LedgerSerializer serializer = new LedgerSerializer();

        @Override
        public List<byte[]> seeds() {
            List<byte[]> seeds = new ArrayList<>();
            for (byte[] event : files("protocol/src/test/resources/golden/batch/*.cbor")) {
                seeds.add(prefixed(0, concat(new byte[32], event)));
            }
            for (byte[] event : files("protocol/src/test/resources/golden/register/*.cbor")) {
                seeds.add(prefixed(1, event));
            }
            return seeds;
        }

        @Override
        public void read(byte[] input) {
            if (input.length == 0) {
                return;
            }
            byte[] stored = Arrays.copyOfRange(input, 1, input.length);
            try {
                Object read = serializer.fromBinary(stored, input[0] % 2 == 0 ? "entry-1" : "register-1");
                if (read instanceof LedgerEntry entry) {
                    entry.event();
                    entry.follows(GENESIS);
                }
            } catch (UncheckedIOException refused) {
                // The event is not readable.
            }
        }
    }

    /// Model files of one format.
    private static class Models implements FuzzTarget {

        private final ModelLoader loader = new ModelLoader(new SmileLibrary());
        private final List<String> patterns;

        Models(String... patterns) {
            this.patterns = List.of(patterns);
        }

        @Override
        public List<byte[]> seeds() {
            return patterns.stream().flatMap(pattern -> files(pattern).stream()).toList();
        }

        /// Loads the model and scores a block of rows with it.
        @Override
        public void read(byte[] input) {
            try {
                Model model = loader.load("fuzz", input);
                int features = model.description().features().size();
                int outputs =
                        model.description().outputs() + model.description().margins();
                double[][] columns = new double[features][ROWS];
                for (double[] column : columns) {
                    Arrays.fill(column, 1);
                }
                model.scorer().score(columns, ROWS, new double[outputs][ROWS]);
            } catch (ModelException refused) {
                // The file is broken, and the message says how.
            }
        }
    }

    /// Our own model files. The target writes the checksum itself, as an attacker could.
    private static final class NightshiftModels extends Models {

        NightshiftModels() {
            super("scoring/src/test/resources/sklearn/kept-*s.json", "scoring/src/test/resources/sklearn/kept-*c.json");
        }

        @Override
        public List<byte[]> seeds() {
            ModelLoader loader = new ModelLoader(new SmileLibrary());
            List<byte[]> seeds = new ArrayList<>();
            for (byte[] other : super.seeds()) {
                byte[] whole = ModelFile.encode(loader.load("seed", other));
                seeds.add(Arrays.copyOf(whole, whole.length - 32));
            }
            return seeds;
        }

        @Override
        public void read(byte[] input) {
            try {
                byte[] digest = MessageDigest.getInstance("SHA-256").digest(input);
                super.read(concat(input, digest));
            } catch (NoSuchAlgorithmException impossible) {
                throw new IllegalStateException("every Java platform has SHA-256", impossible);
            }
        }
    }
}
