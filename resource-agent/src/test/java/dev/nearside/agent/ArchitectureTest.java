package dev.nearside.agent;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
  private static final JavaClasses AGENT =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("dev.nearside.agent");

  @Test
  void packages_haveNoCycles() {
    slices().matching("dev.nearside.agent.(**)").should().beFreeOfCycles().check(AGENT);
  }

  @Test
  void wireTypes_dependOnNothingOfOurs() {
    classes()
        .that()
        .resideInAPackage("dev.nearside.agent")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage("dev.nearside.agent", "java..", "org.jspecify..")
        .check(AGENT);
  }

  @Test
  void engine_isPure() {
    noClasses()
        .that()
        .resideInAPackage("..pressure..")
        .should()
        .callMethod(System.class, "nanoTime")
        .orShould()
        .callMethod(System.class, "currentTimeMillis")
        .orShould()
        .dependOnClassesThat()
        .resideInAnyPackage("java.io..", "java.nio..", "java.util.concurrent.locks..")
        .check(AGENT);
  }

  @Test
  void metrics_areDeclaredInTelemetryOnly() {
    noClasses()
        .that()
        .resideOutsideOfPackages("..telemetry..", "..embedded..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.prometheus..")
        .check(AGENT);
  }
}
