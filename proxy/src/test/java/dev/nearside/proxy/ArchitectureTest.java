package dev.nearside.proxy;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.Opcode;
import java.lang.classfile.instruction.MonitorInstruction;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What STYLE calls structure: package order, homes of libraries, banned names, banned calls. */
class ArchitectureTest {
  private static final String BANNED_NAME =
      ".*(Manager|Helper|Utils?|Impl|Base|Common|Processor|Service|Data)";
  private static final String[] BANNED_PACKAGES =
      Stream.of("util", "common", "misc", "impl", "core", "internal", "model")
          .map(name -> ".." + name + "..")
          .toArray(String[]::new);
  private static final String[] DATA_PATH = PackageMap.fullNames(PackageMap.DATA_PATH);

  private static JavaClasses product;
  private static JavaClasses withTests;

  @BeforeAll
  static void readClasses() {
    ClassFileImporter importer = new ClassFileImporter();
    withTests = importer.importPackages(PackageMap.BASE);
    product =
        importer
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages(PackageMap.BASE);
  }

  @ParameterizedTest
  @MethodSource("placedPackages")
  void package_ofTheMap_usesOnlyPackagesBelowIt(String name) {
    Set<String> below =
        Stream.concat(Stream.of(name), PackageMap.MAY_USE.get(name).stream())
            .collect(Collectors.toSet());
    noClasses()
        .that()
        .resideInAnyPackage(PackageMap.fullNames(Set.of(name)))
        .should()
        .dependOnClassesThat(
            resideInAPackage(PackageMap.BASE + "..")
                .and(not(resideInAnyPackage(PackageMap.fullNames(below)))))
        .allowEmptyShould(true)
        .check(product);
  }

  static Stream<String> placedPackages() {
    return PackageMap.MAY_USE.keySet().stream().sorted();
  }

  @Test
  void packages_all_haveAPlaceInTheMap() {
    List<String> names = new ArrayList<>(PackageMap.MAY_USE.keySet());
    names.add(PackageMap.ROOT);
    assertThat(product).extracting(JavaClass::getPackageName).isSubsetOf(fullNames(names));
  }

  private static List<String> fullNames(List<String> names) {
    return List.of(PackageMap.fullNames(names));
  }

  @Test
  void packages_all_areFreeOfCycles() {
    SlicesRuleDefinition.slices()
        .assignedFrom(new PackageMap.Slices())
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

  @ParameterizedTest
  @MethodSource("libraries")
  void library_outsideItsHome_isUnknown(String library) {
    noClasses()
        .that()
        .resideOutsideOfPackages(PackageMap.fullNames(PackageMap.HOMES.get(library)))
        .should()
        .dependOnClassesThat()
        .resideInAPackage(library + "..")
        .allowEmptyShould(true)
        .check(product);
  }

  static Stream<String> libraries() {
    return PackageMap.HOMES.keySet().stream().sorted();
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
  void calls_toSystemOut_areInTheCommandLineOnly() {
    noClasses()
        .that()
        .haveNameNotMatching("dev\\.nearside\\.proxy\\.Nearside(\\$.*)?")
        .should()
        .accessTargetWhere(
            target("System.out", System.class, "out").or(target("System.err", System.class, "err")))
        .orShould()
        .accessTargetWhere(target("System.exit", System.class, "exit"))
        .check(product);
  }

  @Test
  void dataPath_locks_areNotTaken() throws IOException {
    noMethods()
        .that()
        .areDeclaredInClassesThat()
        .resideInAnyPackage(DATA_PATH)
        .should()
        .haveModifier(JavaModifier.SYNCHRONIZED)
        .allowEmptyShould(true)
        .check(product);
    List<String> monitors = new ArrayList<>();
    for (JavaClass type : product.that(resideInAnyPackage(DATA_PATH))) {
      monitors.addAll(methodsWithSynchronizedBlocks(type));
    }
    assertThat(monitors).isEmpty();
  }

  /** Blocks leave no modifier: the byte code says. */
  private static List<String> methodsWithSynchronizedBlocks(JavaClass type) throws IOException {
    try (InputStream bytes = type.getSource().orElseThrow().getUri().toURL().openStream()) {
      ClassModel model = ClassFile.of().parse(bytes.readAllBytes());
      return model.methods().stream()
          .filter(ArchitectureTest::entersMonitor)
          .map(method -> type.getName() + "." + method.methodName().stringValue())
          .toList();
    }
  }

  private static boolean entersMonitor(MethodModel method) {
    return method.code().stream()
        .flatMap(code -> code.elementStream())
        .anyMatch(e -> e instanceof MonitorInstruction m && m.opcode() == Opcode.MONITORENTER);
  }

  @Test
  void dataPath_threadLocals_areNotUsed() {
    noClasses()
        .that()
        .resideInAnyPackage(DATA_PATH)
        .should()
        .dependOnClassesThat()
        .haveNameMatching(".*\\.(Inheritable|Fast)?ThreadLocal")
        .allowEmptyShould(true)
        .check(product);
  }

  @Test
  void calls_toTheCommonPool_areNowhere() {
    noClasses()
        .should()
        .accessTargetWhere(target("commonPool", ForkJoinPool.class, "commonPool"))
        .orShould()
        .accessTargetWhere(asyncWithoutExecutor())
        .orShould()
        .callMethod(Collection.class, "parallelStream")
        .check(product);
  }

  private static DescribedPredicate<JavaAccess<?>> asyncWithoutExecutor() {
    return DescribedPredicate.describe(
        "an asynchronous stage without an executor",
        access ->
            access.getTargetOwner().isAssignableTo(CompletableFuture.class)
                && access.getName().endsWith("Async")
                && !access.getTarget().getFullName().contains(Executor.class.getName()));
  }

  private static DescribedPredicate<JavaAccess<?>> target(
      String description, Class<?> owner, String name) {
    return DescribedPredicate.describe(
        description,
        access -> access.getTargetOwner().isAssignableTo(owner) && access.getName().equals(name));
  }
}
