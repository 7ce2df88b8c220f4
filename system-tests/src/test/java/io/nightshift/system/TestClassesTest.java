package io.nightshift.system;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.junit.LocationProvider;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import io.nightshift.testing.Checkout;
import io.nightshift.testing.Nightly;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.platform.commons.annotation.Testable;

/// The rules that divide tests into `*Test`, which Surefire runs in `mvn test`, and `*IT`, which Failsafe
/// runs in `mvn verify`.
@AnalyzeClasses(locations = TestClassesTest.TestClasses.class)
final class TestClassesTest {

    /// The modules with tests.
    private static final List<String> MODULES = List.of(
            "protocol",
            "scoring",
            "smile",
            "storage",
            "sources",
            "destinations",
            "mariadb",
            "redis",
            "iceberg",
            "delta",
            "client",
            "coordinator",
            "worker",
            "node",
            "cli",
            "k8s",
            "packaging",
            "nemesis",
            "system-tests");

    private static final Set<String> SLOW_TYPES =
            Set.of("java.lang.Process", "java.lang.ProcessBuilder", "io.nightshift.coordinator.ledger.EmbeddedLedger");

    private static final List<String> SLOW_PACKAGES = List.of("io.zonky.", "org.postgresql.", "org.h2.");

    /// Classes that a person runs to write files for other tests.
    private static final Set<String> BY_HAND = Set.of("WriteGoldenFiles");

    /// Methods by the class that declares them.
    private static final Map<String, Set<String>> SLEEPS = Map.of(
            "java.lang.Thread", Set.of("sleep"),
            "java.util.concurrent.TimeUnit", Set.of("sleep"),
            "java.util.concurrent.locks.LockSupport", Set.of("parkNanos", "parkUntil"));

    @ArchTest
    static final ArchRule aFastTestUsesNoProcessNoDatabaseAndNoSleep =
            classes().that(areFastTests()).should(useNothingSlow());

    @ArchTest
    static final ArchRule aClassWithTestsHasANameByWhichItIsRun =
            classes().that(haveTests()).should(beNamed("Test", "IT"));

    @ArchTest
    static final ArchRule theSharedFixturesDependOnNoOtherModule = noClasses()
            .that(resideInAPackage("io.nightshift.testing.."))
            .should()
            .dependOnClassesThat(
                    resideInAPackage("io.nightshift..").and(not(resideInAPackage("io.nightshift.testing.."))));

    /// Each test that is marked `@Nightly` names tests that every build runs.
    @ArchTest
    static void theShortFormOfANightlyTestIsATestOfEachBuild(JavaClasses all) {
        Map<String, List<JavaClass>> named = all.stream().collect(Collectors.groupingBy(JavaClass::getSimpleName));
        List<String> wrong = new ArrayList<>();
        for (JavaClass type : all) {
            Stream.concat(Stream.of(type), type.getMethods().stream())
                    .filter(member -> member.isAnnotatedWith(Nightly.class))
                    .flatMap(member ->
                            Stream.of(member.getAnnotationOfType(Nightly.class).shortForm()))
                    .filter(test -> !isInEachBuild(named, test))
                    .forEach(test -> wrong.add("%s: %s".formatted(type.getSimpleName(), test)));
        }
        assertThat(wrong)
                .as("short forms that are no tests, or are marked @Nightly themselves")
                .isEmpty();
    }

    /// @param test `Class` or `Class.method`
    private static boolean isInEachBuild(Map<String, List<JavaClass>> named, String test) {
        String[] words = test.split("\\.", 2);
        return named.getOrDefault(words[0], List.of()).stream()
                .filter(type -> !type.isAnnotatedWith(Nightly.class))
                .flatMap(type -> type.getAllMethods().stream())
                .filter(method -> method.isMetaAnnotatedWith(Testable.class))
                .filter(method -> words.length == 1 || method.getName().equals(words[1]))
                .anyMatch(method -> !method.isAnnotatedWith(Nightly.class));
    }

    /// The compiled tests of the modules, and the fixtures that they share.
    static final class TestClasses implements LocationProvider {

