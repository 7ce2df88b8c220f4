package io.nightshift.system.fuzz;

import static java.util.Map.entry;

import com.typesafe.config.ConfigFactory;
import io.nightshift.coordinator.ledger.LedgerSerializer;
import io.nightshift.protocol.job.JobFile;
import io.nightshift.protocol.job.JobFileException;
import io.nightshift.protocol.ledger.EventCodec;
import io.nightshift.protocol.ledger.LedgerEntry;
import io.nightshift.protocol.register.BatchRegisterSnapshot;
import io.nightshift.protocol.wire.KryoSerializer;
import io.nightshift.scoring.Model;
import io.nightshift.scoring.ModelException;
import io.nightshift.scoring.ModelFile;
import io.nightshift.scoring.ModelLoader;
import io.nightshift.scoring.model.TextTable;
import io.nightshift.smile.SmileLibrary;
import io.nightshift.testing.Checkout;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.NotSerializableException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.actor.ExtendedActorSystem;

/// The targets by name: every reader of bytes from outside that needs no running node.
final class FuzzTargets {

    /// The rows that each model scores: one small block.
    private static final int ROWS = 16;

    private static final Map<String, Supplier<FuzzTarget>> ALL = new TreeMap<>(Map.ofEntries(
            entry("job-file", JobFiles::new),
            entry("wire", Messages::new),
            entry("ledger", LedgerEntries::new),
            entry("text", TextTarget::new),
            entry(
                    "model-xgboost",
                    () -> new Models("scoring/src/test/resources/categories/xgboost.ubj", small("xgboost"))),
            entry("model-lightgbm", () -> new Models(small("lightgbm"))),
            entry("model-catboost", () -> new Models("scoring/src/test/resources/catboost/*.cbm")),
            entry("model-mojo", Mojos::new),
            entry(
                    "model-sklearn",
                    () -> new Models("scoring/src/test/resources/sklearn/kept-*.json", small("sklearn"))),
            entry("model-onnx", () -> new Models(small("onnx"))),
            entry("model-smile", () -> new Models("smile/src/test/resources/smile/*.ser", small("smile"))),
            entry("model-nightshift", NightshiftModels::new)));

    /// The small models that are kept for a target because those of other tests are too large, or lack parts.
    private static String small(String format) {
        return "system-tests/src/test/resources/fuzz-seeds/model-" + format + "/*";
    }

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

    /// What the fuzzer has found for a target: inputs that once failed.
    static List<byte[]> findings(String name) {
        String folder = "system-tests/src/test/resources/fuzz/" + name;
        return Files.isDirectory(Checkout.path(folder)) ? files(folder + "/*.bin") : List.of();
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
                    .filter(file -> !file.toString().endsWith(".expected.json")) // scores of a model
                    .sorted()
                    .toList()) {
                contents.add(Files.readAllBytes(file));
            }
            return contents;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static byte[] prefixed(int first, byte[] rest) {
        return concat(new byte[] {(byte) first}, rest);
    }

    private static byte[] concat(byte[] start, byte[] end) {
        byte[] all = Arrays.copyOf(start, start.length + end.length);
        System.arraycopy(end, 0, all, start.length, end.length);
        return all;
    }

    private static final class JobFiles implements FuzzTarget {

        private static final Path FILE = Path.of("/jobs/job.yaml");
        private static final Pattern YAML = Pattern.compile("```yaml\\n(.*?)```", Pattern.DOTALL);

        /// The examples, and what the documentation writes about job files.
        @Override
        public List<byte[]> seeds() {
            List<byte[]> seeds = new ArrayList<>();
            seeds.addAll(files("examples/flights/job.yaml"));
            seeds.addAll(files("examples/storms/job.yaml"));
            for (String folder : List.of("docs/how-to/*.md", "docs/reference/job-file.md", "docs/tutorial/*.md")) {
                for (byte[] page : files(folder)) {
                    YAML.matcher(new String(page, StandardCharsets.UTF_8))
                            .results()
                            .map(block -> block.group(1).getBytes(StandardCharsets.UTF_8))
                            .forEach(seeds::add);
                }
            }
            return seeds;
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

    /// Messages between nodes. The first two bytes of an input are the number of the message's class.
    private static final class Messages implements FuzzTarget {

        /// Above all class numbers.
        private static final int CLASSES = 1_024;

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
                        seeds.add(concat(new byte[] {(byte) (number >> 8), (byte) number}, message));
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
            if (input.length < 2) {
                return;
            }
            int number = (((input[0] & 0xff) << 8) | (input[1] & 0xff)) % CLASSES;
            try {
                serializer.fromBinary(Arrays.copyOfRange(input, 2, input.length), Integer.toString(number));
            } catch (NotSerializableException refused) {
                // This is the contract: Pekko drops the message.
            }
        }
    }

    /// Events and snapshots as the journal stores them. The first byte of an input chooses the kind.
    private static final class LedgerEntries implements FuzzTarget {

        private static final String GENESIS = "0".repeat(64);

        /// The manifests of events, and the folders of their golden files.
        private static final List<Map.Entry<String, String>> KINDS = List.of(
                entry("entry-1", "batch"),
                entry("register-1", "register"),
                entry("job-1", "job"),
                entry("catalogue-1", "catalogue"),
                entry("alert-1", "alerts"));

        private static final int SNAPSHOT = KINDS.size();

        private final LedgerSerializer serializer = new LedgerSerializer();

