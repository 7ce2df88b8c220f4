package io.nightshift.client;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/// The client and the records that it returns need the JDK and Jackson. The enforcer rule in the modules'
/// poms holds the same for what Maven puts on a program's class path.
@AnalyzeClasses(
        packages = {"io.nightshift.api", "io.nightshift.client"},
        importOptions = ImportOption.DoNotIncludeTests.class)
final class ClientDependenciesTest {

    @ArchTest
    static final ArchRule theApiNeedsTheJdkAndJackson = classes()
            .that()
            .resideInAPackage("io.nightshift.api..")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage("io.nightshift.api..", "java..", "com.fasterxml.jackson..", "org.jspecify..");

    @ArchTest
    static final ArchRule theClientNeedsTheJdkAndTheApi = classes()
            .that()
            .resideInAPackage("io.nightshift.client..")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    "io.nightshift.client..", "io.nightshift.api..", "java..", "javax.net.ssl..", "org.jspecify..");
}
