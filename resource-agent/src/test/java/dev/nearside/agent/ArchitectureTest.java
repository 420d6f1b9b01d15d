package dev.nearside.agent;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What STYLE calls structure, as far as it is about the resource agent. */
class ArchitectureTest {
  private static final String BASE = "dev.nearside.agent";
  private static final String BANNED_NAME =
      ".*(Manager|Helper|Utils?|Impl|Base|Common|Processor|Service|Data)";
  private static final String[] BANNED_PACKAGES =
      Stream.of("util", "common", "misc", "impl", "core", "internal", "model")
          .map(name -> ".." + name + "..")
          .toArray(String[]::new);

  private static JavaClasses product;
  private static JavaClasses withTests;

  @BeforeAll
  static void readClasses() {
    ClassFileImporter importer = new ClassFileImporter();
    withTests = importer.importPackages(BASE);
    product = importer.withImportOption(new ImportOption.DoNotIncludeTests()).importPackages(BASE);
  }

  @Test
  void agent_whole_neverDependsOnTheProxy() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAPackage("dev.nearside.proxy..")
        .check(withTests);
  }

  @Test
  void wireTypes_all_dependOnNothingOfOurs() {
    classes()
        .that()
        .resideInAPackage(BASE)
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(BASE, "java..", "org.jspecify..")
        .check(product);
  }

  @Test
  void engine_ofPressure_readsNeitherClocksNorFiles() {
    noClasses()
        .that()
        .resideInAPackage(BASE + ".pressure..")
        .should()
        .accessTargetWhere(
            target("System.nanoTime", System.class, "nanoTime")
                .or(target("System.currentTimeMillis", System.class, "currentTimeMillis")))
        .orShould()
        .dependOnClassesThat()
        .resideInAnyPackage("java.io..", "java.nio..", "java.util.concurrent.locks..")
        .allowEmptyShould(true)
        .check(product);
  }

  @Test
  void packages_belowTheBase_areFreeOfCycles() {
    SlicesRuleDefinition.slices()
        .matching(BASE + ".(**)")
        .should()
        .beFreeOfCycles()
        .allowEmptyShould(true)
        .check(product);
  }

  @Test
  void packages_all_areNullMarked() {
    Set<JavaPackage> packages =
        product.stream().map(JavaClass::getPackage).collect(Collectors.toSet());
    assertThat(packages)
        .isNotEmpty()
        .allSatisfy(p -> assertThat(p.isAnnotatedWith(NullMarked.class)).as(p.getName()).isTrue());
  }

  @Test
  void library_ofMetrics_isKnownToTelemetryAndWhoServesIt() {
    noClasses()
        .that()
        .resideOutsideOfPackages(BASE + ".telemetry", BASE + ".http", BASE + ".embedded")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.prometheus..")
        .allowEmptyShould(true)
        .check(product);
  }

  @Test
  void library_ofJdkLogging_isUnknown() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAPackage("java.util.logging..")
        .check(product);
  }

  @Test
  void names_ofClassesAndPackages_areNotBanned() {
    noClasses().should().haveNameMatching(BANNED_NAME).check(withTests);
    noClasses().should().resideInAnyPackage(BANNED_PACKAGES).check(withTests);
  }

  @Test
  void calls_toThreadSleep_areNowhere() {
    noClasses()
        .should()
        .accessTargetWhere(target("Thread.sleep", Thread.class, "sleep"))
        .check(withTests);
  }

  @Test
  void calls_toSystemOut_areNowhere() {
    noClasses()
        .should()
        .accessTargetWhere(
            target("System.out", System.class, "out")
                .or(target("System.err", System.class, "err"))
                .or(target("System.exit", System.class, "exit")))
        .check(product);
  }

  private static DescribedPredicate<JavaAccess<?>> target(
      String description, Class<?> owner, String name) {
    return DescribedPredicate.describe(
        description,
        access -> access.getTargetOwner().isAssignableTo(owner) && access.getName().equals(name));
  }
}
