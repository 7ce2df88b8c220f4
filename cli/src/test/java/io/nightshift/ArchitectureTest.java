package io.nightshift;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import io.nightshift.scoring.model.Scorer;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;

/// The rules of the house, for the whole program: the command line sees every module.
@AnalyzeClasses(packages = "io.nightshift", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

    private static final String SCORING = "io.nightshift.scoring..";
    private static final String PROTOCOL = "io.nightshift.protocol..";
    private static final String WORKER = "io.nightshift.worker..";

    // Dependencies point one way: cli → node → {coordinator, worker} → storage → {protocol, scoring}. The plug-ins
    // depend
    // on storage or scoring, and nothing depends on them.

    @ArchTest
    static final ArchRule scoringNeedsOnlyTheJdkJacksonAndOnnxRuntime = noClasses()
            .that(resideInAPackage(SCORING))
            .should()
            .dependOnClassesThat(not(resideInAnyPackage(
                    SCORING,
                    "java..",
                    "javax..",
                    "jdk.incubator.vector..",
                    "org.jspecify.annotations..",
                    "com.fasterxml.jackson.core..",
                    "ai.onnxruntime..")));

    @ArchTest
    static final ArchRule onnxRuntimeIsKnownToOnePackage = noClasses()
            .that(not(resideInAPackage("io.nightshift.scoring.graph..")))
            .should()
            .dependOnClassesThat(resideInAPackage("ai.onnxruntime.."));

    /// The kinds of destination that are modules of their own.
    private static final List<String> PLUGINS = List.of("mariadb", "redis", "iceberg", "delta", "azure", "gcs");

    /// The modules that read and write rows.
    private static final List<String> STORES = Stream.concat(
                    Stream.of("storage", "source", "destination"), PLUGINS.stream())
            .toList();

    private static final List<String> BELOW_DESTINATIONS = List.of("source", "storage", "protocol", "scoring", "api");

    private static final List<String> ABOVE_DESTINATIONS =
            Stream.concat(Stream.of("destination"), BELOW_DESTINATIONS.stream()).toList();

    /// The modules, by their packages, and the modules that each may see.
    private static final Map<String, List<String>> MODULES = Map.ofEntries(
            Map.entry("api", List.of()),
            Map.entry("scoring", List.of()),
            Map.entry("smile", List.of("scoring")),
            Map.entry("protocol", List.of("api")),
            Map.entry("tls", List.of("protocol")),
            Map.entry("client.messages", List.of("client", "api", "protocol", "tls")),
            Map.entry("client", List.of("api")),
            Map.entry("storage", List.of("protocol")),
            Map.entry("source", List.of("storage", "protocol", "scoring")),
            Map.entry("destination", BELOW_DESTINATIONS),
            Map.entry("mariadb", ABOVE_DESTINATIONS),
            Map.entry("redis", ABOVE_DESTINATIONS),
            Map.entry("azure", List.of("storage", "protocol")),
            Map.entry("gcs", List.of("storage", "protocol")),
            Map.entry("iceberg", ABOVE_DESTINATIONS),
            Map.entry("delta", ABOVE_DESTINATIONS),
            Map.entry("coordinator", ABOVE_DESTINATIONS),
            Map.entry("worker", List.of("destination", "source", "storage", "protocol", "scoring")),
            Map.entry(
                    "node",
                    List.of(
                            "coordinator",
                            "worker",
                            "destination",
                            "source",
                            "storage",
                            "protocol",
                            "scoring",
                            "api",
                            "tls")),
            Map.entry(
                    "cli",
                    List.of(
                            "node",
                            "client",
                            "client.messages",
                            "coordinator",
                            "worker",
                            "destination",
                            "source",
                            "storage",
                            "protocol",
                            "scoring",
                            "api",
                            "tls")));

    @ArchTest
    static void aModuleSeesOnlyTheModulesBelowIt(JavaClasses classes) {
        MODULES.forEach((module, below) -> {
            List<String> hidden = MODULES.keySet().stream()
                    .filter(other -> !other.equals(module) && !below.contains(other))
                    .toList();
            noClasses()
                    .that(belongTo(List.of(module)))
                    .should()
                    .dependOnClassesThat(belongTo(hidden))
                    .because(module + " may see " + below)
                    .check(classes);
        });
    }

    @ArchTest
    static void everyPackageIsInTheMapOfTheHouse(JavaClasses classes) throws IOException {
        String map = Files.readString(Path.of("../ARCHITECTURE.md"));
        Set<String> missing = new TreeSet<>();
        for (JavaClass type : classes) {
            String name = type.getPackageName().replaceFirst("^io\\.nightshift\\.", "");
            if (!Pattern.compile("^  (.*, )?" + Pattern.quote(name) + "(,| |$)", Pattern.MULTILINE)
                    .matcher(map)
                    .find()) {
                missing.add(name);
            }
        }
        assertThat(missing).as("packages that ARCHITECTURE.md does not show").isEmpty();
    }

    /// The longest name of a module that begins a package's name is that of its module.
    private static DescribedPredicate<JavaClass> belongTo(List<String> modules) {
        return describe(
                "belong to " + modules,
                type -> MODULES.keySet().stream()
                        .filter(module -> (type.getPackageName() + ".").startsWith("io.nightshift." + module + "."))
                        .max(Comparator.comparingInt(String::length))
                        .filter(modules::contains)
                        .isPresent());
    }

    // The protocol does no I/O and has no threads.

    @ArchTest
    static final ArchRule theProtocolDoesNoInputOrOutput = noClasses()
            .that(resideInAPackage(PROTOCOL))
            .should()
            .dependOnClassesThat(resideInAPackage("java.io")
                    .and(not(assignableTo(Throwable.class)))
                    .and(not(type(Serializable.class))))
            .orShould()
            .dependOnClassesThat(type(Files.class))
            .orShould()
            .dependOnClassesThat(resideInAnyPackage("java.nio.channels..", "java.net..", "java.sql..", "javax.sql.."));

    @ArchTest
    static final ArchRule theProtocolHasNoThreads = noClasses()
            .that(resideInAPackage(PROTOCOL))
            .should()
            .dependOnClassesThat(assignableTo(Thread.class))
            .orShould()
            .dependOnClassesThat(resideInAPackage("java.util.concurrent.."));

    // Libraries that stay where they are.

    /// The libraries of the plug-ins, by the module that alone uses them. A program starts without these modules.
    private static final Map<String, List<String>> PLUGIN_LIBRARIES = Map.of(
            "smile", List.of("smile.."),
            "mariadb", List.of("org.mariadb.."),
            "redis", List.of("redis.clients.."),
            "iceberg", List.of("org.apache.iceberg.."),
            "delta", List.of("io.delta.."),
            "azure", List.of("com.azure..", "reactor.."),
            "gcs", List.of());

    @ArchTest
    static void thePluginsAreNeededByNothing(JavaClasses classes) {
        PLUGIN_LIBRARIES.forEach((module, libraries) -> {
            String own = "io.nightshift." + module + "..";
            List<String> needed = new ArrayList<>(libraries);
            needed.add(own);
            noClasses()
                    .that(not(resideInAnyPackage(own, "io.nightshift.testing..")))
                    .should()
                    .dependOnClassesThat(resideInAnyPackage(needed.toArray(String[]::new)))
                    .because(module + " is a plug-in")
                    .check(classes);
        });
    }

    @ArchTest
    static final ArchRule onlyStorageAndTheWorkerUseDuckDb = noClasses()
            .that(not(belongTo(STORES).or(resideInAPackage(WORKER))))
            .should()
            .dependOnClassesThat(resideInAPackage("org.duckdb.."));

    @ArchTest
    static final ArchRule storageNeedsNoActors =
            noClasses().that(belongTo(STORES)).should().dependOnClassesThat(resideInAPackage("org.apache.pekko.."));

    /// A new kind is one package: only the switch that finds it names its classes.
    @ArchTest
    static final ArchRule kindsOfDestinationsAreReachedThroughOneSwitch = noClasses()
            .that(not(resideInAPackage("io.nightshift.destination..")).and(not(belongTo(PLUGINS))))
            .should()
            .dependOnClassesThat(resideInAPackage("io.nightshift.destination.*..")
                    .and(not(resideInAPackage("io.nightshift.destination.kinds"))));

    // Packages.

    @ArchTest
    static final ArchRule aPackageIsANounThatAUserWouldRecognise = noClasses()
            .should()
            .resideInAnyPackage(
                    "..util..", "..utils..", "..common..", "..impl..", "..manager..", "..helper..", "..helpers..");

    @ArchTest
    static final ArchRule packagesOfAModuleNeedEachOtherInOneDirection =
            slices().assignedFrom(new Packages()).should().beFreeOfCycles();

    // No thread of an actor dispatcher blocks or scores.

    @ArchTest
    static final ArchRule actorsDoNotWaitForDisksOrDatabases = noClasses()
            .that(areActors())
            .should()
            .dependOnClassesThat(type(Files.class))
            .orShould()
            .dependOnClassesThat(resideInAnyPackage(
                    "java.sql..",
                    "javax.sql..",
                    "java.nio.channels..",
                    "java.net..",
                    "org.duckdb..",
                    "org.h2..",
                    "io.nightshift.storage.duckdb.."));

    @ArchTest
    static final ArchRule actorsDoNotWaitForOtherThreads =
            noClasses().that(areActors()).should().callMethodWhere(waits());

    @ArchTest
    static final ArchRule actorsDoNotScore = noClasses()
            .that(areActors())
            .should()
            .dependOnClassesThat(resideInAnyPackage("io.nightshift.worker.scoring..", SCORING)
                    .and(not(describe("describe models", ArchitectureTest::describesModels))));

    // The decisions of a batch's coordinator depend on their arguments only.

    @ArchTest
    static final ArchRule decisionsAreDeterministic = noClasses()
            .that(decide())
            .should()
            .dependOnClassesThat(resideInAnyPackage("java.util.concurrent..", "java.nio..", "org.slf4j..")
                    .or(resideInAPackage("org.apache.pekko..").and(not(type(ActorRef.class))))
                    .or(assignableTo(Thread.class))
                    .or(type(Clock.class)))
            .orShould()
            .callMethodWhere(target(System.class, "nanoTime", "currentTimeMillis")
                    .or(target(Instant.class, "now"))
                    .or(target(Math.class, "random"))
                    .or(target(ActorRef.class, "tell")));

    private static DescribedPredicate<JavaClass> decide() {
        return describe(
                "decide",
                type -> type.getPackageName().startsWith("io.nightshift.coordinator.batch")
                        && type.getSimpleName()
                                .matches(
                                        ".*Decisions?|TakeoverDetection|Leases|BatchState|CommittedPartitions|ErrorLimit|Transitions|ControlRules"));
    }

    /// Whether a type describes models without loading them.
    private static boolean describesModels(JavaClass type) {
        return type.getPackageName().equals("io.nightshift.scoring.model") && !type.isEquivalentTo(Scorer.class);
    }

    /// Actors and what is written inside them.
    private static DescribedPredicate<JavaClass> areActors() {
        return describe("are actors or nested in them", ArchitectureTest::isActor);
    }

    private static boolean isActor(JavaClass type) {
        return type.isAssignableTo(AbstractBehavior.class)
                || type.isAssignableTo(EventSourcedBehavior.class)
                || (!type.isInterface()
                        && type.getEnclosingClass()
                                .map(ArchitectureTest::isActor)
                                .orElse(false));
    }

    private static DescribedPredicate<JavaCall<?>> waits() {
        DescribedPredicate<JavaCall<?>> sleeps = target(Thread.class, "sleep", "join");
        DescribedPredicate<JavaCall<?>> gets = target(Future.class, "get", "resultNow");
        DescribedPredicate<JavaCall<?>> joins = target(CompletableFuture.class, "get", "join", "getNow");
        return sleeps.or(gets)
                .or(joins)
                .or(target(CompletionStage.class, "join"))
                .or(target(Object.class, "wait"));
    }

    private static DescribedPredicate<JavaCall<?>> target(Class<?> owner, String... methods) {
        DescribedPredicate<JavaCall<?>> named = describe(
                owner.getSimpleName() + "." + String.join("/", methods),
                call -> java.util.Arrays.asList(methods)
                        .contains(call.getTarget().getName()));
        return named.and(describe("of " + owner, call -> call.getTargetOwner().isAssignableTo(owner)));
    }

    /// Each package is a slice of its own, the modules' root packages included. Only `Main` belongs to
    /// none: it names every command, wherever that lives.
    private static final class Packages implements SliceAssignment {
        @Override
        public SliceIdentifier getIdentifierOf(JavaClass type) {
            return type.getFullName().startsWith("io.nightshift.cli.Main")
                    ? SliceIdentifier.ignore()
                    : SliceIdentifier.of(type.getPackageName());
        }

        @Override
        public String getDescription() {
            return "packages";
        }
    }
}