        @Override
        public List<byte[]> seeds() {
            List<byte[]> seeds = new ArrayList<>();
            for (int kind = 0; kind < KINDS.size(); kind++) {
                for (byte[] event : golden(KINDS.get(kind).getValue())) {
                    seeds.add(prefixed(kind, kind == 0 ? concat(new byte[32], event) : event));
                }
            }
            for (byte[] snapshot : golden("snapshot")) {
                seeds.add(prefixed(SNAPSHOT, snapshot));
            }
            return seeds;
        }

        private static List<byte[]> golden(String folder) {
            return files("protocol/src/test/resources/golden/" + folder + "/*.cbor");
        }

        @Override
        public void read(byte[] input) {
            if (input.length == 0) {
                return;
            }
            byte[] stored = Arrays.copyOfRange(input, 1, input.length);
            int kind = (input[0] & 0xff) % (SNAPSHOT + 1);
            try {
                if (kind == SNAPSHOT) {
                    EventCodec.decodeSnapshot(BatchRegisterSnapshot.class, stored);
                } else if (serializer.fromBinary(stored, KINDS.get(kind).getKey()) instanceof LedgerEntry entry) {
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

        /// Without the models that the fuzzer would cut off.
        @Override
        public List<byte[]> seeds() {
            return patterns.stream()
                    .flatMap(pattern -> files(pattern).stream())
                    .filter(model -> model.length <= MAX_BYTES)
                    .toList();
        }

        /// Loads the model and scores a block of rows with it.
        @Override
        public void accept(byte[] seed) {
            Model model = loader.load("fuzz", seed);
            int features = model.description().features().size();
            int outputs = model.description().outputs() + model.description().margins();
            double[][] columns = new double[features][ROWS];
            for (double[] column : columns) {
                Arrays.fill(column, 1);
            }
            model.scorer(texts()).score(columns, ROWS, new double[outputs][ROWS]);
        }

        @Override
        public void read(byte[] input) {
            try {
                accept(input);
            } catch (ModelException refused) {
                // The file is broken, and the message says how.
            } catch (IllegalStateException noAnswer) {
                // A step of a pipeline refuses the rows, which is the contract of a scorer.
            }
        }
    }

    /// Texts for models that read texts. The rows have the second one.
    private static TextTable texts() {
        TextTable texts = new TextTable();
        texts.add("");
        texts.add("The bag was late, thanks: \u0130\u03a3 42 \ud83d\ude00 e\u0301");
        return texts;
    }

    /// MOJOs of H2O. An input is a ZIP archive or, behind a zero, the files of one: for each the length of its
    /// name, its name, its length and its content. The target packs these with their checksums, as an attacker
    /// could.
    private static final class Mojos extends Models {

        Mojos() {
            super("scoring/src/test/resources/mojo/*.zip", small("mojo"));
        }

        @Override
        public List<byte[]> seeds() {
            List<byte[]> seeds = new ArrayList<>(super.seeds());
            super.seeds().stream()
                    .map(Mojos::unpacked)
                    .filter(files -> files.length <= MAX_BYTES)
                    .forEach(seeds::add);
            return seeds;
        }

        /// Packs the files before it loads the model.
        @Override
        public void accept(byte[] input) {
            super.accept(input.length > 0 && input[0] == 0 ? packed(input) : input);
        }

        private static byte[] unpacked(byte[] archive) {
            ByteArrayOutputStream files = new ByteArrayOutputStream();
            files.write(0);
            try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(archive))) {
                for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                    byte[] name = entry.getName().getBytes(StandardCharsets.UTF_8);
                    byte[] content = zip.readAllBytes();
                    files.write(name.length);
                    files.writeBytes(name);
                    files.write(content.length >> 8);
                    files.write(content.length);
                    files.writeBytes(content);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return files.toByteArray();
        }

        private static byte[] packed(byte[] input) {
            ByteArrayOutputStream archive = new ByteArrayOutputStream();
            ByteArrayInputStream files = new ByteArrayInputStream(input, 1, input.length);
            Set<String> names = new HashSet<>();
            try (ZipOutputStream zip = new ZipOutputStream(archive)) {
                zip.setLevel(0);
                while (files.available() > 0) {
                    String name = new String(files.readNBytes(files.read()), StandardCharsets.ISO_8859_1);
                    byte[] content = files.readNBytes(Math.max(0, files.read() << 8 | files.read()));
                    if (names.add(name)) {
                        zip.putNextEntry(new ZipEntry(name));
                        zip.write(content);
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return archive.toByteArray();
        }
    }

    /// Our own model files. The target writes the checksum itself, as an attacker could.
    private static final class NightshiftModels extends Models {

        /// The seeds of all other formats, as our own files.
        @Override
        public List<byte[]> seeds() {
            ModelLoader loader = new ModelLoader(new SmileLibrary());
            List<byte[]> seeds = new ArrayList<>();
            for (String format : names()) {
                if (format.startsWith("model-") && !format.equals("model-nightshift")) {
                    for (byte[] other : FuzzTargets.of(format).seeds()) {
                        if (other[0] != 0) { // not the files of an archive
                            byte[] whole = ModelFile.encode(loader.load("seed", other));
                            seeds.add(Arrays.copyOf(whole, whole.length - 32));
                        }
                    }
                }
            }
            return seeds;
        }

        /// Appends the checksum before it loads the model.
        @Override
        public void accept(byte[] input) {
            try {
                byte[] digest = MessageDigest.getInstance("SHA-256").digest(input);
                super.accept(concat(input, digest));
            } catch (NoSuchAlgorithmException impossible) {
                throw new IllegalStateException("every Java platform has SHA-256", impossible);
            }
        }
    }
}