        @Override
        public Set<Location> get(Class<?> testClass) {
            Stream<Path> tests = MODULES.stream().map(module -> Checkout.path(module + "/target/test-classes"));
            return Stream.concat(tests, Stream.of(Checkout.path("testing/target/classes")))
                    .filter(Files::exists)
                    .map(Location::of)
                    .collect(Collectors.toSet());
        }
    }

    private static JavaClass topLevel(JavaClass type) {
        return type.getEnclosingClass().map(TestClassesTest::topLevel).orElse(type);
    }

    private static boolean isFastTest(JavaClass type) {
        return topLevel(type).getSimpleName().endsWith("Test");
    }

    private static DescribedPredicate<JavaClass> areFastTests() {
        return DescribedPredicate.describe("are in a *Test", TestClassesTest::isFastTest);
    }

    private static DescribedPredicate<JavaClass> haveTests() {
        return DescribedPredicate.describe(
                "have tests",
                type -> !topLevel(type).getModifiers().contains(JavaModifier.ABSTRACT)
                        && !BY_HAND.contains(type.getSimpleName())
                        && Stream.concat(type.getAllMethods().stream(), type.getAllFields().stream())
                                .anyMatch(member -> member.isMetaAnnotatedWith(Testable.class)));
    }

    private static ArchCondition<JavaClass> beNamed(String... suffixes) {
        return new ArchCondition<>("be named *%s".formatted(String.join(" or *", suffixes))) {
            @Override
            public void check(JavaClass type, ConditionEvents events) {
                JavaClass top = topLevel(type);
                if (Stream.of(suffixes).noneMatch(top.getSimpleName()::endsWith)) {
                    events.add(SimpleConditionEvent.violated(type, top.getName() + " is run by no plugin"));
                }
            }
        };
    }

    /// Follows the test's dependencies through other test classes and fixtures, but not into the product.
    private static ArchCondition<JavaClass> useNothingSlow() {
        return new ArchCondition<>("use nothing slow, nor fixtures that do") {
            // Why classes are slow, by class: many tests use the same fixtures.
            private final Map<JavaClass, List<String>> reasons = new HashMap<>();

            @Override
            public void check(JavaClass test, ConditionEvents events) {
                Set<JavaClass> seen = new HashSet<>(Set.of(test));
                Deque<JavaClass> next = new ArrayDeque<>(seen);
                while (!next.isEmpty()) {
                    JavaClass type = next.pop();
                    reasons.computeIfAbsent(type, TestClassesTest::slow)
                            .forEach(reason -> events.add(SimpleConditionEvent.violated(
                                    test, "%s, by %s: %s".formatted(test.getName(), type.getName(), reason))));
                    type.getDirectDependenciesFromSelf().stream()
                            .map(dependency -> dependency.getTargetClass().getBaseComponentType())
                            .filter(TestClassesTest::isTestCode)
                            .filter(seen::add)
                            .forEach(next::add);
                }
            }
        };
    }

    /// Classes that were imported from the locations of tests and fixtures have a source; the product's have
    /// none here.
    private static boolean isTestCode(JavaClass type) {
        return type.getSource()
                .map(source -> source.getUri().toString())
                .filter(uri -> uri.contains("/test-classes/") || uri.contains("/testing/target/"))
                .isPresent();
    }

    private static List<String> slow(JavaClass type) {
        Stream<String> types = type.getDirectDependenciesFromSelf().stream()
                .map(Dependency::getTargetClass)
                .map(JavaClass::getName)
                .filter(name -> SLOW_TYPES.contains(name)
                        || SLOW_PACKAGES.stream().anyMatch(name.toLowerCase(Locale.ROOT)::startsWith));
        Stream<String> sleeps = type.getMethodCallsFromSelf().stream()
                .map(JavaMethodCall::getTarget)
                .filter(call ->
                        SLEEPS.getOrDefault(call.getOwner().getName(), Set.of()).contains(call.getName()))
                .map(AccessTarget::getFullName);
        return Stream.concat(types, sleeps).distinct().toList();
    }
}
